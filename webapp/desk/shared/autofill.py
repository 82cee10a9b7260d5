"""No autofill where a coordinator types for a participant: it would offer the coordinator's own name and address."""

from webapp.rules.forms.questions import Page


def without_autofill(page: Page) -> Page:
    """The page without `autocomplete` hints on its questions."""
    questions = tuple(one.model_copy(update={"autocomplete": None}) for one in page.questions)
    return page.model_copy(update={"questions": questions})
