"""The Visit: the only session Hearth has.

The cookie is 256 random bits; the row is found by a value derived from them and sealed under another, so that the
database alone opens nothing. No Visit exists before a visitor begins (`begin`), and none is made by a GET. Keys are
flat: when two tabs write, each key that one of them changed wins over the other's old value, and nothing is lost.
"""

import base64
import binascii
import json
import secrets
from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from flask import Flask, Request, Response, request, session
from flask.sessions import SessionInterface, SessionMixin

from webapp.extensions import current_settings
from webapp.rules import clock
from webapp.services.infrastructure import limits, stores, visit_rows
from webapp.services.infrastructure.visit_rows import Change, Row
from webapp.sessions.visit import (
    Left,
    Visit,
    VisitExpired,
    VisitFull,
    VisitNotBegun,
    changes_between,
    with_changes,
)
from webapp.vault import visits
from webapp.vault.envelope import LARGEST, DoesNotOpen, TooLong
from webapp.vault.visits import Door

__all__ = ["Visit", "VisitExpired", "VisitFull", "VisitNotBegun"]

MINUTE = 60
#: The promise, in hours: for at least so long unfinished answers wait for somebody who looks at no page.
WAITING_HOURS = 2
#: A page that was only looked at moves the end of the Visit once in so many seconds, not each time.
NOTED = {"public": 10 * MINUTE, "desk": MINUTE}
#: For each door: how long a Visit may lie unused, and how long it may last in all, in seconds. In public at least what
#: is promised: the last look may not have been noted, and clocks here tell no seconds. At the desk at most.
IDLE = {"public": WAITING_HOURS * 60 * MINUTE + NOTED["public"] + MINUTE, "desk": 15 * MINUTE}
LONGEST = {"public": 24 * 60 * MINUTE, "desk": 8 * 60 * MINUTE}
COOKIES = {"public": "hearth", "desk": "hearth-desk"}
SAME_SITE = {"public": "Lax", "desk": "Strict"}
#: What the public cookie says after `/leave`: every page then shows nothing, until somebody asks for it.
LEFT = "left"
#: A cookie that the script sets when somebody leaves: without a network nobody else hears of it. All it can do is to
#: end a Visit, at the next request; then it goes. Whoever could set it for somebody else gains nothing more.
CLOSED_NAME, CLOSED = "page", "closed"
TRIES = 6
#: What usual answers need at most, in bytes: up to here everybody has room.
USUAL = LARGEST
#: For so long, in seconds, a press may come twice. A browser throws the answer to the first one away, and its cookie
#: with it: the second one then comes with the cookie of before.
PRESSED_TWICE = 2 * MINUTE
#: The Visit's keys for being a copy that was left under an old secret, and for where the copy of this one lies.
COPY, COPIED = "copy", "copied"


def current() -> Visit:
    """This request's Visit, begun or not."""
    return cast(Visit, session)


def begin(coordinator_id: UUID | None = None) -> Visit:
    """Open a fresh Visit under a new secret. An older one of the same browser ends: no cookie outlives its use."""
    visit = current()
    _abandon(visit)
    visit.secret = visits.new_visit_secret()
    visit.coordinator_id = coordinator_id
    visit.cookie = base64.urlsafe_b64encode(visit.secret).decode().rstrip("=")
    visit.ends_at = _now() + LONGEST[visit.door]
    # Made here, so that showing a form never has to write.
    visit["csrf_token"] = secrets.token_hex(32)
    return visit


def renew() -> None:
    """Move a Visit to a new secret, with what it holds and until when: the old cookie opens nothing."""
    visit = current()
    content, ends_at = dict(visit), visit.ends_at
    coordinator = content.get("coordinator_id")
    begin(UUID(hex=coordinator) if coordinator else None)
    visit.update(content)
    visit.ends_at = ends_at


def renew_leaving_a_copy() -> None:
    """The same, but for a minute or two a copy of what the Visit holds now stays under the old secret.

    A press that comes twice finds it there, and loses nothing. Whoever else has the old cookie reads what they could
    read until now, and never what comes after: no way leads from the copy to the Visit.
    """
    visit = current()
    if visit.secret is None:
        raise VisitNotBegun(COPY)
    # A copy is used as it is: it lasts no longer for that.
    left = None if visit.is_copy else Left(visit.secret, visit.version, visit.base, dict(visit))
    copied = visits.visit_id(visit.secret, visit.door)
    # So that its row stays.
    visit.version = 0
    renew()
    visit[COPIED] = copied.hex()
    visit.left = left


def look_away() -> None:
    """Take a copy under an old secret for no Visit at all: at the desk it is there for one button alone."""
    visit = current()
    visit.clear()
    visit.base, visit.secret, visit.version = {}, None, 0
    visit.is_copy, visit.over = False, True


