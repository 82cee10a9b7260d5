"""The Visit: the only session Hearth has.

The cookie is 256 random bits; the row is found by a value derived from them and sealed under another, so that the
database alone opens nothing. No Visit exists before a visitor begins (`begin`), and none is made by a GET. Keys are
flat: when two tabs write, each key that one of them changed wins over the other's old value, and nothing is lost.
"""

import base64
import binascii
import json
import secrets
from collections.abc import Iterator
from typing import Any, cast
from uuid import UUID

from flask import Flask, Request, Response, session
from flask.sessions import SessionInterface, SessionMixin
from sqlalchemy import bindparam, delete, select, update

from webapp.extensions import current_settings
from webapp.models import DeskVisit, PublicVisit
from webapp.rules import clock
from webapp.services import stores
from webapp.vault import visits
from webapp.vault.envelope import DoesNotOpen, TooLong
from webapp.vault.visits import Door

MINUTE = 60
#: For each door: how long a Visit may lie unused, and how long it may last in all, in seconds.
IDLE = {"public": 120 * MINUTE, "desk": 15 * MINUTE}
LONGEST = {"public": 24 * 60 * MINUTE, "desk": 8 * 60 * MINUTE}
#: A page that was only looked at moves the end of the Visit once in so many seconds, not each time.
NOTED = {"public": 10 * MINUTE, "desk": MINUTE}
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
COOKIES = {"public": "hearth", "desk": "hearth-desk"}
SAME_SITE = {"public": "Lax", "desk": "Strict"}
#: What the public cookie says after `/leave`: every page then shows nothing, until somebody asks for it.
LEFT = "left"
#: A cookie that the script sets when somebody leaves: without a network nobody else hears of it. All it can do is to
#: end a Visit, at the next request; then it goes. Whoever could set it for somebody else gains nothing more.
CLOSED_NAME, CLOSED = "page", "closed"
TRIES = 6


class VisitNotBegun(RuntimeError):
    """Something tried to keep a thing for a visitor who has not begun: a mistake in our code."""


class VisitFull(Exception):
    """More was typed than a Visit can hold (about 32,000 bytes); what was kept before is still there."""


class VisitExpired(Exception):
    """The Visit is over, or there never was one."""


class Visit(dict[str, Any], SessionMixin):
    """One visitor's session. A mapping of flat keys to JSON values."""

    def __init__(self, door: Door) -> None:
        super().__init__()
        self.door: Door = door
        self.secret: bytes | None = None
        self.version = 0
        self.base: dict[str, Any] = {}
        self.expires_at = 0
        self.ends_at = 0
        self.coordinator_id: UUID | None = None
        self.replaced: list[bytes] = []
        self.cookie: str | None = None
        self.lost = False
        #: Somebody left, and we were not told yet.
        self.closed = False
        #: The browser still has the key to a Visit that has ended by itself.
        self.over = False

    @property
    def begun(self) -> bool:
        """Whether this visitor has a Visit."""
        return self.secret is not None

    def __setitem__(self, key: str, value: Any) -> None:
        if not self.begun:
            raise VisitNotBegun(key)
        super().__setitem__(key, value)

    def setdefault(self, key: str, default: Any = None) -> Any:
        """As for any mapping, but refused before the Visit has begun."""
        if key not in self:
            self[key] = default
        return self[key]

    def forget(self, prefix: str) -> None:
        """Remove every key that begins with `prefix`."""
        for key in [key for key in self if key.startswith(prefix)]:
            del self[key]

    def changes(self) -> Iterator[tuple[str, Any]]:
        """Keys whose value is not what was read, with their new value; None for a removed one."""
        for key in self.keys() | self.base.keys():
            if self.get(key) != self.base.get(key):
                yield key, self.get(key)


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


def end(left: bool = False) -> None:
    """End the Visit and its cookie; after `/leave` the cookie only says that nothing is to be shown."""
    visit = current()
    _abandon(visit)
    visit.cookie = LEFT if left else ""


