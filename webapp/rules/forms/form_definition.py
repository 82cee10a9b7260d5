"""A form as data: its pages, questions, consents and what becomes of the answers.

A definition is read once (`read_definition`), checked for its shape here and for what may be asked
in `publishing`, and never changes afterwards. Texts are plain: no markup; a blank line starts a
new paragraph.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from webapp.rules.publishing.problems import Slip

#: The first three belong to calls, the others to events; `publishing` keeps them apart.
PartName = Literal["contact", "testimony", "equality", "registrant", "needs", "room"]
SectionName = Literal["call", "contact", "equality", "registration"]
KindName = Literal[
    "text",
    "long_text",
    "email",
    "phone",
    "choice",
    "choices",
    "yes_no",
    "scale",
    "age_band",
    "date",
    "statement",
]
Answer = str | list[str]
Answers = Mapping[str, Answer]

PART_NAMES: tuple[PartName, ...] = get_args(PartName)
SECTION_NAMES: tuple[SectionName, ...] = get_args(SectionName)
#: The part in which the answers of a call's section are kept. Nothing else may be asked in one.
PART_OF_SECTION: Final[Mapping[SectionName, PartName]] = MappingProxyType(
    {"call": "testimony", "contact": "contact", "equality": "equality"}
)
FALLBACK_LANGUAGE = "en"
LONGEST_TEXT = 2_000
YES, NO = "yes", "no"
PREFER_NOT_TO_SAY = "prefer_not_to_say"
#: The bands of ten years that UK statistics count adults in, so that figures can be compared.
AGE_BANDS = ("18_24", "25_34", "35_44", "45_54", "55_64", "65_74", "75_up", PREFER_NOT_TO_SAY)


class NotADefinition(ValueError):
    """What was read is not a form definition. `slips` says where and why; `problems` the same, a line each."""

    def __init__(self, slips: tuple[Slip, ...]) -> None:
        self.slips = slips
        self.problems = tuple(str(slip) for slip in slips)
        super().__init__("; ".join(self.problems))


class NoSuchPage(LookupError):
    """The form has no page with that key."""


class NoSuchQuestion(LookupError):
    """The form has no question with that key."""


def _check_text(text: dict[str, str]) -> dict[str, str]:
    if FALLBACK_LANGUAGE not in text:
        raise PydanticCustomError("text_without_english", "a text needs its English words")
    for language, words in text.items():
        if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z]{2,4})?", language):
            raise PydanticCustomError("language_code", "{code} is no language", {"code": language})
        if not words.strip() or len(words) > LONGEST_TEXT:
            raise PydanticCustomError(
                "words_length",
                "the words in {code} are empty or too long",
                {"code": language, "max": LONGEST_TEXT},
            )
    return text


Text = Annotated[dict[str, str], AfterValidator(_check_text)]
#: As many questions as a page may ask; a booking, which has one page for all, a few more.
MOST_ON_A_PAGE: Final = 8
MOST_BOOKING: Final = 10
PageKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
QuestionKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
ChoiceKey = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]{0,39}$")]


def text_in(text: Mapping[str, str], language: str) -> tuple[str, str]:
    """Return the words in `language`, or in English, and the language they are really in.

    The second value belongs in a `lang` attribute whenever it differs from the page's.
    """
    used = language if language in text else FALLBACK_LANGUAGE
    return text[used], used


class Frozen(BaseModel):
    """Definitions are shared by every request, so nobody may change one."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Definition = TypeVar("Definition", bound=Frozen)


class StartPage(Frozen):
    """What a person must know before the first question.

    Of `who`, `asked`, `readers` and `limits` the first paragraph is said at once, so it should be short; all the rest
    stands behind "Read more" on the same page. `audience` says on the first page of all whom the call is for.
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
    """Who reads a part, why, and how long it is kept: `keep_months` after the call closes."""

    reader: Text
    keep_months: Annotated[int, Field(ge=1, le=36)]
    why: Text


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
    """A kind end: with these answers the form goes no further, and nothing is kept."""

    question: QuestionKey
    is_any: Annotated[tuple[ChoiceKey, ...], Field(min_length=1, max_length=30)]
    title: Text
    text: Text


class Question(Frozen):
    """One question. Optional unless `required`, which needs a `reason` in words.

    Of the kind "statement" it asks nothing: its label is said between the questions.
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
        return self.kind != "statement"

    @cached_property
    def all_choices(self) -> tuple[Choice, ...]:
        """The choices in the order they are shown: "none of these" is always last."""
        return self.choices if self.none is None else (*self.choices, self.none)

    @cached_property
    def choice_keys(self) -> tuple[str, ...]:
        """Every value that an answer may hold; empty for kinds that take free text."""
        if self.kind == "yes_no":
            return YES, NO
        if self.kind == "age_band":
            return AGE_BANDS
        return tuple(choice.key for choice in self.all_choices)


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
    #: Asked only when somebody else helps to answer.
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


