"""A long record stays readable: days, pages, filters, and the trivial left out but counted."""

import re
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import update

from tests.integration.desk.worker import Worker
from tests.integration.test_statements import statements
from tests.pages import words
from tests.turned import the_day_is_over
from webapp.models import AuditEntry
from webapp.rules.audit_events import AuditEvent, Source
from webapp.services.answers import erasing, own_copies
from webapp.services.infrastructure import audit, record_check, stores
from webapp.services.infrastructure.audit_reading import PER_PAGE

MONDAY = datetime(2026, 11, 2, 9, tzinfo=UTC)


def entered(
    worker: Worker, count: int, event: AuditEvent = AuditEvent.SEATS_ADDED, reason: str = ""
) -> None:
    """So many entries, one an hour, from a Monday in November on."""
    actor = audit.OPERATOR if Source.OPERATOR in event.sources else UUID(int=7)
    with worker.app.app_context():
        for number in range(count):
            with (
                time_machine.travel(MONDAY + timedelta(hours=number), tick=False),
                stores.writing() as main,
            ):
                audit.enter(main, actor, event, reason=reason or f"number {number}")


def lines(worker: Worker) -> list[str]:
    return [
        words(one)
        for one in worker.page.all("li")
        if one.get("class") is None and "number" in words(one)
    ]


def days(worker: Worker) -> list[str]:
    return [words(one) for one in worker.page.all("h2") if re.search(r"\d{4}$", words(one))]


def test_every_entry_is_on_exactly_one_page_in_both_directions(page_worker: Worker) -> None:
    # Given more than three pages of entries
    entered(page_worker, 3 * PER_PAGE + 7)
    page_worker.get("/desk/record")
    seen, pages = lines(page_worker), [lines(page_worker)]
    # When a coordinator turns to the end
    while "Older" in links(page_worker):
        page_worker.follow("Older")
        pages.append(lines(page_worker))
        seen += pages[-1]
    # Then each was there once, the newest first
    numbers = [int(re.findall(r"number (\d+)", one)[0]) for one in seen]
    assert numbers == list(reversed(range(3 * PER_PAGE + 7)))
    # And back at the beginning it is the first page again
    while "Newer" in links(page_worker):
        page_worker.follow("Newer")
    assert lines(page_worker) == pages[0]


def links(worker: Worker) -> set[str]:
    return {words(one) for one in worker.page.all("a")}


def test_a_new_entry_does_not_move_a_page_that_a_coordinator_reads(page_worker: Worker) -> None:
    entered(page_worker, 2 * PER_PAGE)
    page_worker.get("/desk/record")
    page_worker.follow("Older")
    address, before = page_worker.address, lines(page_worker)
    entered(page_worker, 5, reason="new number")
    page_worker.get(address)
    assert lines(page_worker) == before


def test_days_are_headings_by_the_clock_of_the_coalition(page_worker: Worker) -> None:
    # Given entries of two days
    entered(page_worker, 20)
    page_worker.get("/desk/record")
    assert days(page_worker)[-2:] == ["Tuesday 3 November 2026", "Monday 2 November 2026"]


def test_a_page_takes_as_many_statements_however_long_the_record_is(page_worker: Worker) -> None:
    def counted() -> int:
        with statements(page_worker.app) as seen:
            page_worker.get("/desk/record?before=20")
        return len(seen)

    entered(page_worker, 30)
    few = counted()
    entered(page_worker, 200)
    assert counted() == few


def test_sign_ins_and_codes_are_counted_and_one_link_away(page_worker: Worker) -> None:
    # Given a morning of codes
    with page_worker.app.app_context(), stores.writing() as main:
        for _ in range(11):
            audit.enter(main, UUID(int=7), AuditEvent.SECOND_FACTOR_CONFIRMED)
    page_worker.get("/desk/record")
    # Then the day says how many, and none of them stands between the other lines
    assert "and 12 sign-ins and codes" in page_worker.page.text
    assert "Confirmed with a six-digit code" not in page_worker.page.text
    # And its link shows them
    link = next(
        one for one in page_worker.page.all("a") if words(one).startswith("and 12 sign-ins")
    )
    page_worker.get(link.get("href", ""))
    assert page_worker.page.text.count("Confirmed with a six-digit code") == 11


def test_a_wrong_code_is_never_folded_away(page_worker: Worker) -> None:
    entered(page_worker, 1, event=AuditEvent.SECOND_FACTOR_REFUSED)
    assert "Entered a wrong six-digit code" in page_worker.get("/desk/record").text


def test_the_record_of_one_person_is_found_by_their_reference(worker: Worker) -> None:
    # Given two people whose answers were opened
    one, other = worker.answered_by("contact_me"), worker.answered_by()
    worker.open_answers(one)
    worker.open_answers(other)
    # When a coordinator types a reference, as it is read out
    worker.get("/desk/record")
    worker.press("Show these", reference=one.reference.lower().replace("-", " "))
    # Then only that person's entries are there
    assert one.reference in worker.page.text
    assert other.reference not in worker.page.text
    # And what is no reference is named, with the way out
    worker.press("Show these", reference="Ana")
    assert "Enter the reference as it stands on the person’s page" in worker.page.text
    assert one.reference not in worker.page.text


