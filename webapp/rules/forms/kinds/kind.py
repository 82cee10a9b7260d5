"""The interface of a question kind: everything that differs between kinds is said here, once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from webapp.rules.forms.texts import Text
from webapp.rules.messages import NotAccepted

if TYPE_CHECKING:
    from webapp.rules.forms.questions import Question

#: What a participant gave to one question, in a form that can be sealed as JSON.
Answer = str | list[str]
#: Answers by the keys of their questions; a question that was skipped is absent.
Answers = Mapping[str, Answer]
#: How an answer is given on a screen: one of a list, any of a list, one line, several lines, an input for each part of
#: the answer, or not at all.
Control = Literal["radio", "checkbox", "line", "lines", "parts", "nothing"]


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to pick. Either `text` (in `language`) or `message_key`, for the ui to say.

    `exclusive` marks "none of these", which goes with nothing else.
    """

    value: str
    text: str = ""
    language: str = "en"
    message_key: str | None = None
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Input:
    """One input of an answer that has several, like the day of a date.

    `label` is a message key, `digits` the number of boxes for it on paper. `digits_only` asks a phone for its keypad.
    """

    name: str
    label: str
    digits: int
    digits_only: bool = True


class Kind(ABC):
    """How one kind of question is defined, asked, parsed, shown, exported and printed."""

    #: As definitions name it. Its widget has the same name.
    name: ClassVar[str]
    #: Whether there is anything to answer.
    asks: ClassVar[bool] = True

    # What a definition may say about such a question

    #: Whether it lists choices, and with them a "none of these".
    takes_choices: ClassVar[bool] = False
    takes_none: ClassVar[bool] = False
    #: The fewest and the most choices it may list, where that is limited.
    points: ClassVar[tuple[int, int] | None] = None
    #: The largest `max_length` it may set; 0 where it may set none.
    longest_settable: ClassVar[int] = 0

    # How it is asked

    control: ClassVar[Control] = "line"
    #: The type of an `<input>` and the direction of what is typed into it.
    input_type: ClassVar[str] = "text"
    direction: ClassVar[str] = "auto"
    #: The inputs of an answer that has several, in order; empty when there is one field.
    inputs: ClassVar[tuple[Input, ...]] = ()
    #: The error where an answer is required and missing: a message key.
    needed: ClassVar[str] = "answer-needed"
    #: How long it takes to choose or to write an answer, in seconds, reading not included.
    seconds: ClassVar[int] = 5
    #: The instruction beside the question on a printed form: a message key, or None when it asks nothing.
    paper: ClassVar[str | None] = "paper-write"

    # What its answers are

    #: Whether an answer is in the participant's own words, and so in their language.
    own_words: ClassVar[bool] = False
    #: True when `show` returns a day in ISO 8601 (2026-03-07), for the ui to say in words.
    shows_day: ClassVar[bool] = False

    @property
    def widget(self) -> str:
        """The template that asks the question."""
        return f"answers/{self.name}.html"

    @abstractmethod
    def blank(self, raw: list[str]) -> bool:
        """True when nothing was answered: no value, or only white and invisible characters."""

    @abstractmethod
    def parse(self, raw: list[str], question: Question) -> Answer:
        """Turn what came from a form into an answer. Raises NotAccepted, and nothing else.

        A blank value raises "answer-needed": ask `blank` first, or use `read_answer`.
        """

    @abstractmethod
    def show(self, answer: Answer, question: Question, language: str) -> str:
        """The answer as words for the participant who gave it, in `language` or else in English."""

    @abstractmethod
    def export(self, answer: Answer, question: Question) -> str:
        """The answer as words in English, for a coordinator's file. Not yet safe for CSV."""

    @abstractmethod
    def worst_bytes(self, question: Question) -> int:
        """The most bytes that an accepted answer can take as JSON in UTF-8 (not ASCII-escaped)."""

    def letters(self, question: Question) -> int:
        """How many letters an accepted answer has at most, where it is written; 0 where it is picked."""
        return 0

    def at_fault(self, message_key: str) -> tuple[str, ...]:
        """Which of the `inputs` a refusal with this message is about, by name and in order."""
        return tuple(one.name for one in self.inputs)

    def values(self, question: Question) -> tuple[str, ...]:
        """Every value that an answer may hold; empty for kinds that take free text."""
        return tuple(choice.key for choice in question.all_choices)

    def options(self, question: Question, language: str) -> tuple[Option, ...]:
        """What can be picked, in order; empty for kinds that take free text."""
        return ()

    def outcomes(self, question: Question) -> list[Answer | None]:
        """The answers that can lead to different pages; None for an answer that was left out."""
        return [*([] if question.required else [None]), *self.values(question)]

    def countable(self, answer: Answer, question: Question) -> list[tuple[str, Text]] | None:
        """What an answer adds to the totals, as keys with their words; None where it is listed word for word."""
        return None

    def lines_on_paper(self, question: Question) -> int:
        """How many lines to write on a printed form has; none where there are boxes, or nothing to answer."""
        takes_words = self.asks and not self.inputs and not self.options(question, "en")
        return 1 if takes_words else 0

    def raw(self, answer: Answer) -> list[str]:
        """The values with which a form shows this answer again; `parse` gives it back."""
        return [answer] if isinstance(answer, str) else list(answer)


def only_value(raw: list[str]) -> str:
    """The single value of a field. Raises NotAccepted when there is none or more than one."""
    if not raw:
        raise NotAccepted("answer-needed")
    if len(raw) > 1:
        raise NotAccepted("answer-one-only")
    return raw[0]
