"""The due day of rows that were changed by hand: it is not believed, and reckoned anew from what was promised.

An attacker who can write to the database must neither have something erased early by an earlier day, nor have it kept
by a later one. Each part is due so many months after its call closes, so its day follows from the call and its form,
which are authenticated themselves.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ScalarSelect, select
from sqlalchemy.orm import Session

from webapp.models import Call, FormVersion, OwnCopy, Part, Registration, Submission
from webapp.rules.retention import due_on
from webapp.services.answers import answered_calls
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import NoSuchCall
from webapp.services.events import published_events, registrations
from webapp.services.events.published_events import NoSuchEvent
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.incremental_reading import Around
from webapp.services.infrastructure.row_authentication import (
    TOLERANT,
    RowForged,
    is_genuine,
)

#: Where `kept_too_long` goes on. A day that was changed to be kept for ever comes last, so the last come first.
PARTS: Final = Around(last_first=True)
COPIES: Final = Around(last_first=True)
IN_TURN: Final = (PARTS, COPIES)
#: Why no day was promised that could be reckoned: what it follows from is gone, or false itself.
NOTHING_PROMISED = (NoSuchCall, NoSuchEvent, RowForged, KeyError)


def is_due(main: Session, row: Part | OwnCopy, today: date) -> bool:
    """Whether the promised day of a part or an own copy has come. The row's own day counts where we wrote it."""
    if is_genuine(row):
        return row.due_on <= today
    promised = _promised(main, row)
    return promised is not None and promised <= today


def _promised(main: Session, row: Part | OwnCopy) -> date | None:
    """By the call that genuine siblings of a false row name, which says any call by itself; answers about equality,
    which have none, by the one they say. Where that leads to no day, the last one that any call promised."""
    said = answered_calls.said_by_siblings(main, row.submission_id)
    if said is None and isinstance(row, Part):
        said = row.call_id, row.form_version
    if said is not None:
        with suppress(*NOTHING_PROMISED):
            call = published_calls.call_at(main, *said)
            months = {str(name): part.keep_months for name, part in call.form.parts.items()}
            return due_on(call.closes_on, months[row.purpose])
    days = [day for _, purpose, day in _last_days(main) if purpose == row.purpose]
    return max(days, default=None)


def registration_is_due(main: Session, row: Registration, today: date) -> bool:
    """The same for a registration, by its event."""
    if is_genuine(row):
        return row.due_on <= today
    try:
        return registrations.due_on(published_events.with_id(main, row.event_id)) <= today
    except NOTHING_PROMISED:
        return False


@contextmanager
def kept_too_long(today: date) -> Iterator[tuple[set[UUID], set[UUID]]]:
    """Parts and own copies that may say a later day than was promised, where that day has come.

    Ids of parts, and of own copies: those later than any form of their call promised, and those whose call is another
    than their submission's. Whether we wrote that day, and which was promised, is for the caller to check. All of them
    are looked at in turn, a few each time (`incremental_reading.Around`), and erased inside.
    """
    with stores.reading() as main:
        over = {(call, purpose) for call, purpose, last in _last_days(main) if last <= today}
        calls = set(main.scalars(select(Call.id)))

    def is_late(purpose: str, *named: UUID | None) -> bool:
        said = [one for one in named if one is not None]
        moved = len(set(said)) > 1 or not calls.issuperset(said)
        return moved or any((one, purpose) in over for one in said)

    of_parts = (
        select(Part.id, Part.purpose, Part.call_id, Submission.call_id)
        .outerjoin(Submission, Submission.id == Part.submission_id)
        .where(Part.due_on > today)
    )
    of_copies = (
        select(OwnCopy.id, OwnCopy.purpose, Submission.call_id, _other_call())
        .join(Submission, Submission.id == OwnCopy.submission_id)
        .where(OwnCopy.due_on > today)
    )
    with (
        PARTS.next(of_parts, Part.due_on, Part.call_id, Part.purpose, Part.id) as parts,
        COPIES.next(of_copies, OwnCopy.due_on, OwnCopy.id) as copies,
    ):
        late_parts, late_copies = (
            {row[0] for row in rows if is_late(row[1], row[2], row[3])} for rows in (parts, copies)
        )
        yield late_parts, late_copies


def _other_call() -> ScalarSelect[UUID]:
    """A call that some part of a copy's submission names, and the submission does not."""
    names_another = (Part.submission_id == Submission.id, Part.call_id != Submission.call_id)
    return select(Part.call_id).where(*names_another).limit(1).scalar_subquery()


def _last_days(main: Session) -> Iterator[tuple[UUID, str, date]]:
    """For each call and purpose, the latest day that any version of its form promised."""
    found: dict[tuple[UUID, str], date] = {}
    rows = main.execute(
        select(Call, FormVersion)
        .join(FormVersion, FormVersion.owner_id == Call.id)
        .execution_options(**TOLERANT)
    )
    for call, form in rows:
        if not (is_genuine(call) and is_genuine(form)):
            continue
        for purpose, part in published_calls.parsed(form.definition).parts.items():
            day, key = due_on(call.closes_on, part.keep_months), (call.id, str(purpose))
            found[key] = max(day, found.get(key, day))
    for (call_id, name), day in found.items():
        yield call_id, name, day
