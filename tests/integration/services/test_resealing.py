"""Records of before are sealed anew: the key that a person took along opens nothing, and all others read as before."""

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from tests.colleagues import Colleague, join
from tests.factories import (
    TO_CALL,
    TO_READ,
    Sent,
    publish_demo_call,
    publish_demo_event,
    register_one,
    seed_of,
    signed_in,
    submit_one,
)
from tests.integration.at_once import at_once
from tests.integration.rounds import rounds
from tests.integration.services.test_role_changes import again
from tests.sharing import asked, list_now, new_member, reads
from tests.tally import Tell
from webapp.models import (
    ErasureSecret,
    Part,
    RegistrationPart,
    Resealing,
    SharedContact,
)
from webapp.rules.roles import Grant, Role
from webapp.services.answers import consents, erasing, looks, own_copies
from webapp.services.answers.consents import Subject
from webapp.services.calls import published_calls
from webapp.services.events import attendance_lists
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.row_authentication import TOLERANT, RowForged
from webapp.services.keys import (
    giving_keys,
    key_rotations,
    purpose_keys,
    role_changes,
    session_keyrings,
)
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import disclosure, resealed_rows, resealing, sharing
from webapp.services.opening.disclosure import NotAuthorisedToOpen, SignInAgainToOpen
from webapp.services.retention import orphans, restored_rows
from webapp.services.sealed.parts import part_context
from webapp.vault.envelope import DoesNotOpen
from webapp.vault.opening import PurposeReader

pytestmark = pytest.mark.usefixtures("inside")
CALL, EVENT = "second-call", "evening"
WHY = "A person left"
Rows = list[Part | RegistrationPart]


@dataclass
class House:
    """A call and an event that Ana and Ben can open. Ben has kept the private halves of all keys of that day."""

    founded: Founded
    ben: Colleague
    call_id: UUID
    event: Any
    kept: Mapping[UUID, bytes]
    anas: Holder
    seed: bytes

    def session(self) -> Holder:
        """Ana's session, with the keys of now as if she had just signed in."""
        session_keyrings.throw_away(self.anas)
        session_keyrings.fill(self.anas, self.seed)
        return self.anas

    def ben_leaves(self) -> None:
        role_changes.leave(self.session(), self.ben.id)

    def seal_anew(self, owner_id: UUID | None = None) -> None:
        """All of it, with one press after the other."""
        holder, where = self.session(), owner_id or self.call_id
        resealing.begin(holder, where, WHY)
        while resealing.go_on(holder, where).waiting:
            pass


@pytest.fixture
def house(founded: Founded) -> House:
    ben = join("Ben", Role.COORDINATOR)
    publish_demo_call(CALL)
    event = publish_demo_event(slug=EVENT)
    keyring = session_keyrings.open_for(signed_in(ben))
    assert keyring is not None
    call_id = published_calls.find_call(CALL).id
    ana, seed = signed_in(founded), seed_of(founded)
    return House(founded, ben, call_id, event, dict(keyring.seeds), ana, seed)


def sent_to(house: House, **options: Any) -> Sent:
    return submit_one(published_calls.find_call(CALL), **options)


def stored(owner_id: UUID) -> Rows:
    """A copy of all sealed records of a call or event."""
    with stores.reading() as main:
        found: Rows = list(
            main.scalars(
                select(Part).where(Part.call_id == owner_id, Part.purpose != "equality"),
                execution_options=TOLERANT,
            )
        )
        theirs = RegistrationPart.event_id == owner_id
        return found + list(main.scalars(select(RegistrationPart).where(theirs)))


def secrets() -> dict[UUID, bytes]:
    """A copy of the erasure store."""
    with stores.reading("erasure") as erasure:
        return {row.id: row.secret for row in erasure.scalars(select(ErasureSecret))}


def opened_by(kept: Mapping[UUID, bytes], rows: Rows, held: Mapping[UUID, bytes]) -> set[UUID]:
    """What opens for a thief with these private halves, sealed rows and secrets, past all that Hearth says."""
    found = set()
    for seed in kept.values():
        reader = PurposeReader(seed)
        for row in rows:
            for secret in held.values() if row.secret_id not in held else [held[row.secret_id]]:
                with suppress(DoesNotOpen):
                    reader.open_part(row.envelope, secret=secret, context=part_context(row))
                    found.add(row.id)
    return found


