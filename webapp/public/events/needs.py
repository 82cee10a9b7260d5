"""Changing access needs. The stored ones cannot be shown: only coordinators can decrypt them."""

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.public.drafts.unsent_input import UnsentInput
from webapp.public.events.own_page import OWN
from webapp.public.events.room_code import Problems, problems_with_code, typed_code
from webapp.public.events.standing import needs_form
from webapp.public.shared.blueprint import blueprint, see_other
from webapp.public.shared.form_navigation import turn, wants_to_turn
from webapp.public.shared.rate_limit import admit_beginning, limit_one
from webapp.rules.events.event_definition import RegistrationForm
from webapp.rules.forms.questions import Page
from webapp.rules.forms.routing import parts_of
from webapp.rules.forms.size_limits import LARGEST_BODY
from webapp.services.events import own_registrations
from webapp.services.events.own_registrations import OwnRegistration
from webapp.services.infrastructure.limits import TooMany
from webapp.services.infrastructure.stores import StoreUnavailable
from webapp.services.keys.purpose_keys import NOT_TO_SEAL_TO
from webapp.ui.forms import PageForm, Typed, differs, form_for, keep_typed
from webapp.ui.messages import words_for
from webapp.web.guards import anyone, takes_words


@blueprint.get(f"{OWN}/needs")
@anyone
def needs(ticket: str) -> Response | str:
    """Ask for the needs again, on an empty form: only coordinators can decrypt the stored ones."""
    own = own_registrations.find_own(ticket)
    asked = needs_form(own)
    if asked is None:
        return see_other("own_page", ticket=ticket)
    form = form_for(asked.only_page, stored={}, typed=_unsent(own).words)
    if _unsent(own).was_refused:
        form.validate()
    return _ask_needs(own, ticket, form)


def refused(ticket: str) -> str | None:
    """CSRF recovery: the page with the input of a POST that had no valid token. None without questions or input."""
    own = own_registrations.find_own(ticket)
    asked = needs_form(own)
    if asked is None:
        return None
    typed = keep_typed(asked.only_page, request.form.items(multi=True))
    if not any(value for _, value in typed):
        return None
    form = form_for(asked.only_page, stored={}, typed=typed)
    if form.was_cut:
        form.validate()
    return _ask_needs(own, ticket, form, words_for("not-taken-yet"))


def _ask_needs(
    own: OwnRegistration,
    ticket: str,
    form: PageForm,
    news: str | None = None,
    code_problems: Problems | None = None,
) -> str:
    return render_template(
        "public/own_needs.html",
        own=own,
        ticket=ticket,
        form=form,
        problems=[*form.problems, *(code_problems or [])],
        code_problems=code_problems or [],
        typed=typed_code(),
        news=news,
        in_visit=sessions.current().begun,
        keep=url_for("public.needs_autosave", ticket=ticket) if sessions.current().begun else None,
        back=url_for("public.own_page", ticket=ticket),
    )


def most_bytes(ticket: str) -> int:
    """The size limit of any form: finding the one that belongs to a ticket would take another query."""
    return LARGEST_BODY


@blueprint.post(f"{OWN}/needs")
@anyone
@takes_words(most_bytes, asked_on="public.needs")
def needs_post(ticket: str) -> Response | tuple[str, int]:
    """Replace a registrant's access needs, with the room code where there is one.

    Refused input is retained in a Visit, as it was typed. Where the store is unavailable, the response itself has the
    input: there may be no Visit, and none is opened for it.
    """
    own = own_registrations.find_own(ticket)
    asked = needs_form(own)
    if asked is None:
        return see_other("own_page", ticket=ticket)
    page, sent = asked.only_page, list(request.form.items(multi=True))
    if wants_to_turn():
        _keep_unsent(own, page, sent)
        return turn("needs", back=url_for("public.own_page", ticket=ticket), ticket=ticket)
    form = form_for(page, stored={}, typed=keep_typed(page, sent))
    if not form.validate():
        _keep(own, page, sent)
        return see_other("needs", ticket=ticket)
    return _save(own, ticket, asked, form)


def _save(
    own: OwnRegistration, ticket: str, asked: RegistrationForm, form: PageForm
) -> Response | tuple[str, int]:
    try:
        if problems := problems_with_code(own, ticket):
            return _ask_needs(own, ticket, form, code_problems=problems), 400
        limit_one("send", ticket)
        own_registrations.change_needs(own, dict(parts_of(asked, form.answers).get("needs", {})))
    except (TooMany, StoreUnavailable) as failed:
        status = 429 if isinstance(failed, TooMany) else 503
        return _ask_needs(own, ticket, form, words_for("not-taken-yet")), status
    except NOT_TO_SEAL_TO:
        return _ask_needs(own, ticket, form, words_for("lock-is-wrong")), 503
    _unsent(own).drop()
    return see_other("own_page", ticket=ticket, done="needs")


def _keep(own: OwnRegistration, page: Page, sent: Typed) -> None:
    _begin_if_needed()
    _unsent(own).keep_refused(keep_typed(page, sent))


def _keep_unsent(own: OwnRegistration, page: Page, sent: Typed) -> None:
    worth_it = differs(page, sent, {})
    if worth_it:
        _begin_if_needed()
    _unsent(own).keep(keep_typed(page, sent), worth_it=worth_it)


def _begin_if_needed() -> None:
    if not sessions.current().begun:
        admit_beginning()
        sessions.begin()


def keep_unsent(ticket: str, sent: Typed) -> None:
    """Autosave the needs while they are typed, in the registrant's Visit, unless newer input is there."""
    own = own_registrations.find_own(ticket)
    asked = needs_form(own)
    if asked is not None and not _unsent(own).is_stale:
        _keep_unsent(own, asked.only_page, sent)


def _unsent(own: OwnRegistration) -> UnsentInput:
    return UnsentInput(sessions.current(), lambda kind: f"{kind}:needs:{own.id.hex}")
