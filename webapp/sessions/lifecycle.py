"""The session's lifecycle: begin, renew (rotate the secret), look away, end. Each is one transition of `states`.

Session fixation is prevented here: a secret that a browser brings along is only looked up and never adopted. `begin`
always makes a new one, so at sign-in, and whenever another participant may be at a shared device, a cookie that was
planted or copied before leads nowhere.
"""

import secrets
from dataclasses import dataclass
from uuid import UUID

from webapp.sessions.lifetimes import IDLE, LONGEST, NOTED, now
from webapp.sessions.states import Begun, Copy, Ended, Loaded, NotBegun, Open, Rotated, Stored
from webapp.sessions.visit import Visit, current
from webapp.vault import visits

#: The key that says where the copy of this Visit lies, so that it can be removed with it.
COPIED = "copied"


@dataclass(frozen=True)
class Lasts:
    """When a session ends if nothing more is done (`until`), and when it ends in any case, in seconds since 1970."""

    until: int
    at_most: int


def lasts() -> Lasts | None:
    """How long this session will last once this request is answered; None where there is none that goes on."""
    visit = current()
    if not isinstance(visit.state, Open) or isinstance(visit.state, Copy):
        return None
    until = now() + IDLE[visit.door]
    if isinstance(visit.state, Loaded) and not visit.changes():
        noted = visit.state.expires_at
        # As `store` does: the idle timeout is moved once in a while, not at each look.
        until = until if noted - now() < IDLE[visit.door] - NOTED[visit.door] else noted
    return Lasts(min(until, visit.state.ends_at), visit.state.ends_at)


def row_id() -> bytes:
    """The id of the row that this session has in the store until this request is answered. Raises `VisitNotBegun`."""
    visit = current()
    state = visit.open_state
    stored = state.old if isinstance(state, Rotated) else state
    return visits.visit_id(stored.secret, visit.door)


def begin(coordinator_id: UUID | None = None, session_id: UUID | None = None) -> Visit:
    """Open a fresh Visit under a new secret, against session fixation. An older one of the same browser ends.

    At the desk: whose it is, and the id under which it is listed, which stays when the secret is rotated.
    """
    visit = current()
    _abandon(visit)
    ends_at = now() + LONGEST[visit.door]
    visit.state = Begun(visits.new_visit_secret(), ends_at, coordinator_id, session_id)
    # Made here, so that showing a form never has to write.
    visit["csrf_token"] = secrets.token_hex(32)
    return visit


def renew() -> None:
    """Rotate the secret after a step-up. The Visit keeps its content and its end; the old cookie opens nothing."""
    _rotate(current())


def renew_leaving_a_copy() -> None:
    """Rotate the secret, but for a minute or two leave a copy of what the Visit holds now under the old one.

    A double submit finds it there, and loses nothing. An attacker with the old cookie reads what they could read until
    now, and never what comes after: no way leads from the copy to the Visit. Raises `VisitNotBegun`.
    """
    visit = current()
    before, content = visit.open_state, dict(visit)
    if isinstance(before, Begun):
        # No browser has that secret yet.
        return
    begun = _rotate(visit, keep_row=True)
    visit[COPIED] = visits.visit_id(before.secret, visit.door).hex()
    if isinstance(before, Loaded):
        visit.state = Rotated(
            begun.secret,
            begun.ends_at,
            begun.coordinator_id,
            begun.session_id,
            old=before,
            content=content,
        )


def look_away() -> None:
    """Treat the copy under an old secret as no Visit at all: at the desk it is there for one button alone."""
    visit = current()
    visit.clear()
    visit.state = NotBegun(stale_cookie=True)


def end(left: bool = False) -> None:
    """End the Visit and its cookie. `left`: by Leave now, and the cookie then says that nothing is to be shown."""
    visit = current()
    _abandon(visit)
    visit.state = Ended(left)


def _rotate(visit: Visit, *, keep_row: bool = False) -> Begun:
    before, content = visit.open_state, dict(visit)
    _abandon(visit, keep_row=keep_row)
    visit.hold(content)
    visit.state = begun = Begun(
        visits.new_visit_secret(), before.ends_at, before.coordinator_id, before.session_id
    )
    return begun


def _abandon(visit: Visit, *, keep_row: bool = False) -> None:
    """Drop what the Visit holds, and have its row removed, unless a copy stays in it for a double submit."""
    if isinstance(visit.state, Stored) and not keep_row:
        visit.rows_to_remove.append(visits.visit_id(visit.state.secret, visit.door))
    if COPIED in visit:
        # A browser with the new cookie needs the old one no more; and after Leave now nothing may stay.
        visit.rows_to_remove.append(bytes.fromhex(visit[COPIED]))
    visit.clear()
