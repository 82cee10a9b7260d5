"""The due day of rows that were changed by hand: it is not believed, and reckoned anew from what was promised.

An attacker who can write to the database must neither have something erased early by an earlier day, nor have it kept
by a later one. Each part is due so many months after its call closes, so its day follows from the call and its form,
which are authenticated themselves.
"""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Call, FormVersion, OwnCopy, Part, Registration, Submission
from webapp.rules.retention import due_on
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import NoSuchCall
from webapp.services.events import published_events, registrations
from webapp.services.events.published_events import NoSuchEvent
from webapp.services.infrastructure.row_authentication import (
    TOLERANT,
    RowForged,
    is_genuine,
)

#: Why no day was promised that could be reckoned: what it follows from is gone, or false itself.
NOTHING_PROMISED = (NoSuchCall, NoSuchEvent, RowForged, KeyError)


def is_due(main: Session, row: Part | OwnCopy, today: date) -> bool:
    """Whether the promised day of a part or an own copy has come. The row's own day counts where we wrote it."""
    if is_genuine(row):
        return row.due_on <= today
    try:
        return _promised(main, row) <= today
    except NOTHING_PROMISED:
        return False


def _promised(main: Session, row: Part | OwnCopy) -> date:
    call_id, number = (
        (row.call_id, row.form_version) if isinstance(row, Part) else _call_of(main, row)
    )
    call = published_calls.call_at(main, call_id, number)
    months: dict[str, int] = {name: part.keep_months for name, part in call.form.parts.items()}
    return due_on(call.closes_on, months[row.purpose])


def _call_of(main: Session, copy: OwnCopy) -> tuple[UUID, int]:
    submission = main.get_one(Submission, copy.submission_id)
    return submission.call_id, submission.form_version


def registration_is_due(main: Session, row: Registration, today: date) -> bool:
    """The same for a registration, by its event."""
    if is_genuine(row):
        return row.due_on <= today
    try:
        return registrations.due_on(published_events.with_id(main, row.event_id)) <= today
    except NOTHING_PROMISED:
        return False


def kept_too_long(main: Session, today: date) -> tuple[set[UUID], set[UUID]]:
    """Parts and own copies that say a later day than any form of their call promised, where that day has come.

    Ids of parts, and of own copies. Whether we wrote that day is for the caller to check.
    """
    parts: set[UUID] = set()
    copies: set[UUID] = set()
    for call_id, purpose, last in _last_days(main):
        if last > today:
            continue
        late_part = select(Part.id).where(
            Part.call_id == call_id, Part.purpose == purpose, Part.due_on > last
        )
        late_copy = (
            select(OwnCopy.id)
            .join(Submission, Submission.id == OwnCopy.submission_id)
            .where(Submission.call_id == call_id, OwnCopy.purpose == purpose)
            .where(OwnCopy.due_on > last)
        )
        parts.update(main.scalars(late_part))
        copies.update(main.scalars(late_copy))
    return parts, copies


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
