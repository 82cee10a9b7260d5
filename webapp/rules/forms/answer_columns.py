"""The wide table of answers to a call: its columns, one union over all versions of the form, and the cells of one row.

Pure and by construction without contact details: only questions of the part `testimony` have a column, so that whatever
else may stand in what is opened has no cell to be in.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.kinds import kind_of
from webapp.rules.forms.questions import Page, PartName, Question

PART: Final[PartName] = "testimony"
#: Columns that are no questions: no key of a question begins with a line, so none can be taken for another.
ROW, VERSION, LANGUAGE, MAY_QUOTE = "_row", "_form_version", "_language", "_may_quote"
#: Of a several-choice column: ticked, and not ticked by a person who answered the question. Empty: not answered.
TICKED, NOT_TICKED = "1", "0"
#: What the cell of one choice is, or that of a question that is one column.
Cell = str | None


@dataclass(frozen=True, slots=True)
class FormInUse:
    """One version of a call's form, by its number."""

    number: int
    form: FormDefinition


@dataclass(frozen=True, slots=True)
class Column:
    """One column: a question, or one choice of a question that takes several."""

    question: str
    choice: str | None = None

    @property
    def name(self) -> str:
        """Its heading. No key has a full stop, so two columns never have one name."""
        return self.question if self.choice is None else f"{self.question}.{self.choice}"


def asked_in(form: FormDefinition) -> Iterable[tuple[Page, Question]]:
    """The questions of a form whose answers are in the table, with the page of each."""
    for page in form.pages:
        for question in page.asked:
            if question.part == PART:
                yield page, question


def takes_several(question: Question) -> bool:
    """Whether an answer may be several choices, each of which then has a column."""
    return kind_of(question).control == "checkbox"


def columns_of_form(form: FormDefinition) -> tuple[Column, ...]:
    """The columns of one version, in the order in which people are asked."""
    return tuple(column for _, question in asked_in(form) for column in _columns(question))


def _columns(question: Question) -> Iterable[Column]:
    if takes_several(question):
        return [Column(question.key, choice) for choice in question.choice_keys]
    return [Column(question.key)]


def columns_of(versions: Sequence[FormInUse]) -> tuple[Column, ...]:
    """The columns of all versions together: each that any of them has, once.

    In the order of the newest version; what only an older one has stands after what came before it there.
    """
    found: list[Column] = []
    for version in sorted(versions, key=lambda one: one.number, reverse=True):
        place = 0
        for column in columns_of_form(version.form):
            if column not in found:
                found.insert(place, column)
            place = found.index(column) + 1
    return tuple(found)


def kept(form: FormDefinition, opened: Mapping[str, Any]) -> dict[str, str | list[str]]:
    """Of what was opened, the answers to questions that have a column, as they were stored."""
    return {
        question.key: opened[question.key]
        for _, question in asked_in(form)
        if question.key in opened
    }


def cells_of(
    columns: Sequence[Column], of_form: Iterable[Column], answers: Mapping[str, str | list[str]]
) -> list[Cell]:
    """One person's cells in the order of the columns; None where their form had no such column, or for no answer.

    `of_form` are the columns of the version that they answered.
    """
    there = set(of_form)
    return [
        _cell(column, answers[column.question])
        if column in there and column.question in answers
        else None
        for column in columns
    ]


def _cell(column: Column, answer: str | list[str]) -> str:
    if column.choice is not None:
        return TICKED if column.choice in answer else NOT_TICKED
    return answer if isinstance(answer, str) else "; ".join(answer)
