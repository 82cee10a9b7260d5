"""The outbox: every mail that is still true arrives once, whatever the mail server does, and leaves nothing behind."""

from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask

from tests.factories import publish_demo_event, register_one, register_some, submit_one
from tests.integration.mail.postbox import Postbox
from tests.integration.mail.steps import (
    asked_for_confirmation,
    in_states,
    later,
    messages,
    registration,
    secret_is_there,
    withdraw,
)
from tests.integration.tables import everything, written
from tests.turned import the_worker_kept_running
from webapp.models import Registration
from webapp.rules.mail_kinds import MAIL_KINDS, Registered
from webapp.rules.states import MailState
from webapp.services.answers import erasing
from webapp.services.events import registrations, waiting_list
from webapp.services.infrastructure import outbox, stores
from webapp.services.worker import chores, delivery, mail_claims

# What is sent, and what is left of it


def test_everybody_hears_once_how_it_stands(inside: Flask, postbox: Postbox) -> None:
    # Given a seat, a registrant who has it, and another in line
    event = publish_demo_event(seats=1)
    first, second = register_some(event, 2)
    # When the worker comes round several times
    sent = [delivery.send_waiting() for _ in range(3)]
    # Then each has one mail, about themselves
    assert sent == [2, 0, 0]
    assert postbox.of(first.address) == ["Your seat is booked"]
    assert postbox.of(second.address) == ["You are on the waiting list"]
    # And when the first one leaves
    waiting_list.cancel(first.id)
    waiting_list.cancel(first.id)
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
        the_worker_kept_running()
        outbox.forget_old()
        assert len(messages()) == 1
    with later(days=14):
        the_worker_kept_running()
        outbox.forget_old()
        assert messages() == []


def test_the_time_of_day_is_forgotten_with_the_mail(inside: Flask, postbox: Postbox) -> None:
    # Given a participant who asked for a confirmation, and a registrant who booked, at a telling moment
    before = everything()
    with time_machine.travel(datetime.fromisoformat("2026-12-01T13:47:59+00:00"), tick=False):
        asked_for_confirmation()
        register_one(publish_demo_event())
        with time_machine.travel(datetime.fromisoformat("2026-12-01T13:49:00+00:00"), tick=False):
            assert delivery.send_waiting() == 2
    # Then no time of day is left beside any person, and no number that could be one
    new = written(before, everything())
    left = {name: new[name] for name in ("submissions", "registrations", "outbox", "parts")}
    values = [value for rows in left.values() for row in rows for value in row]
    assert not [value for value in values if isinstance(value, datetime | float)]
    assert not [value for value in values if isinstance(value, int) and value > 100]


def test_an_address_is_forgotten_with_the_last_mail(inside: Flask, postbox: Postbox) -> None:
    # Given a registrant who cancels
    event = publish_demo_event()
    leaves, stays = register_some(event, 2)
    delivery.send_waiting()
    secret_id = registration(leaves).mail_secret_id
    waiting_list.cancel(leaves.id)
    assert secret_is_there(secret_id)
    # When they are told
    delivery.send_waiting()
    # Then nothing is kept to write to them again, and the other is untouched
    assert registration(leaves).mail_envelope is None
    assert registration(leaves).mail_secret_id is None
    assert not secret_is_there(secret_id)
    assert secret_is_there(registration(stays).mail_secret_id)


def test_addresses_are_forgotten_when_the_event_is_over(inside: Flask, postbox: Postbox) -> None:
    # Given an event with a registrant in it
    event = publish_demo_event()
    person = register_one(event)
    secret_id = registration(person).mail_secret_id
    # When it is nearly over
    with time_machine.travel(event.ends_at - timedelta(minutes=1)):
        the_worker_kept_running()
        chores.do_all()
        assert secret_is_there(secret_id)
    # And when it is over: nothing will be mailed any more
    with time_machine.travel(event.ends_at + timedelta(minutes=1)):
        the_worker_kept_running()
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
            registrations.tell(main, main.get_one(Registration, person.id), Registered)
    assert delivery.send_waiting() == 1
    with stores.writing() as main:
        registrations.tell(main, main.get_one(Registration, person.id), Registered)
    assert delivery.send_waiting() == 0


# Looked at again before it is sent


