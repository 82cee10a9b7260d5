"""Replay protection of desk sessions: those that were signed out or rotated are remembered in another store.

A session's row is sealed for its cookie, so an attacker who copied both before the coordinator signed out could put the
row back. What it says cannot be changed (its idle timeout is authenticated), so they have a quarter of an hour to use
it, and then the session until its absolute end; this list, which lies in `main`, takes that from an attacker who can
write to `volatile` alone. It holds ids and days.
"""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, bindparam, delete, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.models import EndedDeskVisit
from webapp.rules import clock
from webapp.services.infrastructure import clock_guard, stores

#: Every version that a row can have.
ALL_VERSIONS = 2**62
#: No desk session lasts longer than a working day: one that ended the day before yesterday is over by its own end.
KEPT = timedelta(days=1)
# Written once, because each request of the desk makes it.
FINDING = (
    select(EndedDeskVisit.through)
    .where(
        or_(
            and_(
                EndedDeskVisit.id == bindparam("wanted"),
                EndedDeskVisit.through >= bindparam("version"),
            ),
            EndedDeskVisit.id == bindparam("session"),
        )
    )
    .limit(1)
)


def note(ids: Iterable[bytes], *, through: int = ALL_VERSIONS) -> None:
    """Remember sessions as ended, up to this version of their rows (idempotent). Raises `StoreUnavailable`."""
    today = clock.today()
    for found_by in ids:
        try:
            with stores.writing() as main:
                main.add(EndedDeskVisit(id=found_by, through=through, ended_on=today))
        except IntegrityError:
            # Ended in another tab at the same moment.
            continue


def note_within(main: Session, ids: Iterable[bytes]) -> None:
    """The same for all versions, inside the caller's transaction: it ends them in the moment in which it is true."""
    for found_by in ids:
        main.merge(EndedDeskVisit(id=found_by, through=ALL_VERSIONS, ended_on=clock.today()))
    main.flush()


def note_session(session_id: UUID) -> None:
    """Remember a whole session as ended: every row that it has now or would have later. Raises `StoreUnavailable`."""
    note([_mark_of(session_id)])


def _mark_of(session_id: UUID) -> bytes:
    """Stands for a session among the ids of rows, which are values of a PRF: twice its id."""
    return session_id.bytes * 2


def is_ended(wanted: bytes, version: int, session_id: UUID | None = None) -> bool:
    """Whether this version of a session's row is over, although the row is there, or the whole session is.

    Raises `StoreUnavailable`.
    """
    mark = _mark_of(session_id) if session_id else b""
    values = {"wanted": wanted, "version": version, "session": mark}
    with stores.reading() as main:
        found = main.connection().execute(FINDING, values)
        return found.first() is not None


def forget_old() -> None:
    """Delete what was remembered of sessions that are past their absolute timeout (worker). Raises `ClockDoubted`."""
    old = clock_guard.sure().today - KEPT
    with stores.writing() as main:
        main.execute(delete(EndedDeskVisit).where(EndedDeskVisit.ended_on < old))
