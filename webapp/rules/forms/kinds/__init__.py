"""The kinds of question there are.

A kind keeps its parsing, showing, exporting and the name of its widget together, in a module of
its own. Adding one: write the module, list it in KINDS, name it in `form_definition.KindName`, and
make its template.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from webapp.rules.forms.form_definition import Answer, Question
from webapp.rules.forms.kinds.age_band import AgeBand
from webapp.rules.forms.kinds.choice import OneChoice
from webapp.rules.forms.kinds.choices import ManyChoices
from webapp.rules.forms.kinds.date import Date
from webapp.rules.forms.kinds.email import Email
from webapp.rules.forms.kinds.kind import Kind, Option
from webapp.rules.forms.kinds.long_text import LongText
from webapp.rules.forms.kinds.phone import Phone
from webapp.rules.forms.kinds.scale import Scale
from webapp.rules.forms.kinds.statement import Statement
from webapp.rules.forms.kinds.text import Text
from webapp.rules.forms.kinds.yes_no import YesNo
from webapp.rules.messages import NotAccepted

__all__ = ["KINDS", "Kind", "NotAccepted", "Option", "kind_of", "read_answer"]

KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Text(),
            LongText(),
            Email(),
            Phone(),
            OneChoice(),
            ManyChoices(),
            YesNo(),
            Scale(),
            AgeBand(),
            Date(),
            Statement(),
        )
    }
)


def kind_of(question: Question) -> Kind:
    """The kind that reads and shows this question's answers."""
    return KINDS[question.kind]


def read_answer(raw: list[str], question: Question) -> Answer | None:
    """Read what came from a form for one question; None when it was left empty.

    Raises NotAccepted: "answer-needed" when it is required and empty, else what the kind says.
    """
    kind = kind_of(question)
    if not kind.blank(raw):
        return kind.parse(raw, question)
    if question.required and question.asks:
        raise NotAccepted("answer-needed")
    return None