def _go_on_apart(visit: Visit) -> None:
    """Let what was sent with an old cookie go on in a Visit of its own.

    It counts as one that begins, and its length as one that begins to be long: until the copy is over, any number of
    them could be made out of it. Raises `limits.TooMany`.
    """
    limits.take("begin", request.remote_addr or "")
    visit.is_large = False
    renew_leaving_a_copy()


def ensure_room() -> None:
    """Raise `VisitFull` or `TooMany` now, not once the answer is made. Then the browser goes on with what it had."""
    visit = current()
    try:
        _seal(dict(visit), visits.new_visit_secret(), visit.door, 1)
        _take_room(visit, visit)
    except (VisitFull, limits.TooMany):
        visit.lost = True
        raise


def end(left: bool = False) -> None:
    """End the Visit and its cookie; after `/leave` the cookie only says that nothing is to be shown."""
    visit = current()
    _abandon(visit)
    visit.cookie = LEFT if left else ""


def _abandon(visit: Visit) -> None:
    if visit.secret is not None and visit.version:
        visit.replaced.append(visits.visit_id(visit.secret, visit.door))
    if COPIED in visit:
        # Whoever comes with the new cookie needs the old one no more; and who leaves, leaves nothing.
        visit.replaced.append(bytes.fromhex(visit[COPIED]))
    visit.clear()
    visit.base, visit.secret, visit.version = {}, None, 0
    visit.left, visit.is_copy = None, False


def _now() -> int:
    return int(clock.now_minute().timestamp())


class VisitInterface(SessionInterface):
    """Flask's session interface over sealed rows in the volatile store."""

    def open_session(self, app: Flask, request: Request) -> Visit:
        """The Visit that the cookie leads to, or an empty one that keeps nothing."""
        visit = Visit("desk" if request.path.startswith("/desk") else "public")
        if request.path.startswith(("/static/", "/healthz")):
            return visit
        if visit.door not in current_settings().doors:
            # A process of the public door never opens a coordinator's Visit, even when the cookie comes along.
            return visit
        visit.closed = visit.door == "public" and request.cookies.get(CLOSED_NAME) == CLOSED
        secret = _secret_in(request.cookies.get(cookie_name(visit.door), ""))
        if secret is not None:
            try:
                _read(visit, secret)
                visit.over = not visit.begun
            except stores.StoreUnavailable:
                # Answered by guards.guard: here no error page could be made yet.
                visit.lost = True
        return visit

    def save_session(self, app: Flask, visit: SessionMixin, response: Response) -> None:
        """Write what changed, move the end, delete what was replaced, set the cookie."""
        visit = cast(Visit, visit)
        leaving = visit.cookie == LEFT
        if visit.lost and not leaving:
            return
        try:
            if visit.is_copy and any(visit.changes()):
                # Another tab, whose page was sent before the new cookie came.
                _go_on_apart(visit)
            _write(visit)
        except (stores.StoreUnavailable, VisitFull, limits.TooMany):
            # The page that says so passes here again.
            visit.lost = True
            # Nobody who leaves can wait for us: without its cookie nothing opens the row, and it ends by itself.
            if not leaving:
                raise
        _set_cookie(visit, response)


def cookie_name(door: Door) -> str:
    """`__Host-` over TLS: no other host of the domain can set or read it."""
    return f"__Host-{COOKIES[door]}" if current_settings().secure else COOKIES[door]


def has_left(request: Request) -> bool:
    """Whether this browser left, by `/leave` or without a network, and has not come back in."""
    return current().closed or request.cookies.get(cookie_name("public")) == LEFT


def _secret_in(cookie: str) -> bytes | None:
    try:
        secret = base64.urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4))
    except (ValueError, binascii.Error):
        return None
    return secret if len(secret) == 32 else None


def _read(visit: Visit, secret: bytes) -> None:
    row = visit_rows.find(visit.door, visits.visit_id(secret, visit.door))
    if row is None:
        return
    if min(row.expires_at, row.ends_at) <= _now():
        visit.replaced.append(row.id)
        return
    try:
        content = visits.open_visit(row.sealed, secret, visit.door, row.version)
    except DoesNotOpen:
        return
    visit.secret, visit.version = secret, row.version
    visit.expires_at, visit.ends_at = row.expires_at, row.ends_at
    visit.update(json.loads(content))
    visit.base = json.loads(content)
    visit.is_large = len(content) > USUAL
    visit.is_copy = visit.pop(COPY, False)
    visit.base.pop(COPY, None)


