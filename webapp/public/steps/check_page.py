""" "Check your answers": what would be submitted, with a way to change each answer, for any kind of draft."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask import render_template
from werkzeug.wrappers import Response

from webapp.public.drafts.draft import Draft
from webapp.public.shared.flash import flash_message
from webapp.public.shared.query_marks import FROM_CHECK
from webapp.public.steps.addresses import Addresses
from webapp.rules.contact.safe_channels import asked_by, contact_gaps
from webapp.rules.forms.questions import Page
from webapp.ui.answer_summary import read_back
from webapp.ui.messages import words_for


def show(
    template: str, draft: Draft, at: Addresses, pages: Sequence[Page], *, back: str, **more: Any
) -> str:
    """Everything on these pages that would be submitted."""

    def change(page: Page) -> str:
        return at.of_page(page.key, **FROM_CHECK)

    return render_template(
        template,
        news=flash_message(),
        sections=read_back(pages, draft.answers.kept, change=change),
        warnings=list(_warnings(draft, at, pages)),
        helped=draft.helped,
        back=back,
        **more,
    )


def _warnings(
    draft: Draft, at: Addresses, pages: Iterable[Page]
) -> Iterable[tuple[str, str | None]]:
    """Warnings about contact details that are incomplete or not private, each with the URL to change them."""
    page_of = {question.key: page for page in pages for question in page.asked}
    for gap in contact_gaps(draft.answers.kept):
        page = page_of.get(asked_by(gap))
        yield words_for(gap), at.of_page(page.key, **FROM_CHECK) if page else None


def not_ready(draft: Draft, at: Addresses) -> Response | None:
    """Redirect to the first page with input that is not valid, or without a required answer; None where the draft is
    complete."""
    if waiting := draft.waiting:
        return at.to_change(waiting.key)
    if missing := draft.answers.missing:
        page = missing[0].page
        draft.pages.keep_refused(page, [])
        return at.to_change(page.key)
    return None
