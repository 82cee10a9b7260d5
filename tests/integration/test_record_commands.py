"""The commands of the record: what they print, and with which status they end."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
import time_machine
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select, update

from tests.factories import signed_in, submit_one
from webapp import cli
from webapp.cli import record as commands
from webapp.models import AuditEntry, Coordinator
from webapp.rules.audit_events import AuditEvent
from webapp.rules.references import reference
from webapp.services.infrastructure import audit, record_check, stores
from webapp.services.keys import organisations
from webapp.services.keys.bootstrap import Founded

NOON = datetime(2026, 11, 30, 12, 34, tzinfo=UTC)


@pytest.fixture
def instance(app: Flask, founded: Founded, monkeypatch: pytest.MonkeyPatch) -> Iterator[UUID]:
    """A record of two days; on SQLite, then on PostgreSQL. The id of a person whose answers were opened."""
    monkeypatch.setattr(commands, "application", lambda: app)
    with app.app_context(), time_machine.travel(NOON, tick=False):
        ana = signed_in(founded).coordinator_id
        one = submit_one().submission_id
        with stores.writing() as store:
            audit.enter(store, ana, AuditEvent.ANSWERS_OPENED, one, "=1+1 to read")
            audit.note(store, AuditEvent.CONSENT_WITHDRAWN, one)
            audit.enter(store, ana, AuditEvent.ANSWERS_OPENED, uuid4(), "to quote")
    with app.app_context(), time_machine.travel(NOON.replace(month=12, day=1)):
        audit.link_notes()
        yield one


def give(*words: str) -> Result:
    return CliRunner().invoke(cli.command(words[0]), words[1:])


def test_it_prints_every_entry_with_names_and_references(instance: UUID) -> None:
    done = give("record")
    assert done.exit_code == 0, done.output
    assert len(done.output.splitlines()) == audit.verify()
    opened = next(line for line in done.output.splitlines() if "=1+1" in line)
    assert f"2026-11-30 12:34  Ana  answers opened  {reference(instance)}" in opened
    # With the roles and the organisation in which she acted
    (house,) = organisations.names().values()
    assert opened.endswith(f"  coordinator, owner  {house}")
    # And of what people did themselves the day alone
    assert f"2026-11-30  public  consent withdrawn  {reference(instance)}" in done.output


@pytest.mark.parametrize(
    ("words", "tags"),
    [
        (("--kind", "opened"), ["answers opened"] * 2),
        (("--who", "ana", "--kind", "opened"), ["answers opened"] * 2),
        (("--who", "public"), ["consent withdrawn"]),
        (("--kind", "people", "--since", "2026-11-30"), ["consent withdrawn"]),
        (("--until", "2026-11-29", "--kind", "opened"), []),
        (("--where", "support-needs", "--kind", "opened"), ["answers opened"]),
    ],
)
def test_it_takes_the_filters_of_the_desk(
    instance: UUID, words: tuple[str, ...], tags: list[str]
) -> None:
    done = give("record", *words, "--csv")
    assert done.exit_code == 0, done.output
    assert [row["what"] for row in csv.DictReader(io.StringIO(done.output))] == tags


def test_a_person_is_found_by_their_reference(instance: UUID) -> None:
    done = give("record", "--reference", reference(instance), "--csv")
    rows = list(csv.DictReader(io.StringIO(done.output)))
    assert {row["what"] for row in rows} == {"answers opened", "consent withdrawn"}
    # And a spreadsheet calculates nothing
    assert all(not cell.startswith("=") for row in rows for cell in row.values())


@pytest.mark.parametrize(
    "words",
    [("--who", "Nobody"), ("--where", "nowhere"), ("--reference", "?"), ("--since", "soon")],
)
def test_what_it_does_not_know_it_says(instance: UUID, words: tuple[str, ...]) -> None:
    done = give("record", *words)
    assert done.exit_code == 2
    assert words[0] in done.output


def test_two_coordinators_of_one_name_are_asked_about(instance: UUID) -> None:
    with stores.writing() as store:
        other = store.scalars(select(Coordinator)).one()
        row = {column.name: getattr(other, column.name) for column in Coordinator.__table__.columns}
        store.add(Coordinator(**{**row, "id": uuid4(), "sign_in_name": "ana-two"}))
    assert "more than one coordinator" in give("record", "--who", "ana").output


def test_a_terminal_obeys_nothing_that_was_written_into_an_entry(instance: UUID) -> None:
    with stores.writing() as store:
        store.execute(update(AuditEntry).where(AuditEntry.n == 1).values(reason="\x1b[2J"))
    done = give("record")
    assert done.exit_code == 1
    assert "\x1b" not in done.output


def test_the_code_is_one_line_and_found_again(instance: UUID) -> None:
    done = give("record-code")
    (line,) = done.output.splitlines()
    day, count, code = line.split()
    assert (day, int(count)) == ("2026-12-01", audit.verify())
    with stores.writing() as store:
        audit.enter(store, audit.OPERATOR, AuditEvent.SEATS_ADDED, uuid4(), "more")
    found = give("verify-record", "--noted", code)
    assert found.exit_code == 0, found.output
    assert f"{code} is in the record, after entry {count}." in found.output
    # And a typing error is no lost entry
    mistyped = give("verify-record", "--noted", code[:-1])
    assert mistyped.exit_code == 1
    assert "is no code of the record" in mistyped.output


def test_no_code_vouches_for_a_record_that_was_changed(instance: UUID) -> None:
    with stores.writing() as store:
        store.execute(update(AuditEntry).where(AuditEntry.n == 1).values(reason="nothing"))
    done = give("record-code")
    assert done.exit_code == 1
    assert "no code would vouch for it" in done.output


def test_a_file_that_may_not_be_read_is_said(
    instance: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused() -> list[object]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(record_check, "missing_heads", refused)
    done = give("verify-record")
    assert done.exit_code == 0
    assert "The file of noted heads was not read: Permission denied." in done.stderr
