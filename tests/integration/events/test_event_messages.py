"""Messages to everyone with a seat or a place: who reads them, who is mailed, and that they go."""

from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from tests.factories import Booked, publish_demo_event, register_one, register_some
from tests.integration.at_once import at_once
from tests.integration.tables import everything
from tests.turned import the_worker_kept_running
from webapp.models import ErasureSecret, EventMessage, OutboxMessage
from webapp.rules import clock
from webapp.services.events import event_changes, event_messages, published_events, waiting_list
from webapp.services.events.event_messages import (
    MOST_A_DAY,
    MOST_AT_A_TIME,
    NoRecipients,
    NoSuchMessage,
    TooManyMessages,
)
from webapp.services.events.published_events import Event
from webapp.services.infrastructure import audit, stores
from webapp.services.retention import expiry

COORDINATOR = UUID(int=1)
WORDS = "The papers are on their way.\n\nقبل الاجتماع"


def write(event: Event, words: str = WORDS, message_id: UUID | None = None) -> UUID:
    message_id = message_id or uuid4()
    event_messages.send(event.id, message_id, words, actor=COORDINATOR)
    return message_id


def news(*people: Booked) -> list[int]:
    """How many mails about news each of these people was promised."""
    with stores.reading() as main:
        told = main.scalars(select(OutboxMessage.subject_id).where(OutboxMessage.kind == "news"))
        about = list(told)
    return [about.count(person.id) for person in people]


def states_of_news() -> list[str]:
    with stores.reading() as main:
        found = select(OutboxMessage.state).where(OutboxMessage.kind == "news")
        return sorted(main.scalars(found))


def standing(event: Event) -> list[str]:
    return [message.words for message in event_messages.standing(event.id)]


def test_everyone_who_is_in_reads_it_and_is_mailed_once(inside: Flask) -> None:
    # Given one with a seat, one who waits, one who cancelled, and one of another event
    event, other = publish_demo_event(seats=2), publish_demo_event(slug="other")
    gone, seated, waits = register_some(event, 3)
    waiting_list.cancel(gone.id)
    last = register_one(event, "last@example.org")
    elsewhere = register_one(other)
    # When a coordinator writes, and the button is pressed twice
    message_id = write(event)
    write(event, message_id=message_id)
    # Then it stands once, and everyone who is in is mailed once
    assert standing(event) == [WORDS]
    assert standing(other) == []
    assert news(gone, seated, waits, last, elsewhere) == [0, 1, 1, 1, 0]
    assert [line.tag for line in audit.recent()].count("event message sent") == 1


def test_the_same_message_from_two_hands_at_once_is_one(inside: Flask) -> None:
    event = publish_demo_event()
    registrant, message_id = register_one(event), uuid4()
    act = partial(event_messages.send, event.id, message_id, WORDS, actor=COORDINATOR)
    at_once(inside, act, act)
    assert standing(event) == [WORDS]
    assert news(registrant) == [1]


def test_two_coordinators_at_once_stay_within_the_day(inside: Flask) -> None:
    event = publish_demo_event()
    write(event)
    results = at_once(
        inside,
        *(
            partial(event_messages.send, event.id, uuid4(), WORDS, actor=COORDINATOR)
            for _ in range(2)
        ),
    )
    assert len(standing(event)) == MOST_A_DAY, results


def test_a_registrant_erased_at_that_moment_is_not_written_to(inside: Flask) -> None:
    event = publish_demo_event()
    registrant = register_one(event)
    at_once(
        inside,
        partial(waiting_list.delete_own, registrant.id),
        partial(event_messages.send, event.id, uuid4(), WORDS, actor=COORDINATOR),
    )
    assert news(registrant) == [0]
    assert standing(event) == [WORDS]


def test_nothing_of_it_lies_in_the_clear(inside: Flask) -> None:
    event = publish_demo_event()
    write(event, "canary-words")
    for table, rows in everything().items():
        assert b"canary-words" not in repr(rows).encode(), table


def test_it_cannot_be_moved_to_another_event(inside: Flask) -> None:
    # Given an attacker who can write to the database alone
    event, other = publish_demo_event(), publish_demo_event(slug="other")
    message_id = write(event)
    with stores.writing() as main:
        main.execute(
            update(EventMessage).where(EventMessage.id == message_id).values(event_id=other.id)
        )
    # Then no registrant sees it
    assert standing(event) == standing(other) == []


def test_a_day_and_a_page_have_room_for_so_many(inside: Flask) -> None:
    event = publish_demo_event()
    sent = [write(event, str(number)) for number in range(MOST_A_DAY)]
    with pytest.raises(TooManyMessages):
        write(event)
    # Taking one down makes room on the page and not in people's inboxes
    event_messages.take_down(event.id, sent[0], actor=COORDINATOR)
    with pytest.raises(TooManyMessages):
        write(event)
    assert not event_messages.room_left(event)
    # The next days there is room again, until so many stand
    now = clock.now()
    for days in range(1, 9):
        with time_machine.travel(now + timedelta(days=days)):
            if event_messages.room_left(event):
                write(event, f"day {days}")
    assert len(standing(event)) == MOST_AT_A_TIME
    assert standing(event)[0] == f"day {MOST_AT_A_TIME - MOST_A_DAY + 1}"


