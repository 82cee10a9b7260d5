"""The end of the record cut off by putting an older head back, and its lines pushed out of sight by a participant.

At commit c7b8640 whoever writes to `main`, and read it before, kept one old row of `audit_head`, deleted the entries
that came after it and put the row back: `verify-record` said "The record holds" and nothing verified by itself; the
desk showed an altered entry like any other, under "Nobody can change it without leaving a trace". Every change of a
permission made a row and an entry (120 in 17.6 seconds), on the same page as what coordinators did, sixty or a hundred
to a page. And the worker linked a participant's act within a minute, between neighbours that have one.

Now the worker notes each head in a file and verifies every day, a code that was noted on paper is looked for, and what
was found stays at the desk until a coordinator has confirmed it; entries that a page shows are verified; what people do
is one line for each act and day, linked when the day is over, and takes no line of the others; and giving a permission
again has a limit, which taking one back has not.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import delete, func, insert, select, update

from tests.conftest import MakeApp
from tests.factories import Sent, submit_one
from tests.integration.desk.worker import Worker
from tests.integration.house import make_house
from tests.integration.tables import tables
from tests.pages import words
from tests.people import come_back
from tests.visitor import Visitor
from webapp import cli
from webapp.cli import databases, record, worker
from webapp.models import AuditEntry, AuditHead, AuditNote, Consent
from webapp.rules.audit_events import AuditEvent
from webapp.services.answers import consents, own_copies
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.limits import TooMany
from webapp.services.keys.bootstrap import Founded
from webapp.services.worker import chores

ANA = UUID(int=7)
#: A morning, so that some hours are left of the day.
MORNING = datetime.now(UTC).replace(hour=9, minute=0, second=1, microsecond=0)
RECORD = ("audit_entries", "audit_head", "audit_notes", "record_checks")
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


@pytest.fixture
def house(
    clock: time_machine.Traveller, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    """Both doors and a worker that runs, and the operator's commands; on SQLite, then on PostgreSQL."""
    app = make_house(make_app, LIMIT_FACTOR="1")
    for module in (databases, record, worker):
        monkeypatch.setattr(module, "application", lambda *doors: app)
    yield app


def a_round(house: Flask) -> None:
    """The worker's round of one minute."""
    with house.app_context():
        chores.do_all()


def give(name: str, *words: str) -> Result:
    return CliRunner().invoke(cli.command(name), words)


def verified(house: Flask) -> int:
    with house.app_context():
        return audit.verify()


def opens_answers(house: Flask, times: int = 1) -> None:
    """A coordinator's acts that the attacker wants to hide."""
    for _ in range(times):
        with house.app_context(), stores.writing() as main:
            audit.enter(main, ANA, AuditEvent.ANSWERS_OPENED, uuid4(), "to read")


def signed_in(app: Flask, founded: Founded) -> Worker:
    desk = Worker(app, founded)
    desk.sign_in()
    return desk


# Cut off at the end


def record_rows(house: Flask) -> Rows:
    """What the attacker reads: every row of the record, as another program would."""
    found = {}
    for store, table in tables():
        if store == "main" and table.name in RECORD:
            with house.app_context(), stores.reading() as main:
                found[table.name] = [dict(row) for row in main.execute(select(table)).mappings()]
    return found


def put_back(house: Flask, rows: Rows) -> None:
    """The whole record as it was read, the worker's own note about it included."""
    for _, table in tables():
        if table.name in rows:
            with house.app_context(), stores.writing() as main:
                main.execute(delete(table))
                if rows[table.name]:
                    main.execute(insert(table), rows[table.name])


def put_back_the_head(house: Flask, rows: Rows) -> None:
    """Forty bytes, and what came after them deleted."""
    kept = rows["audit_head"][0]
    with house.app_context(), stores.writing() as main:
        main.execute(delete(AuditEntry).where(AuditEntry.n > kept["n"]))
        main.execute(update(AuditHead).values(n=kept["n"], mac=kept["mac"]))


