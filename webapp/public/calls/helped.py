"""Answering with somebody's help: what the helper must know, and one question for the person alone.

A helper may be kind, or may be the one whom the person fears. So nothing here shows afterwards what the person chose
or why: the choice is about time and place, it is not kept, and another way is an ordinary page that anybody may open.
"""

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.public.calls.start import open_call
from webapp.public.drafts.call_draft import Answering
from webapp.public.shared.blueprint import blueprint, see_other
from webapp.public.steps.question_page import CALL, take_up
from webapp.web.guards import anyone, in_visit


@blueprint.get(f"{CALL}/helped")
@in_visit
def helped(slug: str) -> str:
    """What helping means here, for the helper and then for the person."""
    call = take_up(slug).call
    return render_template("public/helped.html", call=call, back=url_for("public.start", slug=slug))


@blueprint.get(f"{CALL}/yours")
@in_visit
def yours(slug: str) -> str:
    """One question, for the person alone."""
    call = take_up(slug).call
    return render_template("public/yours.html", call=call, back=url_for("public.helped", slug=slug))


@blueprint.post(f"{CALL}/yours")
@in_visit
def choose_yours(slug: str) -> Response:
    """Go on with this help, or drop everything. Which it was is kept nowhere."""
    answering = take_up(slug)
    if request.form.get("do") == "another":
        answering.throw_away()
        return see_other("ways", slug=slug)
    answering.note_helped()
    return see_other("page", slug=slug, key=answering.first_page.key)


@blueprint.get(f"{CALL}/ways")
@anyone
def ways(slug: str) -> str:
    """Other ways to take part. Anybody may look here for any reason, so being here says nothing."""
    call = open_call(slug)
    begun = Answering(call, sessions.current()).begun
    return render_template("public/ways.html", call=call, nothing_kept=not begun)
