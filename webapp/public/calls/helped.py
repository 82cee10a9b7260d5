"""Answering with a helper who types (assisted entry): notes for the helper, and one question to the participant alone.

Threat: the helper may be the one whom the participant fears. So nothing here reveals afterwards what was chosen or
why: the choice is about time and place, it is not stored, and the alternative is an ordinary page that any visitor may
open.
"""

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from webapp.public.calls.call_lookup import CALL, draft_for, open_call, take_up
from webapp.public.shared.blueprint import blueprint, see_other
from webapp.web.guards import anyone, in_visit


@blueprint.get(f"{CALL}/helped")
@in_visit
def helped(slug: str) -> str:
    """What helping means here, for the helper and then for the participant."""
    call = take_up(slug).call
    return render_template("public/helped.html", call=call, back=url_for("public.start", slug=slug))


@blueprint.get(f"{CALL}/yours")
@in_visit
def yours(slug: str) -> str:
    """The question to the participant alone: whether to go on with this helper."""
    call = take_up(slug).call
    return render_template("public/yours.html", call=call, back=url_for("public.helped", slug=slug))


@blueprint.post(f"{CALL}/yours")
@in_visit
def yours_post(slug: str) -> Response:
    """Go on with the helper, or drop everything. The choice is not stored."""
    draft = take_up(slug)
    if request.form.get("do") == "another":
        draft.throw_away()
        return see_other("ways", slug=slug)
    draft.note_helped()
    return see_other("page", slug=slug, key=draft.first_page.key)


@blueprint.get(f"{CALL}/ways")
@anyone
def ways(slug: str) -> str:
    """Other ways to take part. Any visitor may open it for any reason, so opening it reveals nothing."""
    call = open_call(slug)
    begun = draft_for(slug).begun
    return render_template("public/ways.html", call=call, nothing_kept=not begun)
