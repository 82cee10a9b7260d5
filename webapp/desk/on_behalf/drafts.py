"""The list of a coordinator's drafts: answers that they enter for participants by phone, on paper or face to face.

A draft is sealed for the coordinator alone and lasts for days (`services.answers.on_behalf_drafts`), so that a pause,
an expired session or a power cut loses nothing. Several can wait at once. No name stands in the list.
"""

from uuid import UUID

from flask import render_template, request
from werkzeug.wrappers import Response

from webapp.desk.on_behalf.entry_draft import (
    DRAFT,
    AlreadySent,
    CannotBeEntered,
    entries,
    find_entry,
    take_up,
)
from webapp.desk.shared.blueprint import NotHere, blueprint, see_other, signed_in
from webapp.desk.shared.role_guard import within
from webapp.desk.shared.unique_titles import call_titles
from webapp.rules import clock
from webapp.rules.roles import Act
from webapp.services.answers import on_behalf_drafts as stored_drafts
from webapp.services.calls import published_calls
from webapp.web.guards import may


@blueprint.get("/entering")
@may(Act.ENTER_ANSWERS)
def on_behalf_drafts() -> str:
    """Every draft of this coordinator, and the calls that take answers."""
    today = clock.today()
    takes = [
        call
        for call in within(published_calls.all_calls(), Act.ENTER_ANSWERS)
        if call.accepts_answers(today) or call.takes_late_paper(today)
    ]
    return render_template(
        "desk/on_behalf_drafts.html",
        entries=entries(),
        calls=takes,
        titles=call_titles(takes),
        day=today,
    )


@blueprint.get(f"{DRAFT}/throw-away")
@may(Act.ENTER_ANSWERS)
def on_behalf_throw_away(slug: str, draft_id: UUID) -> str:
    """Confirm before the draft is erased."""
    entry = take_up(slug, draft_id)
    return render_template("desk/on_behalf_throw_away.html", entry=entry)


@blueprint.post(f"{DRAFT}/throw-away")
@may(Act.ENTER_ANSWERS)
def on_behalf_throw_away_post(slug: str, draft_id: UUID) -> Response:
    """Erase the draft. One that was sent meanwhile is a submission, and its code must be passed on."""
    try:
        entry = find_entry(slug, draft_id)
    except NotHere:
        # A second press.
        return see_other("on_behalf_drafts")
    if entry.draft.sent:
        return see_other("on_behalf_code", slug=slug, draft_id=draft_id)
    stored_drafts.throw_away(signed_in(), draft_id)
    return see_other("on_behalf_drafts")


@blueprint.errorhandler(AlreadySent)
def to_the_code(error: AlreadySent) -> Response:
    """A second press, or another tab: the submission is stored, and its receipt is still to be passed on."""
    values = request.view_args or {}
    return see_other("on_behalf_code", slug=values["slug"], draft_id=values["draft_id"])


@blueprint.errorhandler(CannotBeEntered)
def back_to_call(error: CannotBeEntered) -> Response:
    """The call's page says that it is closed, and what can still be entered."""
    return see_other("call", slug=(request.view_args or {})["slug"])
