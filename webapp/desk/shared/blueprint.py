"""The blueprint of the desk: error handlers, rate limits, the signed-in coordinator, post/redirect/get.

A form with errors is answered on the POST itself, with status 400. What was typed at the desk (a file's password, a
reason) is then stored nowhere, not even sealed.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.desk.shared.device_kinds import device_kind
from webapp.desk.shared.false_row_words import kind_words
from webapp.desk.shared.menu import MENU
from webapp.desk.shared.session_end import session_end
from webapp.desk.shared.words import purpose_words, state_words, told_ago, typed_by_words
from webapp.rules import clock
from webapp.rules.references import reference
from webapp.rules.roles import Act, Grant, Grants, Role
from webapp.services.calls.published_calls import NoSuchCall
from webapp.services.events.published_events import NoSuchEvent
from webapp.services.events.registrations import NoSuchRegistration
from webapp.services.infrastructure.limits import take, take_for, take_here
from webapp.services.infrastructure.row_authentication import RowForged
from webapp.services.keys import authentication, own_sessions
from webapp.services.keys.coordinators import Holder, SessionKeys
from webapp.services.keys.purpose_key_generation import NoRecoveryKey
from webapp.services.keys.purpose_keys import NoPurposeKey
from webapp.services.opening.disclosure import (
    NOT_AS_WRITTEN,
    Erased,
    NotAuthorisedToOpen,
    SignInAgainToOpen,
)
from webapp.sessions import VisitExpired
from webapp.web.errors import problem

blueprint = Blueprint("desk", __name__, url_prefix="/desk")


#: Where a Visit has the keys of a session, in the order of `SessionKeys`.
SESSION_KEYS = ("keyring-key", "totp-key", "entry-lookup", "entry-key", "notes-key")


#: Tells the page of signing in that a coordinator was signed in.
AGAIN: Final = "again"


class NotHere(LookupError):
    """The address names a row that was erased, or never was (HTTP 404)."""


def see_other(endpoint: str, **values: Any) -> Response:
    """Post/redirect/get: a reload of the page that follows sends nothing again."""
    return redirect(url_for(f"desk.{endpoint}", **values), 303)


def limit(name: str) -> None:
    """Rate limit by client address, which is not stored. Raises `TooMany`."""
    take(name, request.remote_addr or "")


def limit_name(name: str, who: str) -> None:
    """Rate limit by sign-in name and client address (password guessing). Raises `TooMany`."""
    take_here(name, who, request.remote_addr or "")


def limit_device(name: str, nonce: str) -> None:
    """Rate limit of a browser that has signed in here before, whatever its network. Raises `TooMany`."""
    take_for(name, nonce)


def enter(holder: Holder) -> None:
    """Begin a coordinator's session (Visit), with a new id against session fixation. The session's keys live in it.

    The keyring of a session that this browser had before goes with it.
    """
    if "coordinator_id" in sessions.current():
        authentication.sign_out(signed_in())
    session_id = holder.keys.keyring_id
    visit = sessions.begin(coordinator_id=holder.coordinator_id, session_id=session_id)
    visit["coordinator_id"] = holder.coordinator_id.hex
    visit["name"] = holder.name
    visit["roles"] = [[one.role, one.scope.hex if one.scope else ""] for one in holder.grants.held]
    # Signing in has just asked for the second factor (`step_up`).
    visit["confirmed-at"] = int(clock.now().timestamp())
    keys = holder.keys
    visit["keyring"], visit["keyring-key"] = keys.keyring_id.hex, keys.keyring_key.hex()
    visit["totp-key"] = keys.totp_key.hex()
    visit["entry-lookup"], visit["entry-key"] = keys.entry_lookup.hex(), keys.entry_key.hex()
    visit["notes-key"] = keys.notes_key.hex()
    own_sessions.describe(holder, device_kind(request.user_agent.string))


def signed_in() -> Holder:
    """The coordinator of this Visit, with the keys of their session. Raises `VisitExpired`."""
    visit = sessions.current()
    if "coordinator_id" not in visit:
        raise VisitExpired
    return Holder(
        UUID(hex=visit["coordinator_id"]),
        visit["name"],
        roles_of(visit),
        SessionKeys(
            UUID(hex=visit["keyring"]),
            *(bytes.fromhex(visit[name]) for name in SESSION_KEYS),
        ),
    )


def roles_of(visit: sessions.Visit) -> Grants:
    """The roles of this session's coordinator. A change of roles ends their sessions, so these are current."""
    held = visit.get("roles", ())
    return Grants.of(Grant(Role(role), UUID(hex=scope) if scope else None) for role, scope in held)


