"""The registry of question kinds.

Each kind has a module of its own with all that differs between kinds: parsing, display, export, what a definition may
set, the form control, the instruction on paper. How to add one: docs/how-to-add.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from webapp.rules.forms.kinds.age_band import AgeBand
from webapp.rules.forms.kinds.choice import OneChoice
from webapp.rules.forms.kinds.choices import ManyChoices
from webapp.rules.forms.kinds.date import Date
from webapp.rules.forms.kinds.email import Email
from webapp.rules.forms.kinds.kind import Answer, Answers, Kind, Option
from webapp.rules.forms.kinds.long_text import LongText
from webapp.rules.forms.kinds.number import Number
from webapp.rules.forms.kinds.phone import Phone
from webapp.rules.forms.kinds.ranking import Ranking
from webapp.rules.forms.kinds.scale import Scale
from webapp.rules.forms.kinds.statement import Statement
from webapp.rules.forms.kinds.text import Text
from webapp.rules.forms.kinds.yes_no import YesNo
from webapp.rules.messages import NotAccepted

if TYPE_CHECKING:
    from webapp.rules.forms.questions import Question

__all__ = [
    "KINDS",
    "Answer",
    "Answers",
    "Kind",
    "KindName",
    "NotAccepted",
    "Option",
    "kind_of",
    "read_answer",
]

KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Text(),
            LongText(),
            Email(),
            Phone(),
            Number(),
            OneChoice(),
            ManyChoices(),
            YesNo(),
            Scale(),
            Ranking(),
            AgeBand(),
            Date(),
            Statement(),
        )
    }
)

if TYPE_CHECKING:
    KindName = str
else:
    # Derived from the registry, so that the type accepts exactly the registered kinds.
    KindName = Literal[tuple(KINDS)]


def kind_of(question: Question) -> Kind:
    """The kind that parses and displays this question's answers."""
    return KINDS[question.kind]


def read_answer(raw: list[str], question: Question) -> Answer | None:
    """Parse the submitted values for one question; None when it was left empty.

    Raises NotAccepted: "answer-needed" when it is required and empty, else what the kind says.
    """
    kind = kind_of(question)
    if not kind.blank(raw):
        return kind.parse(raw, question)
    if question.required and question.asks:
        raise NotAccepted("answer-needed")
    return None
