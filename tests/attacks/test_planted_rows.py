"""Rows that were changed or put in by hand must not keep an erasure from being whole, nor a person from their own.

Before, the lookup of an equality part that waits was changed: its owner's erasing said that all was gone, and the
worker wrote the part later as a genuine one. A draft or a mail, which has no MAC, was put in and named the secret of
somebody's answers: erasing kept that secret, and the page said "erased". A submission whose form version or call was
changed locked its owner out, with an error, and could not be erased by them.

Now erasing goes by the ids in the participant's own sealed copy; only genuine rows protect a secret; and a false
submission is read by what a genuine part of it says.
"""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from secrets import token_bytes
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, insert, select, update

from tests.conftest import MakeApp
from tests.factories import (
    Sent,
    publish_demo_call,
    publish_demo_event,
    register_one,
    signed_in,
    submit_one,
)
from tests.integration.at_once import at_once
from tests.integration.house import make_house
from tests.turned import an_operator_confirmed
from webapp.extensions import current_settings
from webapp.models import (
    Coordinator,
    ErasureSecret,
    OwnCopy,
    Part,
    ReturnDraft,
    SetAside,
    Submission,
    Tombstone,
    WaitingPart,
)
from webapp.rules import clock
from webapp.rules.clock_jumps import ALWAYS_ALLOWED
from webapp.rules.retention import due_on
from webapp.services.answers import consents, erasing, own_copies, setting_aside
from webapp.services.answers.consents import Subject
from webapp.services.answers.setting_aside import Span
from webapp.services.calls import published_calls
from webapp.services.desk_home import new_things
from webapp.services.events import event_messages
from webapp.services.infrastructure import audit, clock_guard, row_verification, stores
from webapp.services.keys.bootstrap import Founded
from webapp.services.retention import expiry, orphans
from webapp.services.sealed import shredding, tombstones
from webapp.services.worker import equality_batches
from webapp.vault.sealing import seal_until_written


@pytest.fixture(autouse=True)
def house(make_app: MakeApp) -> Iterator[Flask]:
    """Both doors and the worker; on SQLite, then on PostgreSQL."""
    app = make_house(make_app)
    with app.app_context():
        yield app


def change(table: type[Any], *which: Any, **columns: Any) -> None:
    """SQL past Hearth, with every right on the databases and no key of the configuration."""
    with stores.writing() as main:
        main.execute(update(table.__table__).where(*which).values(**columns))


def put_in(table: type[Any], **columns: Any) -> None:
    with stores.writing() as main:
        main.execute(insert(table.__table__).values(**columns))


def there(table: type[Any], *which: Any) -> int:
    with stores.reading() as main:
        return main.scalar(select(func.count()).select_from(table).where(*which)) or 0


def secrets_there(*ids: UUID) -> int:
    with stores.reading("erasure") as erasure:
        these = select(func.count()).select_from(ErasureSecret).where(ErasureSecret.id.in_(ids))
        return erasure.scalar(these) or 0


def secrets_of(sent: Sent) -> list[UUID]:
    with stores.reading() as main:
        return [
            one
            for table in (Part, OwnCopy)
            for one in main.scalars(
                select(table.secret_id).where(table.submission_id == sent.submission_id)
            )
        ]


def where_equality_is(sent: Sent) -> own_copies.EqualityPart:
    found = own_copies.find_held(sent.receipt).equality
    assert found is not None
    return found


def erase(sent: Sent) -> bool:
    return erasing.erase_held(own_copies.find_held(sent.receipt)).complete


def test_a_part_whose_lookup_was_changed_is_erased_all_the_same() -> None:
    # Given answers about equality that wait under a lookup of the attacker's
    sent = submit_one(written=False)
    where = where_equality_is(sent)
    change(WaitingPart, lookup=token_bytes(32))
    # When their owner erases everything
    assert erase(sent)
    # Then the secret is gone, and the worker does not write them
    assert secrets_there(where.secret_id) == 0
    equality_batches.write_waiting(enough=1)
    assert (there(WaitingPart), there(Part)) == (0, 0)