class ConsentWording(Frozen):
    """The exact words of one consent. A change of words is a new version."""

    purpose: QuestionKey
    version: Annotated[int, Field(ge=1, le=9_999)]
    uses_contact: bool
    text: Text


class Form(Frozen):
    """What a call's form and a registration form share: pages of questions, found by key."""

    if TYPE_CHECKING:
        # Each form declares its own, in its own place among its fields.
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
        """Every question that can be answered, in the order of the pages: no statement."""
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
        """Which page of its section this is, from 1, whether or not all of them are shown. Raises `NoSuchPage`."""
        wanted = self.page(key)
        return [page for page in self.pages if page.section == wanted.section].index(wanted) + 1

    def place(self, key: str) -> int:
        """Return where the page with this key stands, from 0. Raises NoSuchPage."""
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
    """A call's form. `parts` says what becomes of the answers of each part."""

    schema_version: Literal[1]
    title: Text
    summary: Text
    #: Older definitions say how long it takes. It is reckoned now (`reading_time`), and this is not read.
    minutes: Annotated[int, Field(ge=1, le=60)] | None = None
    start: StartPage
    parts: dict[PartName, PartRules]
    pages: Annotated[tuple[Page, ...], Field(min_length=1, max_length=40)]
    consents: Annotated[tuple[ConsentWording, ...], Field(max_length=12)]

    @cached_property
    def first_part(self) -> PartName:
        """The part that is kept also when nothing in it was answered: everybody who sends has a code, and something
        that it leads to. That of the call's own questions, where it asks any."""
        return next(part for part in PART_OF_SECTION.values() if part in self.parts)

    @property
    def has_answers_to_read(self) -> bool:
        """Whether it asks anything beside how to be reached and what is only counted."""
        return "testimony" in self.parts

    @cached_property
    def without_help(self) -> "FormDefinition":
        """The form for somebody who answers alone: pages about a helper are not in it, so they cannot be reached."""
        return self._with_pages(page for page in self.pages if page.only != "helped")

    @cached_property
    def asked_before_sending(self) -> "FormDefinition":
        """The form without its questions about equality: those are asked once everything else is sent."""
        before = [page for page in self.pages if page.section != "equality"]
        # The publish check refuses a form that asks nothing else.
        return self._with_pages(before) if before else self

    @property
    def asked_after_sending(self) -> tuple[Page, ...]:
        """The pages about equality, of free choice and never in the way of sending."""
        return tuple(page for page in self.pages if page.section == "equality")

    def _with_pages(self, pages: Iterable[Page]) -> "FormDefinition":
        # Not model_copy: that would take along what was worked out from all pages.
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        return type(self).model_validate({**fields, "pages": tuple(pages)})


def texts_of(model: BaseModel, path: str = "") -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield every text below `model` with the path that leads to it, in a stable order."""
    for name in type(model).model_fields:
        yield from _texts_in(getattr(model, name), f"{path}.{name}" if path else name)


def _texts_in(value: Any, path: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    if isinstance(value, BaseModel):
        yield from texts_of(value, path)
    elif isinstance(value, tuple):
        for place, item in enumerate(value):
            yield from _texts_in(item, f"{path}.{getattr(item, 'key', place)}")
    elif isinstance(value, dict) and FALLBACK_LANGUAGE in value:
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts_in(item, f"{path}.{key}")


def read_definition(raw: bytes | str) -> FormDefinition:
    """Read a call's definition from JSON. Raises NotADefinition with a slip for each problem."""
    return read_as(FormDefinition, raw)


def read_as(model: type[Definition], raw: bytes | str) -> Definition:
    """Read a definition of this kind from JSON. Raises NotADefinition with a slip for each problem."""
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        slips = (
            Slip(found["loc"], found["type"], found["msg"], found.get("ctx", {}))
            for found in error.errors(include_input=False, include_url=False)
        )
        raise NotADefinition(tuple(slips)) from None


def write_definition(definition: Frozen) -> bytes:
    """Return a definition as JSON in UTF-8. Equal definitions give equal bytes."""
    return definition.model_dump_json(exclude_defaults=False).encode()
