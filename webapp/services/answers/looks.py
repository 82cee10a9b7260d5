"""Access transparency: who has looked at a participant's data, as far as that person is told (`models.Look`).

Days, roles and reasons, no names: the public process can read no coordinator and no entry of the record.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Look
from webapp.rules import clock
from webapp.rules.looks import CROSSED, SEEN_BY_NO_ONE, LookKind
from webapp.rules.roles import Role
from webapp.services.answers import shared_with, stored_consents
from webapp.services.answers.own_copies import Held
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.row_authentication import TOLERANT, is_genuine


@dataclass(frozen=True)
class ListEnd:
    """What became of a person's line in a list that left Hearth.

    `delete_by`: on this day no copy may be left. `line_on`, `part_on`: when the line, or some of it, was crossed out.
    `waits`: what they agreed to does not cover the list any more, and the line was not crossed out yet. `recipient`:
    the name of the member that the list was made for; empty where it stayed with us.
    """

    purpose: str
    delete_by: date | None
    line_on: date | None
    part_on: date | None
    waits: bool
    recipient: str = ""


@dataclass(frozen=True)
class OneLook:
    """One look, or several of a day that say the same. `list_end` is there for a list."""

    on: date
    kind: LookKind
    role: Role
    reason: str | None
    list_end: ListEnd | None = None
    #: Of answers that went into a file with those of everyone else: the day by which all its copies are deleted.
    file_until: date | None = None
    #: Whether the person works for another member than the host, which calls name as whose team reads.
    by_member: bool = False


@dataclass(frozen=True)
class Looked:
    """All looks at one person's data, the newest first.

    `compared_on`: the days on which a search for a caller compared their details and showed them to no one.
    `resealed_on`: the days on which their answers were sealed anew to newer keys, read by no one. `is_whole` is false
    where a row was put in or changed by hand.
    """

    looks: tuple[OneLook, ...]
    compared_on: tuple[date, ...]
    is_whole: bool
    resealed_on: tuple[date, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether no person has opened anything."""
        return not self.looks


def find(held: Held) -> Looked:
    """Who has looked at what is held under a code: one statement. Raises `StoreUnavailable`."""
    mine = select(Look).where(Look.submission_id == held.submission_id)
    with stores.reading() as main:
        rows = main.scalars(mine, execution_options=TOLERANT).all()
        ours = [row for row in rows if is_genuine(row)]
        passed_on = [row.recipient_id for row in ours if row.kind is LookKind.LISTED]
        members = _members(main, held, [one for one in passed_on if one])
    crossed: defaultdict[UUID | None, list[Look]] = defaultdict(list)
    for row in ours:
        if row.kind in CROSSED:
            crossed[row.list_look_id].append(row)
    alone = (row for row in ours if row.kind not in CROSSED | SEEN_BY_NO_ONE)
    looks = dict.fromkeys(
        _one(held, row, crossed.get(row.id, ()), members.get(row.recipient_id)) for row in alone
    )
    return Looked(
        tuple(sorted(looks, key=_newest_first)),
        _days_of(LookKind.SEARCHED, ours),
        is_whole=len(ours) == len(rows),
        resealed_on=_days_of(LookKind.RESEALED, ours),
    )


def _days_of(kind: LookKind, rows: Iterable[Look]) -> tuple[date, ...]:
    """The days of looks of one kind, the newest first."""
    return tuple(sorted({row.looked_on for row in rows if row.kind is kind}, reverse=True))


def _newest_first(look: OneLook) -> tuple[int, str, bool, str, str]:
    # Within a day in an order of its own: that of the rows would say more than the day.
    what = f"{look.kind} {look.file_until or ''}"
    return -look.on.toordinal(), look.role, look.by_member, what, look.reason or ""


@dataclass(frozen=True)
class _Member:
    """A member that a list was made for, and whether what the person agrees to covers it now."""

    name: str
    is_covered: bool


def _members(main: Session, held: Held, ids: Sequence[UUID]) -> Mapping[UUID | None, _Member]:
    if not ids:
        return {}
    now = shared_with.cover(main)
    person = stored_consents.of_people(main, [held.submission_id]).get(held.submission_id)
    return {
        one.id: _Member(one.name, now.covers(person, now.period_of(one.id)))
        for one in now.coalition.everyone
        if one.id in ids
    }


def _one(held: Held, row: Look, crossed: Iterable[Look], member: _Member | None) -> OneLook:
    if row.kind is LookKind.LISTED:
        end = _end_of(held, row, crossed, member)
        return OneLook(row.looked_on, row.kind, row.role, row.reason, end)
    # A recipient is of a member in any case, which their role says.
    by_member = row.recipient_id is not None and row.kind is not LookKind.SHARED
    file_until = row.delete_by if row.kind is LookKind.ANSWERS else None
    return OneLook(
        row.looked_on, row.kind, row.role, row.reason, file_until=file_until, by_member=by_member
    )


def _end_of(held: Held, row: Look, crossed: Iterable[Look], member: _Member | None) -> ListEnd:
    days = {one.kind: one.looked_on for one in sorted(crossed, key=lambda one: one.looked_on)}
    parts = [days[kind] for kind in (LookKind.WAYS, LookKind.HELPER) if kind in days]
    line_on = days.get(LookKind.LINE)
    agreed = any(one.granted and one.purpose == row.purpose for one in held.consents)
    if row.recipient_id is not None:
        agreed = member is not None and member.is_covered
    is_used = row.delete_by is None or row.delete_by > clock.today()
    said_no = not agreed or held.do_not_contact_on is not None
    return ListEnd(
        purpose=row.purpose or "",
        delete_by=row.delete_by,
        line_on=line_on,
        part_on=max(parts, default=None),
        waits=line_on is None and is_used and said_no,
        recipient=member.name if member else "",
    )
