"""Counts of what is due for deletion at a moment, and of what is held."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, select
from sqlalchemy.orm import Session

from webapp.models import EntryDraft, Event, Part, Registration, ReturnDraft
from webapp.rules import clock
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine

BATCH = 500


@dataclass(frozen=True)
class Amounts:
    """How many of each kind. Own copies are not counted: each goes with the part that it copies."""

    testimony: int
    contact: int
    equality: int
    registrations: int
    #: Unfinished answers of participants, and unfinished entries of coordinators.
    drafts: int
    #: Addresses of registrants whose event is over; the registrations stay.
    addresses: int

    @property
    def things(self) -> int:
        """What is deleted whole."""
        return self.testimony + self.contact + self.equality + self.registrations + self.drafts


def amounts(main: Session, now: datetime) -> Amounts:
    """What is due at this moment (aware)."""
    today = clock.day_of(now)
    over = select(Event.id).where(Event.ends_at <= int(now.timestamp()))
    parts = [
        _count(Part, Part.due_on <= today, Part.purpose == purpose)
        for purpose in ("testimony", "contact", "equality")
    ]
    columns = (
        *parts,
        _count(Registration, Registration.due_on <= today),
        _count(ReturnDraft, ReturnDraft.due_on <= today)
        + _count(EntryDraft, EntryDraft.due_on <= today),
        _count(
            Registration, Registration.mail_secret_id.is_not(None), Registration.event_id.in_(over)
        ),
    )
    return Amounts(*[int(number) for number in main.execute(select(*columns)).one()])


def genuine_amounts(main: Session, now: datetime) -> Amounts:
    """The same without false rows (`row_authentication`): their own day is not believed, so they are not deleted on it,
    and would be counted for ever. It reads every row that is due; for when there are many.
    """
    counted, today = amounts(main, now), clock.day_of(now)
    due = select(Part).where(Part.due_on <= today)
    purposes = Counter(part.purpose for part in genuine(_stream(main, due)))
    past = select(Registration).where(Registration.due_on <= today)
    return replace(
        counted,
        testimony=purposes["testimony"],
        contact=purposes["contact"],
        equality=purposes["equality"],
        registrations=len(genuine(_stream(main, past))),
    )


def _stream(main: Session, rows: Select[Any]) -> Iterator[Any]:
    return iter(main.scalars(rows.execution_options(**TOLERANT, yield_per=BATCH)))


def held(main: Session) -> int:
    """How many things there are that will be due some day."""
    columns = [_count(table) for table in (Part, Registration, ReturnDraft, EntryDraft)]
    return sum(int(number) for number in main.execute(select(*columns)).one())


def _count(table: type[Any], *conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(table).where(*conditions).scalar_subquery()