def _as_bytes(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def _seal(content: Mapping[str, Any], secret: bytes, door: Door, version: int) -> bytes:
    try:
        return visits.seal_visit(_as_bytes(content), secret, door, version)
    except TooLong:
        raise VisitFull from None


def _take_room(visit: Visit, content: Mapping[str, Any]) -> None:
    """Large Visits are few: only so many can begin to be large, from one network and from all. Raises `TooMany`.

    `content` is what will be written: two tabs may only be large together.
    """
    if visit.door != "public" or visit.is_large or len(_as_bytes(dict(content))) <= USUAL:
        return
    limits.take("long-words", request.remote_addr or "")
    visit.is_large = True


def _ensure_there_is_room(visit: Visit, content: Mapping[str, Any]) -> None:
    """The same for words that were just typed: they stay in the browser, and its page says why. Raises `VisitFull`."""
    try:
        _take_room(visit, content)
    except limits.TooMany:
        raise VisitFull from None


def _write(visit: Visit) -> None:
    secret, door = visit.secret, visit.door
    if secret is not None and any(visit.changes()):
        _ensure_there_is_room(visit, visit)
    if secret is None:
        visit_rows.remove(door, visit.replaced)
    elif visit.left is not None:
        _move(visit, secret, visit.left)
    elif visit.version == 0:
        visit_rows.insert(door, _new(visit, secret), instead_of=visit.replaced)
    elif any(visit.changes()):
        _update(visit, secret)
    elif not visit.is_copy and visit.expires_at - _now() < IDLE[door] - NOTED[door]:
        visit_rows.note_seen(door, visits.visit_id(secret, door), _now() + IDLE[door])


def _new(visit: Visit, secret: bytes) -> Row:
    found_by, sealed = visits.visit_id(secret, visit.door), _seal(visit, secret, visit.door, 1)
    idle = _now() + IDLE[visit.door]
    return Row(found_by, 1, sealed, idle, visit.ends_at, visit.coordinator_id)


def _change(door: Door, secret: bytes, content: dict[str, Any], version: int, until: int) -> Change:
    sealed = _seal(content, secret, door, version + 1)
    return Change(visits.visit_id(secret, door), version + 1, sealed, until)


def _update(visit: Visit, secret: bytes) -> None:
    """Write by version; if another tab was first, put this tab's changes on top of what it wrote."""
    changes, door = dict(visit.changes()), visit.door
    content, version = dict(visit), visit.version
    for _ in range(TRIES):
        if visit_rows.replace(door, _change(door, secret, content, version, _now() + IDLE[door])):
            return
        fresh = Visit(door)
        _read(fresh, secret)
        if not fresh.begun:
            # Ended meanwhile, in another tab: leaving wins over everything.
            return
        content, version = with_changes(fresh, changes), fresh.version
        visit.is_large |= fresh.is_large
        _ensure_there_is_room(visit, content)
        if fresh.is_copy:
            # Begin was pressed meanwhile, in another tab: its words go on in a Visit of their own, too.
            visit.clear()
            visit.update(content)
            visit.is_copy = True
            _go_on_apart(visit)
            _write(visit)
            return
    raise stores.StoreUnavailable("volatile")


def _move(visit: Visit, secret: bytes, left: Left) -> None:
    """Write the Visit under its new secret, and the copy under the old one; both with what other tabs wrote."""
    content, version, door = left.content, left.version, visit.door
    for _ in range(TRIES):
        copy = _change(door, left.secret, {**content, COPY: True}, version, _now() + PRESSED_TWICE)
        if visit_rows.replace_and_insert(door, copy, _new(visit, secret), visit.replaced):
            return
        fresh = Visit(door)
        _read(fresh, left.secret)
        if not fresh.begun:
            # Ended meanwhile, in another tab: leaving wins over everything.
            visit_rows.remove(door, visit.replaced)
            visit.cookie = None
            return
        theirs = dict(changes_between(left.read, fresh))
        content, version = with_changes(content, theirs), fresh.version
        merged = with_changes(visit, theirs)
        visit.clear()
        visit.update(merged)
        visit.is_large |= fresh.is_large
        _ensure_there_is_room(visit, visit)
        if fresh.is_copy:
            # The other press was first. Whichever answer reaches the browser, its Visit holds everything.
            visit_rows.insert(door, _new(visit, secret), instead_of=visit.replaced)
            return
    raise stores.StoreUnavailable("volatile")


def _set_cookie(visit: Visit, response: Response) -> None:
    if visit.cookie is None:
        return
    options: dict[str, Any] = {
        "path": "/",
        "secure": current_settings().secure,
        "httponly": True,
        "samesite": SAME_SITE[visit.door],
    }
    if visit.closed:
        response.delete_cookie(CLOSED_NAME, **options)
    if visit.cookie:
        response.set_cookie(cookie_name(visit.door), visit.cookie, **options)
    else:
        response.delete_cookie(cookie_name(visit.door), **options)


def sweep() -> None:
    """Delete every Visit that is over (worker)."""
    visit_rows.sweep(_now())


def init_app(app: Flask) -> None:
    """Make the Visit this application's session."""
    app.session_interface = VisitInterface()