@blueprint.context_processor
def for_templates() -> dict[str, Any]:
    """What every page of the desk may show. Least privilege: templates cannot reach the session's keys."""
    visit = sessions.current()
    is_in = "coordinator_id" in visit
    grants = roles_of(visit)
    return {
        "coordinator": {"name": visit["name"], "roles": grants.roles} if is_in else None,
        "session_end": session_end(),
        "menu": [entry for entry in MENU if grants.allow(entry.act)],
        "may": partial(_may, grants),
        "reference": reference,
        "purpose_words": purpose_words,
        "state_words": state_words,
        "told_ago": told_ago,
        "typed_by_words": typed_by_words,
    }


def _may(grants: Grants, act: str, owner_id: UUID | None = None) -> bool:
    """Whether these roles allow an act, anywhere or within one call or event: no link, no button without it."""
    wanted = Act[act]
    return grants.allow(wanted) if owner_id is None else grants.allow_in(wanted, owner_id)


#: By endpoint, for a POST whose form data must survive: what answers it when the session has expired ("over"), or when
#: the CSRF token is an older session's ("older").
CARRIES_WORDS: dict[str, Callable[[str], Any]] = {}
#: The key there for every POST that has no way of its own.
ANY_FORM: Final = ""


def _carry(when: str) -> Any | None:
    """The answer that keeps what this request brought; None for a GET that has nothing to keep."""
    own = CARRIES_WORDS.get(str(request.endpoint))
    if own is None and request.method == "POST":
        own = CARRIES_WORDS[ANY_FORM]
    return own(when) if own else None


@blueprint.errorhandler(VisitExpired)
def sign_in_again(error: VisitExpired) -> Any:
    """An expired session leads to signing in; a coordinator who had been signed in is told why."""
    if (carried := _carry("over")) is not None:
        return carried
    # A session may also have begun with a passkey that was asked for and not used: nobody was signed in.
    has_only_begun = sessions.current().begun and "coordinator_id" not in sessions.current()
    was_here = sessions.cookie_name("desk") in request.cookies and not has_only_begun
    return to_sign_in(was_here=was_here)


def to_sign_in(*, was_here: bool) -> Response:
    """The page of signing in. Who was signed in is told why not any more: timed out, or ended by an act."""
    if not was_here:
        return see_other("sign_in")
    return see_other("sign_in", **{AGAIN: "ended" if sessions.current().was_ended else "1"})


@blueprint.errorhandler(CSRFError)
def older_page(error: CSRFError) -> Any:
    """A POST without this session's CSRF token is refused: nothing is stored, nothing is changed."""
    return problem(403) if (carried := _carry("older")) is None else carried


@blueprint.errorhandler(NotHere)
@blueprint.errorhandler(Erased)
@blueprint.errorhandler(NoSuchCall)
@blueprint.errorhandler(NoSuchEvent)
@blueprint.errorhandler(NoSuchRegistration)
def gone(error: LookupError) -> tuple[str, int]:
    """Participants may erase their answers at any time, so a link can lead to nothing."""
    return render_template("desk/gone.html"), 404


@blueprint.errorhandler(NotAuthorisedToOpen)
def no_key(error: NotAuthorisedToOpen) -> tuple[str, int]:
    """The coordinator holds no key for this purpose. The attempt is in the audit log."""
    return render_template("desk/no_key.html"), 403


@blueprint.errorhandler(SignInAgainToOpen)
def sign_in_again_to_open(error: SignInAgainToOpen) -> tuple[str, int]:
    """The key is newer than this session, which has those of its sign-in. The attempt is in the audit log."""
    return render_template("desk/sign_in_again.html"), 403


def not_as_written(error: Exception) -> tuple[str, int]:
    """An integrity check failed: an attacker wrote to the database, or the disk failed. The log and the page say so."""
    current_app.logger.error("something sealed is not as it was written: %s", type(error).__name__)
    return render_template("desk/not_as_written.html"), 500


@blueprint.errorhandler(RowForged)
def row_forged(error: RowForged) -> tuple[str, int]:
    """An integrity check failed: an attacker wrote a row, or changed one. The page names it, and what to do."""
    page = render_template(
        "desk/row_forged.html",
        kind=kind_words(error.table),
        about=error.reference,
        # Not on the caller's own page: its link would lead back to this one.
        caller=None if request.endpoint == "desk.caller" else _submission_asked_for(),
    )
    return page, 500


def _submission_asked_for() -> UUID | None:
    found: UUID | None = (request.view_args or {}).get("submission_id")
    return found


for wrong in (*NOT_AS_WRITTEN, NoPurposeKey, NoRecoveryKey):
    blueprint.register_error_handler(wrong, not_as_written)
