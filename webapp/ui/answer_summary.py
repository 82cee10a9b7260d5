"""Summary of answers ("check your answers"), read back to the participant who gave them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from flask import g
from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString
from markupsafe import Markup

from webapp.rules.forms.kinds import Answer, Option, kind_of
from webapp.rules.forms.questions import PART_OF_SECTION, Page, PartName, Question, SectionName
from webapp.ui.filters import date_words, in_its_language
from webapp.ui.messages import naming, words_for

HEADINGS: Mapping[SectionName, LazyString] = {
    "call": lazy_gettext("What you told us"),
    "contact": lazy_gettext("How to reach you"),
    "equality": lazy_gettext("More about you"),
}


@dataclass(frozen=True)
class Row:
    """One question with its answer as display text; None when it was left out."""

    question: Mapping[str, str]
    answer: Markup | str | None


@dataclass(frozen=True)
class Topic:
    """The answers of one page, with the address to change them or the key that a button submits."""

    rows: list[Row]
    title: Mapping[str, str] | None = None
    change: str | None = None
    page: str | None = None

    @property
    def all_left_out(self) -> bool:
        """Whether the whole page was left out, so that it is said once and not for each question."""
        return bool(self.rows) and all(row.answer is None for row in self.rows)


@dataclass(frozen=True)
class Section:
    """Topics of one section, and the end of their retention period where it is known."""

    heading: str
    topics: list[Topic]
    due_on: date | None


def read_back(
    pages: Iterable[Page],
    answers: Mapping[str, Answer],
    *,
    change: Callable[[Page], str] | None = None,
    due_on: Mapping[PartName, date] | None = None,
    buttons: bool = False,
) -> Iterator[Section]:
    """Summarise the pages' questions and answers, in sections. Without `change`, only those with answers are listed.

    `buttons`: each topic has a button to change it, which submits its page's key; a form must be around it.
    """
    pages = list(pages)
    for section, heading in HEADINGS.items():
        asked = [page for page in pages if page.section == section]
        if change:
            topics = [Topic(list(_rows(page, answers)), page.title, change(page)) for page in asked]
        else:
            topics = [_answered(page, answers, button=buttons) for page in asked]
        if topics:
            yield Section(str(heading), topics, (due_on or {}).get(PART_OF_SECTION[section]))


def _answered(page: Page, answers: Mapping[str, Answer], *, button: bool) -> Topic:
    given = [row for row in _rows(page, answers) if row.answer is not None]
    return Topic(given, page.title, page=page.key if button else None)


def _rows(page: Page, answers: Mapping[str, Answer]) -> Iterator[Row]:
    for question in page.asked:
        answer = answers.get(question.key)
        yield Row(question.label, None if answer is None else in_words(question, answer))


def in_words(
    question: Question,
    answer: Answer,
    language: str | None = None,
    written_in: str | None = None,
) -> Markup | str:
    """Format an answer for display: in the language of this request, or its choices in another that is given.

    Choices that are not in the page's language have a `lang` attribute, and so have own words beside them if the
    language is given in which they were written.
    """
    kind = kind_of(question)
    picked = kind.chosen(answer, question, language or g.language)
    if picked and kind.is_ordered:
        return Markup("\n").join(
            Markup("{}. {}").format(number, option_words(option))
            for number, option in enumerate(picked, start=1)
        )
    if picked:
        own = kind.written(answer, question)
        other = question.other.key if question.other and own else None
        return Markup("\n").join(
            naming(option_words(option), _own(own, written_in))
            if option.value == other
            else option_words(option)
            for option in picked
        )
    shown = kind.show(answer, question, language or g.language)
    return date_words(date.fromisoformat(shown)) if kind.shows_day else shown


def _own(words: str, language: str | None) -> Markup:
    marked = in_its_language(words, language) if language else words
    return Markup("<bdi>{}</bdi>").format(marked)


def option_words(option: Option) -> Markup | str:
    """The label of an option, with a `lang` attribute where it is not in the page's language."""
    if option.message_key:
        return words_for(option.message_key)
    return in_its_language(option.text, option.language)
