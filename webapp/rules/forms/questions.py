"""Questions and pages as data: what is asked, the conditions of pages, and stops (screen-out)."""

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
    model_validator,
)

from webapp.rules.forms.kinds import KindName, kind_of
from webapp.rules.forms.kinds.kind import OWN_WORDS
from webapp.rules.forms.kinds.number import LARGEST
from webapp.rules.forms.texts import Frozen, Text

#: The first three belong to calls, the others to events; the publish checks keep them separate.
PartName = Literal["contact", "testimony", "equality", "registrant", "needs", "room"]
SectionName = Literal["call", "contact", "equality", "registration"]

PART_NAMES: tuple[PartName, ...] = get_args(PartName)
SECTION_NAMES: tuple[SectionName, ...] = get_args(SectionName)
#: The part in which the answers of a section are sealed. A section may ask for nothing else.
PART_OF_SECTION: Final[Mapping[SectionName, PartName]] = MappingProxyType(
    {"call": "testimony", "contact": "contact", "equality": "equality"}
)
#: The maximum number of questions on a page; a registration form, which has one page, may have a few more.
MOST_ON_A_PAGE: Final = 8
MOST_BOOKING: Final = 10
#: Fields of a question that earlier releases did not know: none of them is written where it has no value.
LATER_FIELDS: Final = frozenset({"other", "at_least", "at_most"})
PageKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
QuestionKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
ChoiceKey = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]{0,39}$")]


class Choice(Frozen):
    """One option of a choice: `key` is stored, `label` displayed."""

    key: ChoiceKey
    label: Text


class OtherChoice(Choice):
    """A choice for an answer that the form does not list, with a line to write it on. `ask` is the label of that line,
    which is always shown: nothing on a page may depend on a script."""

    ask: Text

    def with_words(self, words: str) -> str:
        """The value that holds a participant's own words, beside those of the choices."""
        return f"{self.key}{OWN_WORDS}{words}"

    def words_in(self, value: str) -> str | None:
        """The own words in a value that `with_words` made; None for any other value."""
        start = self.with_words("")
        return value[len(start) :] if value.startswith(start) else None


class Condition(Frozen):
    """A display condition: the page is shown when an earlier question was answered with any of these choices.

    With `or_skipped` it is also shown to participants who left that question out.
    """

    question: QuestionKey
    is_any: Annotated[tuple[ChoiceKey, ...], Field(min_length=1, max_length=30)]
    or_skipped: bool = False


class Stop(Frozen):
    """A screen-out with kind words: with these answers the form ends here, and nothing is stored."""

    question: QuestionKey
    is_any: Annotated[tuple[ChoiceKey, ...], Field(min_length=1, max_length=30)]
    title: Text
    text: Text


class Question(Frozen):
    """One question. Optional unless `required`, which needs a `reason` in words.

    `at_least` and `at_most` are the bounds of a number: both or neither.

    Kinds with `asks` false cannot be answered: their label is shown between the questions.
    """

    key: QuestionKey
    kind: KindName
    part: PartName
    label: Text
    hint: Text | None = None
    required: bool = False
    reason: Text | None = None
    choices: Annotated[tuple[Choice, ...], Field(max_length=30)] = ()
    none: Choice | None = None
    max_length: Annotated[int, Field(ge=1, le=1_500)] | None = None
    autocomplete: Annotated[str, StringConstraints(pattern=r"^[a-z-]{2,30}$")] | None = None
    other: OtherChoice | None = None
    at_least: Annotated[int, Field(ge=0, le=LARGEST)] | None = None
    at_most: Annotated[int, Field(ge=0, le=LARGEST)] | None = None

    @model_serializer(mode="wrap")
    def _readable_before(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Forward compatibility: a question without what is new is written as before, and an older process reads it."""
        found: dict[str, Any] = written(self)
        return {
            key: value
            for key, value in found.items()
            if value is not None or key not in LATER_FIELDS
        }

    @property
    def has_bounds(self) -> bool:
        """Whether the definition says between which numbers an answer is."""
        return self.at_least is not None and self.at_most is not None

    @property
    def asks(self) -> bool:
        """Whether it can be answered."""
        return kind_of(self).asks

    @cached_property
    def all_choices(self) -> tuple[Choice, ...]:
        """The choices in display order: "something else" after those that are listed, "none of these" last."""
        return (*self.choices, *(one for one in (self.other, self.none) if one is not None))

    @cached_property
    def choice_keys(self) -> tuple[str, ...]:
        """Every value that an answer may have; empty for kinds with free text."""
        return kind_of(self).values(self)


class Page(Frozen):
    """One topic: a few questions that belong together."""

    key: PageKey
    title: Text
    intro: Text | None = None
    why: Text | None = None
    note: Text | None = None
    when: Condition | None = None
    stop: Stop | None = None
    section: SectionName
    #: Shown only when a helper types.
    only: Literal["helped"] | None = None
    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=MOST_BOOKING)]

    @model_validator(mode="after")
    def _not_too_many(self) -> "Page":
        # A registration is one page, however much it asks.
        if self.section != "registration" and len(self.questions) > MOST_ON_A_PAGE:
            raise ValueError(f"a page has at most {MOST_ON_A_PAGE} questions")
        return self

    @property
    def asked(self) -> tuple[Question, ...]:
        """The questions that can be answered; statements are left out."""
        return tuple([question for question in self.questions if kind_of(question).asks])
