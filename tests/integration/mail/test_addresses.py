"""To which address a mail goes, byte for byte, and what becomes of it when the address is put right."""

import json
from uuid import UUID

import pytest
from flask import Flask

from tests.factories import Booked, publish_demo_event, register_one, registered_answers
from tests.integration.mail.postbox import Postbox
from tests.integration.mail.steps import in_states, later, messages
from webapp.extensions import current_settings
from webapp.models import Registration
from webapp.services.events import (
    address_changes,
    event_changes,
    registration_sealing,
    waiting_list,
)
from webapp.services.events.published_events import Event
from webapp.services.infrastructure import outbox, stores
from webapp.services.sealed import parts
from webapp.services.worker import delivery, mail_claims
from webapp.vault.sealing import seal_for_mailer

RIGHT = "ana@example.org"


def change(person: Booked, event: Event, address: str | None = RIGHT) -> str:
    """What the page after booking does. Returns the new ticket."""
    told = registered_answers(event, "before@example.org")["registrant"]
    prepared = registration_sealing.prepare(event, person.id)
    address_changes.change_own(person.ticket, told, address, prepared)
    return prepared.ticket


def as_stored_before(person: Booked, address: str) -> None:
    """Put an address where it was stored by a Hearth that did not look at it so closely."""
    secret = parts.new_secret()
    with stores.writing("erasure") as erasure_store:
        secret_id, salt = secret.id, secret.secret
        erasure_store.add(secret)
    with stores.writing() as main:
        row = main.get_one(Registration, person.id)
        row.mail_secret_id = secret_id
        row.mail_envelope = seal_for_mailer(
            json.dumps({"address": address, "ticket": person.ticket}, ensure_ascii=False).encode(),
            public_key=current_settings().mailer_public_key,
            secret=salt,
            context=registration_sealing.mail_context(row),
        )


@pytest.mark.parametrize(
    ("typed", "mailed"),
    [
        ("ana@straße.example", "ana@xn--strae-oqa.example"),
        ("Ana K <ana@faß.de>", "ana@xn--fa-hia.de"),
        ("ana@例え.jp", "ana@xn--r8jz45g.jp"),
    ],
)
def test_a_mail_goes_to_the_domain_that_was_typed_and_to_no_other(
    inside: Flask, postbox: Postbox, typed: str, mailed: str
) -> None:
    # Given a domain that IDNA 2003, Python's own, encodes as a stranger's
    register_one(publish_demo_event(), typed)
    assert delivery.send_waiting() == 1
    # Then envelope and header say the one that IDNA 2008 makes of it
    [mail] = postbox.mails
    assert mail.recipients == (mailed,)
    assert f"To: {mailed}".encode() in mail.raw
    assert b"strasse" not in mail.raw
    assert b"fass.de" not in mail.raw


def test_an_address_of_before_is_mailed_as_it_was_meant_or_not_at_all(
    inside: Flask, postbox: Postbox
) -> None:
    # Given two addresses that were stored as they were typed
    event = publish_demo_event()
    wide, unsendable = register_one(event), register_one(event)
    as_stored_before(wide, "ana@straße.example")
    as_stored_before(unsendable, "zoë@example.org")
    assert delivery.send_waiting() == 1
    # Then one goes where it should, and the other nowhere: the desk sees that it did not arrive
    assert postbox.offered == ["ana@xn--strae-oqa.example"]
    assert outbox.refused() == {unsendable.id}


def test_what_waits_goes_to_the_new_address_only(inside: Flask, postbox: Postbox) -> None:
    # Given a mail server that puts us off, and mails that wait
    event = publish_demo_event()
    person = register_one(event, "typo@example.org")
    postbox.at_recipient["typo@example.org"] = "450 busy"
    assert delivery.send_waiting() == 0
    event_changes.move(event.id, event.starts_at.replace(hour=9), actor=UUID(int=1), reason="x")
    # When the address is put right
    ticket = change(person, event)
    offered = len(postbox.offered)
    assert delivery.send_waiting() == 2
    # Then all of it arrives there at once, with the link that opens the booking now
    assert set(postbox.offered[offered:]) == {RIGHT}
    assert sorted(postbox.of(RIGHT)) == ["Your booking has changed", "Your seat is booked"]
    assert all(f"/r/{ticket}" in mail.body for mail in postbox.mails)
    assert not any(person.ticket in mail.everything for mail in postbox.mails)
    # And nothing else comes
    with later(hours=5):
        assert delivery.send_waiting() == 0


def test_what_a_server_refused_is_forgotten_with_the_address(
    inside: Flask, postbox: Postbox
) -> None:
    event = publish_demo_event()
    person = register_one(event, "typo@example.org")
    postbox.at_recipient["typo@example.org"] = "550 no such person"
    delivery.send_waiting()
    assert outbox.refused() == {person.id}
    change(person, event)
    # Then the desk is told no more that it did not arrive, and the mail does
    assert outbox.refused() == frozenset()
    assert delivery.send_waiting() == 1
    assert postbox.addresses == [RIGHT]


def test_an_address_that_is_put_right_while_a_mail_leaves_is_written_to(
    inside: Flask, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a worker with a mail to the wrong address in its hands
    event = publish_demo_event()
    person = register_one(event, "typo@example.org")
    send = delivery._send

    def put_right_meanwhile(opened: delivery.Opened) -> None:
        change(person, event)
        send(opened)

    with monkeypatch.context() as patch:
        patch.setattr(delivery, "_send", put_right_meanwhile)
        [claimed] = mail_claims.claim()
        assert delivery._deliver(claimed)
    # Then that one could not be stopped; and the next goes to the right address, once
    assert delivery.send_waiting() == 1
    assert delivery.send_waiting() == 0
    assert [mail.recipients for mail in postbox.mails] == [("typo@example.org",), (RIGHT,)]
    # And the link in the first one opens nothing: the stranger who got it sees no booking
    assert postbox.mails[0].body != postbox.mails[1].body
    assert in_states() == ["sent"]


def test_after_an_address_was_taken_away_nothing_is_sent(inside: Flask, postbox: Postbox) -> None:
    event = publish_demo_event("small-group")
    person = register_one(event, "shared@example.org")
    change(person, event, None)
    waiting_list.cancel(person.id)
    assert messages() == []
    assert delivery.send_waiting() == 0
    assert postbox.offered == []