def test_a_mail_that_became_untrue_is_not_sent(inside: Flask, postbox: Postbox) -> None:
    # Given mails that wait while the mail server is away
    event = publish_demo_event(seats=1)
    moved_up, cancelled = (people := register_some(event, 2))[1], people[0]
    waiting_list.cancel(cancelled.id)
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
        registrations.tell(main, main.get_one(Registration, person.id), MAIL_KINDS[kind], "again")
        if kind == "cancelled":
            row = main.get_one(Registration, person.id)
            row.state, row.seat = "cancelled", None
    # When the server is back after the event has begun
    with time_machine.travel(event.starts_at):
        assert delivery.send_waiting() == 0
    # Then nothing was sent
    assert postbox.of(person.address) == ["Your seat is booked"]
    assert in_states() == ["dropped", "sent"]


def test_a_confirmation_is_not_sent_to_a_participant_who_took_it_back(
    inside: Flask, postbox: Postbox
) -> None:
    # Given a participant who asked for a confirmation, and takes that back before it is sent
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


def test_a_participant_who_did_not_ask_for_a_confirmation_gets_none(
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
    # Given a participant who asked for a confirmation and then erases everything
    held = asked_for_confirmation()
    [message] = messages()
    secret_id = message.secret_id
    assert erasing.erase_held(held).complete
    # Then mail, address and secret are gone at once
    assert messages() == []
    assert not secret_is_there(secret_id)
    assert delivery.send_waiting() == 0
    assert postbox.offered == []


def test_a_mail_claimed_while_its_person_is_erased_is_not_sent(
    inside: Flask, postbox: Postbox
) -> None:
    # Given a worker that has claimed the mail of a participant who erases everything at that moment
    held = asked_for_confirmation()
    [claimed] = mail_claims.claim()
    erasing.erase_held(held)
    # When it goes on
    delivery._deliver(claimed)
    # Then nothing is sent, and nothing comes back
    assert postbox.offered == []
    assert messages() == []


# How late they are


def test_how_late_a_mail_is_follows_from_the_workers_last_run(inside: Flask) -> None:
    # Given a mail that was promised when the worker had just run
    with time_machine.travel(datetime.fromisoformat("2026-12-01T13:47:00+00:00"), tick=False):
        the_worker_kept_running()
        register_one(publish_demo_event())
        assert outbox.backlog() == outbox.Backlog(1, 0)
        # Then it is as late as the worker is silent, because its row does not know when it was promised
        with later(hours=3):
            assert outbox.backlog() == outbox.Backlog(1, 180)
            # And with a worker that runs it is not late, until its day is over
            the_worker_kept_running()
            assert outbox.backlog() == outbox.Backlog(1, 0)
        with later(hours=12):
            the_worker_kept_running()
            assert outbox.backlog() == outbox.Backlog(1, 60 + 47)


# Claims


def test_a_dead_workers_claim_runs_out(inside: Flask, postbox: Postbox) -> None:
    # Given a worker that died with a claimed mail
    register_one(publish_demo_event())
    assert len(mail_claims.claim()) == 1
    # When another one comes soon
    with later(seconds=mail_claims.CLAIM_SECONDS - 5):
        assert delivery.send_waiting() == 0
    # And when it comes after the claim
    with later(seconds=mail_claims.CLAIM_SECONDS + outbox.QUARTER):
        assert delivery.send_waiting() == 1
    assert len(postbox.mails) == 1


def test_a_worker_that_lost_its_claim_changes_nothing(inside: Flask, postbox: Postbox) -> None:
    # Given a slow worker whose claim ran out, and another one that has the mail now
    register_one(publish_demo_event())
    [mine] = mail_claims.claim()
    with later(seconds=mail_claims.CLAIM_SECONDS + outbox.QUARTER):
        [theirs] = mail_claims.claim()
        # When the slow one goes on
        assert not delivery._deliver(mine)
        mail_claims.try_later(mine)
        mail_claims.finish(mine, MailState.FAILED)
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
    batch = mail_claims.claim()
    with later(seconds=mail_claims.CLAIM_SECONDS - 5):
        # When the worker comes to the next mail
        sent = [delivery._deliver(message) for message in batch]
    # Then it leaves it: sending takes longer than what is left of the claim
    assert sent == [False, False]
    assert postbox.offered == []
    with later(seconds=mail_claims.CLAIM_SECONDS + outbox.QUARTER):
        assert delivery.send_waiting() == 2
