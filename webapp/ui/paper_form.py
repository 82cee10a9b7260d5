"""A form definition as a printed form: an instruction for each question, boxes to tick, lines to write on, skip rules.

No kind of question is named here: each declares its instruction, its boxes and how many lines it needs.
"""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask import g
from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString
from markupsafe import Markup

from webapp.rules.forms.form_definition import Form
from webapp.rules.forms.kinds import kind_of
from webapp.rules.forms.questions import Condition, Page, Question, SectionName, Stop
from webapp.rules.references import CHARACTERS
from webapp.ui import answer_summary
from webapp.ui.answer_summary import option_words
from webapp.ui.filters import said
from webapp.ui.messages import words_for

#: Headings over sections of a blank form.
HEADINGS: Mapping[SectionName, LazyString] = {
    **answer_summary.HEADINGS,
    "call": lazy_gettext("Our questions"),
}


#: 17 million marks: by the birthday bound, a hundred printed forms share one with a probability of 1 in 3,400.
MARK_CHARACTERS = 5
#: The number of columns, by the longest label in letters.
COLUMNS = ((3, 22), (2, 42))


@dataclass(frozen=True)
class DigitBoxes:
    """A box for each digit of one input of an answer, like the day of a date."""

    label: str
    count: int


@dataclass(frozen=True)
class OnPaper:
    """One question on paper. `number` and `how` (the instruction) are None where it cannot be answered."""

    number: int | None
    question: Question
    how: str | None
    boxes: list[Markup | str]
    #: What stands above a line for an answer that has no box.
    own_line: Markup | None
    digits: list[DigitBoxes]
    lines: int

    @property
    def columns(self) -> int:
        """The number of columns of boxes. Labels that are longer than their column wrap in it."""
        longest = max((len(_seen(box)) for box in self.boxes), default=0)
        return next((count for count, room in COLUMNS if longest <= room), 1)


@dataclass(frozen=True)
class Sheet:
    """The questions of one page, the skip rule before them, and the stops."""

    page: Page
    only_if: str | None
    asked: list[OnPaper]
    stop_if: str | None


def sheets(form: Form) -> Iterator[Sheet]:
    """Every page of a form, in order, with its questions numbered through."""
    numbers = _numbers(form)
    for page in form.pages:
        yield Sheet(
            page,
            _only_if(form, page.when, numbers) if page.when else None,
            [_on_paper(question, numbers) for question in page.questions],
            _stop_if(form, page.stop, numbers) if page.stop else None,
        )


def _numbers(form: Form) -> dict[str, int]:
    return {question.key: number for number, question in enumerate(form.questions, start=1)}


def _on_paper(question: Question, numbers: Mapping[str, int]) -> OnPaper:
    kind = kind_of(question)
    return OnPaper(
        numbers.get(question.key),
        question,
        how=words_for(kind.paper) if kind.paper else None,
        boxes=_boxes(question),
        own_line=said(question.other.ask) if question.other else None,
        digits=[DigitBoxes(words_for(one.label), one.digits) for one in kind.inputs],
        lines=kind.lines_on_paper(question),
    )


def _boxes(question: Question) -> list[Markup | str]:
    """What stands beside the boxes of a question: one to tick for each choice, or one for the number of each."""
    kind = kind_of(question)
    ranked: list[Markup | str] = [
        said(one.choice) for one in kind.inputs_of(question) if one.choice
    ]
    return ranked or [option_words(option) for option in kind.options(question, g.language)]


def _only_if(form: Form, when: Condition, numbers: Mapping[str, int]) -> str:
    said = {"choices": _picked(form, when), "number": numbers[when.question]}
    if when.or_skipped:
        return gettext(
            "Only if you ticked %(choices)s in question %(number)s, or left it out.", **said
        )
    return gettext("Only if you ticked %(choices)s in question %(number)s.", **said)


def _stop_if(form: Form, stop: Stop, numbers: Mapping[str, int]) -> str:
    return gettext(
        "If you ticked %(choices)s in question %(number)s:",
        choices=_picked(form, stop),
        number=numbers[stop.question],
    )


def _picked(form: Form, rule: Condition | Stop) -> str:
    question = form.question(rule.question)
    options = kind_of(question).options(question, g.language)
    picked = [
        words_for(option.message_key) if option.message_key else option.text
        for option in options
        if option.value in rule.is_any
    ]
    return gettext(" or ").join(f"“{words}”" for words in picked)


def _seen(words: Markup | str) -> str:
    return words.striptags() if isinstance(words, Markup) else words


def new_mark() -> str:
    """A random mark for the sheets of one print, so that loose sheets of two participants are not mixed up.

    It is stored nowhere and links to nothing, so it tells a finder nothing. It has the letters of a reference in
    another format, so that the two are not confused.
    """
    return "".join(secrets.choice(CHARACTERS) for _ in range(MARK_CHARACTERS))