def test_another_event_takes_nothing_down(inside: Flask) -> None:
    event, other = publish_demo_event(), publish_demo_event(slug="other")
    message_id = write(event)
    with pytest.raises(NoSuchMessage):
        event_messages.take_down(other.id, message_id, actor=COORDINATOR)
    assert len(standing(event)) == 1


def test_a_correction_replaces_the_words_and_sends_no_mail(inside: Flask) -> None:
    event = publish_demo_event()
    registrant, message_id = register_one(event), write(event)
    before = secret_of(message_id)
    for _ in range(2):
        event_messages.correct(message_id, "Better words", actor=COORDINATOR)
    (message,) = event_messages.standing(event.id)
    assert (message.words, message.corrected_on) == ("Better words", message.sent_on)
    assert news(registrant) == [1]
    # The old words are shredded, and the record has it once
    with stores.reading("erasure") as erasure_store:
        assert erasure_store.get(ErasureSecret, before) is None
    assert [line.tag for line in audit.recent()].count("event message corrected") == 1


def secret_of(message_id: UUID) -> UUID:
    with stores.reading() as main:
        return main.get_one(EventMessage, message_id).secret_id


def test_what_is_taken_down_is_gone_and_a_second_press_does_not_bring_it_back(
    inside: Flask,
) -> None:
    event, message_id = publish_demo_event(), uuid4()
    registrant = register_one(event)
    write(event, message_id=message_id)
    secret = secret_of(message_id)
    other = write(event, "The doors open at nine.")
    event_messages.take_down(event.id, message_id, actor=COORDINATOR)
    # Then no registrant is sent to look for it any more, and what else was written stays
    assert standing(event) == ["The doors open at nine."]
    assert states_of_news() == ["dropped", "waiting"]
    event_messages.take_down(event.id, other, actor=COORDINATOR)
    with stores.reading("erasure") as erasure_store:
        assert erasure_store.get(ErasureSecret, secret) is None
    # When the page with "Yes, send it" is sent again
    write(event, message_id=message_id)
    assert standing(event) == []
    assert news(registrant) == [2]
    for act in (
        partial(event_messages.take_down, event.id, message_id, actor=COORDINATOR),
        partial(event_messages.correct, message_id, "More", actor=COORDINATOR),
    ):
        with pytest.raises(NoSuchMessage):
            act()


def test_correcting_and_taking_down_at_once_leaves_nothing_or_the_correction(
    inside: Flask,
) -> None:
    event = publish_demo_event()
    message_id = write(event)
    at_once(
        inside,
        partial(event_messages.take_down, event.id, message_id, actor=COORDINATOR),
        partial(event_messages.correct, message_id, "Better words", actor=COORDINATOR),
    )
    # Taking down comes last or first; either way, nothing stands
    assert standing(event) == []


def test_two_weeks_after_the_event_the_words_are_deleted(inside: Flask) -> None:
    event = publish_demo_event()
    secret = secret_of(write(event))
    with time_machine.travel(event.ends_at + timedelta(days=14, minutes=-1)):
        the_worker_kept_running()
        expiry.erase_due()
        assert standing(event) == [WORDS]
    with time_machine.travel(event.ends_at + timedelta(days=14)):
        the_worker_kept_running()
        expiry.erase_due()
        assert standing(event) == []
    with stores.reading("erasure") as erasure_store:
        assert erasure_store.get(ErasureSecret, secret) is None


def test_no_coordinator_writes_about_what_is_over_or_off(inside: Flask) -> None:
    event, off = publish_demo_event(), publish_demo_event(slug="off")
    event_changes.call_off(off.id, actor=COORDINATOR, reason="few")
    with pytest.raises(NoRecipients):
        write(off)
    with time_machine.travel(event.ends_at), pytest.raises(NoRecipients):
        write(event)
    with pytest.raises(published_events.NoSuchEvent):
        event_messages.send(uuid4(), uuid4(), WORDS, actor=COORDINATOR)


def test_the_audience_is_counted_and_who_gets_no_mail_is_named_by_reference(
    inside: Flask,
) -> None:
    event = publish_demo_event("small-group", seats=2)
    register_one(event, "a@example.org")
    silent = register_one(event, None, language="ar")
    register_one(event, "c@example.org", language="ar")
    found = event_messages.audience(event)
    assert (found.mailed, found.without_mail, found.people) == (2, (silent.id,), 3)
    assert dict(found.languages) == {"ar": 2, "en": 1}
