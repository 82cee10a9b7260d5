"""Yes or no, in the words of the translation catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from webapp.rules.forms.kinds.fixed_choice import FixedChoice
from webapp.rules.forms.kinds.kind import Answer

if TYPE_CHECKING:
    from webapp.rules.forms.questions import Question
    from webapp.rules.forms.texts import Text


YES, NO = "yes", "no"


class YesNo(FixedChoice):
    """Two radio buttons. Their words come from the catalogue, the same ones everywhere."""

    name = "yes_no"
    needed = "needed-yes-no"
    labels: ClassVar[Mapping[str, str]] = {YES: "answer-yes", NO: "answer-no"}
    english: ClassVar[Mapping[str, str]] = {YES: "Yes", NO: "No"}

    def countable(self, answer: Answer, question: Question) -> list[tuple[str, Text]] | None:
        """A yes counts for what the question asks; a no counts nothing."""
        return [(question.key, question.label)] if answer == YES else []
