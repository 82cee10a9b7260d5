"""An address can be put right: seat and place stay, the old address hears nothing more and its link opens nothing."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.factories import (
    TO_PREPARE,
    Booked,
    publish_demo_event,
    register_one,
    register_some,
    registered_answers,
    secret,
)
from tests.integration.at_once import at_once
from webapp.models import ErasureSecret, OutboxMessage, Registration, RegistrationPart
from webapp.services.events import (
    address_changes,
    desk_address_corrections,
    desk_registrations,
    own_registrations,
    registration_sealing,
    waiting_list,
)
from webapp.services.events.address_changes import NoAddress, NotNow
from webapp.services.events.desk_address_corrections import SameAddress
from webapp.services.events.published_events import Event
from webapp.services.events.registration_sealing import Prepared
from webapp.services.events.registrations import NoSuchRegistration
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.limits import TooMany
from webapp.services.keys.coordinators import Holder
from webapp.services.sealed import shredding
from webapp.vault.mailroom import MailReader

pytestmark = pytest.mark.usefixtures("inside")
RIGHT = "ana@example.org"
MAILER_KEY = secret("MAILER_KEY")


def row_of(person_id: UUID) -> Registration:
    with stores.reading() as main:
        return main.get_one(Registration, person_id)


def secrets_of(person_id: UUID) -> set[UUID]:
    with stores.reading() as main:
        mine = select(RegistrationPart.secret_id).where(
            RegistrationPart.registration_id == person_id,
            RegistrationPart.purpose == "registrant",
        )
        secret_id = main.get_one(Registration, person_id).mail_secret_id
        return {*main.scalars(mine), *([secret_id] if secret_id else [])}


def still_there(ids: set[UUID]) -> set[UUID]:
    with stores.reading("erasure") as erasure_store:
        return set(erasure_store.scalars(select(ErasureSecret.id).where(ErasureSecret.id.in_(ids))))


def mails(person_id: UUID) -> list[tuple[str, str]]:
    with stores.reading() as main:
        rows = main.scalars(select(OutboxMessage).where(OutboxMessage.subject_id == person_id))
        return sorted((row.kind, row.state) for row in rows)


def change(person: Booked, event: Event, address: str | None = RIGHT) -> Prepared:
    """What the page after booking does."""
    told = registered_answers(event, person.address).get("registrant", {})
    prepared = registration_sealing.prepare(event, person.id)
    address_changes.change_own(person.ticket, told, address, prepared)
    return prepared


def opened(holder: Holder, person_id: UUID) -> dict[str, Any]:
    return desk_registrations.open_registration(holder, person_id, TO_PREPARE).by_part


def test_a_registrant_puts_their_address_right_and_keeps_seat_and_place(holder: Holder) -> None:
    # Given a seat and a place in line
    event = publish_demo_event(seats=1)
    seated, waits = register_some(event, 2)
    for person in (seated, waits):
        before, secrets, told = row_of(person.id), secrets_of(person.id), opened(holder, person.id)
        # When each puts their address right
        prepared = change(person, event)
        # Then they stand where they stood
        after = row_of(person.id)
        assert (after.state, after.seat, after.place) == (before.state, before.seat, before.place)
        assert after.due_on == before.due_on
        # And the desk finds the new address, and everything else as it was
        now = opened(holder, person.id)
        assert now["registrant"] == {**told["registrant"], "registrant_email": RIGHT}
        assert {**now, "registrant": 0} == {**told, "registrant": 0}
        # And what held the old address cannot be opened any more
        assert len(secrets) == 2
        assert still_there(secrets) == set()
        assert still_there(secrets_of(person.id)) == secrets_of(person.id)
        # And the old link, which may be in a stranger's inbox, opens nothing; the new one does
        with pytest.raises(NoSuchRegistration):
            own_registrations.find_own(person.ticket)
        assert own_registrations.find_own(prepared.ticket).id == person.id
    assert mails(seated.id) == [("registered", "waiting")]
    assert mails(waits.id) == [("waiting", "waiting")]


def test_a_coordinator_puts_an_address_right_without_seeing_the_old_one(holder: Holder) -> None:
    event = publish_demo_event("small-group")
    person = register_one(event, "typo@example.org")
    told, before = opened(holder, person.id), row_of(person.id)
    # When the desk puts it right, with a reason
    corrected = desk_address_corrections.correct(holder, person.id, RIGHT, reason="They rang us")
    # Then the seat stays, and the code for the room is a new one, for the old one fits the old link only
    after = row_of(person.id)
    assert (after.state, after.seat) == (before.state, before.seat)
    assert corrected.room_code not in (None, person.room_code)
    assert corrected.is_mailed
    assert opened(holder, person.id)["registrant"] == {
        **told["registrant"],
        "registrant_email": RIGHT,
    }
    with pytest.raises(NoSuchRegistration):
        own_registrations.find_own(person.ticket)
    # And it is in the record, with the reason
    line = next(line for line in audit.recent() if line.tag == "registration address corrected")
    assert (line.actor, line.reason) == (str(holder.coordinator_id), "They rang us")
    assert line.subject_id == person.id


def test_the_same_address_once_more_changes_no_link_for_nothing(holder: Holder) -> None:
    person = register_one(publish_demo_event(), "typo@example.org")
    desk_address_corrections.correct(holder, person.id, RIGHT, reason="They rang us")
    after = row_of(person.id).lookup
    with pytest.raises(SameAddress):
        desk_address_corrections.correct(holder, person.id, RIGHT, reason="Again")
    assert row_of(person.id).lookup == after


def test_an_address_can_be_added_and_taken_away(holder: Holder) -> None:
    # Given an event where no registrant needs an address, and a registrant without one
    event = publish_demo_event("small-group")
    person = register_one(event, None)
    assert row_of(person.id).mail_envelope is None
    assert mails(person.id) == []
    # When they give one
    prepared = change(person, event)
    assert mails(person.id) == [("registered", "waiting")]
    assert own_registrations.find_own(prepared.ticket).gets_mail
    # And take it back
    told = {"adult": "yes", "registrant_email": RIGHT}
    last = registration_sealing.prepare(event, person.id)
    address_changes.change_own(prepared.ticket, told, None, last)
    # Then nothing is kept to write to them, and nothing waits to be sent
    assert row_of(person.id).mail_envelope is None
    assert not own_registrations.find_own(last.ticket).gets_mail
    assert mails(person.id) == []
    assert opened(holder, person.id)["registrant"] == {"adult": "yes"}


def test_no_registrant_is_written_to_about_what_is_cancelled_or_begun(holder: Holder) -> None:
    event = publish_demo_event()
    leaves, stays = register_some(event, 2)
    waiting_list.cancel(leaves.id)
    attempts: list[Callable[[Booked], object]] = [
        lambda one: desk_address_corrections.correct(holder, one.id, RIGHT, reason="x"),
        lambda one: address_changes.send_again(one.id, actor=holder.coordinator_id, reason="x"),
        lambda one: change(one, event),
    ]
    for attempt in attempts:
        with pytest.raises(NotNow):
            attempt(leaves)
        with time_machine.travel(event.starts_at), pytest.raises(NotNow):
            attempt(stays)
        with pytest.raises(NoSuchRegistration):
            attempt(replace(stays, id=UUID(int=7)))
    assert not [line for line in audit.recent() if "address" in line.tag or "link" in line.tag]


def test_the_link_is_sent_again_to_the_address_that_was_given(actor: UUID, inside: Flask) -> None:
    event = publish_demo_event("small-group")
    person, silent = register_one(event), register_one(event, None)
    with stores.writing() as main:
        for message in main.scalars(select(OutboxMessage)):
            message.state, message.finished_on = "sent", row_of(person.id).received_on
    # When the desk sends it once more
    address_changes.send_again(person.id, actor=actor, reason="They asked for it")
    # Then one mail waits, the link is the same, and nothing was opened
    assert mails(person.id) == [("registered", "sent"), ("registered", "waiting")]
    assert own_registrations.find_own(person.ticket).id == person.id
    assert [line.tag for line in audit.recent(1)] == ["registration link sent again"]
    # And pressed again, it is still one
    address_changes.send_again(person.id, actor=actor, reason="They asked for it")
    assert mails(person.id) == [("registered", "sent"), ("registered", "waiting")]
    # And without an address there is nowhere to send it
    with pytest.raises(NoAddress):
        address_changes.send_again(silent.id, actor=actor, reason="They asked for it")


def test_the_link_is_sent_again_a_few_times_and_no_more(
    actor: UUID, inside: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = inside.extensions["hearth_settings"]
    inside.extensions["hearth_settings"] = settings.model_copy(update={"limit_factor": 1.0})
    event = publish_demo_event()
    person, other = register_some(event, 2)
    for _ in range(3):
        address_changes.send_again(person.id, actor=actor, reason="x")
    with pytest.raises(TooMany):
        address_changes.send_again(person.id, actor=actor, reason="x")
    # And another booking has tries of its own
    address_changes.send_again(other.id, actor=actor, reason="x")


# At the same moment


def test_two_people_who_put_one_address_right_leave_one_that_is_whole(
    inside: Flask, holder: Holder
) -> None:
    # Given a registrant and a coordinator who correct at the same moment, again and again
    event = publish_demo_event()
    told = registered_answers(event, "typo@example.org")["registrant"]
    everybody: set[UUID] = set()
    for turn in range(4):
        person = register_one(event, f"typo{turn}@example.org")
        mine, theirs = f"mine{turn}@example.org", f"theirs{turn}@example.org"
        prepared = registration_sealing.prepare(event, person.id)
        results = at_once(
            inside,
            partial(address_changes.change_own, person.ticket, told, mine, prepared),
            partial(desk_address_corrections.correct, holder, person.id, theirs, reason="x"),
        )
        # Then one of them stands, and parts and mail say the same. Theirs fails only where the link was replaced before
        failed = [one for one in results if isinstance(one, Exception)]
        held = opened(holder, person.id)["registrant"]["registrant_email"]
        assert not failed or (isinstance(*failed, NoSuchRegistration) and held == theirs)
        assert held in (mine, theirs)
        assert address_in_mail(person.id) == held
        assert row_of(person.id).state == "confirmed"
        # And all that is kept can be opened
        everybody |= secrets_of(person.id) | other_secrets(person.id)
        assert all_secrets() - {event.marks_secret_id} == everybody
        assert [kind for kind, _ in mails(person.id)] == ["registered"]


def test_of_a_button_pressed_twice_one_link_is_made_and_it_opens(inside: Flask) -> None:
    event = publish_demo_event("small-group")
    for turn in range(4):
        person = register_one(event, None)
        told = registered_answers(event, None)["registrant"]
        presses = [registration_sealing.prepare(event, person.id) for _ in range(2)]
        # When the same press arrives twice at the same moment
        results = at_once(
            inside,
            *(
                partial(
                    address_changes.change_own, person.ticket, told, f"ana{turn}@example.org", one
                )
                for one in presses
            ),
        )
        # Then one made a link, which the page shows and which opens; the other changed nothing
        made = [
            one for one, result in zip(presses, results, strict=True) if isinstance(result, dict)
        ]
        assert len(made) == 1
        assert own_registrations.find_own(made[0].ticket).id == person.id
        assert [type(one) for one in results if not isinstance(one, dict)] == [NoSuchRegistration]
        assert [kind for kind, _ in mails(person.id)] == ["registered"]


def test_cancelling_and_correcting_at_the_same_moment_ends_in_one_of_two_ways(
    inside: Flask, holder: Holder
) -> None:
    event = publish_demo_event()
    for person in register_some(event, 4):
        _, corrected = at_once(
            inside,
            partial(waiting_list.cancel, person.id),
            partial(desk_address_corrections.correct, holder, person.id, RIGHT, reason="x"),
        )
        # Then it is cancelled, and only that is still to be told: to the new address, if it was put right before
        assert row_of(person.id).state == "cancelled"
        assert ("cancelled", "waiting") in mails(person.id)
        expected = person.address if isinstance(corrected, NotNow) else RIGHT
        assert address_in_mail(person.id) == expected


def test_a_registration_that_is_deleted_meanwhile_stays_deleted(
    inside: Flask, holder: Holder
) -> None:
    event = publish_demo_event()
    for person in register_some(event, 4):
        at_once(
            inside,
            partial(waiting_list.delete_own, person.id),
            partial(desk_address_corrections.correct, holder, person.id, RIGHT, reason="x"),
        )
        with stores.reading() as main:
            assert main.get(Registration, person.id) is None
        assert mails(person.id) == []


def address_in_mail(person_id: UUID) -> str:
    """The address that the mailer would write to."""
    row = row_of(person_id)
    assert row.mail_envelope is not None
    with stores.reading("erasure") as erasure_store:
        secret = erasure_store.get_one(ErasureSecret, row.mail_secret_id).secret
    key = bytes.fromhex(MAILER_KEY)
    context = registration_sealing.mail_context(row)
    opened_mail = MailReader(key).open_mail(row.mail_envelope, secret=secret, context=context)
    return str(json.loads(opened_mail)["address"])


def all_secrets() -> set[UUID]:
    shredding.finish_waiting()
    with stores.reading("erasure") as erasure_store:
        ids = set(erasure_store.scalars(select(ErasureSecret.id)))
    # One that was stored for a correction that lost is an orphan, which is swept after two days.
    with stores.reading() as main:
        kept = {one for column in shredding.KEPT for one in main.scalars(select(column)) if one}
    return ids & kept


def other_secrets(person_id: UUID) -> set[UUID]:
    with stores.reading() as main:
        return set(
            main.scalars(
                select(RegistrationPart.secret_id).where(
                    RegistrationPart.registration_id == person_id,
                    RegistrationPart.purpose != "registrant",
                )
            )
        )
