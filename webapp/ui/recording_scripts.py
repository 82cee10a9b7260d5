"""Scripts for audio recordings: the fixed texts of a page, in the order in which they are read out."""

from collections.abc import Iterator, Mapping

from webapp.rules.events.event_definition import EventDefinition
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.kinds import kind_of
from webapp.rules.forms.questions import Page, Question
from webapp.rules.forms.texts import text_in
from webapp.ui.messages import words_for


def page_aloud(page: Page, language: str) -> Iterator[str]:
    """The script of a question page: its title, its introduction, and its questions with their hints and choices."""
    yield from _said((page.title, page.intro, page.note, page.why), language)
    for question in page.questions:
        yield from _question_aloud(question, language)


def _question_aloud(question: Question, language: str) -> Iterator[str]:
    yield from _said((question.label, question.hint, question.reason), language)
    if question.other:
        yield from _said((question.other.ask,), language)
    for option in kind_of(question).options(question, language):
        yield words_for(option.message_key) if option.message_key else option.text


def call_aloud(form: FormDefinition, language: str) -> Iterator[str]:
    """The script of a call's start page, without the texts that all start pages share."""
    start = form.start
    texts = (
        form.title, form.summary, start.who, start.asked, start.readers, start.payment,
        start.limits, start.support, start.other_ways,
    )  # fmt: skip
    return _said(texts, language)


def event_aloud(event: EventDefinition, language: str) -> Iterator[str]:
    """The script of an event's page, without the texts that all event pages share."""
    texts = (
        event.title, event.summary, event.audience, event.how, event.host, event.payment,
        event.readers, event.kept,
    )  # fmt: skip
    return _said(texts, language)


def _said(texts: tuple[Mapping[str, str] | None, ...], language: str) -> Iterator[str]:
    return (text_in(text, language)[0] for text in texts if text)
