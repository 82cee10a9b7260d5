"""Estimated completion time of a call's form, computed from its words and never configured.

It is a promise to people who read slowly or in a second language, and on a phone: words a minute, and time to choose
and to write. It is computed for the longest route, with everything answered, so that no participant needs longer than
announced.
"""

from collections.abc import Iterable, Iterator, Mapping
from math import ceil

from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.kinds import kind_of
from webapp.rules.forms.questions import Page, Question
from webapp.rules.forms.texts import FALLBACK_LANGUAGE, text_in

WORDS_A_MINUTE = 120
#: The words of our own pages on the way: the start, how to leave, the steps, check your answers, permissions, the code.
#: A test walks through them and counts.
OUR_WORDS = 900
#: Minutes are rounded to fives: the estimate is no more precise than that.
STEP = 5


def minutes(form: FormDefinition, language: str = FALLBACK_LANGUAGE) -> int:
    """The estimated minutes to read and answer everything before submission, in this language."""
    before = form.asked_before_sending.without_help
    words = sum(len(text.split()) for text in _texts(before, language))
    writing = sum(seconds_to_answer(question) for question in before.questions)
    return max(ceil((words + OUR_WORDS) / WORDS_A_MINUTE / STEP + writing / 60 / STEP), 1) * STEP


def seconds_to_answer(question: Question) -> int:
    """The estimated seconds to choose or write an answer, without reading the question."""
    return kind_of(question).seconds


def _texts(form: FormDefinition, language: str) -> Iterator[str]:
    # The start page shows the first paragraph of each text; the rest is optional reading.
    start = form.start
    short = (start.who, start.asked, start.readers, start.limits)
    yield from _said((form.title, form.summary), language)
    yield from (text.split("\n\n")[0] for text in _said(short, language))
    for page in form.pages:
        yield from _page(page, language)
    # "Check your answers" repeats every question.
    yield from _said((question.label for question in form.questions), language)
    yield from _said((wording.text for wording in form.consents), language)


def _page(page: Page, language: str) -> Iterator[str]:
    yield from _said((page.title, page.intro, page.note, page.why), language)
    for question in page.questions:
        yield from _said((question.label, question.hint, question.reason), language)
        yield from _said((choice.label for choice in question.all_choices), language)
        yield from _said((question.other.ask if question.other else None,), language)


def _said(texts: Iterable[Mapping[str, str] | None], language: str) -> Iterator[str]:
    return (text_in(text, language)[0] for text in texts if text)
