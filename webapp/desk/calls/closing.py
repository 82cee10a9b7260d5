"""Closing a call before its last day, and opening it again: each says what happens before it happens."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from flask import render_template
from flask_babel import LazyString, gettext, lazy_gettext
from werkzeug.wrappers import Response

from webapp.desk.calls.closing_forms import CLOSING, LastDayForm
from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.desk.shared.reason_form import WithReason
from webapp.rules import clock
from webapp.rules.roles import Act
from webapp.services.calls import closing, published_calls
from webapp.services.calls.closing import (
    AnswersDue,
    CannotReopen,
    KeysGone,
    LastDayTooEarly,
    LastDayTooLate,
)
from webapp.services.calls.published_calls import Call
from webapp.ui.filters import date_words
from webapp.web.guards import may

#: Why a call cannot be opened again, and what to do instead.
WHY_NOT: Final[Mapping[type[CannotReopen], LazyString]] = MappingProxyType(
    {
        AnswersDue: lazy_gettext(
            "This call cannot be opened again. The day has come on which we promised to delete the answers to it. "
            "To ask again, publish a new call under another address."
        ),
        KeysGone: lazy_gettext(
            "This call cannot be opened again. A key that locks its answers is missing or was changed, so nobody’s "
            "answers would be safe. Tell the person who looks after the server today."
        ),
    }
)


@blueprint.get("/calls/<slug>/close")
@may(Act.CLOSE_CALLS)
def call_close(slug: str) -> Response | str:
    """What closing the call means, before it is done."""
    found = published_calls.find_call(slug)
    if not found.accepts_answers(clock.today()):
        return _to_call(slug, "too-late")
    return _page("call_close", found, WithReason(CLOSING, formdata=None))


@blueprint.post("/calls/<slug>/close")
@may(Act.CLOSE_CALLS)
def call_close_post(slug: str) -> Response | tuple[str, int]:
    """Take no more answers. Idempotent."""
    found, form = published_calls.find_call(slug), WithReason(CLOSING)
    if not form.validate():
        return _page("call_close", found, form), 400
    closing.close(slug, actor=signed_in().coordinator_id, reason=form.reason)
    return _to_call(slug, "closed")


@blueprint.get("/calls/<slug>/open-again")
@may(Act.CLOSE_CALLS)
def call_reopen(slug: str) -> Response | str | tuple[str, int]:
    """Ask for the new last day, or say why the call cannot be opened again."""
    found = published_calls.find_call(slug)
    try:
        closing.check_reopening(found)
    except CannotReopen as refused:
        return _refused(found, refused)
    return _page("call_reopen", found, LastDayForm(formdata=None))


@blueprint.post("/calls/<slug>/open-again")
@may(Act.CLOSE_CALLS)
def call_reopen_post(slug: str) -> Response | tuple[str, int]:
    """Take answers again until that day. Idempotent."""
    found, form = published_calls.find_call(slug), LastDayForm()
    if not form.validate() or form.last_day is None:
        return _page("call_reopen", found, form), 400
    try:
        closing.reopen(slug, form.last_day, actor=signed_in().coordinator_id, reason=form.reason)
    except LastDayTooEarly as early:
        form.day.errors = [_not_before(early)]
        return _page("call_reopen", found, form), 400
    except LastDayTooLate:
        form.day.errors = [
            gettext(
                "Choose a day before the month by which people hear what became of it, or move that month first, on "
                "the call’s page"
            )
        ]
        return _page("call_reopen", found, form), 400
    except CannotReopen as refused:
        return _refused(found, refused)
    return _to_call(slug, "open-again")


def _not_before(early: LastDayTooEarly) -> str:
    return (
        gettext(
            "Choose %(day)s or a later day. People were told that the call is open until then",
            day=date_words(early.first),
        )
        if early.first > clock.today()
        else gettext("This day has passed. Choose a later one")
    )


def _refused(call: Call, refused: CannotReopen) -> Any:
    """Why it stays as it is: on a page of its own, or on the call's page where it is open already."""
    if (words := WHY_NOT.get(type(refused))) is None:
        return _to_call(call.slug, "too-late")
    return render_template("desk/call_stays_closed.html", call=call, words=words), 409


def _page(template: str, call: Call, form: WithReason) -> str:
    return render_template(
        f"desk/{template}.html",
        call=call,
        form=form,
        problems=form.problems,
        first=closing.first_new_last_day(call),
    )


def _to_call(slug: str, done: str) -> Response:
    return see_other("call", slug=slug, done=done)
