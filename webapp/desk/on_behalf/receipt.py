"""The receipt of a form that was entered for a participant: shown until the coordinator has passed it on."""

from uuid import UUID

from flask import render_template
from werkzeug.wrappers import Response

from webapp.desk.on_behalf.entry_draft import DRAFT, find_entry
from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.rules.roles import Act
from webapp.services.answers import on_behalf_drafts
from webapp.web.guards import may


@blueprint.get(f"{DRAFT}/code")
@may(Act.ENTER_ANSWERS)
def on_behalf_code(slug: str, draft_id: UUID) -> str | Response:
    """The receipt, to be passed on."""
    entry = find_entry(slug, draft_id)
    if not entry.draft.sent:
        return see_other("on_behalf_check", slug=slug, draft_id=draft_id)
    return render_template("desk/on_behalf_code.html", entry=entry, code=entry.draft.receipt)


@blueprint.post(f"{DRAFT}/code")
@may(Act.ENTER_ANSWERS)
def on_behalf_code_post(slug: str, draft_id: UUID) -> Response:
    """The participant has the receipt: the draft with it is erased."""
    if find_entry(slug, draft_id).draft.sent:
        on_behalf_drafts.throw_away(signed_in(), draft_id)
    return see_other("call", slug=slug)