@pytest.mark.parametrize("attack", [put_back_the_head, put_back], ids=lambda one: one.__name__)
def test_an_older_end_that_is_put_back_is_found_and_stays(
    house: Flask, founded: Founded, clock: time_machine.Traveller, attack: Any
) -> None:
    # Given an attacker who read the record before a coordinator opened answers
    a_round(house)
    before = record_rows(house)
    opens_answers(house, 2)
    a_round(house)
    # When they put the end of then back
    attack(house, before)
    # Then it is found in the next round, and verify-record says so at once
    assert give("verify-record").exit_code == 1
    a_round(house)
    desk = signed_in(house, founded)
    assert any("record is not as it was" in line for line in desk.lines())
    # And it stays on other days
    clock.shift(timedelta(days=1))
    a_round(house)
    desk = signed_in(house, founded)
    assert any("record is not as it was" in line for line in desk.lines())
    page = desk.get("/desk/record/check")
    assert "are gone, or were exchanged" in page.text
    # Until a coordinator has confirmed it, which is in the record
    desk.press("We have looked at it: confirm", why="looked")
    assert "Looked at what the check of this record found" in desk.get("/desk/record").text
    clock.shift(timedelta(days=1))
    a_round(house)
    desk = signed_in(house, founded)
    assert not any("record is not as it was" in line for line in desk.lines())
    assert give("verify-record").exit_code == 0
    # And the same attack once more is found once more
    before = record_rows(house)
    opens_answers(house)
    a_round(house)
    attack(house, before)
    a_round(house)
    assert any("record is not as it was" in line for line in desk.lines())


def test_with_the_file_gone_too_a_code_on_paper_shows_it(house: Flask, founded: Founded) -> None:
    # Given a code that an operator noted after a coordinator's acts
    a_round(house)
    before, file = record_rows(house), heads_of(house)
    kept = file.read_bytes() if file.exists() else b""
    opens_answers(house, 2)
    noted = give("record-code")
    assert noted.exit_code == 0, noted.output
    code = noted.output.split()[-1]
    assert give("verify-record", "--noted", code).exit_code == 0
    # When an attacker who rules the whole server puts everything back
    put_back(house, before)
    file.write_bytes(kept)
    # Then only the note outside says so
    a_round(house)
    assert verified(house) == len(before["audit_entries"])
    lost = give("verify-record", "--noted", code.lower().replace("-", " "))
    assert lost.exit_code == 1
    assert "is not in the record any more" in lost.output
    # And the desk says it to a coordinator who has it
    desk = signed_in(house, founded)
    desk.get("/desk/record/check")
    desk.press("Look for it", noted=code)
    assert "The record does not lead to this code any more" in desk.page.text


def heads_of(app: Flask) -> Path:
    return Path(app.extensions["hearth_settings"].instance) / "record-heads.txt"


def test_a_check_that_is_removed_is_made_again_and_says_so(house: Flask, founded: Founded) -> None:
    a_round(house)
    desk = signed_in(house, founded)
    # When an attacker removes the note of what was found
    with house.app_context(), stores.writing() as main:
        main.execute(update(AuditEntry).where(AuditEntry.n == 1).values(reason="nothing"))
    for _, table in tables():
        if table.name == "record_checks":
            with house.app_context(), stores.writing() as main:
                main.execute(delete(table))
    # Then Today says that nothing was checked, and a round later all of it
    assert any("has not checked the record" in line for line in desk.lines())
    a_round(house)
    page = desk.get("/desk/record/check")
    assert "note of its last check was changed or removed" in page.text
    assert "number 1." in page.text


def test_an_altered_entry_is_marked_where_it_is_shown(house: Flask, founded: Founded) -> None:
    # Given an attacker who changes a reason
    opens_answers(house, 3)
    with house.app_context(), stores.writing() as main:
        altered = main.scalar(select(func.max(AuditEntry.n))) or 0
        main.execute(update(AuditEntry).where(AuditEntry.n == altered - 1).values(reason="thanks"))
    # Then the line that shows it says so, and no other one
    page = signed_in(house, founded).get("/desk/record")
    marked = [words(one) for one in page.all("li") if "Not as Hearth wrote it" in words(one)]
    assert len(marked) == 1
    assert "thanks" in marked[0]
    assert f"entry {altered - 1} was changed" in marked[0]
    assert "Nobody can change it without leaving a trace" not in page.text
    # And the command that prints the record ends in an error
    printed = give("record", "--since", f"{MORNING:%Y-%m-%d}")
    assert printed.exit_code == 1
    assert len(re.findall(r"ALTERED$", printed.output, re.MULTILINE)) == 1


# Pushed out of sight


