"""Every act that the audit log can hold is found under a filter, and its facts are whole."""

import pytest

from webapp.rules.audit_details import Detail, OfLanguage, OfPurpose
from webapp.rules.audit_events import PUBLIC_EVENTS, AuditEvent, RecordFilter, Source

#: The column has room for so many letters, and nothing is cut.
ROOM = 40


@pytest.mark.parametrize("event", AuditEvent)
def test_every_act_is_found_under_a_filter(event: AuditEvent) -> None:
    # What participants do themselves is found by the source
    assert event.filters or event in PUBLIC_EVENTS


@pytest.mark.parametrize("event", AuditEvent)
def test_every_act_has_a_source_and_fits(event: AuditEvent) -> None:
    assert event.sources
    assert len(event.value) <= ROOM
    assert AuditEvent.of(event.value) is event


def test_acts_for_a_caller_are_found_with_what_was_entered_on_behalf() -> None:
    for event in AuditEvent:
        if event.endswith("for a caller") or event == "do not contact":
            assert event in RecordFilter.ENTERED.events


def test_routine_entries_are_found_among_those_about_access() -> None:
    assert set(RecordFilter.ROUTINE.events) < set(RecordFilter.ACCESS.events)
    assert AuditEvent.SECOND_FACTOR_REFUSED not in RecordFilter.ROUTINE.events


def test_a_tag_of_another_version_is_no_event() -> None:
    assert AuditEvent.of("contacts exported by hand") is None


def test_a_purpose_that_was_stored_in_the_tag_is_read() -> None:
    # Given tags of before there were details: one with a purpose, one that has a comma of its own
    exported, expired = "contacts exported, share", AuditEvent.CONTACT_EXPIRED.value
    # Then the one is its event and its purpose, and the other is only itself
    assert AuditEvent.of(exported) is AuditEvent.CONTACTS_EXPORTED
    assert AuditEvent.of_older(exported) == (AuditEvent.CONTACTS_EXPORTED, OfPurpose("share"))
    assert AuditEvent.of(expired) is AuditEvent.CONTACT_EXPIRED
    assert AuditEvent.of_older(expired) == (None, None)


@pytest.mark.parametrize(
    ("actor", "source"),
    [
        ("public", Source.PUBLIC),
        ("worker", Source.WORKER),
        ("operator", Source.OPERATOR),
        ("5eed0000-0000-4000-8000-000000000001", Source.DESK),
    ],
)
def test_the_source_follows_from_the_actor(actor: str, source: Source) -> None:
    assert Source.of(actor) is source


@pytest.mark.parametrize("actor", ["", "workers", "desk", "ana", "Public"])
def test_an_actor_that_no_source_writes_has_none(actor: str) -> None:
    assert Source.of(actor) is None


@pytest.mark.parametrize(
    ("detail", "text"),
    [
        (OfPurpose("send_a_book_of_forty_letters_and_no_less"), None),
        (OfPurpose("Bücher"), '{"purpose":"Bücher"}'),
        (OfLanguage("so"), '{"language":"so"}'),
        (
            OfLanguage("so", 2, "Interpreter"),
            '{"language":"so","reviewer":"Interpreter","texts":2}',
        ),
    ],
)
def test_a_detail_is_read_as_it_was_written(detail: Detail, text: str | None) -> None:
    assert text is None or detail.as_text() == text
    assert type(detail).from_text(detail.as_text()) == detail


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", '{"purpose":"a","more":1}', '{"purpose": "a"}']
)
def test_a_detail_that_was_not_written_so_is_none(text: str) -> None:
    assert OfPurpose.from_text(text) is None
