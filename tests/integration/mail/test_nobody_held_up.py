"""What would stop other people's mails: an odd address, a row that no version understands, a wrong key."""

from secrets import token_hex
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import MakeApp
from tests.factories import publish_demo_event, register_one, register_some
from tests.integration.house import make_house
from tests.integration.mail.postbox import Postbox
from tests.integration.mail.steps import ACTOR, in_states, later
from tests.rows import change
from webapp.models import Event, OutboxMessage, Registration
from webapp.services.events import event_changes, published_events, registrations, waiting_list
from webapp.services.infrastructure import outbox, stores
from webapp.services.worker import chores, delivery


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
def test_one_address_that_is_odd_holds_no_other_mail_up(
    inside: Flask, postbox: Postbox, address: str
) -> None:
    # Given a registrant with an odd address, which a page may or may not have let through, first in the outbox
    event = publish_demo_event()
    prepared = registrations.prepare(event)
    by_part = {"registrant": {"registrant_email": address}}
    try:
        registrations.register(event, prepared, by_part, "en")  # type: ignore[arg-type]
    except UnicodeEncodeError:
        assert "\udc80" in address
        return
    with stores.writing() as main:
        change(main, select(OutboxMessage), {"not_before": -1})
    other = register_one(event, "other-person@example.org")
    # When the worker comes
    for hours in (0, 1, 2):
        with later(hours=hours):
            assert chores.send_mail()
    # Then the others have their mails, and no registrant has a mail that was not theirs
    assert postbox.of(other.address) == ["Your seat is booked"]
    for mail in postbox.mails:
        assert len(mail.recipients) == 1
        assert "Bcc" not in mail.message
        assert "other@example.org" not in mail.recipients


def test_a_row_that_cannot_be_read_holds_no_other_mail_up(inside: Flask, postbox: Postbox) -> None:
    # Given a mail of a kind that this version does not know, first in the outbox
    with stores.writing() as main:
        outbox.put(
            main,
            kind="from-the-future",
            subject_id=uuid4(),
            language="en",
            dedupe_key="from-the-future",
        )
        change(main, select(OutboxMessage), {"not_before": -1})
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
    waiting_list.cancel(register_one(published_events.find("round-table"), "leaves@example.org").id)
    wrong = make_house(make_app, postbox.port, MAILER_KEY=token_hex(32))
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


def test_no_registrant_hears_of_a_call_off_twice(inside: Flask, postbox: Postbox) -> None:
    # Given an event with seats, a line, and a registrant who left before
    event = publish_demo_event(seats=1)
    people = register_some(event, 3)
    waiting_list.cancel(people[0].id)
    delivery.send_waiting()
    before = len(postbox.mails)
    # When it is called off, twice
    for _ in range(2):
        event_changes.call_off(event.id, actor=ACTOR, reason="ill")
        delivery.send_waiting()
    # Then those who were in hear it once
    told = [mail.recipients[0] for mail in postbox.mails[before:]]
    assert sorted(told) == [people[1].address, people[2].address]
    # And nothing is kept that could be sent
    with stores.reading() as main:
        assert set(main.scalars(select(Registration.mail_secret_id))) == {None}
        assert main.get_one(Event, event.id).state == "cancelled"
