"""Skipping a page, which never deletes: a button of its own deletes, and a page shows one of the two.

A page with answers shows the delete button and not the skip button. But a browser may hold input that was not submitted
when the page was rendered, and another tab may have answered it since; so a skip from a stale page deletes nothing.
"""

from webapp.public.drafts.draft import Draft
from webapp.rules.forms.questions import Page
from webapp.ui.forms import Typed, effective_input, form_for, keep_typed


def skip(draft: Draft, page: Page, sent: Typed) -> bool:
    """Skip a page and lose nothing: typed input is retained, and where there is none, the earlier answers stay.

    Invalid input is retained and blocks Send until it is corrected (decision 16). Returns whether to go on: not from a
    page with a required answer, which cannot be skipped.
    """
    waiting = draft.pages.typed_on(page) or []
    stored = draft.pages.answers_on(page)
    words = effective_input(page, keep_typed(page, sent), waiting, stored=stored)
    form = form_for(page, stored={}, typed=words)
    if form.validate():
        draft.save(page, form.answers)
        return True
    draft.pages.unsent(page).keep_refused(words)
    return not any(question.required for question in page.asked)
