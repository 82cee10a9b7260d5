"""The explanation of the questions about equality, before any is asked: after submission, and in a correction."""

from flask import render_template

from webapp.public.drafts.draft import EQUALITY, Draft
from webapp.rules.forms.questions import Page
from webapp.rules.retention import due_on


def show(draft: Draft, *, back: str, after_sending: bool) -> str:
    """The purpose of these questions, who reads the answers, and the retention period."""
    rules = draft.call.form.parts[EQUALITY]
    return render_template(
        "public/more.html",
        rules=rules,
        due_on=due_on(draft.call.closes_on, rules.keep_months),
        after_sending=after_sending,
        holds_something=draft.holds_something_in(EQUALITY),
        helped=draft.helped,
        back=back,
    )


def first_question(draft: Draft) -> Page:
    """The first page of these questions."""
    return next(page for page in draft.answers.route if page.section == EQUALITY)