def reads_all(holder: Holder, sent: Sent) -> bool:
    testimony = disclosure.open_testimony(holder, sent.submission_id, TO_READ)
    contact = disclosure.open_contact(holder, sent.submission_id, TO_CALL)
    return bool(testimony.answers) and contact.contact is not None


def test_the_key_that_a_person_took_along_opens_nothing_that_is_stored(house: House) -> None:
    # Given people who told us something, one of whom allows sharing; Ben kept his keys, and leaves
    member = new_member("Lantern", "Lou")
    agrees, other = sent_to(house, members=list_now()), sent_to(house)
    share_with_member(house, member.id)
    register_one(house.event)
    before, then = stored(house.call_id) + stored(house.event.id), secrets()
    house.ben_leaves()
    ours = {row.id for row in before}
    assert opened_by(house.kept, before, secrets()) == ours, "new keys alone do not end it"
    # When a holder seals anew what came before
    house.seal_anew()
    house.seal_anew(house.event.id)
    # Then a copy of both stores from now on gives him nothing, and one of main from before neither
    after, now = stored(house.call_id) + stored(house.event.id), secrets()
    assert {row.id for row in after} == ours
    assert opened_by(house.kept, after, now) == set()
    assert opened_by(house.kept, before, now) == set()
    # But a copy of both from before does: the page says so
    assert opened_by(house.kept, before, then) == ours
    # And for everyone else nothing has changed: the holder, the member's recipient, the people themselves
    holder = house.session()
    assert reads_all(holder, agrees)
    assert reads_all(holder, other)
    assert len(attendance_lists.open_people(holder, house.event)) == 1
    assert reads(member, agrees)
    assert own_copies.find_held(other.receipt).by_part
    days = {row.id: getattr(row, "due_on", None) for row in before}
    assert {row.id: getattr(row, "due_on", None) for row in after} == days
    assert resealing.standing(holder) == ()
    assert restored_rows.unreadable() == 0
    assert orphans.sweep_orphans() == 0
    # And each can take it back, which ends the share, and erase it
    subject = subject_of(agrees)
    consents.change(subject, "share", False)
    assert not reads(member, agrees)
    assert erasing.erase_held(own_copies.find_held(other.receipt)).complete
    theirs = {row.secret_id for row in after if row.bound_to == other.submission_id}
    assert len(theirs) == 2
    assert len(stored(house.call_id)) == 2
    assert not theirs & secrets().keys()


def subject_of(sent: Sent) -> Subject:
    held = own_copies.find_held(sent.receipt)
    return Subject(held.submission_id, held.call_id, held.form, "en", list_now())


def share_with_member(house: House, member_id: UUID) -> int | None:
    call = published_calls.find_call(CALL)
    return sharing.share(house.session(), call, asked(member_id))


def test_the_record_and_the_person_say_that_nobody_read_it(house: House) -> None:
    sent = sent_to(house)
    house.ben_leaves()
    house.seal_anew()
    lines = [line for line in audit.recent(20) if line.tag == "answers sealed anew"]
    assert {line.reason for line in lines} == {WHY}
    assert {line.detail.as_text() for line in lines if line.detail} == {
        '{"records":1,"sealed_for":"contact"}',
        '{"records":1,"sealed_for":"testimony"}',
    }
    found = looks.find(own_copies.find_held(sent.receipt))
    assert found.is_empty
    assert len(found.resealed_on) == 1


# Who may


def test_who_lacks_the_old_key_or_the_new_one_is_refused(house: House) -> None:
    # Given answers under the old key; Ana's session of before; Cy, who came after the new keys, and Dee, who owns
    sent_to(house)
    old_session = again(house.founded)
    house.ben_leaves()
    cy, dee = join("Cy", Role.COORDINATOR), join("Dee", Role.OWNER)
    for who in (cy, dee):
        holder = signed_in(who)
        assert not any(one.mine or one.is_older for one in resealing.standing(holder))
        with pytest.raises(NotAuthorisedToOpen):
            resealing.begin(holder, house.call_id, WHY)
    assert all(one.is_older for one in resealing.standing(old_session))
    with pytest.raises(SignInAgainToOpen):
        resealing.begin(old_session, house.call_id, WHY)
    # And one who holds the keys has begun: then the others cannot go on either
    holder = house.session()
    resealing.begin(holder, house.call_id, WHY)
    with pytest.raises(NotAuthorisedToOpen):
        resealing.go_on(again(cy), house.call_id)
    assert not [line for line in audit.recent(9) if "sealed anew" in line.tag]


