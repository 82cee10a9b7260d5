"""Reading and writing sealed sessions, with optimistic locking: a row is replaced only at the version that was read.

On a conflict the row is read again and the changes of both tabs are merged key by key. Every page has a key of its own,
so two tabs that answer two pages lose nothing.

A desk session that ended is noted in another store (`ended_visits`): its row, put back, opens nothing (replay).
"""

import json
from collections.abc import Iterable, Mapping
from uuid import UUID

from flask import request

from webapp.canonical_types import MALFORMED
from webapp.services.infrastructure import clock_guard, ended_visits, limits, stores, visit_rows
from webapp.services.infrastructure.visit_rows import Change, Row
from webapp.sessions.lifecycle import renew_leaving_a_copy
from webapp.sessions.lifetimes import IDLE, NOTED, PRESSED_TWICE, now
from webapp.sessions.sealing import USUAL, open_sealed, seal
from webapp.sessions.size_quota import charge_for
from webapp.sessions.states import (
    Begun,
    Copy,
    Ended,
    EndedElsewhere,
    Loaded,
    NotBegun,
    Rotated,
    Stored,
)
from webapp.sessions.visit import Visit, changes_between, with_changes
from webapp.vault import visits
from webapp.vault.envelope import DoesNotOpen
from webapp.vault.visits import Door, VisitHeader

#: So many conflicts in a row are merged.
TRIES = 6
#: The mark in a row that it is the copy which a rotation left.
COPY = "copy"
#: A session that is rotated between two looks is looked for once more, and then found as its copy.
LOOKS = 2


def read(visit: Visit, secret: bytes) -> None:
    """Load the session that a secret leads to. One that is unknown or over leaves the Visit not begun."""
    for _ in range(LOOKS):
        found = _opened(visit, secret)
        visit.state = NotBegun(stale_cookie=True)
        if found is None:
            break
        row, content = found
        if visit.door == "public" or not ended_visits.is_ended(row.id, row.version, row.session_id):
            _load(visit, secret, row, content)
            return
    if visit.door == "desk":
        ended = ended_visits.is_ended(visits.visit_id(secret, "desk"), ended_visits.ALL_VERSIONS)
        visit.state = NotBegun(stale_cookie=True, was_ended=ended)


def _opened(visit: Visit, secret: bytes) -> tuple[Row, bytes] | None:
    """The row that a secret leads to and what it holds; None when there is none, it is over, or it is not ours."""
    row = visit_rows.find(visit.door, visits.visit_id(secret, visit.door))
    if row is None or MALFORMED in (row.sealed, *_in_the_clear(row)):
        return None
    if min(row.expires_at, row.ends_at) <= now():
        visit.rows_to_remove.append(row.id)
        return None
    try:
        return row, open_sealed(row.sealed, secret, visit.door, _header(row))
    except DoesNotOpen:
        return None


def _header(row: Row) -> VisitHeader:
    return VisitHeader(*_in_the_clear(row))


def _in_the_clear(row: Row) -> tuple[int, int, int, UUID | None, UUID | None]:
    return row.version, row.expires_at, row.ends_at, row.coordinator_id, row.session_id


def _load(visit: Visit, secret: bytes, row: Row, content: bytes) -> None:
    # Parsed twice: a change inside a value must not change what was read.
    before, held = json.loads(content), json.loads(content)
    is_copy = before.pop(COPY, False)
    held.pop(COPY, None)
    whose = row.coordinator_id, row.session_id
    stored = (secret, row.version, before, row.expires_at, row.ends_at, *whose)
    visit.state = Copy(*stored) if is_copy else Loaded(*stored)
    visit.hold(held)
    visit.is_large = len(content) > USUAL


def write(visit: Visit) -> None:
    """Write what the Visit's state asks for, and remove the rows that it took the place of.

    Raises `VisitFull`, `TooMany` and `StoreUnavailable`.
    """
    changed = bool(visit.changes())
    if changed and visit.is_copy:
        # Another tab, whose page was sent before the new cookie came.
        _go_on_apart(visit)
    if changed and visit.begun:
        charge_for(visit, visit)
    match visit.state:
        case Rotated() as rotated:
            _move(visit, rotated)
        case Begun() as begun:
            _insert(visit, begun)
        case Loaded() as loaded if changed:
            _update(visit, loaded)
        case Loaded() as loaded:
            _note_seen(visit, loaded)
        case Copy():
            pass
        case Ended():
            # First: a crash before the row goes leaves it refused, and no page has said yet that it is over.
            # Where `main` cannot be written (a full disk), the row goes all the same: signing out never waits for it.
            try:
                _note_ended(visit.door, visit.rows_to_remove)
            finally:
                visit_rows.remove(visit.door, visit.rows_to_remove)
        case _:
            visit_rows.remove(visit.door, visit.rows_to_remove)


def _go_on_apart(visit: Visit) -> None:
    """Let what was sent with an old cookie go on in a session of its own.

    It counts as one that begins, and as one that begins to be large: until the copy is over, any number of them could
    be made out of it. Raises `limits.TooMany`.
    """
    limits.take_near("begin", request.remote_addr or "")
    visit.is_large = False
    renew_leaving_a_copy()


