"""The record reads as plain words, with names instead of ids."""

import re
from datetime import UTC, datetime

import pytest
from flask import Flask

from tests.integration.desk.worker import Worker
from tests.turned import the_day_is_over
from webapp.desk.record.audit_words import EVENT_WORDS, FILTER_WORDS, event_words, reason_words
from webapp.desk.shared.words import actor_words, purpose_words
from webapp.rules.audit_details import Detail, OfLanguage, OfPurpose
from webapp.rules.audit_events import AuditEvent, RecordFilter
from webapp.services.infrastructure.audit import AuditLine
from webapp.services.keys import passphrase_reset

LIKE_A_REFERENCE = r"[A-Z0-9]{3}-[A-Z0-9]{3}-[A-Z0-9]{3}"


def test_what_happened_is_told_in_plain_words(worker: Worker) -> None:
    # Given a coordinator's morning, and a participant who changed their mind
    participant = worker.answered_by("contact_me")
    worker.open_answers(participant, words="chapter two")
    worker.open_contact(participant)
    worker.export()
    worker.changes_mind(participant, "contact_me")
    with worker.app.app_context():
        the_day_is_over()
    # When they look at the record
    page = worker.get("/desk/record")
    # Then it says who did what, to whose answers, and why
    for words in (
        "and one sign-in or code",
        f"Ana Opened the answers: {participant.reference} To write the report: chapter two",
        f"Ana Opened the contact details: {participant.reference} To ask about what they wrote",
        f"The person who answered Took back a permission: {participant.reference}",
        "The operator Published a call: How support needs are decided",
    ):
        assert words in page.text
    # And a list has the name that it has under Contacts
    assert re.search(
        rf"Downloaded contacts: Contact me: list {LIKE_A_REFERENCE} To ask about", page.text
    )
    # In which roles and for which organisation it was
    assert re.search(r"To ask about what they wrote owner, coordinator · [A-Z]", page.text)
    # And names no id in full
    assert participant.id.hex not in page.text
    assert str(participant.id) not in page.text


def test_a_coordinator_is_named_where_an_operator_did_something_for_them(
    page_stranger: Worker,
) -> None:
    # Given a coordinator who was made a new passphrase
    with page_stranger.app.app_context():
        new = passphrase_reset.new_passphrase("ana", page_stranger.founded.owner.recovery_code)
    # When she signs in with it, then the record says for whom it was made
    page_stranger.sign_in(passphrase=new.passphrase)
    page = page_stranger.get("/desk/record")
    assert "The operator Made a new passphrase for a coordinator: Ana" in page.text


def test_a_line_leads_to_what_it_is_about(worker: Worker) -> None:
    participant = worker.answered_by("contact_me")
    worker.open_answers(participant)
    worker.get("/desk/record")
    worker.follow(participant.reference)
    assert worker.path == f"/desk/submissions/{participant.id}"


def test_of_what_people_do_themselves_only_the_day_is_told(worker: Worker) -> None:
    participant = worker.answered_by("contact_me")
    worker.changes_mind(participant, "contact_me")
    with worker.app.app_context():
        the_day_is_over()
    row = next(
        row
        for row in worker.get("/desk/record").all("li")
        if "Took back a permission" in "".join(row.itertext())
    )
    assert not re.search(r"\d\d:\d\d", "".join(row.itertext()))


def test_every_event_has_its_words() -> None:
    assert set(EVENT_WORDS) == set(AuditEvent)


def test_every_filter_has_its_words() -> None:
    assert set(FILTER_WORDS) == set(RecordFilter)


def line(tag: str, detail: Detail | None = None) -> AuditLine:
    return AuditLine(1, datetime(2026, 11, 21, tzinfo=UTC), "operator", tag, None, "why", detail)


@pytest.mark.parametrize(
    ("tag", "detail", "words"),
    [
        (
            "contacts exported",
            OfPurpose("share"),
            "Downloaded contacts: Share with member charities",
        ),
        ("contacts exported", OfPurpose("send_a_book"), "Downloaded contacts: Send a book"),
        ("something new", None, "Something new"),
    ],
)
def test_events_that_carry_more(
    page_app: Flask, tag: str, detail: Detail | None, words: str
) -> None:
    with page_app.test_request_context("/desk/record"):
        assert event_words(line(tag, detail)) == words


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        (OfLanguage("so", 2, "Interpreter"), "Somali, 2: Interpreter"),
        (OfLanguage("so", 2), "Somali, 2"),
        (OfLanguage("so"), "Somali"),
        (None, "why"),
    ],
)
def test_of_a_language_the_reason_says_how_much_of_which(detail: Detail | None, words: str) -> None:
    assert reason_words(line("words reviewed", detail)) == words


def test_a_coordinator_who_left_is_not_an_id(page_app: Flask) -> None:
    with page_app.test_request_context("/desk/record"):
        assert actor_words("5eed0000-0000-4000-8000-000000000001", {}).startswith("Someone")
        assert purpose_words("contact_me") == "Contact me"