def test_an_analyst_seals_answers_anew_and_leaves_contacts(house: House) -> None:
    sent = sent_to(house)
    eve = join("Eve", Grant(Role.ANALYST, house.call_id))
    giving_keys.give_held(house.session(), eve.id)
    house.ben_leaves()
    analyst = again(eve)
    resealing.begin(analyst, house.call_id, WHY)
    assert resealing.go_on(analyst, house.call_id).waiting == 0
    assert {row.purpose: row.epoch for row in stored(house.call_id)} == {
        "testimony": 2,
        "contact": 1,
    }
    # Then nothing of it is left begun, and a coordinator does the rest
    assert resealing.unfinished() == 0
    house.seal_anew()
    assert {row.epoch for row in stored(house.call_id)} == {2}
    assert reads_all(house.session(), sent)


# In batches


def test_it_goes_on_where_it_stopped(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        sent_to(house)
    house.ben_leaves()
    monkeypatch.setattr(resealing, "BATCH", 1)
    holder = house.session()
    resealing.begin(holder, house.call_id, WHY)
    resealing.begin(holder, house.call_id, "pressed twice")
    found = []
    while waiting := resealing.go_on(holder, house.call_id, seconds=0).waiting:
        found.append(waiting)
        assert resealing.unfinished() == 1
    assert found == [5, 4, 3, 2, 1]
    assert resealing.unfinished() == 0
    assert resealing.standing(holder) == ()


def test_new_keys_in_the_middle_are_followed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        sent_to(house)
    house.ben_leaves()
    monkeypatch.setattr(resealing, "BATCH", 1)
    holder = house.session()
    resealing.begin(holder, house.call_id, WHY)
    resealing.go_on(holder, house.call_id, seconds=0)
    key_rotations.begin(holder, house.call_id, "A laptop was stolen")
    key_rotations.go_on()
    # Then a session with the newest keys goes on, with all of them
    with pytest.raises(SignInAgainToOpen):
        resealing.go_on(holder, house.call_id)
    assert resealing.go_on(house.session(), house.call_id).waiting == 0
    assert {row.epoch for row in stored(house.call_id)} == {3}


# Rows that are not as Hearth wrote them


def test_a_false_record_and_a_damaged_one_are_left_and_said(house: House) -> None:
    # Given a record that was moved to another epoch by hand, one with another's envelope, and one that is whole
    moved, damaged, whole = (sent_to(house) for _ in range(3))
    house.ben_leaves()
    rows = {row.submission_id: row for row in stored(house.call_id) if row.purpose == "testimony"}
    with stores.writing() as main:
        table: Any = Part.__table__
        this = table.c.id == rows[moved.submission_id].id
        main.connection().execute(table.update().where(this).values(form_version=7))
        row = main.get_one(Part, rows[damaged.submission_id].id)
        row.envelope = rows[whole.submission_id].envelope
    kept = {row.id: row.envelope for row in stored(house.call_id)}
    # When the rest is sealed anew
    house.seal_anew()
    # Then those two are as they were, and the act is over with them
    now = {row.id: row for row in stored(house.call_id)}
    for sent in (moved, damaged):
        one = now[rows[sent.submission_id].id]
        assert (one.epoch, one.envelope) == (1, kept[one.id])
    assert sorted(row.epoch for row in now.values()) == [1, 1, 2, 2, 2, 2]
    holder = house.session()
    (standing,) = resealing.standing(holder)
    assert (standing.records, standing.left, standing.to_do, standing.goes_on) == (2, 2, 0, False)
    assert reads_all(holder, whole)
    with pytest.raises(RowForged):
        disclosure.open_testimony(holder, moved.submission_id, TO_READ)


def test_a_work_list_that_was_put_in_by_hand_begins_nothing(house: House) -> None:
    sent_to(house)
    house.ben_leaves()
    holder = house.session()
    resealing.begin(holder, house.call_id, WHY)
    with stores.writing() as main:
        table: Any = Resealing.__table__
        main.connection().execute(table.update().values(reason="forged"))
    with pytest.raises(RowForged):
        resealing.begin(holder, house.call_id, WHY)
    assert {row.epoch for row in stored(house.call_id)} == {1}


# At the same moment


def in_the_middle(act: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Do this after a batch was opened, and before it is swapped in: once."""
    real, done = resealed_rows._store, []

    def store(*given: Any) -> None:
        if not done:
            done.append(act())
        real(*given)

    monkeypatch.setattr(resealed_rows, "_store", store)


def test_what_is_erased_meanwhile_stays_erased(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, stays = sent_to(house), sent_to(house)
    house.ben_leaves()
    held = own_copies.find_held(gone.receipt)
    in_the_middle(lambda: erasing.erase_held(held), monkeypatch)
    house.seal_anew()
    assert {row.submission_id for row in stored(house.call_id)} == {stays.submission_id}
    assert reads_all(house.session(), stays)
    # And of what was sealed for it, an unused secret is left, which is swept
    assert resealing.standing(house.session()) == ()


def test_a_share_that_ends_meanwhile_stays_ended(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = new_member("Lantern", "Lou")
    sent = sent_to(house, members=list_now())
    assert share_with_member(house, member.id) == 1
    house.ben_leaves()
    subject = subject_of(sent)
    in_the_middle(lambda: consents.change(subject, "share", False), monkeypatch)
    house.seal_anew()
    assert {row.epoch for row in stored(house.call_id)} == {2}
    assert not reads(member, sent)
    with stores.reading() as main:
        assert main.scalars(select(SharedContact)).all() == []


def test_what_is_shared_meanwhile_is_sealed_with_the_secret_of_now(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = new_member("Lantern", "Lou")
    sent = sent_to(house, members=list_now())
    house.ben_leaves()
    in_the_middle(lambda: share_with_member(house, member.id), monkeypatch)
    house.seal_anew()
    assert {row.epoch for row in stored(house.call_id)} == {2}
    assert reads(member, sent)


def test_a_share_that_is_stored_after_its_part_was_sealed_anew_is_not_made(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would rest on a secret that is gone, and open for nobody."""
    member = new_member("Lantern", "Lou")
    sent = sent_to(house, members=list_now())
    house.ben_leaves()
    real = sharing._store

    def late(*given: Any) -> int:
        house.seal_anew()
        return real(*given)

    monkeypatch.setattr(sharing, "_store", late)
    assert share_with_member(house, member.id) == 0
    monkeypatch.undo()
    assert share_with_member(house, member.id) == 1
    assert reads(member, sent)


def test_erasing_reading_and_two_presses_at_one_moment(
    house: House, inside: Flask, tell: Tell
) -> None:
    came_to: Counter[str] = Counter()
    for number in range(rounds(3)):
        gone, stays = sent_to(house), sent_to(house)
        epoch = key_rotations_of(house)
        one, other = house.session(), house.session()
        held = own_copies.find_held(gone.receipt)
        resealing.begin(one, house.call_id, WHY)
        pause = random.Random(number).random() * 0.03

        def erase() -> bool:
            time.sleep(pause)  # noqa: B023
            return erasing.erase_held(held).complete  # noqa: B023

        def read() -> bool:
            time.sleep(pause)  # noqa: B023
            return reads_all(one, stays)  # noqa: B023

        results = at_once(
            inside,
            lambda: resealing.go_on(one, house.call_id).waiting,  # noqa: B023
            lambda: resealing.go_on(other, house.call_id).waiting,  # noqa: B023
            erase,
            read,
        )
        assert results[2:] == [True, True], results
        assert all(isinstance(waiting, int) for waiting in results[:2]), results
        house.seal_anew()
        rows = stored(house.call_id)
        assert gone.submission_id not in {row.submission_id for row in rows}
        assert {row.epoch for row in rows} == {epoch}
        assert reads_all(house.session(), stays)
        came_to[str(results[:2])] += 1
    tell("two connections", f"sealing anew, twice, with an erasing and a reading: {dict(came_to)}")


def key_rotations_of(house: House) -> int:
    """New keys. Returns the number of the newest epoch."""
    key_rotations.begin(house.session(), house.call_id, WHY)
    key_rotations.go_on()
    with stores.reading() as main:
        return purpose_keys.newest(main, house.call_id)["testimony"].epoch
