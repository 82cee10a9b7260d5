"""Submissions as the desk lists them: days, languages and consents, nothing of what was answered.

A submission that was put in or changed by hand is named, and nothing of what its row says is shown.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    func,
    literal,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.orm import Session

from webapp.models import Call as CallRow
from webapp.models import Part, Submission
from webapp.rules.bounded_counts import MOST_IN_INDEX, counted
from webapp.services.answers import stored_consents
from webapp.services.answers.setting_aside import not_set_aside
from webapp.services.answers.stored_consents import StoredConsents
from webapp.services.answers.submission_filters import (
    EVERYBODY,
    IN_ORDER,
    Matching,
    chosen_of,
    in_list_order,
)
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.row_authentication import TOLERANT, is_genuine


@dataclass(frozen=True)
class SubmissionRow:
    """One submission as the desk lists it: nothing of what was said.

    `is_false`: we did not write its row, and nothing else here may be used. `consents_false`: the row is ours, but a
    consent was put in, changed or removed by hand, so none stands.
    """

    id: UUID
    received_on: date
    language: str
    first_opened_on: date | None
    purposes: frozenset[str]
    has_contact: bool
    typed_by: str
    answers_changed_on: date | None
    contact_changed_on: date | None
    do_not_contact_on: date | None
    changed_for_them_on: date | None
    set_aside_id: UUID | None
    is_false: bool = False
    consents_false: bool = False


def list_for_call(call: Call) -> tuple[SubmissionRow, ...]:
    """All submissions to a call, the newest day first, in no telling order within a day."""
    these = select(Submission).where(chosen_of(call.id, EVERYBODY)).order_by(*IN_ORDER)
    with stores.reading() as main:
        return _rows(main, list(main.scalars(these, execution_options=TOLERANT)))


@dataclass(frozen=True)
class Place:
    """A place in the list, for keyset pagination: that of one submission."""

    received_on: date
    id: UUID


@dataclass(frozen=True)
class Page:
    """Some of a list, in its order; `newer` and `older`: the places beyond which there are more, if there are."""

    rows: tuple[SubmissionRow, ...]
    newer: Place | None
    older: Place | None


def page_of(
    found: Matching, most: int, *, after: Place | None = None, before: Place | None = None
) -> Page:
    """So many of the submissions that are chosen: the newest, or those next to a place, after it or before it."""
    query = select(Submission).where(found.condition())
    key = tuple_(Submission.received_on, Submission.id)
    if before is not None:
        query = query.where(key > _key(before))
    elif after is not None:
        query = query.where(key < _key(after))
    with stores.reading() as main:
        read = in_list_order(main, query, most + 1, newest_first=before is None)
        if (before is not None and len(read) <= most) or (after is not None and not read):
            # The beginning of the list is a whole page, and past its end nothing is shown.
            return page_of(found, most)
        shown = read[:most] if before is None else read[:most][::-1]
        rows = _rows(main, shown)
    is_more = len(read) > most
    return Page(
        rows,
        newer=_place(shown) if after is not None or before is not None else None,
        older=_place(shown[::-1]) if before is not None or is_more else None,
    )


def _key(place: Place) -> Any:
    values = zip(
        (Submission.received_on, Submission.id), (place.received_on, place.id), strict=True
    )
    return tuple_(*(literal(value, column.type) for column, value in values))


def _place(rows: list[Submission]) -> Place | None:
    return Place(rows[0].received_on, rows[0].id) if rows else None


def find_row(submission_id: UUID) -> tuple[SubmissionRow, Call]:
    """One submission as the desk lists it, and its call, with the version of the form that it answers. Raises
    `LookupError`, `RowForged`."""
    with stores.reading() as main:
        row = main.get(Submission, submission_id)
        if row is None:
            raise LookupError(submission_id)
        its_call = published_calls.call_at(main, row.call_id, row.form_version)
        return _rows(main, [row])[0], its_call


def _rows(main: Session, rows: list[Submission]) -> tuple[SubmissionRow, ...]:
    ids = [row.id for row in rows]
    agreed = stored_consents.of_people(main, ids)
    with_contact = set(
        main.scalars(
            select(Part.submission_id).where(Part.submission_id.in_(ids), Part.purpose == "contact")
        )
    )
    return tuple(_row(row, agreed[row.id], row.id in with_contact) for row in rows)


def _row(row: Submission, agreed: StoredConsents, has_contact: bool) -> SubmissionRow:
    is_false = not is_genuine(row)
    return SubmissionRow(
        row.id,
        row.received_on,
        row.language,
        row.first_opened_on,
        agreed.standing,
        has_contact,
        row.typed_by,
        row.answers_changed_on,
        row.contact_changed_on,
        row.do_not_contact_on,
        row.changed_for_them_on,
        row.set_aside_id,
        is_false=is_false,
        consents_false=not is_false and not agreed.adds_up,
    )


def count_by_call(main: Session) -> dict[UUID, tuple[int, int]]:
    """For each call: how many submissions, and how many that no coordinator has opened, up to a bound. None that were
    put aside."""
    numbers = (_up_to_bound(), _up_to_bound(Submission.first_opened_on.is_(None)))
    rows = main.execute(select(CallRow.id, *numbers))
    return {
        call_id: (counted(total, MOST_IN_INDEX), counted(new, MOST_IN_INDEX))
        for call_id, total, new in rows
    }


def _up_to_bound(*more: ColumnElement[bool]) -> ScalarSelect[int]:
    of_call = (Submission.call_id == CallRow.id, not_set_aside(), *more)
    some: Select[Any] = (
        select(literal_column("1")).where(*of_call).correlate(CallRow).limit(MOST_IN_INDEX + 1)
    )
    return select(func.count()).select_from(some.subquery()).scalar_subquery()
