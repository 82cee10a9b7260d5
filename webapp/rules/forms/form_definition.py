"""A form definition: pages, questions, consents and the rules of each part.

Its shape is validated when it is parsed (`definition_json`), its content before it is published
(`rules.publishing.form_checks`). Immutable afterwards.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from webapp.rules.forms.questions import PART_OF_SECTION, Page, PartName, Question, QuestionKey
from webapp.rules.forms.texts import Frozen, Text


class NoSuchPage(LookupError):
    """The form has no page with that key."""


class NoSuchQuestion(LookupError):
    """The form has no question with that key."""


class StartPage(Frozen):
    """The information that a participant needs before the first question (informed consent).

    Of `who`, `asked`, `readers` and `limits` the first paragraph is shown at once, so it should be short; the rest is
    behind "Read more" on the same page. `audience` says on the home page whom the call is for.
    """

    audience: Text | None = None
    who: Text
    asked: Text
    readers: Text
    payment: Text
    limits: Text
    support: Text
    other_ways: Text


class PartRules(Frozen):
    """Who reads a part, why, and its retention period: `keep_months` after the call closes."""

    reader: Text
    keep_months: Annotated[int, Field(ge=1, le=36)]
    why: Text


class ConsentWording(Frozen):
    """The exact wording of one consent. A change of words is a new version."""

    purpose: QuestionKey
    version: Annotated[int, Field(ge=1, le=9_999)]
    uses_contact: bool
    text: Text


class Form(Frozen):
    """The common interface of a call's form and a registration form: pages of questions, found by key."""

    if TYPE_CHECKING:
        # Each form declares its own, in its own position among its fields.
        @property
        def pages(self) -> tuple[Page, ...]: ...

        @property
        def consents(self) -> tuple[ConsentWording, ...]: ...

    @cached_property
    def everything(self) -> tuple[Question, ...]:
        """Every question and every statement, in the order of the pages."""
        return tuple(question for page in self.pages for question in page.questions)

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """Every question that can be answered, in the order of the pages; no statements."""
        return tuple(question for question in self.everything if question.asks)

    @cached_property
    def _pages_by_key(self) -> dict[str, Page]:
        return {page.key: page for page in self.pages}

    @cached_property
    def _places(self) -> dict[str, int]:
        return {page.key: place for place, page in enumerate(self.pages)}

    @cached_property
    def _questions_by_key(self) -> dict[str, Question]:
        return {question.key: question for question in self.questions}

    def page(self, key: str) -> Page:
        """Return the page with this key. Raises NoSuchPage."""
        if key not in self._pages_by_key:
            raise NoSuchPage(key)
        return self._pages_by_key[key]

    def number_in_section(self, key: str) -> int:
        """The position of a page in its section, from 1, counting hidden pages too. Raises `NoSuchPage`."""
        wanted = self.page(key)
        return [page for page in self.pages if page.section == wanted.section].index(wanted) + 1

    def place(self, key: str) -> int:
        """Return the position of the page with this key, from 0. Raises NoSuchPage."""
        self.page(key)
        return self._places[key]

    def question(self, key: str) -> Question:
        """Return the question with this key. Raises NoSuchQuestion."""
        if key not in self._questions_by_key:
            raise NoSuchQuestion(key)
        return self._questions_by_key[key]

    def consent(self, purpose: str) -> ConsentWording | None:
        """Return the consent for this purpose, or None when the form does not ask for it."""
        return next((wording for wording in self.consents if wording.purpose == purpose), None)


class FormDefinition(Form):
    """A call's form. `parts` has the rules of each part: who reads it, why, and how long it is stored."""

    schema_version: Literal[1]
    title: Text
    summary: Text
    #: Obsolete: older definitions state a reading time. It is computed now (`reading_time`), and this is ignored.
    minutes: Annotated[int, Field(ge=1, le=60)] | None = None
    start: StartPage
    parts: dict[PartName, PartRules]
    pages: Annotated[tuple[Page, ...], Field(min_length=1, max_length=40)]
    consents: Annotated[tuple[ConsentWording, ...], Field(max_length=12)]

    @cached_property
    def first_part(self) -> PartName:
        """The part that is stored even when it has no answers, so that every submission has a code and a row that
        the code leads to. It is that of the call's own questions, if there are any."""
        return next(part for part in PART_OF_SECTION.values() if part in self.parts)

    @property
    def has_answers_to_read(self) -> bool:
        """Whether it asks anything besides contact and questions that are only counted."""
        return "testimony" in self.parts

    @cached_property
    def without_help(self) -> "FormDefinition":
        """The form for a participant without a helper: pages about a helper are not in it, so none is reachable."""
        return self._with_pages(page for page in self.pages if page.only != "helped")

    @cached_property
    def asked_before_sending(self) -> "FormDefinition":
        """The form without its questions about equality, which are asked after submission."""
        before = [page for page in self.pages if page.section != "equality"]
        # The publish check refuses a form with nothing else.
        return self._with_pages(before) if before else self

    @property
    def asked_after_sending(self) -> tuple[Page, ...]:
        """The pages about equality: optional, and asked only after submission."""
        return tuple(page for page in self.pages if page.section == "equality")

    def _with_pages(self, pages: Iterable[Page]) -> "FormDefinition":
        # Not model_copy: that would copy cached properties computed from all pages.
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        return type(self).model_validate({**fields, "pages": tuple(pages)})
