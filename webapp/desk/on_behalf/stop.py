"""Screening out: the pages that say that this call is not for this participant."""

from uuid import UUID

from flask import render_template

from webapp.desk.on_behalf.entry_draft import BEHALF, DRAFT, page_of, take_up
from webapp.desk.shared.blueprint import blueprint
from webapp.rules.roles import Act
from webapp.services.calls import published_calls
from webapp.web.guards import may


@blueprint.get(f"{BEHALF}/stop")
@may(Act.ENTER_ANSWERS)
def on_behalf_stop(slug: str) -> str:
    """Screened out, and nothing was stored."""
    call = published_calls.find_call(slug)
    stops = [page.stop for page in call.form.pages if page.stop]
    return render_template("desk/on_behalf_stop.html", call=call, stops=stops, entry=None, key=None)


@blueprint.get(f"{DRAFT}/page/<key>/stop")
@may(Act.ENTER_ANSWERS)
def on_behalf_page_stop(slug: str, draft_id: UUID, key: str) -> str:
    """Screened out where the draft holds other answers: it is erased when the coordinator confirms."""
    entry = take_up(slug, draft_id)
    stop = page_of(entry, key).stop
    return render_template(
        "desk/on_behalf_stop.html",
        call=entry.call,
        stops=[stop] if stop else [],
        entry=entry,
        key=key,
    )
