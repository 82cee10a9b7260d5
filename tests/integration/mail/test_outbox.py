"""The outbox: every mail that is still true arrives once, whatever the mail server does, and leaves nothing behind."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from tests.conftest import MakeApp
from tests.factories import (
    Booked,
    answers_for,
    demo_form,
    publish_demo_event,
    register_one,
    register_some,
    submit_one,
)
from tests.integration.house import make_house
from tests.integration.mail.postbox import Odd, Postbox
from webapp.models import ErasureSecret, Event, OutboxMessage, Registration
from webapp.rules import clock
from webapp.services import (
    chores,
    consents,
    delivery,
    erasure,
    event_changes,
    events,
    outbox,
    own_copies,
    registrations,
    stores,
)
from webapp.services.consents import Subject

ACTOR = UUID(int=1)


def messages() -> list[OutboxMessage]:
    with stores.reading() as main:
        return list(main.scalars(select(OutboxMessage).order_by(OutboxMessage.dedupe_key)))


def in_states() -> list[str]:
    return sorted(message.state for message in messages())


def secret_is_there(secret_id: UUID | None) -> bool:
    assert secret_id is not None
    with stores.reading("erasure") as erasure_store:
        return erasure_store.get(ErasureSecret, secret_id) is not None


def registration(person: Booked) -> Registration:
    with stores.reading() as main:
        return main.get_one(Registration, person.id)


def asked_for_confirmation(**answers: object) -> own_copies.Held:
    given = {"mail_confirmation": True}
    told = answers_for(demo_form(), **answers)  # type: ignore[arg-type]
    return own_copies.find_held(submit_one(answers=told, given=given).receipt)


def withdraw(held: own_copies.Held) -> None:
    subject = Subject(held.submission_id, held.call_id, held.form, held.language)
    consents.change(subject, "mail_confirmation", False)


def later(**time: float) -> time_machine.travel:
    return time_machine.travel(clock.now() + timedelta(**time))


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> float:
    """A patience that a test can wait for. Still far shorter than a claim."""
    monkeypatch.setattr(delivery, "SEND_SECONDS", 0.3)
    return 0.3


@pytest.fixture
def odd(request: pytest.FixtureRequest) -> Iterator[Odd]:
    """A mail server that does something odd: `@pytest.mark.parametrize("odd", [...], indirect=True)`."""
    server = Odd(**request.param)
    yield server
    server.stop()


def house_of(make_app: MakeApp, port: int) -> Flask:
    return make_house(make_app, port)


# What is sent, and what is left of it


def test_everybody_hears_once_how_it_stands(inside: Flask, postbox: Postbox) -> None:
    # Given a seat, somebody with it, and somebody in line
    event = publish_demo_event(seats=1)
    first, second = register_some(event, 2)
    # When the worker comes round several times
    sent = [delivery.send_waiting() for _ in range(3)]
    # Then each has one mail, about themselves
    assert sent == [2, 0, 0]
    assert postbox.of(first.address) == ["Your seat is booked"]
    assert postbox.of(second.address) == ["You are on the waiting list"]
    # And when the first one leaves
    registrations.cancel(first.id)
    registrations.cancel(first.id)
    assert [delivery.send_waiting() for _ in range(2)] == [2, 0]
    assert postbox.of(first.address) == ["Your seat is booked", "Your booking is cancelled"]
    assert postbox.of(second.address) == ["You are on the waiting list", "There is a seat for you"]


def test_a_mail_that_was_sent_leaves_nothing_to_send(inside: Flask, postbox: Postbox) -> None:
    # Given a participant who asked for a confirmation
    asked_for_confirmation()
    [message] = messages()
    secret_id = message.secret_id
    assert message.envelope is not None
    assert secret_is_there(secret_id)
    # When it is sent
    assert delivery.send_waiting() == 1
    # Then address and secret are gone at once
    [message] = messages()
    assert (message.state, message.envelope, message.secret_id) == ("sent", None, None)
    assert not secret_is_there(secret_id)
    # And the row on the fourteenth day
    with later(days=13):
        outbox.forget_old()
        assert len(messages()) == 1
    with later(days=14):
        outbox.forget_old()
        assert messages() == []


def test_an_address_is_forgotten_with_the_last_mail(inside: Flask, postbox: Postbox) -> None:
    # Given somebody who cancels
    event = publish_demo_event()
    leaves, stays = register_some(event, 2)
    delivery.send_waiting()
    secret_id = registration(leaves).mail_secret_id
    registrations.cancel(leaves.id)
    assert secret_is_there(secret_id)
    # When they are told
    delivery.send_waiting()
    # Then nothing is kept to write to them again, and the other is untouched
    assert registration(leaves).mail_envelope is None
    assert registration(leaves).mail_secret_id is None
    assert not secret_is_there(secret_id)
    assert secret_is_there(registration(stays).mail_secret_id)


def test_addresses_are_forgotten_when_the_event_is_over(inside: Flask, postbox: Postbox) -> None:
    # Given an event with somebody in it
    event = publish_demo_event()
    person = register_one(event)
    secret_id = registration(person).mail_secret_id
    # When it is nearly over
    with time_machine.travel(event.ends_at - timedelta(minutes=1)):
        chores.do_all()
        assert secret_is_there(secret_id)
    # And when it is over: nothing will be mailed any more
    with time_machine.travel(event.ends_at + timedelta(minutes=1)):
        chores.do_all()
        # Then their address is gone; what they need is kept until its day
        assert registration(person).mail_envelope is None
        assert not secret_is_there(secret_id)
        assert registration(person).state == "confirmed"


def test_the_same_promise_twice_is_one_mail(inside: Flask, postbox: Postbox) -> None:
    event = publish_demo_event()
    person = register_one(event)
    for _ in range(3):
        with stores.writing() as main:
            registrations.tell(main, main.get_one(Registration, person.id), "registered")
    assert delivery.send_waiting() == 1
    with stores.writing() as main:
        registrations.tell(main, main.get_one(Registration, person.id), "registered")
    assert delivery.send_waiting() == 0


# Looked at again before it is sent


def test_a_mail_that_became_untrue_is_not_sent(inside: Flask, postbox: Postbox) -> None:
    # Given mails that wait while the mail server is away
    event = publish_demo_event(seats=1)
    moved_up, cancelled = (people := register_some(event, 2))[1], people[0]
    registrations.cancel(cancelled.id)
    # When it is back
    delivery.send_waiting()
    # Then everybody hears only what is so now
    assert postbox.of(moved_up.address) == ["There is a seat for you"]
    assert postbox.of(cancelled.address) == ["Your booking is cancelled"]
    assert in_states() == ["dropped", "dropped", "sent", "sent"]


@pytest.mark.parametrize("kind", ["registered", "event_changed", "cancelled"])
def test_no_mail_about_an_event_that_is_past(inside: Flask, postbox: Postbox, kind: str) -> None:
    # Given a mail that waited for too long
    event = publish_demo_event()
    person = register_one(event)
    delivery.send_waiting()
    with stores.writing() as main:
        registrations.tell(main, main.get_one(Registration, person.id), kind, "again")
        if kind == "cancelled":
            row = main.get_one(Registration, person.id)
            row.state, row.seat = "cancelled", None
    # When the server is back after the event has begun
    with time_machine.travel(event.starts_at):
        assert delivery.send_waiting() == 0
    # Then nothing was sent
    assert postbox.of(person.address) == ["Your seat is booked"]
    assert in_states() == ["dropped", "sent"]


def test_a_confirmation_is_not_sent_to_somebody_who_took_it_back(
    inside: Flask, postbox: Postbox
) -> None:
    # Given somebody who asked for a confirmation, and takes that back before it is sent
    held = asked_for_confirmation()
    [message] = messages()
    secret_id = message.secret_id
    withdraw(held)
    # When the worker comes
    assert delivery.send_waiting() == 0
    # Then no mail went, and their address is gone from the outbox
    assert postbox.mails == []
    [message] = messages()
    assert (message.state, message.envelope, message.secret_id) == ("dropped", None, None)
    assert not secret_is_there(secret_id)


def test_nobody_gets_a_confirmation_who_did_not_ask_for_one(
    inside: Flask, postbox: Postbox
) -> None:
    # Given people who said yes to everything else, and people who asked but gave no safe address
    submit_one()
    submit_one(given={"contact_me": True, "mail_confirmation": False})
    asked_for_confirmation(contact_wanted="no")
    asked_for_confirmation(safe_ways=["text", "call"])
    asked_for_confirmation(safe_ways=["none"])
    asked_for_confirmation(email=None)
    # Then nothing is promised to them, and nothing sent
    assert messages() == []
    assert delivery.send_waiting() == 0
    assert postbox.offered == []


def test_what_an_erased_person_waits_for_goes_too(inside: Flask, postbox: Postbox) -> None:
    # Given somebody who asked for a confirmation and then erases everything
    held = asked_for_confirmation()
    [message] = messages()
    secret_id = message.secret_id
    assert erasure.erase_held(held).complete
    # Then mail, address and secret are gone at once
    assert messages() == []
    assert not secret_is_there(secret_id)
    assert delivery.send_waiting() == 0
    assert postbox.offered == []


def test_a_mail_claimed_while_its_person_is_erased_is_not_sent(
    inside: Flask, postbox: Postbox
) -> None:
    # Given a worker that has claimed the mail of somebody who erases everything at that moment
    held = asked_for_confirmation()
    [claimed] = delivery.claim()
    erasure.erase_held(held)
    # When it goes on
    delivery._deliver(claimed)
    # Then nothing is sent, and nothing comes back
    assert postbox.offered == []
    assert messages() == []


# Claims


def test_a_dead_workers_claim_runs_out(inside: Flask, postbox: Postbox) -> None:
    # Given a worker that died with a claimed mail
    register_one(publish_demo_event())
    assert len(delivery.claim()) == 1
    # When another one comes soon
    with later(seconds=delivery.CLAIM_SECONDS - 5):
        assert delivery.send_waiting() == 0
    # And when it comes after the claim
    with later(seconds=delivery.CLAIM_SECONDS + 5):
        assert delivery.send_waiting() == 1
    assert len(postbox.mails) == 1


def test_whoever_lost_a_claim_changes_nothing(inside: Flask, postbox: Postbox) -> None:
    # Given a slow worker whose claim ran out, and another one that has the mail now
    register_one(publish_demo_event())
    [mine] = delivery.claim()
    with later(seconds=delivery.CLAIM_SECONDS + 5):
        [theirs] = delivery.claim()
        # When the slow one goes on
        assert not delivery._deliver(mine)
        delivery._try_later(mine)
        delivery._finish(mine, outbox.FAILED)
        # Then nothing was sent, and the mail is still the other's
        assert postbox.offered == []
        [message] = messages()
        assert (message.state, message.claim, message.attempts) == ("claimed", theirs.claim, 0)
        assert delivery._deliver(theirs)
    assert len(postbox.mails) == 1


def test_a_worker_that_is_slow_does_not_send_what_another_may_have(
    inside: Flask, postbox: Postbox
) -> None:
    # Given a batch, and a server that took nearly as long as the claim lasts
    register_some(publish_demo_event(), 2)
    batch = delivery.claim()
    with later(seconds=delivery.CLAIM_SECONDS - 5):
        # When the worker comes to the next mail
        sent = [delivery._deliver(message) for message in batch]
    # Then it leaves it: sending takes longer than what is left of the claim
    assert sent == [False, False]
    assert postbox.offered == []
    with later(seconds=delivery.CLAIM_SECONDS + 5):
        assert delivery.send_waiting() == 2


# Servers that say no, nothing, or too much


def test_a_server_that_says_not_now_is_asked_again_later_and_later(
    inside: Flask, postbox: Postbox
) -> None:
    # Given a server that puts one person off, at two steps
    event = publish_demo_event()
    slow, fine, later_on = register_some(event, 3)
    postbox.at_recipient[slow.address] = "450 busy"
    postbox.at_data[later_on.address] = "451 busy"
    assert delivery.send_waiting() == 1
    assert postbox.addresses == [fine.address]
    waits, moment = [], clock.now()
    for _ in range(10):
        # When the worker comes at the moment when the mail is due again
        [soonest, *_] = sorted(row.not_before for row in messages() if row.state == "waiting")
        waits.append(round((soonest - moment.timestamp()) / 60))
        moment += timedelta(seconds=soonest - moment.timestamp() + 1)
        with time_machine.travel(moment):
            assert outbox.backlog().waiting == 2
            assert delivery.send_waiting() == 0
    # Then it comes later and later, and nothing was lost
    assert waits[:8] == [1, 2, 5, 15, 30, 60, 120, 240]
    assert waits[8:] == [240, 240]
    postbox.at_recipient.clear()
    postbox.at_data.clear()
    with time_machine.travel(moment + timedelta(hours=5)):
        assert delivery.send_waiting() == 2
        assert delivery.send_waiting() == 0
    assert postbox.addresses == sorted(person.address for person in (slow, fine, later_on))


@pytest.mark.parametrize("step", ["recipient", "data"])
def test_a_server_that_says_never_is_not_asked_again(
    inside: Flask, postbox: Postbox, step: str
) -> None:
    # Given an address that no server takes mails for, and another one
    held = asked_for_confirmation(email="gone@example.org")
    assert held is not None
    other = register_one(publish_demo_event())
    refusals = postbox.at_recipient if step == "recipient" else postbox.at_data
    refusals["gone@example.org"] = "550 no such person"
    # When the worker comes
    assert delivery.send_waiting() == 1
    # Then that mail is over, and wiped; the other went
    assert postbox.addresses == [other.address]
    failed = [row for row in messages() if row.state == "failed"]
    assert [(row.kind, row.envelope, row.secret_id) for row in failed] == [
        ("confirmation", None, None)
    ]
    with later(days=1):
        assert delivery.send_waiting() == 0
    assert postbox.offered.count("gone@example.org") == 1


def test_a_server_that_does_not_want_us_loses_no_mail(inside: Flask, postbox: Postbox) -> None:
    # Given a server that refuses our own address: nobody's address is wrong, our settings are
    person = register_one(publish_demo_event())
    postbox.at_sender = "550 you must sign in first"
    assert delivery.send_waiting() == 0
    # When an operator has put that right
    postbox.at_sender = ""
    with later(hours=1):
        # Then the mail goes
        assert delivery.send_waiting() == 1
    assert postbox.addresses == [person.address]


def test_a_mail_that_cannot_be_sent_for_two_weeks_is_given_up(
    inside: Flask, postbox: Postbox
) -> None:
    # Given an address whose server puts us off, again and again
    asked_for_confirmation(email="full@example.org")
    secret_id = messages()[0].secret_id
    postbox.at_recipient["full@example.org"] = "452 full"
    delivery.send_waiting()
    with later(days=13):
        delivery.send_waiting()
        assert in_states() == ["waiting"]
    # When two weeks are over
    with later(days=15):
        delivery.send_waiting()
        # Then it is over, and the address is not kept
        assert in_states() == ["failed"]
        assert messages()[0].envelope is None
        assert not secret_is_there(secret_id)
    # And when two more are over, the row is gone
    with later(days=30):
        outbox.forget_old()
        assert messages() == []


HANGING = [{step: Odd.HANG} for step in ("greeting", "EHLO", "MAIL", "RCPT", "DATA", "END")]


@pytest.mark.parametrize("odd", HANGING, indirect=True, ids=lambda script: next(iter(script)))
def test_a_server_that_hangs_holds_nobody_up(make_app: MakeApp, odd: Odd, seconds: float) -> None:
    house = house_of(make_app, odd.port)
    with house.app_context():
        register_some(publish_demo_event(), 10)
        # When the worker meets a server that says nothing
        began = clock.now()
        assert delivery.send_waiting() == 0
        # Then it does not wait once for every mail: other chores wait behind it
        assert (clock.now() - began).total_seconds() < 3 * seconds + 1
        # And nothing is lost
        assert outbox.backlog().waiting == 10
        assert {row.state for row in messages()} <= {"waiting", "claimed"}


@pytest.mark.parametrize(
    "odd",
    [{"QUIT": None}, {"QUIT": Odd.HANG}, {"QUIT": "421 too late"}],
    indirect=True,
    ids=["hangs up", "hangs", "grumbles"],
)
def test_a_server_that_took_a_mail_and_then_fails_has_it(
    make_app: MakeApp, odd: Odd, seconds: float
) -> None:
    house = house_of(make_app, odd.port)
    with house.app_context():
        register_one(publish_demo_event())
        # When a server takes a mail, and is gone before we can say goodbye
        assert delivery.send_waiting() == 1
        # Then it was sent, and is not sent again
        assert in_states() == ["sent"]
        with later(hours=1):
            assert delivery.send_waiting() == 0
        assert odd.taken == 1


@pytest.mark.parametrize(
    "odd",
    [
        *({"greeting": None}, {"EHLO": None, "HELO": None}, {"MAIL": None}, {"RCPT": None}),
        *({"DATA": None}, {"END": None}, {"greeting": "554 not you"}, {"RCPT": "421 closing"}),
    ],
    indirect=True,
    ids=lambda script: "-".join(map(str, next(iter(script.items())))),
)
def test_a_server_that_hangs_up_loses_nothing(make_app: MakeApp, odd: Odd) -> None:
    house = house_of(make_app, odd.port)
    with house.app_context():
        register_one(publish_demo_event())
        assert delivery.send_waiting() == 0
        assert in_states() == ["waiting"]


@pytest.mark.parametrize("odd", [{"RCPT": "550 no", "RSET": None}], indirect=True, ids=["550"])
def test_a_server_that_says_never_and_hangs_up_has_said_never(make_app: MakeApp, odd: Odd) -> None:
    house = house_of(make_app, odd.port)
    with house.app_context():
        register_one(publish_demo_event())
        assert delivery.send_waiting() == 0
        assert in_states() == ["failed"]


def test_dying_between_the_server_and_the_outbox_sends_once_more_at_most(
    inside: Flask, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a worker that dies when the server has the mail and the outbox does not know it yet
    register_one(publish_demo_event())

    def power_cut(*of: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(delivery, "_finish", power_cut)
        with pytest.raises(KeyboardInterrupt):
            delivery.send_waiting()
    assert len(postbox.mails) == 1
    # When the next worker comes, soon and then after the claim
    assert delivery.send_waiting() == 0
    with later(seconds=delivery.CLAIM_SECONDS + 5):
        assert [delivery.send_waiting() for _ in range(3)] == [1, 0, 0]
    # Then the mail came twice, the same to the same: SMTP has no way to say it exactly once
    assert len(postbox.mails) == 2
    assert len({mail.body for mail in postbox.mails}) == 1


@pytest.mark.parametrize("away", ["store", "file"])
def test_what_cannot_be_shredded_now_holds_no_mail_up_and_sends_none_twice(
    inside: Flask, postbox: Postbox, monkeypatch: pytest.MonkeyPatch, away: str
) -> None:
    # Given two mails, and an erasure store or a tombstone file that cannot be written to: what was kept to send them
    # cannot be shredded yet
    asked_for_confirmation()
    asked_for_confirmation()
    file: Path = inside.extensions["hearth_settings"].tombstone_file

    def store_is_away() -> int:
        raise stores.StoreUnavailable("erasure")

    with monkeypatch.context() as patch:
        if away == "store":
            patch.setattr(erasure, "finish_waiting", store_is_away)
        else:
            file.mkdir()
        assert delivery.send_waiting() == 2
        assert chores.send_mail()
    # Then each went once, and the rest is done when it is back
    if away == "file":
        file.rmdir()
    assert chores.do_all()
    with later(hours=1):
        assert chores.do_all()
    assert len(postbox.mails) == 2
    assert erasure.finish_waiting() == 0


def test_dead_for_two_days_then_back(make_app: MakeApp) -> None:
    postbox = Postbox()
    house = house_of(make_app, postbox.port)
    with house.app_context():
        # Given a mail server that is dead, and people who come, go, move up and change their minds
        event = publish_demo_event(seats=2)
        gone_by = publish_demo_event(
            "small-group",
            starts=(clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT12:00"),
        )
        stays, leaves, moves_up, waits = register_some(event, 4)
        too_late = register_one(gone_by, "too-late@example.org")
        registrations.cancel(leaves.id)
        asked_for_confirmation(email="asked@example.org")
        withdraw(asked_for_confirmation(email="not-any-more@example.org"))
        for hours in range(48):
            with later(hours=hours):
                assert delivery.send_waiting() == 0
        with later(hours=48):
            # Then the desk sees that the oldest has waited for long, and nothing is lost
            assert outbox.backlog().oldest_minutes > 6 * 60
            # And when it is back
            with postbox.open():
                for hours in range(12):
                    with later(hours=hours):
                        delivery.send_waiting()
            assert outbox.backlog().waiting == 0
    # Then everybody has exactly the mails that are still true, each once
    assert sorted((mail.recipients[0], mail.subject) for mail in postbox.mails) == sorted(
        [
            (stays.address, "Your seat is booked"),
            (leaves.address, "Your booking is cancelled"),
            (moves_up.address, "There is a seat for you"),
            (waits.address, "You are on the waiting list"),
            ("asked@example.org", "Thank you, it has arrived"),
        ]
    )
    assert too_late.address not in postbox.offered


# Reminders


def test_nobody_is_woken_by_a_reminder(make_app: MakeApp, postbox: Postbox) -> None:
    house = make_house(make_app, postbox.port)
    with house.app_context():
        # Given somebody with a seat at an event in the afternoon
        event = publish_demo_event(seats=1)
        person, waits = register_some(event, 2)
        delivery.send_waiting()
        before = len(postbox.mails)
        day_before = event.time.local_start - timedelta(days=1)
        # When the worker looks all through the night before
        for hour in range(9):
            with time_machine.travel(day_before.replace(hour=hour, minute=0)):
                assert delivery.send_waiting() == 0
                # Then nothing is late: the desk is not told that mails are stuck
                assert outbox.backlog() == outbox.Backlog(0, 0, 0)
        # But in the morning it leaves, and once
        for hour in (9, 10, 23):
            with time_machine.travel(day_before.replace(hour=hour, minute=0)):
                delivery.send_waiting()
    (mail,) = postbox.mails[before:]
    assert (mail.recipients, mail.subject) == ((person.address,), "A reminder for tomorrow")
    assert waits.address not in mail.everything


def test_who_books_on_the_day_before_needs_no_reminder(inside: Flask, postbox: Postbox) -> None:
    # Given a full event, and one person in line
    event = publish_demo_event(seats=1)
    leaves, moves_up = register_some(event, 2)
    with time_machine.travel(event.starts_at - timedelta(days=1)):
        delivery.send_waiting()
        # When on the day before one leaves, one moves up and leaves, and another one books the seat
        registrations.cancel(leaves.id)
        delivery.send_waiting()
        registrations.cancel(moves_up.id)
        books = register_one(event, "books-late@example.org")
        delivery.send_waiting()
    # Then who moved up was told that it is tomorrow, and who has just read so was not
    assert "A reminder for tomorrow" in postbox.of(moves_up.address)
    assert postbox.of(books.address) == ["Your seat is booked"]


# What would stop others


@pytest.mark.parametrize(
    "address",
    [
        "jürgen@example.org",
        "ana@bücher.example",
        "用户@例子.example",
        "a@" + "b" * 63 + ".example",
        "ends-with-a-newline@example.org\nBcc: other@example.org",
        "with-a-nul@example.org\x00",
        "lone-\udc80@example.org",
    ],
    ids=["local", "domain", "both", "long", "newline", "nul", "broken"],
)
def test_one_address_that_is_odd_holds_nobody_up(
    inside: Flask, postbox: Postbox, address: str
) -> None:
    # Given somebody with an odd address, which a page may or may not have let through, first in the outbox
    event = publish_demo_event()
    prepared = registrations.prepare(event)
    by_part = {"registrant": {"registrant_email": address}}
    try:
        registrations.register(event, prepared, by_part, "en")  # type: ignore[arg-type]
    except UnicodeEncodeError:
        assert "\udc80" in address
        return
    with stores.writing() as main:
        main.execute(update(OutboxMessage).values(not_before=1))
    other = register_one(event, "other-person@example.org")
    # When the worker comes
    for hours in (0, 1, 2):
        with later(hours=hours):
            assert chores.send_mail()
    # Then the others have their mails, and nobody has a mail that was not theirs
    assert postbox.of(other.address) == ["Your seat is booked"]
    for mail in postbox.mails:
        assert len(mail.recipients) == 1
        assert "Bcc" not in mail.message
        assert "other@example.org" not in mail.recipients


def test_a_row_that_nobody_understands_holds_nobody_up(inside: Flask, postbox: Postbox) -> None:
    # Given a mail of a kind that this version does not know, first in the outbox
    with stores.writing() as main:
        outbox.put(
            main,
            kind="from-the-future",
            subject_id=uuid4(),
            language="en",
            dedupe_key="from-the-future",
            not_before=1,
        )
    register_one(publish_demo_event())
    # When the worker comes
    assert chores.send_mail()
    # Then the others have their mails
    assert len(postbox.mails) == 1
    assert in_states() == ["sent", "waiting"]


def test_a_worker_with_the_wrong_key_loses_no_mail(
    inside: Flask, postbox: Postbox, make_app: MakeApp
) -> None:
    # Given mails that wait, and a worker that was given another key by mistake
    person = register_one(publish_demo_event())
    registrations.cancel(register_one(events.find("round-table"), "leaves@example.org").id)
    wrong = make_house(make_app, postbox.port, MAILER_KEY="5e" * 32)
    with wrong.app_context():
        assert delivery.send_waiting() == 0
    # When the right one comes
    with later(hours=1):
        assert delivery.send_waiting() == 2
    # Then everybody has their mail
    assert postbox.of(person.address) == ["Your seat is booked"]
    assert postbox.of("leaves@example.org") == ["Your booking is cancelled"]


def test_a_server_without_tls_is_told_nothing(make_app: MakeApp, postbox: Postbox) -> None:
    house = make_house(make_app, postbox.port, MAIL_SECURITY="starttls")
    with house.app_context():
        register_one(publish_demo_event())
        assert delivery.send_waiting() == 0
        assert outbox.backlog().waiting == 1
    assert postbox.offered == []


def test_nobody_hears_of_a_call_off_twice(inside: Flask, postbox: Postbox) -> None:
    # Given an event with seats, a line, and somebody who left before
    event = publish_demo_event(seats=1)
    people = register_some(event, 3)
    registrations.cancel(people[0].id)
    delivery.send_waiting()
    before = len(postbox.mails)
    # When it is called off, twice
    for _ in range(2):
        event_changes.call_off(event.id, actor=ACTOR, reason="ill")
        delivery.send_waiting()
    # Then those who were in hear it once
    told = [mail.recipients[0] for mail in postbox.mails[before:]]
    assert sorted(told) == [people[1].address, people[2].address]
    # And nothing is kept to write to anybody
    with stores.reading() as main:
        assert set(main.scalars(select(Registration.mail_secret_id))) == {None}
        assert main.get_one(Event, event.id).state == "cancelled"
