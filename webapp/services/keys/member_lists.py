"""Frozen lists of members: to whom contact details may be passed on, as a participant reads it beside the consent.

A list is written with each change of the coalition and never changed. A consent names the list that was shown with it,
so that a later member is covered by no earlier yes, also where the page was open while they joined. It covers periods
of membership: another name changes nothing, and a member that left is not covered when it comes back.

For both doors.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.models import MemberList
from webapp.rules import clock
from webapp.rules.organisations import Standing
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.read_cache import recently
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine
from webapp.services.keys import organisations

#: How often a list is written when the worker writes one at the same moment.
TRIES = 3


@dataclass(frozen=True)
class Member:
    """One member of a list: its period of membership, and its name of then."""

    period_id: UUID
    organisation_id: UUID
    name: str


@dataclass(frozen=True)
class Listed:
    """One frozen list, the members by name."""

    id: UUID
    members: tuple[Member, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names as they were shown."""
        return tuple(one.name for one in self.members)

    def covers(self, period_id: UUID) -> bool:
        """Whether a consent with this list covers a member during this period of membership."""
        return any(one.period_id == period_id for one in self.members)


def to_share_with(main: Session) -> tuple[Member, ...]:
    """The members of now with whom contact details can be shared: all but the host, which has them."""
    known = organisations.read(main)
    going_on = (
        (one, one.going_on(Standing.MEMBER))
        for one in known.everyone
        if not one.going_on(Standing.HOST)
    )
    members = [Member(term.id, one.id, one.name) for one, term in going_on if term]
    return tuple(sorted(members, key=lambda one: (one.name.casefold(), one.period_id)))


def keep(main: Session) -> None:
    """Write the list of now, if the newest is another one, inside the caller's transaction. Idempotent.

    The caller has locked the organisations; the worker, which may not, can write a list at the same moment.
    """
    for _ in range(TRIES):
        try:
            with main.begin_nested():
                _write(main)
        except IntegrityError:
            continue
        return
    raise stores.StoreUnavailable("main")


def _write(main: Session) -> None:
    """The same once. Raises `IntegrityError` where another list got the next number meanwhile.

    The lists are read first: what changes after that makes such a list, so that no older state becomes the newest.
    """
    rows = main.scalars(select(MemberList), execution_options=TOLERANT).all()
    newest, now = _newest(rows), to_share_with(main)
    if (newest.members if newest else ()) == now:
        return
    row = MemberList(id=uuid4(), number=_next(rows), made_on=clock.today(), members=_as_text(now))
    main.add(row)
    main.flush()


def _next(rows: Sequence[MemberList]) -> int:
    return max((row.number for row in rows), default=0) + 1


def keep_current() -> None:
    """The same for a coalition that was there before there were lists (worker). Raises `StoreUnavailable`."""
    with stores.reading() as main:
        newest = _newest(_genuine(main))
        if (newest.members if newest else ()) == to_share_with(main):
            return
    with suppress(IntegrityError), stores.writing() as main:
        # Otherwise the desk, or another worker, was first.
        _write(main)


def current() -> Listed | None:
    """The list to show beside a consent to share; None while there is no member but the host.

    Looked at again after two seconds at most: what counts is the list that was shown.
    """
    found = recently(("member-list",), _current)
    return found if found is not None and found.members else None


def _current() -> Listed | None:
    with stores.reading() as main:
        return _newest(_genuine(main))


def by_id(main: Session) -> dict[UUID, Listed]:
    """Every list by its id. One that was put in or changed by hand is not among them, so it covers no one."""
    return {row.id: _listed(row) for row in _genuine(main)}


def shown(main: Session, list_id: UUID | None) -> UUID | None:
    """The id that a page gave back, if there is such a list: a consent without one covers no one (deny by default)."""
    if list_id is None:
        return None
    one = select(MemberList).where(MemberList.id == list_id)
    rows = genuine(main.scalars(one, execution_options=TOLERANT))
    return rows[0].id if rows else None


def _genuine(main: Session) -> list[MemberList]:
    return genuine(main.scalars(select(MemberList), execution_options=TOLERANT))


def _newest(rows: Sequence[MemberList]) -> Listed | None:
    ours = genuine(rows)
    return _listed(max(ours, key=lambda row: row.number)) if ours else None


def _listed(row: MemberList) -> Listed:
    members = (
        Member(UUID(hex=period), UUID(hex=organisation), name)
        for period, organisation, name in json.loads(row.members)
    )
    return Listed(row.id, tuple(members))


def _as_text(members: tuple[Member, ...]) -> str:
    written = [[one.period_id.hex, one.organisation_id.hex, one.name] for one in members]
    return json.dumps(written, ensure_ascii=False, separators=(",", ":"))
