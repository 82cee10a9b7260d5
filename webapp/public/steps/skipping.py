"""Leaving a page out, and deleting what is on it: two buttons, because skipping never deletes.

A page that holds something shows the second and not the first. But a browser may hold words that nobody had sent when
the page was made, and another tab may have answered it since; so a skip that comes all the same keeps everything.
"""

from webapp.public.drafts.call_draft import Answering
from webapp.public.drafts.correction_draft import Correction
from webapp.rules.forms.questions import Page
from webapp.ui.forms import Typed, form_for, keep_typed, with_what_is_there


def skip(answering: Answering, page: Page, sent: Typed) -> bool:
    """Go on and lose nothing: what was typed just now stays, and what was there before where nothing was typed.

    Words that cannot be taken as they are wait, and hold back Send until they are put right (decision 16). Returns
    whether to go on: not from a page that has no skip because an answer is needed.
    """
    waiting = answering.typed_on(page) or []
    stored = answering.answers_on(page)
    words = with_what_is_there(page, keep_typed(page, sent), waiting, stored=stored)
    form = form_for(page, stored={}, typed=words)
    if form.validate():
        answering.save(page, form.answers)
        return True
    answering.unsent(page).keep_refused(words)
    return not any(question.required for question in page.asked)


def empty(answering: Answering, page: Page) -> str:
    """Delete what is on a page, because its button says so. Returns the key of what there is to tell about it."""
    answering.save(page, {})
    if isinstance(answering, Correction):
        return "page-emptied-held"
    return "page-emptied" if answering.waits_until is None else "page-emptied-waiting"
