"""The interface of a question kind: everything that differs between kinds is declared here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from webapp.rules.forms.texts import Text
from webapp.rules.messages import NotAccepted

if TYPE_CHECKING:
    from webapp.rules.forms.questions import Question

#: An answer to one question, in a form that can be sealed as JSON.
Answer = str | list[str]
#: Answers by the keys of their questions; a question that was skipped is absent.
Answers = Mapping[str, Answer]
#: Between the key of a choice and a participant's own words for it, in one value of an answer. No key has a colon, so
#: no words can be taken for a choice, whatever somebody writes.
OWN_WORDS: Final = ": "
BYTES_A_CHARACTER: Final = (
    4  # UTF-8 at its widest; JSON escapes of the characters that remain take two
)
#: The form control: one option of a list, several of a list, one line, several lines, an input for each part of
#: the answer, or none.
Control = Literal["radio", "checkbox", "line", "lines", "parts", "nothing"]


@dataclass(frozen=True, slots=True)
class Option:
    """One option to choose. Either `text` (in `language`) or `message_key`, which the ui words.

    `exclusive` marks "none of these", which excludes all others.
    """

    value: str
    text: str = ""
    language: str = "en"
    message_key: str | None = None
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Input:
    """One input of an answer that has several, like the day of a date.

    Its label is a message key, or the words of a choice. `digits` is the number of boxes for it on paper.
    `digits_only` requests a numeric keypad.
    """

    name: str
    label: str = ""
    digits: int = 1
    digits_only: bool = True
    choice: Text | None = None


class Kind(ABC):
    """How one kind of question is defined, asked, parsed, shown, exported and printed."""

    #: Its name in definitions, which is also the name of its template.
    name: ClassVar[str]
    #: Whether it can be answered.
    asks: ClassVar[bool] = True

    # Constraints on a definition

    #: Whether it lists choices, and with them a "none of these".
    takes_choices: ClassVar[bool] = False
    takes_none: ClassVar[bool] = False
    #: Whether one of its choices may have a line to write on: "something else".
    takes_other: ClassVar[bool] = False
    #: The minimum and maximum number of choices, where limited.
    points: ClassVar[tuple[int, int] | None] = None
    #: Whether it may set `at_least` and `at_most`.
    takes_bounds: ClassVar[bool] = False
    #: The largest `max_length` it may set; 0 where it may set none.
    longest_settable: ClassVar[int] = 0

    # Its form control

    control: ClassVar[Control] = "line"
    #: The type of an `<input>` and the direction of the text typed into it.
    input_type: ClassVar[str] = "text"
    #: The keypad that a phone shows for it: the `inputmode` of HTML, where it needs another than the type's own.
    input_mode: ClassVar[str | None] = None
    direction: ClassVar[str] = "auto"
    #: The inputs of an answer that has several, in order, where they are the same for every question.
    inputs: ClassVar[tuple[Input, ...]] = ()
    #: The error where an answer is required and missing: a message key.
    needed: ClassVar[str] = "answer-needed"
    #: The estimated time to choose or write an answer, in seconds, without reading the question.
    seconds: ClassVar[int] = 5
    #: The instruction beside the question on a printed form: a message key, or None when it cannot be answered.
    paper: ClassVar[str | None] = "paper-write"

    # Its answers

    #: Whether answers are free text, and so in the participant's language.
    own_words: ClassVar[bool] = False
    #: Whether the order of chosen options is the answer, so that they are displayed with their numbers.
    is_ordered: ClassVar[bool] = False
    #: Whether `show` returns a date in ISO 8601 (2026-03-07), for the ui to format.
    shows_day: ClassVar[bool] = False

    @property
    def widget(self) -> str:
        """The template of the form control."""
        return f"answers/{self.name}.html"

    @abstractmethod
    def blank(self, raw: list[str]) -> bool:
        """Whether it was left empty: no value, or only white space and invisible characters."""

    @abstractmethod
    def parse(self, raw: list[str], question: Question) -> Answer:
        """Parse submitted values into an answer. Raises NotAccepted, and nothing else.

        A blank value raises "answer-needed": ask `blank` first, or use `read_answer`.
        """

    @abstractmethod
    def show(self, answer: Answer, question: Question, language: str) -> str:
        """The answer for display to the participant who gave it, in `language` or else in English."""

    @abstractmethod
    def export(self, answer: Answer, question: Question) -> str:
        """The answer for export, in English. Not yet protected against CSV injection."""

    @abstractmethod
    def worst_bytes(self, question: Question) -> int:
        """The maximum size of a valid answer, in bytes of JSON in UTF-8 (not ASCII-escaped)."""

    def letters(self, question: Question) -> int:
        """The maximum length of a valid answer in letters, where it is typed; 0 where it is chosen."""
        return 0

    def inputs_of(self, question: Question) -> tuple[Input, ...]:
        """The inputs of an answer that has several: `inputs`, or one for each choice."""
        return self.inputs

    def numbers(self, question: Question) -> tuple[str, ...]:
        """What each input offers, where it is a list to choose from."""
        return ()

    def at_fault(self, refused: NotAccepted, question: Question) -> tuple[str, ...]:
        """The names of the inputs that a validation error is about, in order."""
        return tuple(one.name for one in self.inputs_of(question))

    def values(self, question: Question) -> tuple[str, ...]:
        """Every value that an answer may have; empty for kinds with free text."""
        return tuple(choice.key for choice in question.all_choices)

    def options(self, question: Question, language: str) -> tuple[Option, ...]:
        """The options to choose from, in order; empty for kinds with free text."""
        return ()

    def chosen(self, answer: Answer, question: Question, language: str) -> tuple[Option, ...]:
        """The options that an answer is made of, in the order in which it is displayed."""
        picked = self.raw(answer, question)
        return tuple(one for one in self.options(question, language) if one.value in picked)

    def outcomes(self, question: Question) -> list[Answer | None]:
        """The answers that can lead to different pages; None for no answer."""
        return [*([] if question.required else [None]), *self.values(question)]

    def countable(self, answer: Answer, question: Question) -> list[tuple[str, Text]] | None:
        """The contribution of an answer to totals, as keys with their words; None for free text, which is listed."""
        return None

    def lines_on_paper(self, question: Question) -> int:
        """The number of lines to write on in a printed form; 0 where there are boxes, or no answer."""
        has_boxes = self.inputs_of(question) or self.options(question, "en")
        takes_words = self.asks and not has_boxes
        return 1 if takes_words else 0

    def written(self, answer: Answer, question: Question) -> str:
        """The participant's own words in an answer that is chosen; empty where there are none."""
        return ""

    def raw(self, answer: Answer, question: Question) -> list[str]:
        """The values that fill the form control with this answer; `parse` is its inverse."""
        return [answer] if isinstance(answer, str) else list(answer)


def words_beside(answer: Answer) -> list[str]:
    """The own words in an answer that is chosen, whatever its question."""
    values = [] if isinstance(answer, str) else answer
    return [one.partition(OWN_WORDS)[2] for one in values if OWN_WORDS in one]


def only_value(raw: list[str]) -> str:
    """The single value of a field. Raises NotAccepted when there is none or more than one."""
    if not raw:
        raise NotAccepted("answer-needed")
    if len(raw) > 1:
        raise NotAccepted("answer-one-only")
    return raw[0]
