"""Serialisation of a call draft for storage under a return code, and back."""

from typing import Any

from webapp.public.drafts.call_draft import CallDraft
from webapp.rules.forms.answers_on_form import AnswersOnForm
from webapp.rules.forms.kinds.kind import Answer
from webapp.services.answers.return_drafts import Draft as StoredDraft

#: The Visit's notes about a call that are stored with its answers.
MARKS = ("helped", "stopped-at")


def as_stored(draft: CallDraft, language: str) -> StoredDraft:
    """Serialise the state of this call in the Visit, for storage under a return code."""
    return StoredDraft(
        slug=draft.call.slug,
        form_version=draft.call.form_version,
        language=language,
        answers=_by_page(draft, "answers"),
        typed=_by_page(draft, "typed"),
        marks={
            kind: draft.visit[draft.pages.key(kind)]
            for kind in MARKS
            if draft.pages.key(kind) in draft.visit
        },
    )


def _by_page(draft: CallDraft, kind: str) -> dict[str, Any]:
    return {
        page.key: draft.visit[draft.pages.key(kind, page.key)]
        # Every page: a draft from before an upgrade may hold answers that are asked after submission now.
        for page in draft.call.form.pages
        if draft.pages.key(kind, page.key) in draft.visit
    }


def resume(draft: CallDraft, stored: StoredDraft) -> None:
    """Load a stored draft. The Visit's state of the call is replaced: it may be another participant's."""
    visit, pages = draft.visit, draft.pages
    draft.forget()
    draft.begin()
    for kind in MARKS:
        if kind in stored.marks:
            visit[pages.key(kind)] = stored.marks[kind]
    same_form = stored.form_version == draft.call.form_version
    if not same_form or _stopped_elsewhere(draft):
        visit.pop(pages.key("stopped-at"), None)
    for page_key, answers in (stored.answers if same_form else _fitting(draft, stored)).items():
        visit[pages.key("answers", page_key)] = dict(answers)
    for page_key, typed in stored.typed.items():
        visit[pages.key("typed", page_key)] = typed


def _stopped_elsewhere(draft: CallDraft) -> bool:
    """Whether the page where they stopped no longer exists, or is asked after submission now."""
    stopped_on = (draft.waits.stopped_at or {}).get("key")
    return stopped_on not in {None, *(page.key for page in draft.form.pages)}


def _fitting(draft: CallDraft, stored: StoredDraft) -> dict[str, dict[str, Answer]]:
    """Where the version of the stored answers is gone: those that today's form accepts. A page without an answer is
    asked again."""
    whole = draft.call.form
    given = {key: one for answers in stored.answers.values() for key, one in answers.items()}
    fitting = AnswersOnForm(whole, given).kept
    by_page = {
        page.key: {one.key: fitting[one.key] for one in page.questions if one.key in fitting}
        for page in whole.pages
    }
    return {key: answers for key, answers in by_page.items() if answers}