def test_a_written_part_with_another_secret_loses_the_one_that_seals_it() -> None:
    # Given answers about equality, written, whose row names another secret
    sent = submit_one()
    where = where_equality_is(sent)
    change(Part, Part.id == where.part_id, secret_id=uuid4())
    # When their owner erases everything, then the secret that opens them goes
    assert erase(sent)
    assert secrets_there(where.secret_id) == 0


def test_a_draft_that_names_their_secret_keeps_nothing_from_being_erased() -> None:
    # Given a draft of the attacker's for each secret of a person
    sent = submit_one()
    secrets = secrets_of(sent)
    for secret_id in secrets:
        put_in(
            ReturnDraft,
            id=uuid4(),
            lookup=token_bytes(32),
            secret_id=secret_id,
            envelope=b"x",
            due_on=clock.today(),
        )
    # When that person erases everything, then it is whole
    assert erase(sent)
    assert secrets_there(*secrets) == 0
    assert there(Tombstone, Tombstone.done.is_(False)) == 0


def test_a_false_row_that_names_their_secret_keeps_nothing_from_being_erased() -> None:
    # Given two people; a part of one was made to name the secret of the other's own copy
    mine, other = submit_one(), submit_one()
    secrets = secrets_of(mine)
    theirs = (Part.submission_id == other.submission_id, Part.purpose == "contact")
    change(Part, *theirs, secret_id=secrets[-1])
    # When the other erases everything, then it is whole
    assert erase(mine)
    assert secrets_there(*secrets) == 0


def plant_tombstone(row_id: UUID, secret_id: UUID | None) -> None:
    put_in(
        Tombstone,
        id=row_id,
        erased_on=clock.today(),
        secret_id=secret_id,
        done=False,
        row_mac=token_bytes(32),
    )


def test_a_tombstone_by_hand_is_named_and_keeps_no_erasing_from_being_complete() -> None:
    # Given tombstones of the attacker's that name each secret of a person who is there, and one that the going have
    living, going = submit_one(), submit_one()
    kept, gone = secrets_of(living), secrets_of(going)
    planted = [uuid4() for _ in kept]
    for row_id, secret_id in zip(planted, kept, strict=True):
        plant_tombstone(row_id, secret_id)
    plant_tombstone(going.submission_id, None)
    # When another person erases everything, then it is complete, and nothing else is gone
    assert erase(going)
    assert secrets_there(*gone) == 0
    assert secrets_there(*kept) == len(kept)
    # And they are named, by the daily check and by `verify-rows`, until they are deleted; they say nothing
    named = {one.key for one in row_verification.find_false() if one.table == "tombstones"}
    assert named == {str(one) for one in planted}
    assert there(Tombstone, Tombstone.done.is_(False)) == len(planted)
    row_verification.check_daily()
    checked = row_verification.newest()
    assert checked is not None
    assert checked.count == len(planted)
    with stores.reading() as main:
        assert tombstones.is_erased(main, going.submission_id)
        assert not tombstones.erased_among(main, planted)


def test_a_tombstone_that_was_changed_deletes_nothing_and_holds_no_other_up() -> None:
    # Given an erasing that a crash left unfinished, and one of its tombstones made to name a living person's secret
    living, going = submit_one(), submit_one()
    kept, gone = secrets_of(living), secrets_of(going)
    with pytest.MonkeyPatch.context() as crashed:
        crashed.setattr(shredding, "finish_all", lambda: shredding.Finished(0, 1))
        assert not erase(going)
    change(Tombstone, Tombstone.secret_id == gone[0], secret_id=kept[0])
    # When the worker finishes, then the others go, and the living person's stays
    assert shredding.finish_waiting() > 0
    assert secrets_there(*gone) == 1
    assert secrets_there(*kept) == len(kept)
    # And the one that was kept back by it is swept with the orphans
    with time_machine.travel(clock.now() + timedelta(days=3)):
        an_operator_confirmed()
        orphans.sweep_orphans()
    assert secrets_there(*gone) == 0
    assert secrets_there(*kept) == len(kept)


