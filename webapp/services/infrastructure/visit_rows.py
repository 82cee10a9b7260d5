"""Server-side session storage: the sealed rows of Visits in the volatile store. `sessions` alone opens and seals them.

Optimistic locking: a row is replaced only at the version that was read before (version column); else nothing is written
and the caller hears of the conflict. Timeouts are seconds since 1970.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, delete, select, update
from sqlalchemy.orm import Session

from webapp.models import DeskVisit, PublicVisit, SessionKeyring
from webapp.services.infrastructure import stores

#: The timeouts of a desk session, idle and absolute, in seconds.
DESK_IDLE, DESK_LONGEST = 15 * 60, 8 * 60 * 60
TABLES: dict[str, type[PublicVisit] | type[DeskVisit]] = {"public": PublicVisit, "desk": DeskVisit}
# Written once: putting a statement together takes longer than running it. In the order of `Row`.
READING: dict[str, Select[*tuple[Any, ...]]] = {
    "public": select(
        PublicVisit.id,
        PublicVisit.version,
        PublicVisit.sealed,
        PublicVisit.expires_at,
        PublicVisit.ends_at,
    ).where(PublicVisit.id == bindparam("wanted")),
    "desk": select(
        DeskVisit.id,
        DeskVisit.version,
        DeskVisit.sealed,
        DeskVisit.expires_at,
        DeskVisit.ends_at,
        DeskVisit.coordinator_id,
        DeskVisit.session_id,
    ).where(DeskVisit.id == bindparam("wanted")),
}
REPLACING = {
    door: update(table)
    .where(table.id == bindparam("wanted"), table.version == bindparam("read"))
    .values(version=bindparam("written"), sealed=bindparam("content"), expires_at=bindparam("end"))
    for door, table in TABLES.items()
}


@dataclass(frozen=True)
class Row:
    """One Visit of one door, as it is or will be stored."""

    id: bytes
    version: int
    sealed: bytes = field(repr=False)
    expires_at: int
    ends_at: int
    #: At the desk: whose it is, and which of their sessions.
    coordinator_id: UUID | None = None
    session_id: UUID | None = None


@dataclass(frozen=True)
class Change:
    """What a row is to hold, and until when. It replaces the version that it `replaces` and no other.

    Its own version is the next one, or the same when nothing but the idle timeout moves.
    """

    id: bytes
    replaces: int
    version: int
    sealed: bytes = field(repr=False)
    expires_at: int

    @property
    def values(self) -> dict[str, object]:
        """What the statement takes."""
        return {
            "wanted": self.id,
            "read": self.replaces,
            "written": self.version,
            "content": self.sealed,
            "end": self.expires_at,
        }


def find(door: str, wanted: bytes) -> Row | None:
    """The row with this id, also when its time is over; None when there is none."""
    with stores.reading_rows("volatile") as volatile:
        row = volatile.execute(READING[door], {"wanted": wanted}).one_or_none()
    return None if row is None else Row(*row)


def insert(door: str, new: Row, instead_of: Iterable[bytes] = ()) -> None:
    """Write a new row and delete those that it replaces, atomically: nothing is lost if the transaction fails."""
    with stores.writing("volatile") as volatile:
        _take_out(volatile, door, instead_of)
        volatile.add(_in_table(door, new))


def replace(door: str, change: Change) -> bool:
    """Compare and swap by version. False when the row is gone, or not at that version any more."""
    with stores.writing_rows("volatile") as volatile:
        return bool(volatile.execute(REPLACING[door], change.values).rowcount)


def replace_and_insert(door: str, change: Change, new: Row, instead_of: Iterable[bytes]) -> bool:
    """Both or neither, and what the new row replaces is gone with it.

    False when the row to be changed is not there, or not at that version any more.
    """
    with stores.writing("volatile") as volatile:
        replaced = bool(volatile.connection().execute(REPLACING[door], change.values).rowcount)
        if replaced:
            _take_out(volatile, door, instead_of)
            volatile.add(_in_table(door, new))
    return replaced


def _in_table(door: str, new: Row) -> PublicVisit | DeskVisit:
    row = TABLES[door](
        id=new.id,
        version=new.version,
        sealed=new.sealed,
        expires_at=new.expires_at,
        ends_at=new.ends_at,
    )
    if isinstance(row, DeskVisit):
        row.coordinator_id, row.session_id = new.coordinator_id, new.session_id
    return row


def remove(door: str, ids: Iterable[bytes]) -> None:
    """Delete rows (idempotent). Without any to delete, no transaction is opened."""
    if ids := list(ids):
        with stores.writing("volatile") as volatile:
            _take_out(volatile, door, ids)


def remove_session(session_id: UUID, but: bytes = b"") -> list[bytes]:
    """Delete every row of one session at the desk, except that with the id `but` (idempotent). Returns their ids."""
    rows = select(DeskVisit.id).where(DeskVisit.session_id == session_id, DeskVisit.id != but)
    with stores.writing("volatile") as volatile:
        found = list(volatile.scalars(rows))
        _take_out(volatile, "desk", found)
    return found


def _take_out(volatile: Session, door: str, ids: Iterable[bytes]) -> None:
    if ids := list(ids):
        table = TABLES[door]
        volatile.execute(delete(table).where(table.id.in_(ids)))


def sweep(now: int) -> None:
    """Delete every row whose time is over, and keyrings whose coordinator has no session any more."""
    with stores.writing("volatile") as volatile:
        for table in TABLES.values():
            volatile.execute(
                delete(table).where((table.expires_at <= now) | (table.ends_at <= now))
            )
        volatile.execute(delete(SessionKeyring).where(_is_left_over(now)))


def _is_left_over(now: int) -> ColumnElement[bool]:
    """A keyring is written a moment before its Visit is, so one that is not so old as an idle session stays."""
    has_session = select(DeskVisit.id).where(
        DeskVisit.coordinator_id == SessionKeyring.coordinator_id
    )
    is_older = SessionKeyring.ends_at <= now + DESK_LONGEST - DESK_IDLE
    return (SessionKeyring.ends_at <= now) | (is_older & ~has_session.exists())