def test_changing_ones_mind_all_day_makes_no_more_than_a_line_a_day(
    house: Flask, clock: time_machine.Traveller
) -> None:
    # Given a participant who presses "give" and "take back" in turn, as `toggle.py` did
    sent, _ = answered(house)
    before = verified(house)
    visitor = Visitor(house.test_client())
    come_back(visitor, sent.receipt)
    visitor.get("/en/choices/agreed")
    pressed = [toggled(visitor, give_it=bool(turn % 2)) for turn in range(120)]
    # Then at some time they must wait to give it, and never to take it back
    assert 429 in pressed[1::2]
    assert 429 not in pressed[::2]
    assert standing(house, sent.receipt) is False
    # And the table has grown by a bounded number of rows, the record by one line for each act
    with house.app_context(), stores.reading() as main:
        rows = main.scalar(select(func.count()).select_from(Consent)) or 0
    assert rows <= 60
    clock.shift(timedelta(days=1))
    a_round(house)
    assert verified(house) <= before + 2


def answered(house: Flask) -> tuple[Sent, consents.Subject]:
    """A participant who gave one permission."""
    with house.app_context():
        sent = submit_one(given={"quote": True})
        held = own_copies.find_held(sent.receipt)
    return sent, consents.Subject(held.submission_id, held.call_id, held.form, "en")


def toggled(visitor: Visitor, *, give_it: bool) -> int:
    """Press one of the two buttons; what the server says."""
    token = next(
        one.get("value", "") for one in visitor.page.all("input") if one.get("name") == "csrf_token"
    )
    data = {"csrf_token": token, "say-yes" if give_it else "take-back": "quote"}
    return visitor.client.post("/en/choices/consent", data=data).status_code


def standing(house: Flask, receipt: str) -> bool:
    with house.app_context():
        held = own_copies.find_held(receipt)
    return next(one.granted for one in held.consents if one.purpose == "quote")


def test_a_permission_that_was_changed_very_often_can_always_be_taken_back(house: Flask) -> None:
    # Given one that has as many rows as there may be, and stands
    sent, subject = answered(house)
    with house.app_context(), stores.writing() as main:
        first = main.scalars(select(Consent)).one()
        main.add_all(
            Consent(
                submission_id=first.submission_id,
                purpose="quote",
                n=n,
                granted=bool(n % 2),
                statement_id=first.statement_id,
                changed_on=first.changed_on,
            )
            for n in range(2, 402)
        )
    with house.app_context():
        consents.change(subject, "quote", False)
    assert standing(house, sent.receipt) is False
    # Then it cannot be given any more
    with house.app_context(), pytest.raises(TooMany):
        consents.change(subject, "quote", True)


def test_what_people_do_pushes_no_coordinators_act_off_the_page(
    house: Flask, founded: Founded, clock: time_machine.Traveller
) -> None:
    # Given something that a coordinator opened, and then very many acts of people
    opens_answers(house)
    with house.app_context(), stores.writing() as main:
        for _ in range(300):
            audit.note(main, AuditEvent.CONSENT_WITHDRAWN, uuid4())
    clock.shift(timedelta(days=1))
    a_round(house)
    # Then the first page of the record still has it, and counts the others
    page = signed_in(house, founded).get("/desk/record")
    assert "Opened the answers" in page.text
    assert "and 290 more acts" in page.text


# Dated by neighbours


def test_neighbours_in_the_chain_do_not_date_what_people_do(
    house: Flask, clock: time_machine.Traveller
) -> None:
    # Given a busy desk, and a participant who takes a permission back at one moment of that day
    with house.app_context(), stores.reading() as main:
        # It was founded at the hour of this run, which may be later in the day.
        founded = main.scalars(select(AuditHead.n)).one()
    _, subject = answered(house)
    for hour in range(9):
        opens_answers(house)
        if hour == 4:
            with house.app_context():
                consents.change(subject, "quote", False)
        clock.shift(timedelta(hours=1))
        a_round(house)
    clock.move_to(MORNING + timedelta(days=1))
    a_round(house)
    opens_answers(house)
    # When a thief looks at the minutes around it
    with house.app_context(), stores.reading() as main:
        since = select(AuditEntry.actor, AuditEntry.at).where(AuditEntry.n > founded)
        entries = main.execute(since.order_by(AuditEntry.n)).all()
        assert main.scalars(select(AuditNote)).all() == []
    (at,) = [number for number, row in enumerate(entries) if row.actor == "public"]
    earlier = max(row.at for row in entries[:at] if row.actor != "public")
    later = min(row.at for row in entries[at:] if row.actor != "public")
    # Then it lies between the last of that day and the first of the next
    assert later - earlier > timedelta(hours=12).total_seconds()
