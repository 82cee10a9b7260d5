"""Free text of one line, in the participant's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webapp.rules.characters import clean_line, is_empty
from webapp.rules.forms.kinds.kind import BYTES_A_CHARACTER, Answer, Kind, only_value
from webapp.rules.messages import NotAccepted

if TYPE_CHECKING:
    from webapp.rules.forms.questions import Question


#: The average length of a handwritten line, and the most lines on a form: longer answers use more paper.
CHARACTERS_A_LINE = 100
MOST_LINES = 10


class Text(Kind):
    """One line, at most `max_length` characters (200 unless told, never over `longest`)."""

    name = "text"
    default_length = 200
    longest = longest_settable = 300
    seconds = 20
    own_words = True

    def limit(self, question: Question) -> int:
        """The maximum length of an answer, in code points after cleaning."""
        asked_for = question.max_length if self.longest_settable else None
        return min(asked_for or self.default_length, self.longest)

    def letters(self, question: Question) -> int:
        return self.limit(question)

    def clean(self, value: str) -> str:
        return clean_line(value)

    def blank(self, raw: list[str]) -> bool:
        return all(is_empty(self.clean(value)) for value in raw)

    def parse(self, raw: list[str], question: Question) -> Answer:
        words = self.clean(only_value(raw))
        if is_empty(words):
            raise NotAccepted("answer-needed")
        limit = self.limit(question)
        if len(words) > limit:
            raise NotAccepted("text-too-long", max=limit, over=len(words) - limit)
        return words

    def lines_on_paper(self, question: Question) -> int:
        return min(-(-self.limit(question) // CHARACTERS_A_LINE), MOST_LINES)

    def show(self, answer: Answer, question: Question, language: str) -> str:
        return "\n".join(self.raw(answer, question))

    def export(self, answer: Answer, question: Question) -> str:
        return self.show(answer, question, "en")

    def worst_bytes(self, question: Question) -> int:
        return self.limit(question) * BYTES_A_CHARACTER + len('""')
