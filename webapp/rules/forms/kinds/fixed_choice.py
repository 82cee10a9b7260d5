"""Single choice from options that are the same in every form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from webapp.rules.forms.kinds.choice import OneChoice
from webapp.rules.forms.kinds.kind import Answer, Option

if TYPE_CHECKING:
    from webapp.rules.forms.questions import Question


class FixedChoice(OneChoice):
    """Radio buttons whose words come from the translation catalogue, so that no form can reword them.

    The stored values are the keys of `labels`.
    """

    takes_choices = False
    takes_other = False

    #: The message key of each value, in display order.
    labels: ClassVar[Mapping[str, str]]
    #: The words of each value in exports.
    english: ClassVar[Mapping[str, str]]

    def values(self, question: Question) -> tuple[str, ...]:
        return tuple(self.labels)

    def show(self, answer: Answer, question: Question, language: str) -> str:
        """The message key, one of `labels`."""
        return self.labels[self.raw(answer, question)[0]]

    def export(self, answer: Answer, question: Question) -> str:
        return self.english[self.raw(answer, question)[0]]

    def options(self, question: Question, language: str) -> tuple[Option, ...]:
        return tuple(Option(value, message_key=label) for value, label in self.labels.items())
