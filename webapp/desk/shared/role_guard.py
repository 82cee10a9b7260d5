"""Enforcement of roles at the desk: a view is not run unless a role of the signed-in coordinator allows its act.

Deny by default: a view for signed-in coordinators that declares no act is refused to everyone. For a role within one
call or event, what the address names must belong to that call or event.
"""

from collections.abc import Iterable
from typing import Protocol, TypeVar
from uuid import UUID

from flask import render_template, request

from webapp import sessions
from webapp.desk.shared.blueprint import NotHere, blueprint, roles_of
from webapp.rules.roles import Act, Grants
from webapp.services.answers import desk_submissions
from webapp.services.calls import published_calls
from webapp.services.events import desk_registrations, published_events
from webapp.services.keys.coordinators import NotAnOwner
from webapp.services.opening import exported_lists
from webapp.web.guards import Guard
from webapp.web.request_target import current_view


class RoleDoesNotAllow(Exception):
    """No role of this coordinator allows the act that the page is for, at least not here."""


class _WithId(Protocol):
    @property
    def id(self) -> UUID: ...


_Owner = TypeVar("_Owner", bound=_WithId)


def grants() -> Grants:
    """The roles of the coordinator who is signed in; none before."""
    return roles_of(sessions.current())


def within(found: Iterable[_Owner], act: Act) -> list[_Owner]:
    """Of these calls or events, those for which the signed-in coordinator may do this."""
    scopes = grants().scopes(act)
    return [one for one in found if scopes is None or one.id in scopes]


@blueprint.before_request
def check_role() -> None:
    """Raise `RoleDoesNotAllow` unless the view's act is allowed, for what the address names."""
    view = current_view()
    if getattr(view, "guard", None) is not Guard.COORDINATOR:
        return
    act: Act | None = getattr(view, "act", None)
    if act is None or not grants().allow(act):
        raise RoleDoesNotAllow
    scopes = grants().scopes(act)
    if scopes is None:
        return
    try:
        owner = _owner_in_address()
    except LookupError as missing:
        # Erased, or never there: what everyone else is told.
        raise NotHere(*missing.args) from None
    if owner and owner not in scopes:
        raise RoleDoesNotAllow


def _owner_in_address() -> UUID | None:
    """The call or event that the address is about; None for a page about several, which lists only what is allowed.

    Raises `LookupError` where there is no such thing.
    """
    named = request.view_args or {}
    if slug := named.get("slug"):
        is_event = str(request.url_rule).startswith(f"{blueprint.url_prefix}/events/")
        return (
            published_events.find_published(slug).id
            if is_event
            else published_calls.find_call(slug).id
        )
    if submission_id := named.get("submission_id"):
        return desk_submissions.find_row(submission_id)[1].id
    if registration_id := named.get("registration_id"):
        return desk_registrations.find(registration_id)[1].id
    if export_id := named.get("export_id"):
        return exported_lists.call_of(export_id)
    return None


@blueprint.errorhandler(NotAnOwner)
@blueprint.errorhandler(RoleDoesNotAllow)
def not_your_role(error: Exception) -> tuple[str, int]:
    """The page says what to do instead. Nothing was opened or changed."""
    return render_template("desk/not_your_role.html"), 403
