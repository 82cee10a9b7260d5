"""The worker goes through the lines of all exported lists in turn, and notes those that must be crossed out.

Incremental, and without end: a bounded number of lines each minute. Each line's rows are checked as well, because a
participant whose rows were put in, changed or removed by hand, perhaps so that a withdrawal is not seen, must be
crossed out. From what it notes, and from what changed since, pages answer without reading whole lists
(`lines_in_question`).
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, insert, literal, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.models import Export, ExportedSubmission, ListFinding, ListRound
from webapp.services.infrastructure import clock_guard, stores
from webapp.services.infrastructure.incremental_reading import Around
from webapp.services.infrastructure.row_authentication import TOLERANT, is_genuine
from webapp.services.opening import export_selection, lists_for_members
from webapp.services.opening.line_changes import changes_of

#: So many lines in one minute: checking the rows of one person takes about half a millisecond.
LINES: Final = 500
#: A line: its export and its submission.
Line = tuple[UUID, UUID]


class Rounds:
    """Where the worker is in the lines of all lists. In memory: after a start it begins a round anew."""

    def __init__(self, most: int = LINES) -> None:
        self._around = Around(most)
        self._began_on: date | None = None

    def look_at_next(self) -> bool:
        """Look at the lines that come next. Returns whether these were the last ones of a round.

        Raises `ClockDoubted`, `StoreUnavailable`.
        """
        today = clock_guard.sure().today
        if self._around.is_at_start or self._began_on is None:
            self._began_on = today
        line = (ExportedSubmission.export_id, ExportedSubmission.submission_id)
        with self._around.next(select(*line), *line) as rows:
            _look_at([(row.export_id, row.submission_id) for row in rows])
        if not self._around.is_at_start:
            return False
        _note_whole(self._began_on)
        return True


ROUNDS: Final = Rounds()


def look_at_next_lines() -> None:
    """Look at the next lines of all lists (worker). Raises `ClockDoubted`, `StoreUnavailable`."""
    ROUNDS.look_at_next()


def _look_at(lines: Sequence[Line]) -> None:
    if not lines:
        return
    with stores.reading() as main:
        wrong = _to_cross_out(main, lines)
        noted = _noted(main, lines)
    if wrong != noted:
        # Another worker may have noted the same at this moment.
        with suppress(IntegrityError), stores.writing() as main:
            _note(main, lines, wrong)


def _to_cross_out(main: Session, lines: Sequence[Line]) -> dict[Line, bool]:
    """Of these lines, those that must be crossed out now; true where it is because a row is false."""
    these = {export_id for export_id, _ in lines}
    exports = main.scalars(select(Export).where(Export.id.in_(these))).all()
    found = main.execute(
        changes_of(lists_for_members.rule_for(main, exports), _among(ExportedSubmission, lines))
    )
    wrong = {(row.export_id, row.submission_id): False for row in found if row.kind is not None}
    false = export_selection.false_people(main, {person for _, person in lines})
    return wrong | {line: True for line in lines if line[1] in false}


def _noted(main: Session, lines: Sequence[Line]) -> dict[Line, bool]:
    rows = main.scalars(select(ListFinding).where(_among(ListFinding, lines)))
    return {(row.export_id, row.submission_id): row.is_false for row in rows}


def _note(main: Session, lines: Sequence[Line], wrong: Mapping[Line, bool]) -> None:
    main.execute(delete(ListFinding).where(_among(ListFinding, lines)))
    rows = [
        {"export_id": export_id, "submission_id": person, "is_false": is_false}
        for (export_id, person), is_false in sorted(wrong.items())
    ]
    if rows:
        main.execute(insert(ListFinding), rows)


def _among(table: Any, lines: Sequence[Line]) -> ColumnElement[bool]:
    """From the first of these lines to the last: they are next to each other in the order of the primary key."""
    columns = (table.export_id, table.submission_id)
    first, last = (
        tuple_(*(literal(one, column.type) for one, column in zip(line, columns, strict=True)))
        for line in (lines[0], lines[-1])
    )
    return and_(tuple_(*columns) >= first, tuple_(*columns) <= last)


def _note_whole(began_on: date) -> None:
    """Every line has been looked at since this day began."""
    with stores.reading() as main:
        row = main.get(ListRound, 1, execution_options=TOLERANT)
        if row is not None and is_genuine(row) and row.whole_since == began_on:
            return
    with suppress(IntegrityError), stores.writing() as main:
        row = main.get(ListRound, 1, with_for_update=True, execution_options=TOLERANT)
        if row is not None and not is_genuine(row):
            main.delete(row)
            main.flush()
            row = None
        if row is None:
            row = ListRound(id=1)
            main.add(row)
        row.whole_since = began_on
        main.flush()
