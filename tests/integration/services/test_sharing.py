"""Sharing with members without copies: who is covered by which yes, and that its end is the end."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.colleagues import join
from tests.factories import (
    DEMO_CALL,
    Sent,
    answers_for,
    demo_form,
    signed_in,
    submit_one,
)
from tests.integration.services.test_role_changes import PowerGone, power_goes_at
from tests.sharing import (
    OWNER,
    TO_REACH,
    Member,
    anew,
    asked,
    end_membership,
    list_now,
    new_member,
    reads,
    says_yes,
    share,
)
from tests.turned import the_worker_kept_running
from webapp.models import (
    Consent,
    ErasureSecret,
    Look,
    Part,
    PurposeKey,
    PurposeKeySeal,
    Share,
    SharedContact,
)
from webapp.rules import clock
from webapp.rules.contact.safe_channels import only_safe
from webapp.rules.languages.spoken_languages import Spoken
from webapp.rules.reasons import NotWhatItIsFor, Reason
from webapp.rules.roles import Grant, Role
from webapp.services.answers import (
    consents,
    corrections,
    erasing,
    on_behalf,
    own_copies,
    shared_with,
)
from webapp.services.answers.consents import Subject
from webapp.services.answers.corrections import Correction
from webapp.services.answers.on_behalf import Heard
from webapp.services.calls import published_calls
from webapp.services.desk_home import overview
from webapp.services.desk_home.concern_kinds import Kind
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.keys import (
    giving_keys,
    key_overview,
    member_lists,
    organisation_changes,
    role_changes,
)
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.organisation_changes import NotAMember
from webapp.services.keys.organisation_keys import NoRecipient
from webapp.services.keys.role_changes import NotForOneOwner
from webapp.services.opening import disclosure, shared_reading, sharing, sharing_offers
from webapp.services.opening.disclosure import Erased, SignInAgainToOpen
from webapp.services.opening.sharing import Asked, SharedBefore
from webapp.services.opening.sharing_offers import Offer
from webapp.services.phone_requests import caller_acts
from webapp.services.retention import orphans

pytestmark = pytest.mark.usefixtures("inside")
#: The transactions of a first act of sharing: seals and key, the act, secrets, rows.
STEPS = 5


@pytest.fixture
def harbour(inside: Flask) -> Member:
    return new_member("Harbour House", "Hana")


@pytest.fixture
def lantern(harbour: Member) -> Member:
    return new_member("Lantern", "Lou")


def offer(member: Member) -> Offer:
    call = published_calls.find_call(DEMO_CALL)
    return next(one for one in sharing_offers.preview(call) if one.organisation_id == member.id)


def subject(sent: Sent, members: UUID | None = None) -> Subject:
    held = own_copies.find_held(sent.receipt)
    return Subject(held.submission_id, held.call_id, held.form, "en", members)


def take_back(sent: Sent) -> None:
    consents.change(subject(sent), "share", False)


def what_is_left(sent: Sent) -> tuple[int, int]:
    """So many sealed rows and secrets of shares there are."""
    with stores.reading() as main:
        rows = main.scalars(select(SharedContact)).all()
    return len(rows), len({row.secret_id for row in rows} & secrets())


def secrets() -> set[UUID]:
    with stores.reading("erasure") as erasure:
        return set(erasure.scalars(select(ErasureSecret.id)))


# Who is covered


def test_what_is_shared_is_read_by_that_member_and_by_no_other(
    founded: Founded, harbour: Member, lantern: Member, caplog: pytest.LogCaptureFixture
) -> None:
    # Given a person who agreed with both on the list
    sent = says_yes()
    assert (offer(harbour).agreed, offer(harbour).new) == (1, 1)
    # When it is shared with one of them
    assert share(founded, harbour) == 1
    # (a member without a key is no fault, and the log does not tell an operator to stop Hearth)
    assert "nothing can be sealed" not in caplog.text
    # Then its recipient reads it, and the other's does not
    assert reads(harbour, sent)
    assert not reads(lantern, sent)
    assert (offer(harbour).shared, offer(harbour).new) == (1, 0)
    assert offer(lantern).new == 1


def test_the_recipient_sees_the_safe_ways_and_nothing_more(
    founded: Founded, harbour: Member
) -> None:
    # Given a person whose telephone is not safe, and who has a helper
    answers = answers_for(demo_form(), safe_ways=["email"])
    sent = says_yes(answers=answers)
    share(founded, harbour)
    holder = harbour.signed_in()
    (row,) = shared_reading.page_of(holder).rows
    # When it is opened, as it is sealed
    content: dict[str, Any] = {}
    real = disclosure.open_shared

    def watched(*args: Any) -> Any:
        content.update(real(*args))
        return content

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(disclosure, "open_shared", watched)
        opened = shared_reading.open_shared(holder, row.share_id, TO_REACH).contact
    # Then there is no number, no helper and no answer in it
    assert opened.contact is not None
    assert opened.contact.email is not None
    assert opened.contact.phone is opened.contact.helper is None
    assert answers["phone"] not in json.dumps(content)
    assert content == only_safe(answers)
    assert sent.submission_id == row.submission_id


def test_a_later_member_is_covered_by_no_earlier_yes(founded: Founded, harbour: Member) -> None:
    sent = says_yes()
    later = new_member("Lantern", "Lou")
    assert offer(later).agreed == 0
    assert share(founded, later) == 0
    assert not reads(later, sent)


def test_a_yes_on_a_page_from_before_a_member_joined_does_not_cover_it(
    founded: Founded, harbour: Member
) -> None:
    # Given a page that was open while a member joined
    seen = list_now()
    later = new_member("Lantern", "Lou")
    # When it is sent afterwards
    submit_one(members=seen)
    # Then it covers the one that was on it
    assert (offer(harbour).agreed, offer(later).agreed) == (1, 0)
    # And a person who then decides again, with the list of now, covers both
    other = submit_one(members=seen)
    take_back(other)
    consents.change(subject(other, list_now()), "share", True)
    assert (offer(harbour).agreed, offer(later).agreed) == (2, 1)


@pytest.mark.parametrize("shown", [None, uuid4()])
def test_a_yes_without_a_list_covers_nobody(
    founded: Founded, harbour: Member, shown: UUID | None
) -> None:
    sent = submit_one(members=shown)
    assert offer(harbour).agreed == 0
    assert share(founded, harbour) == 0
    with stores.reading() as main:
        row = main.scalars(select(Consent).where(Consent.purpose == "share")).one()
        assert row.granted
        assert row.member_list_id is None
    assert not any(one.members for one in own_copies.find_held(sent.receipt).consents)


@pytest.mark.parametrize(
    ("how", "agreed", "covered"), [("phone", "read", 1), ("paper", "ticked", 0)]
)
def test_a_yes_to_a_coordinator_covers_who_was_read_aloud_and_one_on_paper_nobody(
    founded: Founded, harbour: Member, how: str, agreed: str, covered: int
) -> None:
    call = published_calls.find_call(DEMO_CALL)
    on_behalf.enter_for(
        signed_in(founded),
        call,
        submission_id=uuid4(),
        receipt=own_copies.new_receipt(),
        answers=answers_for(call.form),
        given={"share": True},
        heard=Heard(how, agreed, clock.today(), Spoken("en")),
        members=list_now(),
    )
    assert offer(harbour).agreed == covered


def test_no_yes_no_sharing(founded: Founded, harbour: Member) -> None:
    says_yes(given={"contact_me": True, "quote": True, "invite": True})
    assert offer(harbour).agreed == 0
    assert share(founded, harbour) == 0


def test_another_name_keeps_what_was_agreed(founded: Founded, harbour: Member) -> None:
    sent = says_yes()
    share(founded, harbour)
    organisation_changes.rename(OWNER, harbour.id, "Harbour", was="Harbour House")
    assert reads(harbour, sent)
    (consent,) = [
        one for one in own_copies.find_held(sent.receipt).consents if one.purpose == "share"
    ]
    # The person sees the list as they agreed to it
    assert consent.members == ("Harbour House",)
    assert says_yes()
    assert offer(harbour).agreed == 2


def test_a_member_that_ends_loses_at_once_and_is_not_covered_when_it_comes_back(
    founded: Founded, harbour: Member, lantern: Member
) -> None:
    sent = says_yes()
    share(founded, harbour)
    share(founded, lantern)
    # When a member leaves, then nothing opens, though all rows and keys are still there
    end_membership(harbour)
    assert what_is_left(sent) == (2, 2)
    assert not reads(harbour, sent)
    assert reads(lantern, sent)
    with pytest.raises(NotAMember):
        share(founded, harbour)
    # And what was sealed to it goes
    assert shared_with.end_uncovered() == 1
    assert what_is_left(sent) == (1, 1)
    assert shared_with.end_uncovered() == 0
    # And when it is a member again, the old yes is none for it
    with time_machine.travel(clock.now() + timedelta(days=2)):
        organisation_changes.begin_again(OWNER, harbour.id)
        assert offer(harbour).agreed == 0
        assert not reads(harbour, sent)
        assert share(founded, harbour) == 0


# Its end


def by_code(sent: Sent) -> None:
    take_back(sent)


def by_caller(sent: Sent) -> None:
    caller_acts.take_back(signed_in_owner(), sent.submission_id, ["share"], "They rang")


def by_do_not_contact(sent: Sent) -> None:
    caller_acts.do_not_contact(signed_in_owner(), sent.submission_id, "They rang")


def by_erasing(sent: Sent) -> None:
    assert erasing.erase_held(own_copies.find_held(sent.receipt)).complete


def by_correcting(sent: Sent) -> None:
    held = own_copies.find_held(sent.receipt)
    new = {**held.answers, "email": "new.address@example.org"}
    corrections.correct(sent.receipt, Correction(uuid4(), held.copies, new, frozenset(), "en"))


OWNER_OF: list[Founded] = []


def signed_in_owner() -> Any:
    return anew(OWNER_OF[0])


@pytest.mark.parametrize("ends", [by_code, by_caller, by_do_not_contact, by_erasing, by_correcting])
def test_it_ends_at_once(founded: Founded, harbour: Member, ends: Any) -> None:
    OWNER_OF[:] = [founded]
    # Given what is shared, and a recipient who has the page open
    sent, other = says_yes(), says_yes()
    assert share(founded, harbour) == 2
    holder = harbour.signed_in()
    page = {row.submission_id: row for row in shared_reading.page_of(holder).rows}
    # When it ends
    ends(sent)
    # Then nothing opens, the sealed row and its secret are gone, and the other person's stay
    with pytest.raises(Erased):
        shared_reading.open_shared(holder, page[sent.submission_id].share_id, TO_REACH)
    assert what_is_left(sent) == (1, 1)
    assert not reads(harbour, sent)
    assert reads(harbour, other)
    with stores.reading() as main:
        mine = main.scalars(select(Share).where(Share.submission_id == sent.submission_id)).all()
    # And the person still reads that it was shared, and that it ended; unless nothing of theirs is left
    told = shared_with.told(sent.submission_id)
    if ends is by_erasing:
        assert not mine
        assert told == ()
    else:
        today = clock.today()
        assert [(one.name, one.shared_on, one.ended_on) for one in told] == [
            ("Harbour House", today, today)
        ]


def test_a_corrected_person_can_be_shared_again(founded: Founded, harbour: Member) -> None:
    sent = says_yes()
    share(founded, harbour)
    by_correcting(sent)
    assert offer(harbour).new == 1
    assert share(founded, harbour) == 1
    holder = harbour.signed_in()
    (row,) = shared_reading.page_of(holder).rows
    contact = shared_reading.open_shared(holder, row.share_id, TO_REACH).contact.contact
    assert contact is not None
    assert contact.email is not None
    assert contact.email.address == "new.address@example.org"
    assert len(shared_with.told(sent.submission_id)) == 2


@pytest.mark.parametrize("whose", ["the share", "the part"])
def test_each_of_both_secrets_is_needed(founded: Founded, harbour: Member, whose: str) -> None:
    # Given what is shared, and one of its two erasure secrets gone
    sent = says_yes()
    share(founded, harbour)
    with stores.reading() as main:
        sealed = main.scalars(select(SharedContact)).one()
        part = main.get_one(Part, sealed.part_id)
    gone = sealed.secret_id if whose == "the share" else part.secret_id
    with stores.writing("erasure") as erasure:
        erasure.delete(erasure.get_one(ErasureSecret, gone))
    # Then nothing opens
    holder = harbour.signed_in()
    (row,) = shared_reading.page_of(holder).rows
    with pytest.raises(Erased):
        shared_reading.open_shared(holder, row.share_id, TO_REACH)
    assert sent.submission_id == row.submission_id


def test_secrets_of_shares_are_no_orphans(founded: Founded, harbour: Member) -> None:
    sent = says_yes()
    share(founded, harbour)
    with time_machine.travel(clock.now() + timedelta(days=4)):
        the_worker_kept_running()
        orphans.sweep_orphans()
    assert what_is_left(sent) == (1, 1)


# Keys


def test_a_key_is_for_the_recipients_of_its_day(founded: Founded, harbour: Member) -> None:
    first = says_yes()
    share(founded, harbour)
    old_session = harbour.signed_in()
    # When a second recipient comes
    second = join("Sam", Grant(Role.RECIPIENT, harbour.id), organisation=harbour.id)
    (row,) = shared_reading.page_of(anew(second)).rows
    with pytest.raises(disclosure.NotAuthorisedToOpen):
        shared_reading.open_shared(anew(second), row.share_id, TO_REACH)
    says_yes()
    assert (offer(harbour).agreed, offer(harbour).new, offer(harbour).anew) == (2, 1, 1)
    # Then sharing again seals all of it to both, in a new epoch; a session of before wants a new sign-in
    assert share(founded, harbour) == 2
    assert (offer(harbour).new, offer(harbour).anew) == (0, 0)
    for row in shared_reading.page_of(anew(second)).rows:
        assert shared_reading.open_shared(anew(second), row.share_id, TO_REACH)
        assert shared_reading.open_shared(harbour.signed_in(), row.share_id, TO_REACH)
        with pytest.raises(SignInAgainToOpen):
            shared_reading.open_shared(old_session, row.share_id, TO_REACH)
    # (which the person does not read as a look: one for each of the two sessions that opened it)
    with stores.reading() as main:
        mine = select(Look).where(Look.submission_id == first.submission_id)
        assert len(main.scalars(mine).all()) == 2
    # And for the person it is one sharing that goes on
    assert [one.ended_on for one in shared_with.told(first.submission_id)] == [None]
    assert what_is_left(first) == (2, 2)
    with stores.reading() as main:
        epochs = main.scalars(
            select(PurposeKey.epoch).where(PurposeKey.owner_id == harbour.id)
        ).all()
    assert sorted(epochs) == [1, 2]


def test_a_new_recipient_is_named_and_agreed_to_before_they_read_what_was_shared(
    founded: Founded, harbour: Member
) -> None:
    # Given what is shared with a member, and a page that names its recipient
    sent = says_yes()
    share(founded, harbour)
    seen = asked(harbour.id)
    assert offer(harbour).readers == {harbour.recipient.id}
    assert offer(harbour).newcomers == frozenset()
    # When an owner makes an account for a person who does not exist
    ghost = Member(
        harbour.id, join("Ghost", Grant(Role.RECIPIENT, harbour.id), organisation=harbour.id)
    )
    # Then the preview tells what they would read from what is new
    assert offer(harbour).readers == {harbour.recipient.id, ghost.recipient.id}
    assert offer(harbour).newcomers == {ghost.recipient.id}
    assert (offer(harbour).new, offer(harbour).anew) == (0, 1)
    # And neither a page from before nor an act that does not say so opens it to them
    holder, call = anew(founded), published_calls.find_call(DEMO_CALL)
    with pytest.raises(EditConflict):
        sharing.share(holder, call, seen)
    for_ghost = asked(harbour.id)
    says_yes()
    with pytest.raises(SharedBefore):
        sharing.share(
            holder, call, Asked(harbour.id, for_ghost.reason, for_ghost.readers, anew=False)
        )
    assert not reads(ghost, sent)
    # Only with a tick beside their name
    assert sharing.share(holder, call, for_ghost) == 2
    assert reads(ghost, sent)


def test_who_loses_the_role_reads_no_more(founded: Founded, harbour: Member) -> None:
    sent = says_yes()
    share(founded, harbour)
    holder, grant = harbour.signed_in(), Grant(Role.RECIPIENT, harbour.id)
    # (nobody is the last to open it: a coordinator can share it with another recipient)
    assert role_changes.loss(harbour.recipient.id, grant).alone == frozenset()
    role_changes.take_back(anew(founded), harbour.recipient.id, grant)
    (row,) = shared_reading.page_of(holder).rows
    with pytest.raises(disclosure.NotAuthorisedToOpen):
        shared_reading.open_shared(holder, row.share_id, TO_REACH)
    with stores.reading("erasure") as erasure:
        mine = select(PurposeKeySeal).where(PurposeKeySeal.holder_id == harbour.recipient.id)
        assert erasure.scalars(mine).all() == []
    assert "new keys for an organisation" in {line.tag for line in audit.recent(4)}
    with pytest.raises(NoRecipient):
        share(founded, harbour)
    assert sent.submission_id == row.submission_id


def test_keys_of_a_member_wait_for_nobody_and_are_held_by_as_many_as_there_are(
    founded: Founded, harbour: Member
) -> None:
    # Given a member with one recipient, and then a second one
    says_yes()
    share(founded, harbour)
    (one,) = [one for one in key_overview.overview() if one.purpose == "shared"]
    assert (one.able, one.is_live, one.is_thin) == ({harbour.recipient.id}, True, False)
    sam = join("Sam", Grant(Role.RECIPIENT, harbour.id), organisation=harbour.id)
    assert key_overview.whole().waiting == ()
    assert giving_keys.pending() == {}
    # When what was shared before is shared with both
    share(founded, harbour)
    # Then nobody waits for an epoch that nothing is sealed to any more, and both are said to open it
    found = key_overview.whole()
    assert found.waiting == ()
    (one,) = [one for one in found.purposes if one.purpose == "shared"]
    assert (one.epochs, one.able, one.is_thin) == (2, {harbour.recipient.id, sam.id}, False)
    assert one.in_the_safe
    assert not [one for one in overview.today().concerns if one.kind is Kind.KEYS_WAIT]


def test_a_recipient_is_one_of_their_own_organisation(
    founded: Founded, harbour: Member, lantern: Member
) -> None:
    owner = signed_in(founded)
    for scope in (lantern.id, None, published_calls.find_call(DEMO_CALL).id):
        with pytest.raises(NotForOneOwner):
            role_changes.give(owner, harbour.recipient.id, Grant(Role.RECIPIENT, scope))
    # And a role that was given all the same, by whatever hole, opens nothing
    join("Eve", Grant(Role.RECIPIENT, lantern.id), organisation=harbour.id)
    sent = says_yes()
    share(founded, lantern)
    with stores.reading() as main:
        (key,) = main.scalars(select(PurposeKey).where(PurposeKey.owner_id == lantern.id)).all()
    with stores.reading("erasure") as erasure:
        seals = erasure.scalars(
            select(PurposeKeySeal.holder_id).where(PurposeKeySeal.purpose_key_id == key.id)
        ).all()
    assert lantern.recipient.id in seals
    assert len(seals) == 2
    assert reads(lantern, sent)


def test_without_a_recipient_nothing_is_shared(founded: Founded, inside: Flask) -> None:
    member_id = organisation_changes.add(OWNER, "Harbour House")
    submit_one(members=list_now())
    holder, call = signed_in(founded), published_calls.find_call(DEMO_CALL)
    with pytest.raises(NoRecipient):
        sharing.share(holder, call, asked(member_id))
    recipient = join("Hana", Grant(Role.RECIPIENT, member_id), organisation=member_id)
    assert sharing.share(holder, call, asked(member_id)) == 1
    assert recipient.id


# The act


def test_the_record_says_with_whom_why_and_how_many_before_anything_is_opened(
    founded: Founded, harbour: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    says_yes()

    def fail(*args: Any, **options: Any) -> Any:
        raise stores.StoreUnavailable("main")

    with monkeypatch.context() as patch:
        patch.setattr(disclosure, "open_contents", fail)
        with pytest.raises(stores.StoreUnavailable):
            share(founded, harbour)
    line = next(one for one in audit.recent(4) if one.tag == "contacts shared")
    assert line.subject_id == harbour.id
    assert line.reason == "To pass their details on to a member charity"
    assert line.detail is not None
    assert json.loads(line.detail.as_text())["people"] == 1
    # And what a crash left is done by the same act
    assert share(founded, harbour) == 1


@pytest.mark.parametrize("turn", range(STEPS))
def test_what_a_crash_leaves_is_done_by_the_same_act(
    founded: Founded, harbour: Member, monkeypatch: pytest.MonkeyPatch, turn: int
) -> None:
    # Given a process that ends before one of the transactions of the act
    sent, other = says_yes(), says_yes()
    holder, call = signed_in(founded), published_calls.find_call(DEMO_CALL)
    with power_goes_at(turn, monkeypatch), pytest.raises(PowerGone):
        sharing.share(holder, call, asked(harbour.id))
    # Then nothing is half, and the same act does what is left
    shared = what_is_left(sent)
    assert shared in {(0, 0), (2, 2)}
    assert share(founded, harbour) == 2 - shared[0]
    assert what_is_left(sent) == (2, 2)
    assert reads(harbour, sent)
    assert reads(harbour, other)


def test_it_takes_a_reason_and_one_press(
    founded: Founded, harbour: Member, lantern: Member
) -> None:
    says_yes()
    holder, call = signed_in(founded), published_calls.find_call(DEMO_CALL)
    for wrong in (Reason("other"), Reason("danger"), Reason("contact_me")):
        with pytest.raises(NotWhatItIsFor):
            sharing.share(holder, call, asked(harbour.id, wrong))
    assert sharing.share(holder, call, asked(harbour.id)) == 1
    # The second press of one button; the same for another member is an act of its own
    assert sharing.share(holder, call, asked(harbour.id)) is None
    assert sharing.share(holder, call, asked(lantern.id)) == 1
    assert len([one for one in audit.recent(9) if one.tag == "contacts shared"]) == 2


def test_an_act_for_nobody_is_no_first_press(founded: Founded, harbour: Member) -> None:
    holder, call = signed_in(founded), published_calls.find_call(DEMO_CALL)
    for _ in range(2):
        assert sharing.share(holder, call, asked(harbour.id)) == 0
    assert len([one for one in audit.recent(9) if one.tag == "contacts shared"]) == 2


def test_opening_is_in_the_record_with_its_reason(founded: Founded, harbour: Member) -> None:
    sent = says_yes()
    share(founded, harbour)
    assert reads(harbour, sent)
    line = audit.recent(1)[0]
    assert (line.tag, line.subject_id, line.actor, line.reason) == (
        "shared contact opened",
        sent.submission_id,
        str(harbour.recipient.id),
        "To get in touch with them about this work",
    )


def test_another_reason_of_a_recipient_is_told_to_coordinators_on_today(
    founded: Founded, harbour: Member
) -> None:
    says_yes()
    share(founded, harbour)
    holder = harbour.signed_in()
    (row,) = shared_reading.page_of(holder).rows
    shared_reading.open_shared(holder, row.share_id, Reason("other", "They asked us to"))
    assert audit.recent(1)[0].reason == "Outside the permission’s words: They asked us to"
    outside = [one for one in overview.today().concerns if one.kind is Kind.OPENED_OUTSIDE]
    assert [one.count for one in outside] == [1]


def test_a_yes_that_is_taken_back_while_it_is_shared_wins(
    founded: Founded, harbour: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a person who takes it back after the details were opened, and before they are stored
    sent = says_yes()
    real = sharing._reseal

    def meanwhile(*args: Any) -> Any:
        made = real(*args)
        take_back(sent)
        return made

    monkeypatch.setattr(sharing, "_reseal", meanwhile)
    assert share(founded, harbour) == 0
    with stores.reading() as main:
        assert main.scalars(select(Share)).all() == []
        assert main.scalars(select(SharedContact)).all() == []


# Lists of members


def test_a_list_is_written_when_it_changes_and_never_changed(inside: Flask) -> None:
    assert member_lists._current() is None
    harbour = organisation_changes.add(OWNER, "Harbour House")
    first = list_now()
    organisation_changes.rename(OWNER, harbour, "Harbour", was="Harbour House")
    organisation_changes.add(OWNER, "Lantern")
    with stores.reading() as main:
        lists = member_lists.by_id(main)
    assert lists[first].names == ("Harbour House",)
    assert lists[list_now()].names == ("Harbour", "Lantern")
    assert len(lists) == 3
    # And the worker adds none where the newest is right
    member_lists.keep_current()
    with stores.reading() as main:
        assert member_lists.by_id(main).keys() == lists.keys()


def test_two_lists_at_one_moment_are_no_error(
    harbour: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a list that another process writes between the look and the write: its number is taken
    real, taken = member_lists._next, [1]
    monkeypatch.setattr(member_lists, "_next", lambda rows: taken.pop() if taken else real(rows))
    # When a member is added meanwhile, then it is added, and its list is the newest
    organisation_changes.add(OWNER, "Lantern")
    with stores.reading() as main:
        assert member_lists.by_id(main)[list_now()].names == ("Harbour House", "Lantern")
    # And the worker, for whom the lists look as before, leaves it to the other
    taken.append(1)
    monkeypatch.setattr(member_lists, "to_share_with", lambda main: ())
    before = list_now()
    member_lists.keep_current()
    assert taken == []
    assert list_now() == before
