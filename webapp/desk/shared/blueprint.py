"""The blueprint of the desk, and what its views share.

A form with something to put right is answered on the POST itself, with status 400. What was typed at the desk (a
file's password, a reason) is then kept nowhere, not even sealed.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.desk.shared.menu import MENU
from webapp.desk.shared.words import purpose_words, state_words, told_ago, typed_by_words
from webapp.rules.references import reference
from webapp.services.calls.published_calls import NoSuchCall
from webapp.services.events.published_events import NoSuchEvent
from webapp.services.events.registrations import NoSuchRegistration
from webapp.services.infrastructure.limits import take, take_here
from webapp.services.keys.coordinators import Holder
from webapp.services.keys.purpose_keys import NoPurposeKey
from webapp.services.opening.disclosure import NOT_AS_WRITTEN, Erased, NotAuthorisedToOpen
from webapp.sessions import VisitExpired
from webapp.web.errors import problem

blueprint = Blueprint("desk", __name__, url_prefix="/desk")


class NotHere(LookupError):
    """What this address led to is not here: it was erased, or never was."""


def see_other(endpoint: str, **values: Any) -> Response:
    """Post, redirect, get."""
    return redirect(url_for(f"desk.{endpoint}", **values), 303)


def limit(name: str) -> None:
    """Count this request against its network's share. Raises `TooMany`. The address is not kept."""
    take(name, request.remote_addr or "")


def limit_name(name: str, who: str) -> None:
    """Count this request against the share that somebody of this name has in this network. Raises `TooMany`."""
    take_here(name, who, request.remote_addr or "")


def enter(holder: Holder) -> None:
    """Begin the Visit of somebody who has just signed in; their key lives in it, sealed, and nowhere else."""
    visit = sessions.begin(coordinator_id=holder.coordinator_id)
    visit["coordinator_id"] = holder.coordinator_id.hex
    visit["name"], visit["role"] = holder.name, holder.role
    visit["seed"] = holder.seed.hex()


def signed_in() -> Holder:
    """The coordinator of this Visit, with their key. Raises `VisitExpired`."""
    visit = sessions.current()
    if "coordinator_id" not in visit:
        raise VisitExpired
    return Holder(
        UUID(hex=visit["coordinator_id"]),
        visit["name"],
        visit["role"],
        bytes.fromhex(visit["seed"]),
    )


@blueprint.context_processor
def for_templates() -> dict[str, Any]:
    """What every page of the desk may say. The key stays out of reach of templates."""
    visit = sessions.current()
    coordinator = (
        {"name": visit["name"], "role": visit["role"]} if "coordinator_id" in visit else None
    )
    return {
        "coordinator": coordinator,
        "menu": MENU,
        "reference": reference,
        "purpose_words": purpose_words,
        "state_words": state_words,
        "told_ago": told_ago,
        "typed_by_words": typed_by_words,
    }


#: For a press that must not be lost, by its endpoint: what answers it when the Visit is over ("over"), or when another
#: one has begun since the page was made ("older").
CARRIES_WORDS: dict[str, Callable[[str], Any]] = {}


@blueprint.errorhandler(VisitExpired)
def sign_in_again(error: VisitExpired) -> Any:
    """Back to signing in; somebody who had been signed in is told why."""
    if carry := CARRIES_WORDS.get(str(request.endpoint)):
        return carry("over")
    was_here = sessions.cookie_name("desk") in request.cookies
    return see_other("sign_in", **({"again": "1"} if was_here else {}))


@blueprint.errorhandler(CSRFError)
def older_page(error: CSRFError) -> Any:
    """A page without this Visit's token is refused: nothing is stored, nothing is changed."""
    carry = CARRIES_WORDS.get(str(request.endpoint))
    return carry("older") if carry else problem(403)


@blueprint.errorhandler(NotHere)
@blueprint.errorhandler(Erased)
@blueprint.errorhandler(NoSuchCall)
@blueprint.errorhandler(NoSuchEvent)
@blueprint.errorhandler(NoSuchRegistration)
def gone(error: LookupError) -> tuple[str, int]:
    """People may erase what they told us at any time, so a link can lead to nothing."""
    return render_template("desk/gone.html"), 404


@blueprint.errorhandler(NotAuthorisedToOpen)
def no_key(error: NotAuthorisedToOpen) -> tuple[str, int]:
    """A role is the keys somebody holds. The attempt is in the record."""
    return render_template("desk/no_key.html"), 403


def not_as_written(error: Exception) -> tuple[str, int]:
    """Somebody wrote to the database, or the disk failed: a person must look, so the log and the page say so."""
    current_app.logger.error("something sealed is not as it was written: %s", type(error).__name__)
    return render_template("desk/not_as_written.html"), 500


for wrong in (*NOT_AS_WRITTEN, NoPurposeKey):
    blueprint.register_error_handler(wrong, not_as_written)
