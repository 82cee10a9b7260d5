"""The page of one export: what was downloaded, why, by whom, and who must be crossed out in every copy of the file."""

from typing import Any
from uuid import UUID

from flask import render_template, request
from werkzeug.wrappers import Response

from webapp.desk.shared.blueprint import NotHere, blueprint, see_other, signed_in
from webapp.desk.shared.form_ids import id_in
from webapp.desk.shared.keyset_pagination import Pages, pages_of
from webapp.rules.roles import Act
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.opening import exported_lists, withdrawals_after_export
from webapp.services.opening.exported_lists import CrossedPlace, ExportPage
from webapp.services.opening.withdrawals_after_export import (
    PER_PAGE,
    START,
    Place,
    Span,
    lists_to_cross_out,
)
from webapp.web.guards import may


@blueprint.get("/exports/<uuid:export_id>")
@may(Act.EXPORT_CONTACTS)
def export(export_id: UUID) -> str:
    """What was downloaded, why, by whom; and whom to cross out in the file, fifty to a page."""
    place = Place(after=id_in(request.args.get("after")), before=id_in(request.args.get("before")))
    return _list_page(export_id, place)


def _list_page(export_id: UUID, place: Place = START, *, more: bool = False) -> str:
    try:
        found = exported_lists.find_export(export_id, place, _asked_crossed())
    except LookupError:
        raise NotHere(export_id) from None
    # The parameter is ignored while a participant is still to be crossed out: an address proves nothing.
    done = request.args.get("done") == "crossed-out" and not found.concerned
    others = lists_to_cross_out() if done else ()
    return render_template(
        "desk/export.html",
        export=found,
        pages=_pages(found),
        crossed_links=_crossed_links(found),
        more=more,
        done=done,
        next_list=next(iter(others), None),
    )


def _pages(found: ExportPage) -> Pages:
    """The pages of those to cross out."""
    asked = request.args.get("page", 1, type=int)
    newer, older = (one.hex if one else None for one in (found.page.newer, found.page.older))
    return pages_of(found.concerned, asked, newer, older, per_page=PER_PAGE)


def _asked_crossed() -> CrossedPlace | None:
    """The place among those who were crossed out that the address names. What is none is ignored."""
    for name, is_end in (("crossed_after", False), ("crossed_before", True)):
        typed, _, kind = request.args.get(name, "").partition(".")
        person = id_in(typed)
        if person is not None:
            return CrossedPlace(person, kind, is_end)
    return None


def _crossed_links(found: ExportPage) -> dict[str, dict[str, Any]]:
    """What leads to the pages of those who were crossed out, before this one and after it."""
    places = {"crossed_before": found.crossed.newer, "crossed_after": found.crossed.older}
    return {
        name: {name: f"{place.submission_id.hex}.{place.kind}"}
        for name, place in places.items()
        if place is not None
    }


@blueprint.post("/exports/<uuid:export_id>/crossed-out")
@may(Act.EXPORT_CONTACTS)
def export_cross_out(export_id: UUID) -> Response | tuple[str, int]:
    """Note that all whom the page showed are crossed out in every copy of the file (optimistic locking: 409)."""
    sent = request.form
    span = Span(id_in(sent.get("first")), id_in(sent.get("last")))
    try:
        withdrawals_after_export.tick_off(
            export_id, sent.get("seen", ""), holder=signed_in(), span=span
        )
    except EditConflict:
        return _list_page(export_id, more=True), 409
    except LookupError:
        raise NotHere(export_id) from None
    return see_other("export", export_id=export_id, done="crossed-out")
