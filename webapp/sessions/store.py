"""Reading and writing sealed sessions, with optimistic locking: a row is replaced only at the version that was read.

On a conflict the row is read again and the changes of both tabs are merged key by key. Every page has a key of its own,
so two tabs that answer two pages lose nothing.
"""

import json

from flask import request

from webapp.services.infrastructure import limits, stores, visit_rows
from webapp.services.infrastructure.visit_rows import Change, Row
from webapp.sessions.lifecycle import renew_leaving_a_copy
from webapp.sessions.lifetimes import IDLE, NOTED, PRESSED_TWICE, now
from webapp.sessions.sealing import USUAL, seal
from webapp.sessions.size_quota import charge_for
from webapp.sessions.states import Begun, Copy, EndedElsewhere, Loaded, NotBegun, Rotated, Stored
from webapp.sessions.visit import Visit, changes_between, with_changes
from webapp.vault import visits
from webapp.vault.envelope import DoesNotOpen
from webapp.vault.visits import Door

#: So many conflicts in a row are merged.
TRIES = 6
#: The mark in a row that it is the copy which a rotation left.
COPY = "copy"


def read(visit: Visit, secret: bytes) -> None:
    """Load the session that a secret leads to. One that is unknown or over leaves the Visit not begun."""
    row = visit_rows.find(visit.door, visits.visit_id(secret, visit.door))
    visit.state = NotBegun(stale_cookie=True)
    if row is None:
        return
    if min(row.expires_at, row.ends_at) <= now():
        visit.rows_to_remove.append(row.id)
        return
    try:
        content = visits.open_visit(row.sealed, secret, visit.door, row.version)
    except DoesNotOpen:
        return
    _load(visit, secret, row, content)


def _load(visit: Visit, secret: bytes, row: Row, content: bytes) -> None:
    # Parsed twice: a change inside a value must not change what was read.
    before, held = json.loads(content), json.loads(content)
    is_copy = before.pop(COPY, False)
    held.pop(COPY, None)
    stored = (secret, row.version, before, row.expires_at, row.ends_at)
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
        case _:
            visit_rows.remove(visit.door, visit.rows_to_remove)


def _go_on_apart(visit: Visit) -> None:
    """Let what was sent with an old cookie go on in a session of its own.

    It counts as one that begins, and as one that begins to be large: until the copy is over, any number of them could
    be made out of it. Raises `limits.TooMany`.
    """
    limits.take("begin", request.remote_addr or "")
    visit.is_large = False
    renew_leaving_a_copy()


def _insert(visit: Visit, begun: Begun) -> None:
    visit_rows.insert(visit.door, _new(visit, begun), instead_of=visit.rows_to_remove)


def _note_seen(visit: Visit, loaded: Loaded) -> None:
    """Move the idle timeout, once in a while."""
    idle, door = IDLE[visit.door], visit.door
    if loaded.expires_at - now() < idle - NOTED[door]:
        visit_rows.note_seen(door, visits.visit_id(loaded.secret, door), now() + idle)


def _new(visit: Visit, begun: Begun) -> Row:
    found_by = visits.visit_id(begun.secret, visit.door)
    sealed, idle = seal(visit, begun.secret, visit.door, 1), now() + IDLE[visit.door]
    return Row(found_by, 1, sealed, idle, begun.ends_at, begun.coordinator_id)


def _change(
    door: Door, secret: bytes, content: dict[str, object], version: int, until: int
) -> Change:
    sealed = seal(content, secret, door, version + 1)
    return Change(visits.visit_id(secret, door), version + 1, sealed, until)


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
        if visit_rows.replace(door, _change(door, secret, content, version, now() + IDLE[door])):
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
        copy = _change(door, old.secret, marked, version, now() + PRESSED_TWICE)
        if visit_rows.replace_and_insert(door, copy, _new(visit, rotated), visit.rows_to_remove):
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
    """Delete every session that is over (worker)."""
    visit_rows.sweep(now())
