"""Skipping a page, which never deletes: a button of its own deletes, and a page shows one of the two.

A page that holds something shows the second and not the first. But a browser may hold words that were not submitted
when the page was made, and another tab may have answered it since; so a skip that comes all the same keeps everything.
"""

from webapp.public.drafts.draft import Draft
from webapp.rules.forms.questions import Page
from webapp.ui.forms import Typed, form_for, keep_typed, with_what_is_there


def skip(draft: Draft, page: Page, sent: Typed) -> bool:
    """Go on and lose nothing: what was typed just now stays, and what was there before where nothing was typed.

    Words that cannot be taken as they are wait, and hold back Send until they are put right (decision 16). Returns
    whether to go on: not from a page that has no skip because an answer is needed.
    """
    waiting = draft.pages.typed_on(page) or []
    stored = draft.pages.answers_on(page)
    words = with_what_is_there(page, keep_typed(page, sent), waiting, stored=stored)
    form = form_for(page, stored={}, typed=words)
    if form.validate():
        draft.save(page, form.answers)
        return True
    draft.pages.unsent(page).keep_refused(words)
    return not any(question.required for question in page.asked)
