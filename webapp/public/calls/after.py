"""What became of a call: what we heard, what we asked for, what has happened since.

The page needs no code and opens no Visit. It is there before anything is written, and after the answers are gone.
"""

from flask import g, render_template

from webapp.public.calls.call_lookup import published_call
from webapp.public.shared.blueprint import blueprint
from webapp.services.calls import tell_backs
from webapp.web.guards import anyone


@blueprint.get("/<language>/after/<slug>")
@anyone
def after(slug: str) -> str:
    """The page of a call, open or closed. What was changed by hand is not shown (`RowForged`)."""
    call = published_call(slug)
    told = tell_backs.recent(call.id)
    return render_template(
        "public/after.html",
        call=call,
        told=told,
        texts=told.by_text,
        changed_on=told.changed_on(g.language),
    )
