"""The pages of a form that is entered for somebody: each is kept at every press, and by autosave while it is typed.

A press never loses what it carries. Where the Visit has expired, the answer is a page to sign in on that carries the
words along, unseen, and signing in keeps them; where the token is an older one's, the answer asks for one more press.
Nothing is stored before: the words came with the request, and go back with its answer.
"""

from typing import Any
from uuid import UUID

from flask import Response as Bare
from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from webapp.desk.on_behalf.csrf_recovery import Answer, carry_on, sign_in_here, words_come_along
from webapp.desk.on_behalf.entry import (
    DRAFT,
    AlreadySent,
    Entry,
    keep_page,
    page_of,
    stops,
    take_up,
    written_on,
)
from webapp.desk.shared.blueprint import CARRIES_WORDS, NotHere, blueprint, see_other, signed_in
from webapp.http import coordinator, opens_visit, runs_script, takes_words
from webapp.rules.forms.form_definition import NoSuchPage
from webapp.rules.forms.questions import Page
from webapp.rules.forms.routing import next_page
from webapp.rules.forms.size_limits import SMALL_BODY, body_taken
from webapp.services.answers import on_behalf_drafts
from webapp.services.answers.on_behalf_drafts import TooMuchToKeep
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import NoSuchCall

PAGE = f"{DRAFT}/page/<key>"


def most_bytes(slug: str, draft_id: UUID, key: str) -> int:
    """How long one page may be, every box of it full, in any script."""
    try:
        return body_taken([published_calls.recent_call(slug).form.page(key)])
    except (NoSuchCall, NoSuchPage):
        return SMALL_BODY


@blueprint.get(PAGE)
@coordinator
@runs_script
def entering_page(slug: str, draft_id: UUID, key: str) -> str:
    """One page of the form, and the line of all pages."""
    entry = take_up(slug, draft_id)
    page = page_of(entry, key)
    return render_template("desk/on_behalf_page.html", **_shown(entry, page))


def _shown(entry: Entry, page: Page) -> dict[str, object]:
    asked = entry.entered.asked(page.key)
    where: dict[str, Any] = {"slug": entry.call.slug, "draft_id": entry.id, "key": page.key}
    if _from_check():
        where["from"] = "check"
    elif not asked.looked_at:
        # What is typed is shown as it is; an answer that is needed is asked for when the page is left.
        for field in asked.form.fields:
            field.errors = []
    return {
        "entry": entry,
        "call": entry.call,
        "asked": asked,
        "pages": entry.entered.pages,
        "problems": asked.problems,
        "action": url_for("desk.enter_page", **where),
    }


@blueprint.post(PAGE)
@coordinator
@takes_words(most_bytes, asked_on="desk.entering_page")
def enter_page(slug: str, draft_id: UUID, key: str) -> Response | tuple[str, int]:
    """Keep the page; then the next one on the way, the one that was asked for, or this one with what is wrong."""
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
    """Whether the page was opened from where all is read back: it says what is wrong, and Continue leads back there."""
    return request.args.get("from") == "check"


def problem_of_length() -> tuple[str, int]:
    """More than a draft holds: what was kept before still is, and Back shows what was typed."""
    return render_template("desk/on_behalf_too_long.html"), 413


def _onward(entry: Entry, page: Page) -> Response:
    where = {"slug": entry.call.slug, "draft_id": entry.id}
    asked_for = request.form.get("go", "")
    if asked_for in ("check_entry", "heard"):
        return see_other(asked_for, **where)
    if asked_for == "drafts":
        return see_other("drafts")
    if asked_for in {one.key for one in entry.call.form.pages}:
        return see_other("entering_page", **where, key=asked_for)
    if request.form.get("do") == "clear" or entry.entered.asked(page.key).problems:
        back = {"from": "check"} if _from_check() else {}
        return see_other("entering_page", **where, key=page.key, **back)
    if _from_check():
        return see_other("check_entry", **where)
    following = next_page(entry.call.form, entry.entered.typed_answers, page.key)
    if following is None:
        return see_other("check_entry", **where)
    return see_other("entering_page", **where, key=following.key)


def _stopped(entry: Entry, page: Page) -> Response:
    """The answer that says so is not kept. Where nothing else was entered either, the whole draft goes at once."""
    others = {**entry.draft.typed, page.key: []}
    if any(any(value for _, value in typed) for typed in others.values()):
        return see_other("not_for_them", slug=entry.call.slug, draft_id=entry.id, key=page.key)
    on_behalf_drafts.throw_away(signed_in(), entry.id)
    return see_other("not_for_anyone", slug=entry.call.slug)


@blueprint.post(f"{PAGE}/words")
@coordinator
@takes_words(most_bytes, asked_on="desk.entering_page")
def keep_words(slug: str, draft_id: UUID, key: str) -> Bare:
    """Autosave: what stands on the page, while it is typed. Checked by nobody; answered with nothing."""
    try:
        entry = take_up(slug, draft_id)
        page = page_of(entry, key)
        typed = written_on(page)
        if not stops(entry, page, typed):
            keep_page(entry, page, typed, pressed=False)
    except (NotHere, AlreadySent, NoSuchCall, TooMuchToKeep):
        return Bare(status=409)
    return Bare(status=204)


# When the Visit is over, or another one has begun


def _say_not_kept(when: str) -> Bare:
    """The answer to autosave: the script says on the page that nothing is kept now."""
    return Bare(status=403)


carry_on(
    "desk.entering_page",
    "desk.enter_page",
    page="desk.enter_page",
    sign_in="desk.sign_in_and_keep",
)
CARRIES_WORDS["desk.keep_words"] = _say_not_kept


@blueprint.post(f"{PAGE}/sign-in")
@opens_visit
@takes_words(most_bytes, asked_on="desk.entering_page")
def sign_in_and_keep(slug: str, draft_id: UUID, key: str) -> Answer:
    """Sign in, and keep what had been typed when the Visit was over. Then the page is there as it was."""
    if refused := sign_in_here("desk.enter_page", "desk.sign_in_and_keep"):
        return refused
    entry = take_up(slug, draft_id)
    page = page_of(entry, key)
    typed = written_on(page)
    if words_come_along() and not stops(entry, page, typed):
        try:
            keep_page(entry, page, typed, pressed=True)
        except TooMuchToKeep:
            return problem_of_length()
    return see_other("entering_page", slug=slug, draft_id=draft_id, key=key)
