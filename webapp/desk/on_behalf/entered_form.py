"""A whole form as a coordinator has typed it so far: validation, routing, and the state of each page.

Questions have the numbers that the form on paper gives them, here and in every message.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from markupsafe import Markup

from webapp.desk.shared.autofill import without_autofill
from webapp.rules.consent import offered
from webapp.rules.forms.form_definition import ConsentWording, FormDefinition
from webapp.rules.forms.kinds import Answer, Answers
from webapp.rules.forms.questions import Page, Stop
from webapp.rules.forms.routing import prune, shown, stopped_by, visible_pages
from webapp.rules.mail_kinds import CONFIRMATION_CONSENT
from webapp.ui.answer_summary import in_words
from webapp.ui.forms import AnswerField, PageForm, Typed, form_for, keep_typed, was_cut
from webapp.ui.paper_form import sheets


class Standing(Enum):
    """The state of a page, as the navigation between pages says it."""

    EMPTY = "empty"
    FILLED = "filled"
    WRONG = "wrong"
    NOT_ASKED = "not asked"


@dataclass(frozen=True)
class Because:
    """The answer that skips a page: its question's number and page, and what was answered, if anything."""

    number: int
    page: str
    answer: Markup | str | None

    @property
    def words(self) -> str:
        """For the navigation, after "not asked"."""
        if self.answer is None:
            return f"because question {self.number} has no answer yet"
        return f"because question {self.number} says “{self.answer}”"


@dataclass(frozen=True)
class Asked:
    """One page of the form, with its fields as they were typed. `number` counts pages, from 1."""

    number: int
    page: Page
    form: PageForm
    questions: Mapping[str, int]
    because: Because | None
    only_if: str | None
    looked_at: bool

    @property
    def holds_something(self) -> bool:
        """Whether anything was entered here."""
        return any(not field.kind.blank(field.raw) for field in self.form.fields)

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Validation errors: the id of the input to go to, and the words."""
        return self.form.problems

    @property
    def standing(self) -> Standing:
        """The page's state. A required answer is only missed once the page was left."""
        if self.problems and (self.looked_at or self.holds_something):
            return Standing.WRONG
        if self.because:
            return Standing.NOT_ASKED
        return Standing.FILLED if self.holds_something else Standing.EMPTY

    def number_of(self, field: AnswerField) -> int | None:
        """The number of a question; None where there is nothing to answer."""
        return self.questions.get(field.question.key)


class Entered:
    """A whole form as it was typed so far. `typed` is by page; `looked_at` are pages that show their errors."""

    def __init__(
        self,
        form: FormDefinition,
        typed: Mapping[str, Typed],
        looked_at: frozenset[str] = frozenset(),
    ) -> None:
        self.form = form
        self.numbers = numbers(form)
        made = {
            page.key: form_for(without_autofill(page), stored={}, typed=typed.get(page.key, []))
            for page in form.pages
        }
        for page_form in made.values():
            page_form.validate()
        self.typed_answers: dict[str, Answer] = {
            key: answer for page_form in made.values() for key, answer in page_form.answers.items()
        }
        self.route = visible_pages(form, self.typed_answers)
        only_if = {sheet.page.key: sheet.only_if for sheet in sheets(form)}
        self.pages = [
            Asked(
                number,
                page,
                made[page.key],
                self.numbers,
                self._because(page),
                only_if[page.key],
                page.key in looked_at or was_cut(typed.get(page.key, [])),
            )
            for number, page in enumerate(form.pages, start=1)
        ]
        for one in self.pages:
            if one.because:
                self._note_misfits(one, one.because)

    def _because(self, page: Page) -> Because | None:
        """Why a page is skipped. Where the deciding question is skipped itself, what decides about that one."""
        if page in self.route:
            return None
        on_route = prune(self.form, self.typed_answers)
        if page.when is None or _shown_by_answers(page, on_route):
            stop = self.stop
            return self._blame(stop.question) if stop else None
        decides = next(one for one in self.form.pages if page.when.question in _keys(one))
        if decides not in self.route and (earlier := self._because(decides)):
            return earlier
        return self._blame(page.when.question)

    def _blame(self, key: str) -> Because:
        question = self.form.question(key)
        page = next(one for one in self.form.pages if key in _keys(one))
        given = self.typed_answers.get(key)
        answer = None if given is None else in_words(question, given)
        return Because(self.numbers[key], page.key, answer)

    def _note_misfits(self, one: Asked, because: Because) -> None:
        """An error on answers of a skipped page: they would be pruned, so it names the question that skips it."""
        for field in one.form.fields:
            field.errors = []
            if field.question.asks and not field.kind.blank(field.raw):
                field.errors = [_misfit(self.numbers[field.question.key], because)]

    def asked(self, key: str) -> Asked:
        """The page with this key. Raises `NoSuchPage`."""
        return self.pages[self.form.place(key)]

    @cached_property
    def answers(self) -> dict[str, Answer]:
        """The answers that would be submitted: those on the route."""
        return prune(self.form, self.typed_answers)

    @property
    def stop(self) -> Stop | None:
        """Why this call is not for this participant, if it is not (screening out)."""
        return stopped_by(self.form, self.typed_answers)

    @property
    def wrong(self) -> list[Asked]:
        """The pages with validation errors, in order."""
        return [one for one in self.pages if one.problems]

    @property
    def is_ready(self) -> bool:
        """Whether it may be submitted: no errors, and not screened out."""
        return not self.wrong and self.stop is None

    @property
    def left_blank(self) -> list[int]:
        """The numbers of the questions that were asked and not answered."""
        asked = [question.key for page in self.route for question in page.asked]
        return [
            self.numbers[key] for key in asked if key in self.numbers and key not in self.answers
        ]

    def consents(self) -> tuple[ConsentWording, ...]:
        """The consents to ask for. A confirmation mail is promised at the public door only, which seals addresses."""
        return tuple(
            wording
            for wording in offered(self.form, self.answers)
            if wording.purpose != CONFIRMATION_CONSENT
        )


def numbers(form: FormDefinition) -> dict[str, int]:
    """Each question's number, as the form on paper has it."""
    return {
        one.question.key: one.number
        for sheet in sheets(form)
        for one in sheet.asked
        if one.number is not None
    }


def typed_on(page: Page, sent: Typed) -> list[list[str]]:
    """What was sent for one page, as a draft holds it. The empty value of a cleared choice is no answer."""
    return [pair for pair in keep_typed(page, sent) if pair[1]]


def _misfit(number: int, because: Because) -> str:
    if because.answer is None:
        return (
            f"Question {number} is only asked after an answer to question {because.number}, which has none:"
            f" clear this, or answer question {because.number}"
        )
    return (
        f"Question {number} does not fit the answer to question {because.number} (“{because.answer}”):"
        f" clear this, or change question {because.number}"
    )


def _shown_by_answers(page: Page, answers: Answers) -> bool:
    return page.when is None or shown(page.when, answers)


def _keys(page: Page) -> set[str]:
    return {question.key for question in page.questions}
