"""A draft: answers to a form that are in a Visit and not submitted. Every kind of draft can do what is here."""

from collections.abc import Iterable, Mapping
from typing import Final

from webapp.public.drafts.page_inputs import PageInputs
from webapp.rules.forms.answers_on_form import AnswersOnForm
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.kinds.kind import Answer
from webapp.rules.forms.progress import Place
from webapp.rules.forms.questions import Page, SectionName
from webapp.services.calls.published_calls import Call
from webapp.sessions import Visit

#: The section, and the part, of questions about equality.
EQUALITY: Final = "equality"


class Draft:
    """One call's share of a Visit, for one purpose: a submission, a correction, or answers given after submission."""

    #: What the Visit's keys for this kind of draft begin with.
    prefix = ""

    def __init__(self, call: Call, visit: Visit) -> None:
        self.call = call
        self.visit = visit
        self.pages = PageInputs(visit, call.slug, self.prefix)
        self._answers: AnswersOnForm | None = None

    @property
    def form(self) -> FormDefinition:
        """What is asked."""
        raise NotImplementedError

    @property
    def answers(self) -> AnswersOnForm:
        """Everything answered so far, on its form; read once as long as the Visit holds the same."""
        form, given = self.form, self.pages.answers_on_all(self.form.pages)
        if self._answers is None or not self._answers.are(form, given):
            self._answers = AnswersOnForm(form, given)
        return self._answers

    @property
    def helped(self) -> bool:
        """Whether pages say that a helper types."""
        return False

    @property
    def can_stop(self) -> bool:
        """Whether this may wait, unfinished, under a return code."""
        return False

    @property
    def hidden_fields(self) -> tuple[tuple[str, str], ...]:
        """What a question's form carries unseen, so that it is understood after the Visit is over."""
        return ()

    @property
    def is_shared(self) -> bool:
        """Whether an unanswered page looks the same to every participant, so that it may be cached."""
        return False

    def place_of(self, page: Page) -> Place | None:
        """Where this page is on the whole way; None where there is nothing to count."""
        return None

    def save(self, page: Page, answers: Mapping[str, Answer]) -> None:
        """Keep the answers of one page."""
        self.pages.save(page, answers)

    @property
    def waiting(self) -> Page | None:
        """The first page of the route with words that were not accepted yet: nothing is submitted without them."""
        return next(
            (one for one in self.answers.route if self.pages.typed_on(one) is not None), None
        )

    def holds_something_in(self, section: SectionName) -> bool:
        """Whether something stands on any page of a section, accepted or waiting."""
        pages = [page for page in self.answers.route if page.section == section]
        return not all(self.pages.has_nothing_on(page) for page in pages)

    def note_ticked(self, purposes: Iterable[str]) -> None:
        """Keep the consents that were ticked on the last page, when it was not submitted yet."""
        self.visit[self.pages.key("ticked")] = sorted(purposes)

    @property
    def ticked(self) -> list[str]:
        """Those consents. They belong to this call: no box is ticked here because it was ticked for another."""
        ticked: list[str] = self.visit.get(self.pages.key("ticked"), [])
        return ticked
