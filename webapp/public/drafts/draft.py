"""The interface of drafts: answers to a form that are in a Visit and not submitted."""

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from webapp.public.drafts.page_inputs import PageInputs
from webapp.rules.consent import SHARING
from webapp.rules.forms.answers_on_form import AnswersOnForm
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.kinds.kind import Answer
from webapp.rules.forms.progress import Place
from webapp.rules.forms.questions import Page, SectionName
from webapp.services.calls.published_calls import Call
from webapp.sessions import Visit

#: The section and the part of the questions about equality.
EQUALITY: Final = "equality"


class Draft:
    """The state of one call in a Visit, for one purpose: a submission, a correction, or answers after submission."""

    #: The prefix of this kind of draft in the Visit's keys.
    prefix = ""

    def __init__(self, call: Call, visit: Visit) -> None:
        self.call = call
        self.visit = visit
        self.pages = PageInputs(visit, call.slug, self.prefix)
        self._answers: AnswersOnForm | None = None

    @property
    def form(self) -> FormDefinition:
        """The form whose pages are asked."""
        raise NotImplementedError

    @property
    def answers(self) -> AnswersOnForm:
        """All answers so far on the form; memoised while the Visit's content is unchanged."""
        form, given = self.form, self.pages.answers_on_all(self.form.pages)
        if self._answers is None or not self._answers.are(form, given):
            self._answers = AnswersOnForm(form, given)
        return self._answers

    @property
    def helped(self) -> bool:
        """Whether the pages say that a helper types."""
        return False

    @property
    def can_stop(self) -> bool:
        """Whether it can be stored, unfinished, under a return code."""
        return False

    @property
    def hidden_fields(self) -> tuple[tuple[str, str], ...]:
        """Hidden fields of a question page, which identify its submission after the Visit ended."""
        return ()

    @property
    def is_shared(self) -> bool:
        """Whether an unanswered page is the same for all participants, so that it may be cached."""
        return False

    def place_of(self, page: Page) -> Place | None:
        """The position of this page in the form; None where nothing is counted."""
        return None

    def save(self, page: Page, answers: Mapping[str, Answer]) -> None:
        """Save the answers of one page."""
        self.pages.save(page, answers)

    @property
    def waiting(self) -> Page | None:
        """The first page of the route with input that is not valid yet, which blocks submission."""
        return next(
            (one for one in self.answers.route if self.pages.typed_on(one) is not None), None
        )

    def holds_something_in(self, section: SectionName) -> bool:
        """Whether any page of a section has answers or retained input."""
        pages = [page for page in self.answers.route if page.section == section]
        return not all(self.pages.has_nothing_on(page) for page in pages)

    def note_ticked(self, purposes: Iterable[str]) -> None:
        """Save the consents that were ticked on the last page while submission failed."""
        self.visit[self.pages.key("ticked")] = sorted(purposes)

    @property
    def ticked(self) -> list[str]:
        """Those consents. They belong to this call alone: a tick for another call never pre-ticks a box here."""
        ticked: list[str] = self.visit.get(self.pages.key("ticked"), [])
        return ticked

    def ticked_beside(self, list_now: UUID | None) -> list[str]:
        """The same for a page that shows this list of members: a tick beside another list is no tick beside this."""
        if list_now == self.members:
            return self.ticked
        return [purpose for purpose in self.ticked if purpose != SHARING]

    def note_members(self, list_id: UUID | None) -> None:
        """Save which list of members was shown beside a consent to share."""
        self.visit[self.pages.key("members")] = list_id.hex if list_id else ""

    @property
    def members(self) -> UUID | None:
        """That list; None where there was none."""
        kept: str = self.visit.get(self.pages.key("members"), "")
        return UUID(hex=kept) if kept else None