def _insert(visit: Visit, begun: Begun) -> None:
    visit_rows.insert(visit.door, _new(visit, begun), instead_of=visit.rows_to_remove)
    _note_ended(visit.door, visit.rows_to_remove)


def _note_ended(door: Door, ids: Iterable[bytes], through: int = ended_visits.ALL_VERSIONS) -> None:
    """At the desk: what was signed out, replaced or rotated is over, whatever is put back. Idempotent."""
    if door == "desk":
        ended_visits.note(ids, through=through)


def _note_seen(visit: Visit, loaded: Loaded) -> None:
    """Move the idle timeout, once in a while: sealed anew, because it is authenticated.

    The version stays, so that a tab that writes meanwhile meets no conflict; if it was first, it moved the timeout.
    """
    idle, door = IDLE[visit.door], visit.door
    if loaded.expires_at - now() < idle - NOTED[door]:
        header = VisitHeader(
            loaded.version,
            now() + idle,
            loaded.ends_at,
            loaded.coordinator_id,
            loaded.session_id,
        )
        seen = _change(door, loaded, loaded.read, header, replaces=loaded.version)
        visit_rows.replace(door, seen)


def _new(visit: Visit, begun: Begun) -> Row:
    found_by, idle = visits.visit_id(begun.secret, visit.door), now() + IDLE[visit.door]
    header = VisitHeader(1, idle, begun.ends_at, begun.coordinator_id, begun.session_id)
    sealed = seal(visit, begun.secret, visit.door, header)
    whose = begun.coordinator_id, begun.session_id
    return Row(found_by, 1, sealed, idle, begun.ends_at, *whose)


def _next(
    door: Door, stored: Stored, content: Mapping[str, object], version: int, lasts: int
) -> Change:
    """What follows this version of a row, for so many seconds."""
    header = VisitHeader(
        version + 1,
        now() + lasts,
        stored.ends_at,
        stored.coordinator_id,
        stored.session_id,
    )
    return _change(door, stored, content, header, replaces=version)


def _change(
    door: Door,
    stored: Stored,
    content: Mapping[str, object],
    header: VisitHeader,
    *,
    replaces: int,
) -> Change:
    found_by = visits.visit_id(stored.secret, door)
    sealed = seal(content, stored.secret, door, header)
    return Change(found_by, replaces, header.version, sealed, header.expires_at)


def _read_again(visit: Visit, secret: bytes) -> tuple[Visit, Stored] | None:
    """What another tab wrote meanwhile. None when it ended the session: ending wins over every write."""
    fresh = Visit(visit.door)
    read(fresh, secret)
    if not isinstance(fresh.state, Stored):
        visit.state = EndedElsewhere()
        return None
    visit.is_large |= fresh.is_large
    return fresh, fresh.state


def _update(visit: Visit, loaded: Loaded) -> None:
    """Write by version; on a conflict put this tab's changes on top of what the other one wrote."""
    changes, door, secret = visit.changes(), visit.door, loaded.secret
    content, version = dict(visit), loaded.version
    for _ in range(TRIES):
        if visit_rows.replace(door, _next(door, loaded, content, version, IDLE[door])):
            return
        found = _read_again(visit, secret)
        if found is None:
            return
        fresh, stored = found
        content, version = with_changes(fresh, changes), stored.version
        charge_for(visit, content)
        if isinstance(stored, Copy):
            # The secret was rotated meanwhile, in another tab: these words go on in a session of their own, too.
            visit.state = stored
            visit.hold(content)
            _go_on_apart(visit)
            write(visit)
            return
    raise stores.StoreUnavailable("volatile")


def _move(visit: Visit, rotated: Rotated) -> None:
    """Write the session under its new secret, and the copy under the old one; both with what other tabs wrote."""
    old, door = rotated.old, visit.door
    content, version = dict(rotated.content), old.version
    for _ in range(TRIES):
        marked = {**content, COPY: True}
        copy = _next(door, old, marked, version, PRESSED_TWICE)
        if visit_rows.replace_and_insert(door, copy, _new(visit, rotated), visit.rows_to_remove):
            _note_ended(door, [copy.id], through=version)
            _note_ended(door, visit.rows_to_remove)
            return
        found = _read_again(visit, old.secret)
        if found is None:
            visit_rows.remove(door, visit.rows_to_remove)
            return
        fresh, stored = found
        theirs = dict(changes_between(old.read, fresh))
        content, version = with_changes(content, theirs), stored.version
        visit.hold(with_changes(visit, theirs))
        charge_for(visit, visit)
        if isinstance(stored, Copy):
            # The other press was first. Whichever answer reaches the browser, its session holds everything.
            _insert(visit, rotated)
            return
    raise stores.StoreUnavailable("volatile")


def sweep() -> None:
    """Delete every session that is over (worker); none while the clock is in doubt, because unfinished answers are in
    them. A session that is over opens nothing meanwhile.
    """
    moment = now()
    if clock_guard.is_sure():
        visit_rows.sweep(moment)
