"""Ranking of a few choices by what comes first for the participant."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, ClassVar

from webapp.rules.characters import is_empty
from webapp.rules.forms.kinds.kind import Answer, Control, Input, Kind, Option
from webapp.rules.forms.texts import text_in
from webapp.rules.messages import NotAccepted

if TYPE_CHECKING:
    from webapp.rules.forms.questions import Question


_NO_RANKING = "-"


class Ranking(Kind):
    """A list to choose a number from (a native `<select>`) beside each choice: no dragging, which needs a script, two
    hands or a steady one.

    The answer is the list of the ranked keys, the first one first. Choices without a number are left out. A gap between
    numbers is closed, because it tells no more than their order; a tie is refused, because nobody could tell which of
    two wishes stands before the other.
    """

    name = "ranking"
    takes_choices = True
    points = (3, 7)
    is_ordered = True
    control: ClassVar[Control] = "parts"
    needed = "needed-ranking"
    seconds = 30
    paper = "paper-ranking"

    def inputs_of(self, question: Question) -> tuple[Input, ...]:
        return tuple(
            Input(choice.key, digits=1, choice=choice.label) for choice in question.choices
        )

    def numbers(self, question: Question) -> tuple[str, ...]:
        return tuple(str(number) for number in range(1, len(question.choices) + 1))

    def values(self, question: Question) -> tuple[str, ...]:
        """None: no page waits for a ranking, of which no single place says enough."""
        return ()

    def blank(self, raw: list[str]) -> bool:
        return all(is_empty(value) for value in raw)

    def parse(self, raw: list[str], question: Question) -> Answer:
        """Parse the numbers of the choices, in the order of the choices."""
        given = [value.strip() for value in raw]
        if not any(given):
            raise NotAccepted("answer-needed")
        if len(given) > len(question.choices):
            raise NotAccepted("answer-one-only")
        if not {*given} <= {"", *self.numbers(question)}:
            raise NotAccepted("choice-unknown")
        ranked = [(int(number), place) for place, number in enumerate(given) if number]
        for (number, place), (other, place_of_other) in combinations(ranked, 2):
            if number == other:
                raise NotAccepted("ranking-twice", number=number, one=place, other=place_of_other)
        return [question.choices[place].key for _, place in sorted(ranked)]

    def at_fault(self, refused: NotAccepted, question: Question) -> tuple[str, ...]:
        """The two choices of a tie."""
        if refused.message_key != "ranking-twice":
            return super().at_fault(refused, question)
        return tuple(question.choices[refused.params[name]].key for name in ("one", "other"))

    def chosen(self, answer: Answer, question: Question, language: str) -> tuple[Option, ...]:
        labels = {choice.key: choice.label for choice in question.choices}
        ranked = [key for key in answer if key in labels]
        return tuple(Option(key, *text_in(labels[key], language)) for key in ranked)

    def show(self, answer: Answer, question: Question, language: str) -> str:
        ranked = self.chosen(answer, question, language)
        return "\n".join(f"{number}. {one.text}" for number, one in enumerate(ranked, start=1))

    def export(self, answer: Answer, question: Question) -> str:
        return self.show(answer, question, "en").replace("\n", "; ")

    def worst_bytes(self, question: Question) -> int:
        return sum(len(choice.key) + len('"", ') for choice in question.choices) + len("[]")

    def raw(self, answer: Answer, question: Question) -> list[str]:
        """The number of each choice. What is no ranking of these becomes a value that `parse` refuses: the key of a
        choice in an earlier version of the form may be "1"."""
        keys = [choice.key for choice in question.choices]
        if isinstance(answer, str) or not {*answer} <= {*keys} or len({*answer}) < len(answer):
            return [_NO_RANKING]
        return [str(answer.index(key) + 1) if key in answer else "" for key in keys]
