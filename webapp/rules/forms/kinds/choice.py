"""Single choice from options that the definition words."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from webapp.rules.forms.kinds.kind import Answer, Control, Kind, Option, only_value
from webapp.rules.forms.texts import text_in
from webapp.rules.messages import NotAccepted

if TYPE_CHECKING:
    from webapp.rules.forms.questions import Question


class OneChoice(Kind):
    """Radio buttons."""

    name = "choice"
    takes_choices = True
    control: ClassVar[Control] = "radio"
    needed = "needed-choice"
    paper = "paper-tick-one"

    def blank(self, raw: list[str]) -> bool:
        return all(not value.strip() for value in raw)

    def parse(self, raw: list[str], question: Question) -> Answer:
        picked = only_value(raw).strip()
        if not picked:
            raise NotAccepted("answer-needed")
        if picked not in question.choice_keys:
            raise NotAccepted("choice-unknown")
        return picked

    def show(self, answer: Answer, question: Question, language: str) -> str:
        picked = self.raw(answer)
        options = self.options(question, language)
        return "\n".join(option.text for option in options if option.value in picked)

    def export(self, answer: Answer, question: Question) -> str:
        return self.show(answer, question, "en").replace("\n", "; ")

    def worst_bytes(self, question: Question) -> int:
        return max((len(key) for key in question.choice_keys), default=0) + len('""')

    def options(self, question: Question, language: str) -> tuple[Option, ...]:
        return tuple(
            Option(choice.key, *text_in(choice.label, language), exclusive=choice is question.none)
            for choice in question.all_choices
        )
