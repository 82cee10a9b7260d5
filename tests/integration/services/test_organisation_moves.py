"""A person changes employer, two members become one: what was shared opens for nobody whom people did not agree to."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from tests.colleagues import Colleague, join
from tests.factories import submit_one
from tests.integration.desk.worker import Worker
from tests.integration.services.test_role_changes import PowerGone, power_goes_at
from tests.sharing import OWNER, TO_REACH, Member, anew, new_member, reads, says_yes, share
from webapp.models import MemberList, PurposeKeySeal, SharedContact
from webapp.rules import clock
from webapp.rules.organisations import Standing
from webapp.rules.roles import Grant, Grants, Role
from webapp.services.answers import shared_with
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.keys import (
    account_resets,
    invitations,
    joining,
    key_rotations,
    member_lists,
    organisation_changes,
    organisation_moves,
    organisations,
    people,
    role_changes,
)
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder, NotAnOwner
from webapp.services.keys.invitations import NoSuchInvitation
from webapp.services.keys.organisation_changes import IsHost, NameTaken, NotAMember
from webapp.services.keys.organisation_moves import IsChair, Merger, Picture, Place
from webapp.services.keys.role_changes import NotForOneOwner
from webapp.services.opening import shared_reading
from webapp.services.opening.disclosure import Erased, NotAuthorisedToOpen

pytestmark = pytest.mark.usefixtures("inside")


@pytest.fixture
def ana(founded: Founded) -> Holder:
    """An owner, of the host."""
    return anew(founded)


@pytest.fixture
def harbour(inside: Flask) -> Member:
    return new_member("Harbour House", "Hana")


@pytest.fixture
def lantern(harbour: Member) -> Member:
    return new_member("Lantern", "Lou")


def place(who: Colleague) -> Place:
    found = next(one for one in people.everyone() if one.id == who.id)
    return Place(found.organisation_id, found.grants)


def picture(member: Member) -> Picture:
    found = organisations.coalition()
    return organisation_moves.picture(
        found, organisation_changes.find(found, member.id), people.everyone()
    )


def move(by: Holder, who: Colleague, to: UUID) -> None:
    organisation_moves.move(by, who.id, to, seen=place(who), reason="a new employer")


def merge(by: Holder, member: Member, into: Member, name: str = "") -> None:
    merger = Merger(into.id, picture(member), "they became one", name)
    organisation_moves.merge(by, member.id, merger)


def is_member(member: Member) -> bool:
    found = organisation_changes.find(organisations.coalition(), member.id)
    return found.going_on(Standing.MEMBER) is not None


def sealed_to(who: Colleague) -> int:
    """So many seals of a purpose key there are that this person could open."""
    with stores.reading("erasure") as erasure:
        theirs = select(func.count()).where(PurposeKeySeal.holder_id == who.id)
        return erasure.scalar(theirs) or 0


def list_of(*names: str) -> UUID:
    """The list of members that stood on the pages while these were the members."""
    with stores.reading() as main:
        return next(one.id for one in member_lists.by_id(main).values() if one.names == names)


def newest_tags(count: int) -> list[str]:
    return [line.tag for line in audit.recent(count)]


# A person moves


def test_a_person_who_moves_loses_what_was_shared_with_either_until_it_is_shared_again(
    founded: Founded, ana: Holder, harbour: Member, lantern: Member
) -> None:
    # Given a participant who agreed to both members, shared with both
    sent, hana = says_yes(), harbour.recipient
    share(founded, harbour)
    share(founded, lantern)
    assert reads(harbour, sent)
    session = harbour.signed_in()
    share_id = shared_reading.page_of(session).rows[0].share_id
    role_changes.give(ana, hana.id, Grant(Role.TAKER))
    # When the recipient of one of them moves to the other
    move(ana, hana, lantern.id)
    # Then the role within the organisation is gone, with its seals; another role stays
    assert place(hana) == Place(lantern.id, Grants.of([Grant(Role.TAKER)]))
    assert sealed_to(hana) == 0
    moved = Member(lantern.id, hana)
    assert not reads(harbour, sent)
    assert not reads(moved, sent)
    with pytest.raises((Erased, NotAuthorisedToOpen)):
        shared_reading.open_shared(session, share_id, TO_REACH)
    # And the others of the new organisation read as before, while nothing is deleted: sharing goes on
    assert reads(lantern, sent)
    assert [one.ended_on for one in shared_with.told(sent.submission_id)] == [None, None]
    # And made a recipient there, they read when a coordinator has shared again
    role_changes.give(anew(founded), hana.id, Grant(Role.RECIPIENT, lantern.id))
    assert not reads(moved, sent)
    share(founded, lantern)
    assert reads(moved, sent)
    assert not reads(Member(harbour.id, hana), says_yes())


def test_a_move_is_in_the_record_and_ends_the_sessions(
    inside: Flask, ana: Holder, harbour: Member, lantern: Member
) -> None:
    worker = Worker(inside, harbour.recipient)
    worker.sign_in(steps=-1)
    assert worker.path == "/desk/"
    move(ana, harbour.recipient, lantern.id)
    moved, less = audit.recent(2)
    assert (moved.tag, moved.reason) == ("moved to another organisation", "a new employer")
    assert (less.tag, less.reason) == ("role taken back", "a new employer")
    assert moved.subject_id == less.subject_id == harbour.recipient.id
    assert moved.detail is not None
    assert moved.detail.as_text() == f'{{"after":"{lantern.id.hex}","before":"{harbour.id.hex}"}}'
    worker.get("/desk/shared")
    assert worker.path == "/desk/sign-in"


def test_a_page_of_before_moves_nobody(
    founded: Founded, ana: Holder, harbour: Member, lantern: Member
) -> None:
    hana, seen = harbour.recipient, place(harbour.recipient)
    # Only an owner moves people, and only to a member
    with pytest.raises(NotAnOwner):
        move(lantern.signed_in(), hana, lantern.id)
    left = new_member("Old Mill", "Ola")
    merge(ana, left, lantern)
    with pytest.raises(NotAMember):
        move(ana, hana, left.id)
    # When another owner gave a role meanwhile, or moved them
    role_changes.give(ana, hana.id, Grant(Role.AUDITOR))
    with pytest.raises(EditConflict):
        organisation_moves.move(ana, hana.id, lantern.id, seen=seen)
    move(ana, hana, lantern.id)
    with pytest.raises(EditConflict):
        organisation_moves.move(ana, hana.id, harbour.id, seen=replace(seen, grants=Grants.of(())))
    # Then they are where the first one put them, and what a page says of the organisation of before gives no role
    assert place(hana).organisation_id == lantern.id
    with pytest.raises(NotForOneOwner):
        role_changes.give(ana, hana.id, Grant(Role.RECIPIENT, harbour.id))


def test_a_link_to_reset_an_account_goes_along(
    ana: Holder, harbour: Member, lantern: Member
) -> None:
    # Given a person with a link to make their credentials anew, and an invitation to the same organisation
    wanted = account_resets.Wanted(UUID(int=7), harbour.recipient.id, "lost the phone")
    link = account_resets.make_link(ana, wanted)
    new = invitations.Wanted(UUID(int=8), "Nia", harbour.id, Grants.of([Grant(Role.TAKER)]))
    invited = invitations.invite(ana, new)
    # When their organisation goes into another one
    merge(ana, harbour, lantern)
    # Then the link still works, the invitation does not, and the list of links names the organisation of now
    assert joining.find(link.secret).account_id == harbour.recipient.id
    with pytest.raises(NoSuchInvitation):
        joining.find(invited.secret)
    assert [one.organisation_id for one in invitations.open_invitations()] == [lantern.id]


# Two members become one


def test_a_merger_in_the_middle_of_a_call(
    founded: Founded, ana: Holder, harbour: Member, lantern: Member
) -> None:
    # Given one who agreed while both were members, and one who agreed when there was only the old one
    both, only_old = says_yes(), submit_one(members=list_of("Harbour House"))
    share(founded, harbour)
    share(founded, lantern)
    assert reads(harbour, both)
    assert reads(harbour, only_old)
    # When the old one goes into the other
    merge(ana, harbour, lantern)
    # Then what was shared with the old one opens for nobody, before anything is deleted
    moved = Member(lantern.id, harbour.recipient)
    for sent in (both, only_old):
        assert not reads(harbour, sent)
        assert not reads(moved, sent)
    # And who agreed to both still shares with the other one, and with nobody else there
    assert reads(lantern, both)
    assert not reads(lantern, only_old)
    # And what was sealed is deleted, and the people read that it ended
    assert shared_with.end_uncovered() == 2
    with stores.reading() as main:
        assert main.scalar(select(func.count()).select_from(SharedContact)) == 1
    told = {one.name: one.ended_on for one in shared_with.told(both.submission_id)}
    assert told == {"Harbour House": clock.today(), "Lantern": None}
    # And nobody's yes passes over, however often it is shared
    role_changes.give(anew(founded), harbour.recipient.id, Grant(Role.RECIPIENT, lantern.id))
    share(founded, lantern)
    assert reads(moved, both)
    assert not reads(moved, only_old)


def test_a_merger_changes_the_list_of_members_once_and_leaves_its_lines(
    ana: Holder, harbour: Member, lantern: Member
) -> None:
    with stores.reading() as main:
        lists = main.scalar(select(func.count()).select_from(MemberList)) or 0
    merge(ana, harbour, lantern, name="Harbour and Lantern")
    assert not is_member(harbour)
    with stores.reading() as main:
        assert main.scalar(select(func.count()).select_from(MemberList)) == lists + 1
        assert [one.name for one in member_lists.to_share_with(main)] == ["Harbour and Lantern"]
    assert newest_tags(5) == [
        "organisation merged",
        "organisation renamed",
        "membership ended",
        "moved to another organisation",
        "role taken back",
    ]
    merged = audit.recent(1)[0]
    assert (merged.subject_id, merged.reason) == (harbour.id, "they became one")
    assert merged.detail is not None
    assert merged.detail.as_text() == f'{{"into":"{lantern.id.hex}"}}'


def test_what_cannot_be_merged_changes_nothing(
    ana: Holder, harbour: Member, lantern: Member
) -> None:
    host = organisations.coalition().one(Standing.HOST)
    assert host is not None
    with pytest.raises(IsHost):
        merge(ana, Member(host.id, harbour.recipient), lantern)
    with pytest.raises(NotAMember):
        merge(ana, harbour, harbour)
    with pytest.raises(NotAnOwner):
        merge(harbour.signed_in(), harbour, lantern)
    with pytest.raises(NameTaken):
        merge(ana, harbour, lantern, name="DEMO coalition")
    assert place(harbour.recipient).organisation_id == harbour.id
    assert is_member(harbour)
    assert not {"membership ended", "role taken back"} & set(newest_tags(20))
    # The chair is handed over first
    organisation_changes.hand_over(OWNER, Standing.CHAIR, harbour.id, seen=None)
    with pytest.raises(IsChair):
        merge(ana, harbour, lantern)
    found = organisation_changes.find(organisations.coalition(), harbour.id)
    term = found.going_on(Standing.CHAIR)
    assert term is not None
    organisation_changes.hand_over(OWNER, Standing.CHAIR, lantern.id, seen=term.id)
    # And into the host it can go
    merge(ana, harbour, Member(host.id, harbour.recipient))
    assert place(harbour.recipient).organisation_id == host.id


def joined(ana: Holder, harbour: Member, lantern: Member) -> None:
    join("Nia", organisation=harbour.id)


def renamed(ana: Holder, harbour: Member, lantern: Member) -> None:
    organisation_changes.rename(OWNER, lantern.id, "The Lantern", was="Lantern")


def made_recipient(ana: Holder, harbour: Member, lantern: Member) -> None:
    role_changes.take_back(ana, harbour.recipient.id, Grant(Role.RECIPIENT, harbour.id))


def moved_away(ana: Holder, harbour: Member, lantern: Member) -> None:
    move(ana, harbour.recipient, lantern.id)


@pytest.mark.parametrize("meanwhile", [joined, renamed, made_recipient, moved_away])
def test_a_page_of_before_merges_nothing(
    meanwhile: Callable[[Holder, Member, Member], None],
    ana: Holder,
    harbour: Member,
    lantern: Member,
) -> None:
    seen = picture(harbour)
    meanwhile(ana, harbour, lantern)
    with pytest.raises(EditConflict):
        organisation_moves.merge(ana, harbour.id, Merger(lantern.id, seen, "they became one"))
    assert is_member(harbour)


def test_two_owners_merge_two_members_into_each_other_at_once(
    inside: Flask, ana: Holder, harbour: Member, lantern: Member
) -> None:
    # Given two owners with the two pages open
    eve = anew(join("Eve", Role.OWNER))
    acts = [
        (ana, harbour, Merger(lantern.id, picture(harbour), "they became one")),
        (eve, lantern, Merger(harbour.id, picture(lantern), "they became one")),
    ]
    refused: list[type[Exception]] = []

    def act(by: Holder, member: Member, merger: Merger) -> None:
        with inside.app_context():
            try:
                organisation_moves.merge(by, member.id, merger)
            except (EditConflict, NotAMember) as error:
                refused.append(type(error))

    both = [threading.Thread(target=act, args=one) for one in acts]
    for one in both:
        one.start()
    for one in both:
        one.join()
    # Then one of them did it, and all people are in a member
    assert len(refused) == 1
    assert [is_member(harbour), is_member(lantern)].count(True) == 1
    here = {place(one.recipient).organisation_id for one in (harbour, lantern)}
    assert here == {harbour.id if is_member(harbour) else lantern.id}


#: Before anything is done; right after the commit; before the seals are deleted, and before new keys are stored.
@pytest.mark.parametrize("step", [0, 1, 2, 4])
def test_a_kill_leaves_nothing_readable_and_nothing_half(
    step: int,
    inside: Flask,
    founded: Founded,
    ana: Holder,
    harbour: Member,
    lantern: Member,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given what is shared, and a recipient who is signed in
    sent = says_yes()
    share(founded, harbour)
    worker = Worker(inside, harbour.recipient)
    worker.sign_in(steps=-1)
    # When the power goes
    with power_goes_at(step, monkeypatch), pytest.raises(PowerGone):
        merge(ana, harbour, lantern)
    # Then either nothing was done, or nothing opens and the session is over, with no follow-up at all
    if step == 0:
        assert is_member(harbour)
        assert reads(harbour, sent)
        merge(ana, harbour, lantern)
    assert not is_member(harbour)
    worker.get("/desk/shared")
    assert worker.path == "/desk/sign-in"
    assert not reads(harbour, sent)
    assert not reads(Member(lantern.id, harbour.recipient), sent)
    # And what is left to do is done by whoever comes next
    key_rotations.go_on()
    assert shared_with.end_uncovered() == 1
    with time_machine.travel(clock.now() + timedelta(days=3)):
        key_rotations.go_on()
    assert sealed_to(harbour.recipient) == 0
    assert newest_tags(60).count("organisation merged") == 1
