"""The rows of Visits in the volatile store: found by, and sealed under, the secret in a cookie.

Ends are seconds since 1970. A row is written by version: whoever read an older one is told so, and writes nothing.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, select, update

from webapp.models import DeskVisit, PublicVisit
from webapp.services import stores
from webapp.vault import visits
from webapp.vault.envelope import DoesNotOpen, TooLong
from webapp.vault.visits import Door

TABLES: dict[str, type[PublicVisit] | type[DeskVisit]] = {"public": PublicVisit, "desk": DeskVisit}
# Written once: putting a statement together takes longer than running it.
READING = {
    door: select(table.id, table.version, table.sealed, table.expires_at, table.ends_at).where(
        table.id == bindparam("wanted")
    )
    for door, table in TABLES.items()
}
REPLACING = {
    door: update(table)
    .where(table.id == bindparam("wanted"), table.version == bindparam("read"))
    .values(version=bindparam("written"), sealed=bindparam("content"), expires_at=bindparam("end"))
    for door, table in TABLES.items()
}


class VisitFull(Exception):
    """More was typed than a Visit can hold (about 32,000 bytes); what was kept before is still there."""


@dataclass(frozen=True)
class Found:
    """One row as it was read."""

    id: bytes
    version: int
    #: A JSON object.
    content: bytes = field(repr=False)
    expires_at: int
    ends_at: int


@dataclass(frozen=True)
class New:
    """One row to be written."""

    door: Door
    secret: bytes = field(repr=False)
    content: Mapping[str, Any] = field(repr=False)
    expires_at: int
    ends_at: int
    coordinator_id: UUID | None = None

    def sealed(self) -> PublicVisit | DeskVisit:
        """The row itself. Raises `VisitFull`."""
        row = TABLES[self.door](
            id=visits.visit_id(self.secret, self.door),
            version=1,
            sealed=_seal(self.content, self.secret, self.door, 1),
            expires_at=self.expires_at,
            ends_at=self.ends_at,
        )
        if isinstance(row, DeskVisit):
            row.coordinator_id = self.coordinator_id
        return row


@dataclass(frozen=True)
class Change:
    """What a row that was read at this version is to hold, and until when."""

    door: Door
    secret: bytes = field(repr=False)
    content: Mapping[str, Any] = field(repr=False)
    version: int
    expires_at: int

    def sealed(self) -> dict[str, Any]:
        """What the statement takes. Raises `VisitFull`."""
        return {
            "wanted": visits.visit_id(self.secret, self.door),
            "read": self.version,
            "written": self.version + 1,
            "content": _seal(self.content, self.secret, self.door, self.version + 1),
            "end": self.expires_at,
        }


def _seal(content: Mapping[str, Any], secret: bytes, door: Door, version: int) -> bytes:
    try:
        return visits.seal_visit(
            json.dumps(content, ensure_ascii=False).encode(), secret, door, version
        )
    except TooLong:
        raise VisitFull from None


def find(door: Door, secret: bytes) -> Found | None:
    """The row that this secret finds and opens, also when its time is over; None when there is none."""
    wanted = {"wanted": visits.visit_id(secret, door)}
    with stores.reading("volatile") as volatile:
        row = volatile.connection().execute(READING[door], wanted).one_or_none()
    if row is None:
        return None
    try:
        content = visits.open_visit(row.sealed, secret, door, row.version)
    except DoesNotOpen:
        return None
    return Found(row.id, row.version, content, row.expires_at, row.ends_at)


def insert(new: New) -> None:
    """Write a new row."""
    row = new.sealed()
    with stores.writing("volatile") as volatile:
        volatile.add(row)


def replace(change: Change) -> bool:
    """Write over a row. False when it is not there, or not at that version any more."""
    values = change.sealed()
    with stores.writing("volatile") as volatile:
        return bool(volatile.connection().execute(REPLACING[change.door], values).rowcount)


def replace_and_insert(change: Change, new: New) -> bool:
    """Both or neither. False when the row is not there, or not at that version any more."""
    values, row = change.sealed(), new.sealed()
    with stores.writing("volatile") as volatile:
        replaced = bool(volatile.connection().execute(REPLACING[change.door], values).rowcount)
        if replaced:
            volatile.add(row)
    return replaced


def note_seen(door: Door, secret: bytes, expires_at: int) -> None:
    """Move a row's end."""
    table = TABLES[door]
    seen = update(table).where(table.id == visits.visit_id(secret, door))
    with stores.writing("volatile") as volatile:
        volatile.execute(seen.values(expires_at=expires_at))


def remove(door: Door, ids: Iterable[bytes]) -> None:
    """Delete rows; those that are gone already are no mistake."""
    table = TABLES[door]
    with stores.writing("volatile") as volatile:
        volatile.execute(delete(table).where(table.id.in_(list(ids))))


def sweep(now: int) -> None:
    """Delete every row whose time is over."""
    with stores.writing("volatile") as volatile:
        for table in TABLES.values():
            volatile.execute(
                delete(table).where((table.expires_at <= now) | (table.ends_at <= now))
            )
