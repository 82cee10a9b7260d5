"""A booking holds nothing until its address is confirmed; without one, within a quota or with a coordinator's yes."""

from collections import Counter
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from tests.factories import (
    Booked,
    demo_event,
    publish_demo_event,
    register_one,
    registered_answers,
)
from tests.integration.tables import counts
from tests.turned import the_worker_kept_running
from webapp.models import AuditEntry, ErasureSecret, EventCount, OutboxMessage, Registration
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.states import MailState
from webapp.services.events import (
    address_changes,
    booking_confirming,
    desk_address_corrections,
    event_changes,
    event_messages,
    event_reminders,
    own_registrations,
    published_events,
    registration_sealing,
    registrations,
    waiting_list,
)
from webapp.services.events.published_events import Event
from webapp.services.events.registrations import NoSuchRegistration
from webapp.services.events.waiting_list import TooLate
from webapp.services.infrastructure import deletions_due, outbox, stores
from webapp.services.infrastructure.limits import LIMITS_FOR_ONE
from webapp.services.keys.coordinators import Holder
from webapp.services.retention import expiry
from webapp.services.worker import chores, delivery, smtp

pytestmark = pytest.mark.usefixtures("inside")
ONE_DAY = timedelta(days=1)


@pytest.fixture
def real_limits(inside: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits of a real instance: those of the tests are a million times as wide."""
    settings = inside.extensions["hearth_settings"]
    narrow = settings.model_copy(update={"limit_factor": 1})
    monkeypatch.setitem(inside.extensions, "hearth_settings", narrow)


def open_event(**changes: object) -> Event:
    """The survivors' group, as it is by default."""
    return publish_demo_event("small-group", confirm_address=True, **changes)


def book(event: Event, address: str | None, network: str = "203.0.113.7") -> Booked:
    prepared = registrations.prepare(event)
    state = registrations.register(
        event, prepared, registered_answers(event, address), "en", network
    )
    return Booked(prepared.registration_id, prepared.ticket, prepared.room_code, address, state)


def state_of(person: Booked) -> str:
    return own_registrations.find_own(person.ticket).state


def row_of(person: Booked) -> Registration:
    with stores.reading() as main:
        return main.get_one(Registration, person.id)


def mails_to(person: Booked) -> Counter[str]:
    with stores.reading() as main:
        query = select(OutboxMessage.kind).where(OutboxMessage.subject_id == person.id)
        return Counter(main.scalars(query))


def entries(event: AuditEvent) -> int:
    with stores.reading() as main:
        query = select(func.count()).where(AuditEntry.tag == event)
        return main.scalar(query) or 0


def confirm(person: Booked) -> None:
    booking_confirming.confirm_own(person.id, person.ticket)


def test_it_is_on_unless_a_definition_turns_it_off() -> None:
    assert demo_event("small-group").confirm_address
    assert demo_event("round-table").confirm_address


def test_a_request_holds_nothing_and_one_mail_goes_to_its_address() -> None:
    # When more people ask than there are seats
    event = open_event(seats=1)
    people = [book(event, f"person-{number}@example.org") for number in range(3)]
    # Then every answer is the same, no seat is taken, and each address gets one mail
    assert {one.state for one in people} == {"requested"}
    found = published_events.find(event.slug)
    assert (found.taken, found.waiting, found.pending) == (0, 0, 3)
    assert not found.is_full
    assert [mails_to(one) for one in people] == [Counter(["confirm_address"])] * 3


def test_confirming_holds_the_seat_and_the_order_is_that_of_confirming() -> None:
    event = open_event(seats=1)
    first, second, third = (book(event, f"person-{number}@example.org") for number in range(3))
    # When they confirm in another order than they asked
    confirm(third)
    confirm(first)
    confirm(second)
    # Then the first to confirm has the seat, and the others stand in line as they confirmed
    assert [state_of(one) for one in (third, first, second)] == ["confirmed", "waiting", "waiting"]
    assert [own_registrations.find_own(one.ticket).order for one in (first, second)] == [1, 2]
    assert mails_to(third) == Counter(["confirm_address", "registered"])
    assert mails_to(first) == Counter(["confirm_address", "waiting"])
    # And from now on a registration is kept until its event is over, like any other
    assert row_of(third).due_on == registrations.due_on(event)


def test_confirming_again_changes_nothing() -> None:
    event = open_event()
    person = book(event, "robin@example.org")
    confirm(person)
    confirm(person)
    assert mails_to(person) == Counter(["confirm_address", "registered"])
    waiting_list.cancel(person.id)
    confirm(person)
    assert state_of(person) == "cancelled"


def test_a_request_sent_twice_is_one() -> None:
    event = open_event()
    prepared = registrations.prepare(event)
    one = register_one(event, "robin@example.org", prepared=prepared)
    other = register_one(event, "robin@example.org", prepared=prepared)
    assert one == other
    assert counts()["registrations"] == 1
    # And once it is confirmed, a replayed post finds that
    confirm(one)
    assert register_one(event, "robin@example.org", prepared=prepared).state == "confirmed"


def test_a_request_lapses_at_the_end_of_the_next_day_and_leaves_nothing() -> None:
    event = open_event()
    person = book(event, "robin@example.org")
    lapses_on = clock.today() + timedelta(days=2)
    assert row_of(person).due_on == lapses_on
    own = own_registrations.find_own(person.ticket)
    assert own.confirm_by == clock.today() + ONE_DAY
    # When the next day is over, it can no longer be confirmed
    with time_machine.travel(clock.now() + timedelta(days=2)):
        assert own_registrations.find_own(person.ticket).has_lapsed
        with pytest.raises(TooLate):
            confirm(person)
        # And the worker erases it, with its parts, its mail and its secrets
        the_worker_kept_running()
        assert chores.do_all()
        with pytest.raises(NoSuchRegistration):
            own_registrations.find_own(person.ticket)
        left = {"registrations", "registration_parts", "outbox", "event_counts"}
        assert not left & set(counts())
        with stores.reading("erasure") as erasure_store:
            marks = {event.marks_secret_id}
            assert set(erasure_store.scalars(select(ErasureSecret.id))) <= marks
    # And neither the numbers nor the record tell of it: a stranger can make as many as they like
    assert entries(AuditEvent.REGISTRATION_EXPIRED) == 0


def test_until_the_end_of_the_next_day_it_can_be_confirmed() -> None:
    event = open_event()
    person = book(event, "robin@example.org")
    tomorrow = clock.now() + ONE_DAY
    with time_machine.travel(tomorrow):
        the_worker_kept_running()
        chores.do_all()
        confirm(person)
    assert state_of(person) == "confirmed"


def test_lapsing_is_not_announced_at_the_desk_but_counts_for_the_clock_guard() -> None:
    book(open_event(), "robin@example.org")
    assert expiry.registrations_due_soon() == ()
    with stores.reading() as main:
        due = deletions_due.amounts(main, clock.now() + timedelta(days=2))
    assert due.registrations == 1


def test_nothing_but_the_one_mail_goes_to_an_address_that_is_not_confirmed(actor: UUID) -> None:
    event = open_event()
    person = book(event, "robin@example.org")
    # When everything happens that people with a seat hear of
    event_messages.send(event.id, uuid4(), "The door is open at two.", actor=actor)
    event_changes.move(event.id, event.starts_at + ONE_DAY, actor=actor, reason="ill")
    with time_machine.travel(event.starts_at - timedelta(hours=2)):
        event_reminders.promise()
    event_changes.call_off(event.id, actor=actor, reason="ill")
    # Then a request hears of none of it
    assert mails_to(person) == Counter(["confirm_address"])


def test_a_request_outlives_the_closing_of_registration(actor: UUID) -> None:
    event = open_event(seats=1)
    first, second, third = (book(event, f"person-{number}@example.org") for number in range(3))
    # When registration closes after they asked
    event_changes.close(event.id, actor=actor)
    confirm(first)
    confirm(second)
    # Then each confirms until the end of the next day, for a seat or a place
    assert [state_of(one) for one in (first, second)] == ["confirmed", "waiting"]
    with time_machine.travel(clock.now() + timedelta(days=2)), pytest.raises(TooLate):
        confirm(third)
    # And nobody else comes in
    with pytest.raises(registrations.EventClosed):
        book(published_events.find(event.slug), "late@example.org")


def test_what_is_called_off_or_has_begun_cannot_be_confirmed(actor: UUID) -> None:
    event = open_event(slug="small-off")
    person = book(event, "robin@example.org")
    _call_off(event.id, actor=actor)
    with pytest.raises(TooLate):
        confirm(person)
    event = open_event(slug="small-begun")
    person = book(event, "robin@example.org")
    with time_machine.travel(event.starts_at), pytest.raises(TooLate):
        confirm(person)


def _call_off(event_id: UUID, *, actor: UUID) -> None:
    event_changes.call_off(event_id, actor=actor, reason="ill")


def test_a_request_is_deleted_as_its_owner_asks_and_is_not_counted() -> None:
    person = book(open_event(), "robin@example.org")
    assert waiting_list.delete_own(person.id).complete
    with stores.reading() as main:
        assert main.scalars(select(EventCount)).all() == []


# At the desk


def test_a_coordinator_confirms_for_a_registrant_who_rings(actor: UUID) -> None:
    event = open_event()
    person = book(event, "robin@example.org")
    # Also when registration is closed by now
    event_changes.close(event.id, actor=actor)
    booking_confirming.confirm_by_hand(person.id, actor=actor, reason="They rang us")
    booking_confirming.confirm_by_hand(person.id, actor=actor, reason="They rang us")
    assert state_of(person) == "confirmed"
    assert mails_to(person)["registered"] == 1
    assert entries(AuditEvent.REGISTRATION_CONFIRMED) == 1


def test_what_a_coordinator_cancels_before_it_is_confirmed_sends_no_mail(actor: UUID) -> None:
    person = book(open_event(), "robin@example.org")
    waiting_list.cancel(person.id, actor=actor, reason="Not genuine")
    assert state_of(person) == "cancelled"
    assert mails_to(person) == Counter(["confirm_address"])
    assert row_of(person).mail_envelope is None


# Without an address


def test_without_an_address_half_of_the_seats_can_be_held_at_once() -> None:
    event = open_event(seats=5)
    people = [book(event, None, f"203.0.{number}.7") for number in range(5)]
    assert [one.state for one in people] == ["confirmed"] * 3 + ["applied"] * 2
    # And seats with a confirmed address do not count against them
    other = open_event(seats=3, slug="small-2")
    for number in range(2):
        confirm(book(other, f"person-{number}@example.org"))
    assert book(other, None).state == "confirmed"


@pytest.mark.usefixtures("real_limits")
def test_one_network_holds_two_seats_a_day_without_an_address() -> None:
    event, other = open_event(seats=12), open_event(seats=12, slug="small-2")
    near = [book(event, None, f"203.0.113.{number}").state for number in range(4)]
    assert near == ["confirmed"] * 2 + ["applied"] * 2
    # And neither another network nor another event is held up by it
    assert book(event, None, "198.51.100.7").state == "confirmed"
    assert book(other, None, "203.0.113.7").state == "confirmed"
    # And it is new with the day
    with time_machine.travel(clock.now() + ONE_DAY):
        assert book(event, None, "203.0.113.7").state == "confirmed"


def test_a_booking_without_an_address_waits_for_a_yes_as_long_as_any_is_kept(actor: UUID) -> None:
    event = open_event(seats=1)
    book(event, None)
    person = book(event, None)
    assert row_of(person).due_on == registrations.due_on(event)
    # It cannot be confirmed by its own code, only at the desk
    with pytest.raises(TooLate):
        confirm(person)
    booking_confirming.confirm_by_hand(person.id, actor=actor, reason="We know them")
    assert state_of(person) == "waiting"
    assert mails_to(person) == Counter()


def test_where_addresses_are_not_confirmed_every_booking_holds_at_once() -> None:
    event = publish_demo_event("small-group", confirm_address=False, seats=2)
    assert [book(event, None).state for _ in range(3)] == ["confirmed", "confirmed", "waiting"]


# Changing the address


def change(person: Booked, to: str | None) -> Booked:
    event = own_registrations.find_own(person.ticket).event
    prepared = registrations.renewed(event, person.id, person.room_code)
    told = dict(registered_answers(event, person.address)["registrant"])
    address_changes.change_own(person.ticket, told, to, prepared)
    return Booked(person.id, prepared.ticket, person.room_code, to or "", person.state)


def test_another_address_must_be_confirmed_in_its_turn() -> None:
    person = book(open_event(), "wrong@example.org")
    with time_machine.travel(clock.now() + ONE_DAY):
        changed = change(person, "right@example.org")
        own = own_registrations.find_own(changed.ticket)
        assert own.is_request
        # With as much time as a new one
        assert own.confirm_by == clock.today() + ONE_DAY
        assert mails_to(person) == Counter(["confirm_address"])
        confirm(changed)
    assert state_of(changed) == "confirmed"


def test_taking_the_address_away_is_no_way_around_confirming(actor: UUID) -> None:
    changed = change(book(open_event(), "robin@example.org"), None)
    assert state_of(changed) == "applied"
    with pytest.raises(TooLate):
        confirm(changed)
    # And a new address makes it a request again
    again = change(changed, "robin@example.org")
    assert state_of(again) == "requested"
    assert mails_to(again)["confirm_address"] == 1


def test_an_address_that_is_corrected_at_the_desk_is_confirmed_from_there(holder: Holder) -> None:
    person = book(open_event(), "wrong@example.org")
    desk_address_corrections.correct(holder, person.id, "right@example.org", reason="asked")
    assert row_of(person).state == "requested"
    assert row_of(person).lookup != registration_sealing.lookup_of(person.ticket)
    assert mails_to(person) == Counter(["confirm_address"])


# Mails to one address


@pytest.mark.usefixtures("real_limits")
def test_an_address_gets_five_mails_a_day_whoever_asks() -> None:
    events = [open_event(slug=f"small-{number}") for number in range(4)]
    people = [
        book(event, address, f"203.0.{number}.7")
        for number, event in enumerate(events)
        for address in ("robin@example.org", "Robin@Example.org ")
    ]
    # Then every answer is the same, and so is what is stored; but no more mails are promised
    assert {one.state for one in people} == {"requested"}
    assert all(row_of(one).mail_envelope for one in people)
    assert sum(mails_to(one).total() for one in people) == LIMITS_FOR_ONE["mails-to-address"].burst
    # And other addresses are not held up, nor is this one tomorrow
    assert mails_to(book(events[0], "ana@example.org")).total() == 1
    with time_machine.travel(clock.now() + ONE_DAY):
        assert mails_to(book(events[0], "robin@example.org")).total() == 1


@pytest.mark.usefixtures("real_limits")
def test_the_limit_also_holds_where_an_address_is_changed(holder: Holder) -> None:
    event = open_event()
    for _ in range(5):
        book(event, "victim@example.org")
    # When their own bookings are sent to that address, too
    changed = change(book(event, "robin@example.org"), "victim@example.org")
    assert mails_to(changed) == Counter()
    # Then the desk corrects it all the same, without a mail, and is told so
    person = book(event, "ana@example.org")
    corrected = desk_address_corrections.correct(
        holder, person.id, "victim@example.org", reason="asked"
    )
    assert not corrected.is_mailed
    assert mails_to(person) == Counter()
    with pytest.raises(NoSuchRegistration):
        own_registrations.find_own(person.ticket)


@pytest.mark.usefixtures("real_limits")
def test_a_bucket_of_an_address_does_not_name_it() -> None:
    book(open_event(), "robin@example.org")
    with stores.reading("volatile") as volatile:
        rows = volatile.connection().exec_driver_sql("SELECT * FROM rate_buckets").all()
    assert rows
    assert all(b"robin" not in bytes(value) for row in rows for value in row if _is_bytes(value))


def _is_bytes(value: object) -> bool:
    return isinstance(value, bytes | memoryview)


def test_the_backlog_counts_the_mail_like_any_other() -> None:
    book(open_event(), "robin@example.org")
    assert outbox.backlog().waiting == 1


# A seat whose address is changed


def test_a_changed_address_is_told_nothing_of_a_seat_until_its_owner_confirms(actor: UUID) -> None:
    event = open_event()
    without, confirmed = book(event, None), book(event, "robin@example.org")
    confirm(confirmed)
    for person in (without, confirmed):
        # When the address becomes a stranger's
        changed = change(person, "stranger@example.org")
        # Then one neutral mail asks its owner, and seat and place stay
        assert mails_to(person)["registered"] == 0
        assert waiting_mails(person) == Counter(["confirm_address"])
        assert state_of(changed) == "confirmed"
        assert own_registrations.find_own(changed.ticket).is_unconfirmed
        # And the link once more is no way around it
        address_changes.send_again(person.id, actor=actor, reason="asked")
        assert waiting_mails(person) == Counter(["confirm_address"])
        # And a person who has the old link confirms nothing
        with pytest.raises(NoSuchRegistration):
            confirm(person)
        # When its owner presses the button, twice
        confirm(changed)
        confirm(changed)
        # Then the address hears how it stands, once
        assert not own_registrations.find_own(changed.ticket).is_unconfirmed
        assert waiting_mails(person) == Counter(["registered"])


def test_nothing_that_happens_is_mailed_to_a_changed_address_that_is_not_confirmed(
    actor: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    subjects: list[str] = []
    monkeypatch.setattr(smtp, "send", lambda _, *, subject, body: subjects.append(subject))
    event = open_event()
    changed = change(book(event, None), "stranger@example.org")
    # When everything happens that people with a seat hear of
    event_messages.send(event.id, uuid4(), "The door is open at two.", actor=actor)
    event_changes.move(event.id, event.starts_at + ONE_DAY, actor=actor, reason="ill")
    delivery.send_waiting()
    event_changes.call_off(event.id, actor=actor, reason="ill")
    delivery.send_waiting()
    # Then only the question went there, and afterwards nothing is kept to write to it
    assert subjects == ["Please confirm your booking"]
    assert row_of(changed).mail_envelope is None


def test_an_address_stays_unconfirmed_when_old_mails_are_forgotten() -> None:
    changed = change(book(open_event(), None), "stranger@example.org")
    with stores.writing() as main:
        for message in main.scalars(select(OutboxMessage)):
            message.state, message.finished_on = MailState.SENT, clock.today() - timedelta(days=30)
    outbox.forget_old()
    assert own_registrations.find_own(changed.ticket).is_unconfirmed
    # And it goes with the registration
    waiting_list.delete_own(changed.id)
    assert mails_to(changed) == Counter()


@pytest.mark.usefixtures("real_limits")
def test_an_address_without_a_mail_left_today_is_unconfirmed_all_the_same() -> None:
    event = open_event()
    for _ in range(5):
        book(event, "victim@example.org")
    changed = change(book(event, None), "victim@example.org")
    assert waiting_mails(changed) == Counter()
    assert own_registrations.find_own(changed.ticket).is_unconfirmed


def waiting_mails(person: Booked) -> Counter[str]:
    with stores.reading() as main:
        query = select(OutboxMessage.kind).where(
            OutboxMessage.subject_id == person.id, OutboxMessage.state == MailState.WAITING
        )
        return Counter(main.scalars(query))
