"""Autosave while a coordinator types: the words of one page go into the draft, and the answer has no body."""

from uuid import UUID

from flask import Response

from webapp.desk.on_behalf.entry_draft import (
    AlreadySent,
    keep_page,
    page_of,
    stops,
    take_up,
    written_on,
)
from webapp.desk.on_behalf.question_page import PAGE, most_bytes
from webapp.desk.shared.blueprint import CARRIES_WORDS, NotHere, blueprint
from webapp.rules.roles import Act
from webapp.services.answers.on_behalf_drafts import TooMuchToKeep
from webapp.services.calls.published_calls import NoSuchCall
from webapp.web.guards import may, takes_words


@blueprint.post(f"{PAGE}/words")
@may(Act.ENTER_ANSWERS)
@takes_words(most_bytes, asked_on="desk.on_behalf_page")
def on_behalf_page_autosave(slug: str, draft_id: UUID, key: str) -> Response:
    """Store the input of the page, unvalidated. Older input never overwrites newer input."""
    try:
        entry = take_up(slug, draft_id)
        page = page_of(entry, key)
        typed = written_on(page)
        if not stops(entry, page, typed):
            keep_page(entry, page, typed, pressed=False)
    except (NotHere, AlreadySent, NoSuchCall, TooMuchToKeep):
        return Response(status=409)
    return Response(status=204)


def _say_not_kept(when: str) -> Response:
    """Without a session or its token: the script then says on the page that nothing is kept."""
    return Response(status=403)


CARRIES_WORDS["desk.on_behalf_page_autosave"] = _say_not_kept
