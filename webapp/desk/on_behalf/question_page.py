"""One question page of a form that a coordinator enters for a participant. Every press stores it in the draft.

A press never loses its form data: `expired_session` says what answers it when the session is over.
"""

from typing import Any, Final
from uuid import UUID

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from webapp.desk.on_behalf.entry_draft import (
    DRAFT,
    Entry,
    keep_page,
    page_of,
    stops,
    take_up,
    written_on,
)
from webapp.desk.on_behalf.expired_session import Answer, carry_on, sign_in_here, words_come_along
from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.rules.forms.questions import Page
from webapp.rules.forms.routing import next_page
from webapp.rules.forms.size_limits import SMALL_BODY, body_taken
from webapp.rules.roles import Act
from webapp.services.answers import on_behalf_drafts
from webapp.services.answers.on_behalf_drafts import TooMuchToKeep
from webapp.services.calls import form_versions
from webapp.services.calls.published_calls import NoSuchCall
from webapp.web.guards import may, opens_visit, takes_words

PAGE = f"{DRAFT}/page/<key>"
#: Where buttons of a page lead, by their values, beside the other pages of the form.
ELSEWHERE: Final = {"check_entry": "on_behalf_check", "heard": "on_behalf_heard"}


def most_bytes(slug: str, draft_id: UUID, key: str) -> int:
    """The largest request body of one page: every field full, in any script."""
    try:
        pages = form_versions.recent_pages(slug, key)
    except NoSuchCall:
        return SMALL_BODY
    return max((body_taken([page]) for page in pages), default=SMALL_BODY)


@blueprint.get(PAGE)
@may(Act.ENTER_ANSWERS)
def on_behalf_page(slug: str, draft_id: UUID, key: str) -> str:
    """One page of the form, and the navigation between all pages."""
    entry = take_up(slug, draft_id)
    page = page_of(entry, key)
    return render_template("desk/on_behalf_page.html", **_shown(entry, page))


def _shown(entry: Entry, page: Page) -> dict[str, object]:
    asked = entry.entered.asked(page.key)
    where: dict[str, Any] = {"slug": entry.call.slug, "draft_id": entry.id, "key": page.key}
    if _from_check():
        where["from"] = "check"
    elif not asked.looked_at:
        # A required answer is only asked for once the page was left.
        for field in asked.form.fields:
            field.errors = []
    return {
        "entry": entry,
        "call": entry.call,
        "asked": asked,
        "pages": entry.entered.pages,
        "problems": asked.problems,
        "action": url_for("desk.on_behalf_page_post", **where),
    }


@blueprint.post(PAGE)
@may(Act.ENTER_ANSWERS)
@takes_words(most_bytes, asked_on="desk.on_behalf_page")
def on_behalf_page_post(slug: str, draft_id: UUID, key: str) -> Response | tuple[str, int]:
    """Store the page in the draft; then the next on the route, the page that was asked for, or this one with errors."""
    entry = take_up(slug, draft_id)
    page = page_of(entry, key)
    typed = [] if request.form.get("do") == "clear" else written_on(page)
    if stops(entry, page, typed):
        return _stopped(entry, page)
    try:
        kept = keep_page(entry, page, typed, pressed=True)
    except TooMuchToKeep:
        return problem_of_length()
    entry = Entry(entry.id, entry.call, kept, entry.until)
    return _onward(entry, page)


def _from_check() -> bool:
    """Whether the page was opened from check answers: it shows its errors, and Continue leads back there."""
    return request.args.get("from") == "check"


def problem_of_length() -> tuple[str, int]:
    """More than a draft holds (HTTP 413): the draft stays as it was, and Back shows what was typed."""
    return render_template("desk/on_behalf_too_long.html"), 413


def _onward(entry: Entry, page: Page) -> Response:
    where = {"slug": entry.call.slug, "draft_id": entry.id}
    asked_for = request.form.get("go", "")
    if asked_for in ELSEWHERE:
        return see_other(ELSEWHERE[asked_for], **where)
    if asked_for == "drafts":
        return see_other("on_behalf_drafts")
    if asked_for in {one.key for one in entry.call.form.pages}:
        return see_other("on_behalf_page", **where, key=asked_for)
    if request.form.get("do") == "clear" or entry.entered.asked(page.key).problems:
        back = {"from": "check"} if _from_check() else {}
        return see_other("on_behalf_page", **where, key=page.key, **back)
    if _from_check():
        return see_other("on_behalf_check", **where)
    following = next_page(entry.call.form, entry.entered.typed_answers, page.key)
    if following is None:
        return see_other("on_behalf_check", **where)
    return see_other("on_behalf_page", **where, key=following.key)


def _stopped(entry: Entry, page: Page) -> Response:
    """Screened out: the answer that says so is not stored. A draft with nothing else in it is erased at once."""
    others = {**entry.draft.typed, page.key: []}
    if any(any(value for _, value in typed) for typed in others.values()):
        return see_other(
            "on_behalf_page_stop", slug=entry.call.slug, draft_id=entry.id, key=page.key
        )
    on_behalf_drafts.throw_away(signed_in(), entry.id)
    return see_other("on_behalf_stop", slug=entry.call.slug)


# When the session has expired, or another one has begun


carry_on(
    "desk.on_behalf_page",
    "desk.on_behalf_page_post",
    page="desk.on_behalf_page_post",
    sign_in="desk.on_behalf_page_sign_in",
)


@blueprint.post(f"{PAGE}/sign-in")
@opens_visit
@takes_words(most_bytes, asked_on="desk.on_behalf_page")
def on_behalf_page_sign_in(slug: str, draft_id: UUID, key: str) -> Answer:
    """Sign in, and store what had been typed when the session expired. Then the page is there as it was."""
    if refused := sign_in_here("desk.on_behalf_page_post", "desk.on_behalf_page_sign_in"):
        return refused
    entry = take_up(slug, draft_id)
    page = page_of(entry, key)
    typed = written_on(page)
    if words_come_along() and not stops(entry, page, typed):
        try:
            keep_page(entry, page, typed, pressed=True)
        except TooMuchToKeep:
            return problem_of_length()
    return see_other("on_behalf_page", slug=slug, draft_id=draft_id, key=key)
