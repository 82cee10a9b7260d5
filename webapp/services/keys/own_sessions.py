"""A coordinator's own sessions: listed with the kind of device and the hour, and ended, all at once or one by one.

Which sessions there are, and until when, their rows say in the clear, authenticated with what is sealed in them. What
the list says of one is a note beside its keyring, which only sessions of the same coordinator open.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update

from webapp.canonical_types import MALFORMED
from webapp.models import DeskVisit, SessionKeyring
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.services.infrastructure import audit, ended_visits, stores, visit_rows
from webapp.services.infrastructure.visit_rows import DESK_LONGEST
from webapp.services.keys.coordinators import Holder
from webapp.vault import session_notes
from webapp.vault.contexts import SESSION_NOTE, Context
from webapp.vault.envelope import DoesNotOpen


class NoSuchSession(LookupError):
    """It is over, or it is not this coordinator's."""


@dataclass(frozen=True)
class OwnSession:
    """One session under way. `device` is empty where nothing was noted, or an attacker changed the note."""

    id: UUID
    since: datetime
    device: str
    is_this: bool


def describe(holder: Holder, device: str) -> None:
    """Note for the list from which kind of device this session, which begins, comes. Raises `StoreUnavailable`."""
    data = json.dumps({"device": device}).encode()
    keys, context = holder.keys, _context(holder, holder.keys.keyring_id)
    note = session_notes.seal_note(data, key=keys.notes_key, context=context)
    with stores.writing("volatile") as volatile:
        volatile.execute(
            update(SessionKeyring).where(SessionKeyring.id == keys.keyring_id).values(note=note)
        )


def under_way(holder: Holder) -> list[OwnSession]:
    """This session first, then the others, the newest first."""
    found = sorted(_under_way(holder), key=lambda one: one.since, reverse=True)
    return sorted(found, key=lambda one: not one.is_this)


def _under_way(holder: Holder) -> Iterator[OwnSession]:
    # A rotation leaves a copy for a while: two rows of one session.
    for session_id, (ends_at, note) in _rows(holder.coordinator_id).items():
        since = clock.moment(ends_at - DESK_LONGEST)
        is_this = session_id == holder.keys.keyring_id
        yield OwnSession(session_id, since, _device(holder, session_id, note), is_this)


def _rows(coordinator_id: UUID) -> dict[UUID, tuple[int, Any]]:
    """For each session that is not over: its absolute end, and the note beside its keyring."""
    now = int(clock.now().timestamp())
    rows = (
        select(DeskVisit.session_id, DeskVisit.ends_at, SessionKeyring.note)
        .outerjoin(SessionKeyring, SessionKeyring.id == DeskVisit.session_id)
        .where(
            DeskVisit.coordinator_id == coordinator_id,
            DeskVisit.expires_at > now,
            DeskVisit.ends_at > now,
        )
    )
    with stores.reading("volatile") as volatile:
        found = volatile.execute(rows).all()
    return {
        session_id: (ends_at, note)
        for session_id, ends_at, note in found
        if isinstance(session_id, UUID) and isinstance(ends_at, int)
    }


def _device(holder: Holder, session_id: UUID, note: Any) -> str:
    if not note or note is MALFORMED:
        return ""
    try:
        data = session_notes.open_note(
            note, key=holder.keys.notes_key, context=_context(holder, session_id)
        )
    except DoesNotOpen:
        return ""
    return str(json.loads(data)["device"])


def _context(holder: Holder, session_id: UUID) -> Context:
    return Context(SESSION_NOTE, owner_id=holder.coordinator_id, row_id=session_id)


def end(holder: Holder, session_id: UUID) -> None:
    """End one other session: at its next request it is over. Raises `NoSuchSession`, `StoreUnavailable`."""
    others = {one.id for one in under_way(holder) if not one.is_this}
    if session_id not in others:
        raise NoSuchSession(session_id)
    _end(holder, session_id)
    _enter(holder, 1)


def end_others(holder: Holder, *, row_id: bytes) -> int:
    """End all but this one. Returns how many. Raises `StoreUnavailable`.

    Another row of this session, which a repeated step-up made, ends as well: all but the one with this id.
    """
    others = [one.id for one in under_way(holder) if not one.is_this]
    for session_id in others:
        _end(holder, session_id)
    mine = visit_rows.remove_session(holder.keys.keyring_id, but=row_id)
    ended_visits.note(mine)
    if others or mine:
        _enter(holder, len(others) + len(mine))
    return len(others)


def _end(holder: Holder, session_id: UUID) -> None:
    """Noted first, in another store: a row that is put back, or written by a request that is under way, is over too."""
    ended_visits.note_session(session_id)
    mine = holder.coordinator_id
    its_rows = (DeskVisit.session_id == session_id, DeskVisit.coordinator_id == mine)
    with stores.reading("volatile") as volatile:
        # By their own ids, too: without its row, a browser is told by them that it did not time out.
        ended_visits.note(volatile.scalars(select(DeskVisit.id).where(*its_rows)).all())
    with stores.writing("volatile") as volatile:
        volatile.execute(delete(DeskVisit).where(*its_rows))
        volatile.execute(
            delete(SessionKeyring).where(
                SessionKeyring.id == session_id, SessionKeyring.coordinator_id == mine
            )
        )


def _enter(holder: Holder, sessions: int) -> None:
    who = holder.coordinator_id
    with stores.writing() as main:
        for _ in range(sessions):
            audit.enter(main, who, AuditEvent.SESSION_ENDED, who)
