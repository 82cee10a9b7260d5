"""What every kind of question promises."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from webapp.rules.forms.form_definition import Answer, KindName, Question
from webapp.rules.messages import NotAccepted


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


class Kind(ABC):
    """How one kind of question reads, shows and exports an answer, and which widget asks it.

    Answers are str or list[str], so that they can be sealed as JSON.
    """

    name: KindName
    #: The template that asks the question.
    widget: str
    #: True when `show` returns a message key (of LABEL_MESSAGES) instead of words.
    shows_message_key = False
    #: True when `show` returns a day as ISO 8601 writes it (2026-03-07), for the ui to say in words.
    shows_day = False
    #: The parts of an answer that has an input for each, in order; empty when there is one field.
    inputs: tuple[str, ...] = ()
    #: What a form on paper says beside the question: a message key, or None when it asks nothing.
    paper: str | None = "paper-write"

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
        """The answer as words for the person who gave it, in `language` or else in English."""

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
        """Which of the `inputs` a refusal with this message is about, in order."""
        return self.inputs

    def options(self, question: Question, language: str) -> tuple[Option, ...]:
        """What can be picked, in order; empty for kinds that take free text."""
        return ()

    def lines_on_paper(self, question: Question) -> int:
        """How many lines to write on a form on paper has; none where there are boxes to tick, or nothing to answer."""
        takes_words = not self.options(question, "en") and self.worst_bytes(question) > 0
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