def test_a_tombstone_by_hand_keeps_no_part_that_waits_from_being_written() -> None:
    # Given a part that waits, and a tombstone of its id by hand
    sent = submit_one(written=False)
    plant_tombstone(where_equality_is(sent).part_id, None)
    # When the worker writes what waits, then it is there
    equality_batches.write_waiting(enough=1)
    assert there(Part, Part.id == where_equality_is(sent).part_id) == 1


def test_a_genuine_row_keeps_its_secret_and_nothing_is_called_complete() -> None:
    # Given a tombstone under a right MAC that names the secret of a person who is there: one side was put back
    living, going = submit_one(), submit_one()
    with stores.writing() as main:
        tombstones.leave(main, uuid4(), secrets_of(living)[0])
    # When another person erases everything
    gone = secrets_of(going)
    complete = erase(going)
    # Then theirs is gone, that person's is there; what could not be finished is not called complete, again and again
    assert secrets_there(*gone) == 0
    assert secrets_there(*secrets_of(living)) == len(secrets_of(living))
    assert not complete
    assert not shredding.finish_now()
    assert own_copies.find_held(living.receipt).answers


@pytest.mark.parametrize("changed", ["form_version", "call_id", "language"])
def test_a_submission_that_was_changed_does_not_lock_its_owner_out(changed: str) -> None:
    # Given a submission that names a form or a call that there is not, or a language
    sent = submit_one()
    consented = next(one for one in own_copies.find_held(sent.receipt).consents if one.granted)
    publish_demo_call("another-call")
    other = published_calls.find_call("another-call")
    values = {"form_version": 999, "call_id": other.id, "language": "xx"}
    change(Submission, Submission.id == sent.submission_id, **{changed: values[changed]})
    # When its owner comes back, then they see what they agreed to, of their own call, and can withdraw it
    held = own_copies.find_held(sent.receipt)
    assert held.slug == "support-needs"
    subject = Subject(held.submission_id, held.call_id, held.form, "en")
    consents.change(subject, consented.purpose, granted=False)
    assert not any(one.granted for one in own_copies.find_held(sent.receipt).consents)
    # And can erase everything but what their unread copies would have to tell
    assert erase(sent)
    assert there(Submission) == there(Part, Part.submission_id == sent.submission_id) == 0


def test_where_no_row_names_a_form_that_there_is_its_owner_can_still_erase() -> None:
    # Given a submission whose rows all name a form that there is not
    sent = submit_one()
    for table, mine in ((Submission, Submission.id), (Part, Part.submission_id)):
        change(table, mine == sent.submission_id, form_version=999)
    # When its owner comes back, then nothing of it is shown, and it can be erased
    assert own_copies.find_held(sent.receipt).answers == {}
    assert erase(sent)
    assert there(Submission) == 0


def _garbage(**columns: Any) -> UUID:
    """Put in a row that opens nothing, beside a genuine one."""
    with stores.reading() as main:
        genuine = main.scalars(select(WaitingPart)).first()
    assert genuine is not None
    values = {
        column.name: getattr(genuine, column.name) for column in WaitingPart.__table__.columns
    }
    row_id = uuid4()
    put_in(WaitingPart, **{**values, "id": row_id, "lookup": token_bytes(32), **columns})
    return row_id


