"""The wide table of answers to a call: its columns, one union over all versions of the form, and the cells of one row.

Pure and by construction without contact details: only questions of the part `testimony` have a column, so that whatever
else may stand in what is opened has no cell to be in.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
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


class Holds(Enum):
    """What the cells of a column hold: an answer; whether a choice was taken, or which place it got; own words beside
    a choice."""

    ANSWER = "answer"
    TICK = "tick"
    PLACE = "place"
    OWN_WORDS = "own words"


@dataclass(frozen=True, slots=True)
class Said:
    """Words that people read before they answered, and in which versions of the form they stood."""

    versions: tuple[int, ...]
    words: str

    @property
    def where(self) -> str:
        """Like "versions 1, 3"."""
        numbers = ", ".join(map(str, self.versions))
        return f"version {numbers}" if len(self.versions) == 1 else f"versions {numbers}"


def said_in(
    versions: Iterable[FormInUse], words_of: Callable[[FormDefinition], str | None]
) -> tuple[Said, ...]:
    """What all versions say of one thing, each wording once, that of the newest first. People read those of theirs."""
    found: dict[str, list[int]] = {}
    for version in sorted(versions, key=lambda one: one.number, reverse=True):
        if (words := words_of(version.form)) is not None:
            found.setdefault(words, []).insert(0, version.number)
    return tuple(Said(tuple(numbers), words) for words, numbers in found.items())


@dataclass(frozen=True, slots=True)
class Column:
    """One column: a question, one choice of a question that takes several, or the words beside "something else"."""

    question: str
    choice: str | None = None
    holds: Holds = Holds.ANSWER

    @property
    def name(self) -> str:
        """Its heading. No key has a full stop, so two columns never have one name."""
        if self.choice is None:
            return self.question
        end = ".words" if self.holds is Holds.OWN_WORDS else ""
        return f"{self.question}.{self.choice}{end}"

    @property
    def key(self) -> str:
        """Under which its answers are kept (`kept`)."""
        return self.name if self.holds is Holds.OWN_WORDS else self.question


def asked_in(form: FormDefinition) -> Iterable[tuple[Page, Question]]:
    """The questions of a form whose answers are in the table, with the page of each."""
    for page in form.pages:
        for question in page.asked:
            if question.part == PART:
                yield page, question


def numbers_in(form: FormDefinition) -> frozenset[str]:
    """The questions whose answers are whole numbers, to be added up."""
    return frozenset(
        question.key for _, question in asked_in(form) if kind_of(question).takes_bounds
    )


def takes_several(question: Question) -> bool:
    """Whether an answer may be several choices, each of which then has a column."""
    kind = kind_of(question)
    return kind.control == "checkbox" or kind.is_ordered


def own_words_of(question: Question) -> Column | None:
    """The column for the words beside "something else", where the question has such a choice."""
    if question.other is None:
        return None
    return Column(question.key, question.other.key, Holds.OWN_WORDS)


def columns_of_form(form: FormDefinition) -> tuple[Column, ...]:
    """The columns of one version, in the order in which people are asked."""
    return tuple(column for _, question in asked_in(form) for column in _columns(question))


def _columns(question: Question) -> Iterable[Column]:
    if takes_several(question):
        holds = Holds.PLACE if kind_of(question).is_ordered else Holds.TICK
        yield from (Column(question.key, one.key, holds) for one in question.all_choices)
    else:
        yield Column(question.key)
    if (own := own_words_of(question)) is not None:
        yield own


def columns_of(versions: Sequence[FormInUse]) -> tuple[Column, ...]:
    """The columns of all versions together: each that any of them has, once.

    In the order of the newest version; what only an older one has stands after what came before it there.
    """
    found: list[Column] = []
    known: set[Column] = set()
    for version in sorted(versions, key=lambda one: one.number, reverse=True):
        came_after: dict[Column | None, list[Column]] = {}
        before: Column | None = None
        for column in columns_of_form(version.form):
            if column in known:
                before = column
            else:
                known.add(column)
                came_after.setdefault(before, []).append(column)
        found = [
            *came_after.get(None, ()),
            *(each for one in found for each in (one, *came_after.get(one, ()))),
        ]
    return tuple(found)


def kept(form: FormDefinition, opened: Mapping[str, Any]) -> dict[str, str | list[str]]:
    """Of what was opened, the answers to questions that have a column; words beside a choice under a key of their own.

    Everything else is as it was stored.
    """
    found: dict[str, str | list[str]] = {}
    for _, question in asked_in(form):
        if question.key not in opened:
            continue
        answer, own = opened[question.key], own_words_of(question)
        if own is not None and (words := kind_of(question).written(answer, question)):
            found[own.key] = words
            answer = _without_words(question, answer)
        found[question.key] = answer
    return found


def _without_words(question: Question, answer: Sequence[str]) -> str | list[str]:
    codes = [value for value in answer if value in question.choice_keys]
    return codes if takes_several(question) else codes[0]


def cells_of(
    columns: Sequence[Column], of_form: Iterable[Column], answers: Mapping[str, str | list[str]]
) -> list[Cell]:
    """One person's cells in the order of the columns; None where their form had no such column, or for no answer.

    `of_form` are the columns of the version that they answered, `answers` what `kept` made of it.
    """
    there = set(of_form)
    return [
        _cell(column, answers[column.key]) if column in there and column.key in answers else None
        for column in columns
    ]


def _cell(column: Column, answer: str | list[str]) -> Cell:
    if column.holds is Holds.TICK:
        return TICKED if column.choice in answer else NOT_TICKED
    if column.holds is Holds.PLACE:
        # Not 0 for what was given no place: a mean over the column would take it for a place before the first.
        places = {choice: str(place) for place, choice in enumerate(answer, start=1)}
        return places.get(column.choice or "")
    return answer if isinstance(answer, str) else "; ".join(answer)
