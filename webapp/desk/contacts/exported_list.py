"""The page of one export: what was downloaded, why, by whom, and who must be crossed out in every copy of the file."""

from uuid import UUID

from flask import render_template, request
from werkzeug.wrappers import Response

from webapp.desk.shared.blueprint import NotHere, blueprint, see_other, signed_in
from webapp.rules.roles import Act
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.opening import exported_lists, withdrawals_after_export
from webapp.services.opening.withdrawals_after_export import lists_to_cross_out
from webapp.web.guards import may


@blueprint.get("/exports/<uuid:export_id>")
@may(Act.EXPORT_CONTACTS)
def export(export_id: UUID) -> str:
    """What was downloaded, why, by whom; and whom to cross out in the file."""
    return _list_page(export_id)


def _list_page(export_id: UUID, *, more: bool = False) -> str:
    try:
        found = exported_lists.find_export(export_id)
    except LookupError:
        raise NotHere(export_id) from None
    # The parameter is ignored while a participant is still to be crossed out: an address proves nothing.
    done = request.args.get("done") == "crossed-out" and not found.concerned
    others = lists_to_cross_out() if done else ()
    return render_template(
        "desk/export.html", export=found, more=more, done=done, next_list=next(iter(others), None)
    )


@blueprint.post("/exports/<uuid:export_id>/crossed-out")
@may(Act.EXPORT_CONTACTS)
def export_cross_out(export_id: UUID) -> Response | tuple[str, int]:
    """Note that all whom the page showed are crossed out in every copy of the file (optimistic locking: 409)."""
    seen = request.form.get("seen", "")
    try:
        withdrawals_after_export.tick_off(export_id, seen, holder=signed_in())
    except EditConflict:
        return _list_page(export_id, more=True), 409
    except LookupError:
        raise NotHere(export_id) from None
    return see_other("export", export_id=export_id, done="crossed-out")