def test_a_row_that_opens_nothing_makes_no_part_be_written_alone() -> None:
    # Given one part that waits, and rows whose day has come by what they say: garbage, and another hand's
    submit_one(written=False)
    early = clock.today() - timedelta(days=40)
    _garbage(secret_made_on=early, envelope=b"x")
    nothing, row_id = b"\0\0\0\2[]", uuid4()
    with stores.reading() as main:
        call_id = main.scalars(select(WaitingPart.call_id)).first()
    assert call_id is not None
    public = current_settings().mailer_public_key
    sealed = seal_until_written(nothing, public_key=public, owner_id=call_id, row_id=row_id)
    _garbage(id=row_id, secret_made_on=early, sealed_key=sealed.sealed_key, envelope=sealed.content)
    # And a row of its own whose days were changed
    change(WaitingPart, WaitingPart.envelope != b"x", secret_made_on=early)
    # When the worker comes round, then the part goes on waiting for others
    assert equality_batches.write_waiting() == 0
    assert there(Part, Part.purpose == "equality") == 0


def test_a_row_that_opens_nothing_goes_once_its_day_is_past(
    caplog: pytest.LogCaptureFixture,
) -> None:
    # Given two rows that open nothing; the day of one is past
    submit_one(written=False)
    past = _garbage(envelope=b"x", due_on=clock.today() - timedelta(days=1))
    stays = _garbage(envelope=b"x", due_on=clock.today())
    # When the worker comes round, then that one is gone and named, and the other waits for the right key
    equality_batches.write_waiting()
    assert there(WaitingPart, WaitingPart.id == past) == 0
    assert there(WaitingPart, WaitingPart.id == stays) == 1
    assert str(past) in caplog.text


def test_a_false_row_keeps_the_day_of_its_own_call() -> None:
    # Given two people of a call that closes soon; and one call that closed already, one that is open for years
    today = clock.today()
    publish_demo_call("open-for-years", closes_on=today + timedelta(days=300))
    publish_demo_call("closed-soon", closes_on=today + timedelta(days=1))
    early, late = submit_one(), submit_one()
    for sent, slug, day in (
        (early, "closed-soon", date(2020, 1, 1)),
        (late, "open-for-years", date(2999, 1, 1)),
    ):
        moved_to = published_calls.find_call(slug).id
        mine = Part.submission_id == sent.submission_id
        change(Part, mine, Part.purpose == "contact", due_on=day, call_id=moved_to)
        change(OwnCopy, OwnCopy.submission_id == sent.submission_id, due_on=day)
    contact_day = _day_of("contact")
    # When a day before their own call's promise comes, then neither is gone
    _on(contact_day - timedelta(days=1))
    contact = Part.purpose == "contact"
    assert there(Part, contact) == 2
    # And on the day that was promised both are
    _on(contact_day)
    assert there(Part, contact) == 0


def _day_of(purpose: str) -> date:
    call = published_calls.find_call("support-needs")
    months = {str(name): part.keep_months for name, part in call.form.parts.items()}
    return due_on(call.closes_on, months[purpose])


def _on(day: date) -> None:
    """The worker deletes on this day; an operator has confirmed it."""
    with time_machine.travel(datetime.combine(day, time(12), UTC)):
        an_operator_confirmed()
        expiry.erase_due()


def test_days_that_were_changed_do_not_stop_deletion() -> None:
    # Given so many people that a share of them is much, whose parts were all given a day that is past
    for _ in range(ALWAYS_ALLOWED + 1):
        submit_one()
    clock_guard.sure()
    change(Part, due_on=clock.today() - timedelta(days=1))
    # When the worker looks, then it doubts nothing; and nothing of theirs is deleted
    clock_guard.sure()
    assert clock_guard.stopped() is None
    expiry.erase_due()
    assert there(Submission) == ALWAYS_ALLOWED + 1


@pytest.fixture
def put_aside(house: Flask) -> Sent:
    """A submission that a coordinator put aside as not genuine."""
    sent = submit_one()
    call = published_calls.find_call("support-needs")
    act = SetAside(
        id=uuid4(), call_id=call.id, coordinator_id=_coordinator(), made_on=clock.today(), people=1
    )
    with stores.writing() as main:
        main.add(act)
        main.flush()
        main.get_one(Submission, sent.submission_id).set_aside_id = act.id
    return sent