@pytest.mark.parametrize(
    ("kind", "there", "not_there"),
    [
        ("opened", "Opened the answers", "Published a call"),
        ("lists", "Downloaded contacts", "Opened the answers"),
        ("calls", "Published a call", "Downloaded contacts"),
        ("people", "Took back a permission", "Published a call"),
        ("access", "Set up the first coordinator", "Published a call"),
    ],
)
def test_one_kind_of_entries_can_be_shown(
    page_worker: Worker, kind: str, there: str, not_there: str
) -> None:
    participant = page_worker.answered_by("contact_me")
    page_worker.open_answers(participant)
    page_worker.export()
    page_worker.changes_mind(participant, "contact_me")
    with page_worker.app.app_context():
        the_day_is_over()
    page_worker.get("/desk/record")
    page_worker.press("Show these", kind=kind)
    shown = " ".join(words(one) for one in page_worker.page.all("li"))
    assert there in shown
    assert not_there not in shown


def test_a_list_that_was_downloaded_before_details_were_stored_is_still_found(
    page_worker: Worker,
) -> None:
    # Given an entry as it was stored then: the purpose in the tag, and no detail
    page_worker.answered_by("contact_me")
    page_worker.export()
    with page_worker.app.app_context(), stores.writing() as main:
        exported = update(AuditEntry).where(AuditEntry.tag == AuditEvent.CONTACTS_EXPORTED.value)
        main.execute(exported.values(tag="contacts exported, contact_me", detail=None))
    # When a coordinator asks which lists were ever downloaded
    page_worker.get("/desk/record")
    page_worker.press("Show these", kind="lists")
    # Then it is there, in the same words as one of today
    shown = " ".join(words(one) for one in page_worker.page.all("li"))
    assert "Downloaded contacts: " in shown
    assert "contacts exported" not in shown.lower()


def test_one_call_and_one_period_can_be_shown(worker: Worker) -> None:
    # Given a participant's answers, opened today, and older entries about nothing of this call
    participant = worker.answered_by("contact_me")
    worker.open_answers(participant)
    entered(worker, 30)
    worker.get("/desk/record")
    call = next(
        one.get("value", "") for one in worker.page.all("option") if "support needs" in words(one)
    )
    worker.press("Show these", where=call)
    assert participant.reference in worker.page.text
    assert lines(worker) == []
    # And a day typed as people write it
    worker.get("/desk/record")
    worker.press("Show these", since="2/11/2026", until="02/11/2026")
    assert days(worker) == ["Monday 2 November 2026"]
    assert len(lines(worker)) == 15
    worker.press("Show these", since="soon")
    assert "Enter the day like 28/11/2026" in worker.page.text


def test_a_line_about_a_participant_who_deleted_everything_leads_nowhere(worker: Worker) -> None:
    participant = worker.answered_by("contact_me")
    worker.open_answers(participant)
    worker.get("/desk/record")
    assert participant.reference in links(worker)
    with worker.app.app_context():
        erasing.erase_held(own_copies.find_held(participant.receipt))
    page = worker.get("/desk/record")
    assert participant.reference in page.text
    assert participant.reference not in links(worker)


def test_the_chain_is_checked_at_the_desk(worker: Worker) -> None:
    worker.get("/desk/record")
    worker.follow("Check that nothing was changed")
    assert "Ana checked the whole record just now" in worker.page.text
    # Given an attacker who changed one entry in the database
    with worker.app.app_context(), stores.writing() as main:
        main.execute(update(AuditEntry).where(AuditEntry.n == 1).values(reason="nothing"))
    worker.get("/desk/record/check")
    assert "Someone changed or removed an entry" in worker.page.text
    assert "Number: 1." in worker.page.text
    # And a code that was noted does not speak for what was changed before it
    with worker.app.app_context():
        noted = record_check.look().head
    assert noted is not None
    worker.press("Look for it", noted=noted.code)
    assert "But the record is not whole: see above." in worker.page.text
    # And no code is given out that would vouch for it
    assert "The record’s code of today" not in worker.page.text


def test_the_filters_go_along_to_the_next_page(page_worker: Worker) -> None:
    entered(page_worker, PER_PAGE + 5)
    page_worker.get("/desk/record")
    page_worker.press("Show these", kind="events")
    page_worker.follow("Older")
    assert "kind=events" in page_worker.address
    assert len(lines(page_worker)) == 5


@pytest.mark.parametrize(
    "asked",
    [
        f"before={'9' * 25}",
        f"after={'9' * 25}",
        "before=-1",
        "since=0001-01-01",
        "until=9999-12-31",
    ],
)
def test_a_mangled_address_is_answered(worker: Worker, asked: str) -> None:
    assert worker.get(f"/desk/record?{asked}").h1 == "Record"
    assert worker.status in (HTTPStatus.OK, HTTPStatus.BAD_REQUEST)
