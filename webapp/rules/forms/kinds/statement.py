"""Text between the questions, with nothing to answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webapp.rules.forms.kinds.kind import Answer, Kind
from webapp.rules.messages import NotAccepted

if TYPE_CHECKING:
    from webapp.rules.forms.questions import Question


class Statement(Kind):
    """Shows its label. A value that is sent under its name is never parsed or stored (mass assignment)."""

    name = "statement"
    asks = False
    control = "nothing"
    seconds = 0
    paper = None

    def blank(self, raw: list[str]) -> bool:
        return True

    def parse(self, raw: list[str], question: Question) -> Answer:
        raise NotAccepted("answer-needed")

    def show(self, answer: Answer, question: Question, language: str) -> str:
        return ""

    def export(self, answer: Answer, question: Question) -> str:
        return ""

    def worst_bytes(self, question: Question) -> int:
        return 0
