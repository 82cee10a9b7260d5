"""How long a call's form takes: reckoned from its words, never typed in by hand.

The promise is made to people who read slowly or in a second language, and on a phone: so many words a minute, and
time to choose and to write. It is the longest way to Send, with everything answered: nobody needs longer than they
were told because they had more to say yes to.
"""

from collections.abc import Iterable, Iterator, Mapping
from math import ceil

from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.kinds import kind_of
from webapp.rules.forms.questions import Page, Question
from webapp.rules.forms.texts import FALLBACK_LANGUAGE, text_in

WORDS_A_MINUTE = 120
#: Words of our own on the way: the start, how to leave, the steps, check your answers, permissions, the code. A test
#: walks the way and counts.
OUR_WORDS = 900
#: Minutes are given in fives: the reckoning is no better than that.
STEP = 5


def minutes(form: FormDefinition, language: str = FALLBACK_LANGUAGE) -> int:
    """About how many minutes it takes to read and answer everything before Send, in this language."""
    before = form.asked_before_sending.without_help
    words = sum(len(text.split()) for text in _texts(before, language))
    writing = sum(seconds_to_answer(question) for question in before.questions)
    return max(ceil((words + OUR_WORDS) / WORDS_A_MINUTE / STEP + writing / 60 / STEP), 1) * STEP


def seconds_to_answer(question: Question) -> int:
    """How long it takes to choose or to write an answer, reading not included."""
    return kind_of(question).seconds


def _texts(form: FormDefinition, language: str) -> Iterator[str]:
    # The start says the first paragraph of what it says; the rest is there for who wants to read it.
    start = form.start
    short = (start.who, start.asked, start.readers, start.limits)
    yield from _said((form.title, form.summary), language)
    yield from (text.split("\n\n")[0] for text in _said(short, language))
    for page in form.pages:
        yield from _page(page, language)
    # Check your answers says every question once more.
    yield from _said((question.label for question in form.questions), language)
    yield from _said((wording.text for wording in form.consents), language)


def _page(page: Page, language: str) -> Iterator[str]:
    yield from _said((page.title, page.intro, page.note, page.why), language)
    for question in page.questions:
        yield from _said((question.label, question.hint, question.reason), language)
        yield from _said((choice.label for choice in question.all_choices), language)


def _said(texts: Iterable[Mapping[str, str] | None], language: str) -> Iterator[str]:
    return (text_in(text, language)[0] for text in texts if text)