def _coordinator() -> UUID:
    with stores.reading() as main:
        return main.scalars(select(Coordinator.id).limit(1)).one()


def test_what_was_put_aside_is_announced_nowhere(put_aside: Sent) -> None:
    # Given a stranger whose false answers were put aside, and who withdraws what they consented to
    held = own_copies.find_held(put_aside.receipt)
    granted = next(one.purpose for one in held.consents if one.granted)
    subject = Subject(held.submission_id, held.call_id, held.form, "en")
    consents.change(subject, granted, granted=False)
    # Then there is no news of it
    today = clock.today()
    assert not _is_news(today)
    # And its deletion is not announced, but for the answers that name no one
    with time_machine.travel(datetime.combine(held.due_on["contact"], time(12), UTC)):
        assert {one.purpose for one in expiry.due_soon()} <= {"equality"}
        assert there(Part, Part.purpose == "contact") == 1
    # And someone else's is news
    submit_one()
    assert _is_news(today)


def _is_news(today: date) -> bool:
    with stores.reading() as main:
        return new_things.any_between(main, today - timedelta(days=1), today, reader=_coordinator())


def test_a_corrected_submission_that_was_read_once_is_not_put_aside() -> None:
    # Given a submission that a coordinator read, and its owner corrected: reading starts anew
    sent = submit_one()
    with stores.writing() as main:
        main.get_one(Submission, sent.submission_id).answers_changed_on = clock.today()
    call = published_calls.find_call("support-needs")
    # Then it is not among those that nobody knows
    assert setting_aside.how_many(Span(call.id, clock.today(), clock.today())) == 0


def test_the_head_of_the_record_is_locked_last(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a message at an event, and answers that are due
    message = uuid4()
    event = publish_demo_event()
    register_one(event)
    event_messages.send(event.id, message, "The room has changed.", actor=_coordinator())
    submit_one()
    acts: list[str] = []
    for module, name in ((audit, "enter"), (shredding, "shred_parts")):
        monkeypatch.setattr(module, name, _noted(acts, name, getattr(module, name)))
    # When the message is taken down, then the record comes after every other lock
    event_messages.take_down(event.id, message, actor=_coordinator())
    assert acts == ["shred_parts", "enter"]
    # And when the answers are erased
    with time_machine.travel(datetime.combine(_day_of("testimony"), time(12), UTC)):
        an_operator_confirmed()
        acts.clear()
        expiry.erase_due()
    assert acts[:2] == ["shred_parts", "enter"]


def _noted(acts: list[str], name: str, act: Callable[..., Any]) -> Callable[..., Any]:
    def noted(*args: Any, **kwargs: Any) -> Any:
        acts.append(name)
        return act(*args, **kwargs)

    return noted


@pytest.mark.parametrize("shelf", ["postgresql"], indirect=True)
def test_putting_back_waits_for_no_one_who_only_names_the_act(
    house: Flask, put_aside: Sent, founded: Founded
) -> None:
    # Given a transaction whose foreign key holds the act (FOR KEY SHARE), as each change of a submission may
    holder = signed_in(founded)
    with stores.reading() as main:
        act_id, call_id = main.execute(select(SetAside.id, SetAside.call_id)).one()
    held, done = threading.Event(), threading.Event()

    def hold() -> bool:
        with stores.writing() as main:
            main.execute(select(SetAside.id).with_for_update(read=True, key_share=True))
            held.set()
            return done.wait(20)

    def put_back() -> int:
        held.wait(20)
        back = setting_aside.put_back(holder, call_id, act_id)
        done.set()
        return back

    # When a coordinator puts it back, then that is done while the other transaction goes on
    assert at_once(house, hold, put_back) == [True, 1]
