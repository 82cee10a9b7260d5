"""Questions and pages as data: what is asked, when a page is shown, and where the form stops."""

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, Final, Literal, get_args

from pydantic import Field, StringConstraints, model_validator

from webapp.rules.forms.kinds import KindName, kind_of
from webapp.rules.forms.texts import Frozen, Text

#: The first three belong to calls, the others to events; `publishing` keeps them apart.
PartName = Literal["contact", "testimony", "equality", "registrant", "needs", "room"]
SectionName = Literal["call", "contact", "equality", "registration"]

PART_NAMES: tuple[PartName, ...] = get_args(PartName)
SECTION_NAMES: tuple[SectionName, ...] = get_args(SectionName)
#: The part in which the answers of a call's section are kept. Nothing else may be asked in one.
PART_OF_SECTION: Final[Mapping[SectionName, PartName]] = MappingProxyType(
    {"call": "testimony", "contact": "contact", "equality": "equality"}
)
#: As many questions as a page may ask; a booking, which has one page for all, a few more.
MOST_ON_A_PAGE: Final = 8
MOST_BOOKING: Final = 10
PageKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
QuestionKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
ChoiceKey = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]{0,39}$")]


class Choice(Frozen):
    """One answer to choose: `key` is what is stored, `label` what people read."""

    key: ChoiceKey
    label: Text


class Condition(Frozen):
    """A page is shown when an earlier question was answered with any of these choices.

    With `or_skipped` it is shown to those who did not answer that question, too.
    """

    question: QuestionKey
    is_any: Annotated[tuple[ChoiceKey, ...], Field(min_length=1, max_length=30)]
    or_skipped: bool = False


class Stop(Frozen):
    """A screen-out with kind words: with these answers the form goes no further, and nothing is kept."""

    question: QuestionKey
    is_any: Annotated[tuple[ChoiceKey, ...], Field(min_length=1, max_length=30)]
    title: Text
    text: Text


class Question(Frozen):
    """One question. Optional unless `required`, which needs a `reason` in words.

    Some kinds ask nothing (`asks`): their label is said between the questions.
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

    @property
    def asks(self) -> bool:
        """Whether there is anything to answer."""
        return kind_of(self).asks

    @cached_property
    def all_choices(self) -> tuple[Choice, ...]:
        """The choices in the order they are shown: "none of these" is always last."""
        return self.choices if self.none is None else (*self.choices, self.none)

    @cached_property
    def choice_keys(self) -> tuple[str, ...]:
        """Every value that an answer may hold; empty for kinds that take free text."""
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
    #: Asked only when a helper types.
    only: Literal["helped"] | None = None
    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=MOST_BOOKING)]

    @model_validator(mode="after")
    def _not_too_many(self) -> "Page":
        # A booking is one page, whatever it asks.
        if self.section != "registration" and len(self.questions) > MOST_ON_A_PAGE:
            raise ValueError(f"a page has at most {MOST_ON_A_PAGE} questions")
        return self

    @property
    def asked(self) -> tuple[Question, ...]:
        """The questions that can be answered; what is only said between them is left out."""
        return tuple(question for question in self.questions if question.asks)
