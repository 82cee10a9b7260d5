"""The versions of a published call: a new one is begun, seen beside the old one, and published; older ones are read."""

from typing import Final
from uuid import UUID

from flask import render_template
from flask_babel import gettext
from werkzeug.wrappers import Response

from webapp.desk.designer import check, difference_words
from webapp.desk.designer.change_form import ChangeForm
from webapp.desk.designer.draft_edits import DRAFT, Answer, back, to_change
from webapp.desk.designer.draft_words import KINDS
from webapp.desk.shared.blueprint import NotHere, blueprint, see_other, signed_in
from webapp.desk.shared.step_up import ABOUT
from webapp.rules.forms.form_difference import difference
from webapp.rules.roles import Act
from webapp.services.calls import published_calls
from webapp.services.forms import call_versions, version_history
from webapp.services.forms.call_drafts import MOST_DRAFTS, Draft, TooManyDrafts
from webapp.services.forms.draft_publishing import NotReady
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.web.guards import may

VERSIONS: Final = "/calls/<slug>/versions"
ABOUT["desk.designer_version_publish"] = lambda: gettext(
    "You are about to publish a new version of a call. People who begin from now on answer that one."
)


@blueprint.get(VERSIONS)
@may(Act.SEE_SUBMISSIONS)
def call_versions_list(slug: str) -> str:
    """Every version of the call, the newest first, and how a new one is begun."""
    return _list(slug)


@blueprint.post(VERSIONS)
@may(Act.WRITE_CALLS)
def call_versions_list_post(slug: str) -> Answer:
    """Begin a draft of the next version, or lead to the one that is open."""
    try:
        draft_id = call_versions.begin(slug, actor=signed_in().coordinator_id)
    except TooManyDrafts:
        return _list(slug, full=True), 409
    except EditConflict:
        # Somebody has just published another version: the list shows it.
        return see_other("call_versions_list", slug=slug)
    return see_other("designer_draft", draft_id=draft_id, done="version-begun")


def _list(slug: str, *, full: bool = False) -> str:
    call = published_calls.find_call(slug)
    return render_template(
        "desk/call_versions.html",
        call=call,
        versions=version_history.all_of(call.id)[::-1],
        draft_id=call_versions.open_draft(call),
        most=MOST_DRAFTS if full else None,
    )


@blueprint.get(f"{VERSIONS}/<int:number>")
@may(Act.SEE_SUBMISSIONS)
def call_version(slug: str, number: int) -> str:
    """One version: what was different from the one before, and all that it asks."""
    call = published_calls.find_call(slug)
    by_number = {one.number: one for one in version_history.all_of(call.id)}
    if number not in by_number:
        raise NotHere(number)
    shown, older = by_number[number], by_number.get(number - 1)
    lines = difference(older.form, shown.form) if older else ()
    return render_template(
        "desk/call_version.html",
        call=call,
        shown=shown,
        older=older,
        told=difference_words.told(lines, older.form, shown.form) if older else [],
        kinds=KINDS,
    )


@blueprint.post(f"{DRAFT}/publish-version")
@may(Act.WRITE_CALLS, fresh=True)
def designer_version_publish(draft_id: UUID) -> Answer:
    """Publish the draft that the check was shown for, with the reason."""
    draft, form = to_change(draft_id), ChangeForm()
    if draft.of is None or form.version.data != str(draft.version):
        return back(draft, "not-ready")
    if not form.validate():
        return check.version_page(draft, form)
    return _published(draft, form)


def _published(draft: Draft, form: ChangeForm) -> Response:
    try:
        call_versions.publish(draft, actor=signed_in().coordinator_id, reason=form.reason)
    except NotReady:
        return back(draft, "not-ready")
    return back(draft, "version-published")