def _abandon(visit: Visit) -> None:
    if visit.secret is not None and visit.version:
        visit.replaced.append(visits.visit_id(visit.secret, visit.door))
    visit.clear()
    visit.base, visit.secret, visit.version = {}, None, 0


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
                # Answered by http.guard: here no error page could be made yet.
                visit.lost = True
        return visit

    def save_session(self, app: Flask, visit: SessionMixin, response: Response) -> None:
        """Write what changed, move the end, delete what was replaced, set the cookie."""
        visit = cast(Visit, visit)
        leaving = visit.cookie == LEFT
        if visit.lost and not leaving:
            return
        try:
            _delete(visit)
            _write(visit)
        except (stores.StoreUnavailable, VisitFull):
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
    wanted = {"wanted": visits.visit_id(secret, visit.door)}
    with stores.reading("volatile") as volatile:
        row = volatile.connection().execute(READING[visit.door], wanted).one_or_none()
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


def _delete(visit: Visit) -> None:
    table = TABLES[visit.door]
    if visit.replaced:
        with stores.writing("volatile") as volatile:
            volatile.execute(delete(table).where(table.id.in_(visit.replaced)))


def _write(visit: Visit) -> None:
    if visit.secret is None:
        return
    if visit.version == 0:
        _insert(visit, visit.secret)
    elif any(visit.changes()):
        _update(visit, visit.secret)
    elif visit.expires_at - _now() < IDLE[visit.door] - NOTED[visit.door]:
        _note_seen(visit, visit.secret)


def _insert(visit: Visit, secret: bytes) -> None:
    row = TABLES[visit.door](
        id=visits.visit_id(secret, visit.door),
        version=1,
        sealed=_seal(visit, secret, visit.door, 1),
        expires_at=_now() + IDLE[visit.door],
        ends_at=visit.ends_at,
    )
    if isinstance(row, DeskVisit):
        row.coordinator_id = visit.coordinator_id
    with stores.writing("volatile") as volatile:
        volatile.add(row)


def _update(visit: Visit, secret: bytes) -> None:
    """Write by version; if another tab was first, put this tab's changes on top of what it wrote."""
    changes = dict(visit.changes())
    content, version = dict(visit), visit.version
    for _ in range(TRIES):
        if _replace(visit.door, secret, content, version):
            return
        fresh = Visit(visit.door)
        _read(fresh, secret)
        if not fresh.begun:
            # Ended meanwhile, in another tab: leaving wins over everything.
            return
        content, version = {**fresh, **changes}, fresh.version
        content = {key: value for key, value in content.items() if value is not None}
    raise stores.StoreUnavailable("volatile")


def _seal(content: dict[str, Any], secret: bytes, door: Door, version: int) -> bytes:
    try:
        return visits.seal_visit(
            json.dumps(content, ensure_ascii=False).encode(), secret, door, version
        )
    except TooLong:
        raise VisitFull from None


def _replace(door: Door, secret: bytes, content: dict[str, Any], version: int) -> bool:
    values = {
        "wanted": visits.visit_id(secret, door),
        "read": version,
        "written": version + 1,
        "content": _seal(content, secret, door, version + 1),
        "end": _now() + IDLE[door],
    }
    with stores.writing("volatile") as volatile:
        return bool(volatile.connection().execute(REPLACING[door], values).rowcount)


def _note_seen(visit: Visit, secret: bytes) -> None:
    table = TABLES[visit.door]
    seen = update(table).where(table.id == visits.visit_id(secret, visit.door))
    with stores.writing("volatile") as volatile:
        volatile.execute(seen.values(expires_at=_now() + IDLE[visit.door]))


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
    with stores.writing("volatile") as volatile:
        for table in (PublicVisit, DeskVisit):
            volatile.execute(
                delete(table).where((table.expires_at <= _now()) | (table.ends_at <= _now()))
            )


def init_app(app: Flask) -> None:
    """Make the Visit this application's session."""
    app.session_interface = VisitInterface()
