"""Template filters: dates and times in words, codes in groups, texts with a `lang` attribute."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache

from flask import Flask, g
from flask_babel import format_date, gettext
from markupsafe import Markup, escape

from webapp.rules.forms.texts import FALLBACK_LANGUAGE, text_in
from webapp.rules.languages.site_languages import DEFAULT, LANGUAGES, language_tag
from webapp.rules.tell_back import Month
from webapp.ui import event_time_text

Text = Mapping[str, str]
#: Between the groups of a phone number.
_GAP = re.compile(r"(?<=\d) (?=\d)")
#: A dialable number: with a country code or a leading zero, a European help line, or an emergency number.
_PHONE = re.compile(
    r"(?<![\w+])(?:\+\d|0)(?:[ \N{NO-BREAK SPACE}-]?\d){6,13}(?!\w)"
    r"|(?<![\w+])116[ \N{NO-BREAK SPACE}]?\d{3}(?!\w)|(?<![\w+])(?<!\d[.,])(?:999|112)(?![\w.,]*\d)"
)


def init_app(app: Flask) -> None:
    """Register the filters with this application's templates."""
    for name_and_filter in (
        date_words,
        month_words,
        begun,
        code_groups,
        in_language,
        in_its_language,
        said,
        said_in_paragraphs,
        said_in_short,
        said_further,
        isolated,
        of_help,
        to_call,
        language_tag,
        event_time_text.event_when,
        event_time_text.event_day,
        event_time_text.event_hours,
        event_time_text.hours_words,
        event_time_text.days_words,
    ):
        app.add_template_filter(name_and_filter)
    app.add_template_global(fell_back)


def date_words(day: date) -> str:
    """A date in words: 31 July 2026. Never the time."""
    return format_date(day, event_time_text.DAYS.get(g.language, event_time_text.DAY))


def month_words(month: Month) -> str:
    """A month in words: July 2026."""
    pattern = event_time_text.MONTHS.get(g.language, event_time_text.MONTH)
    return format_date(month.first_day, pattern)


def begun(words: str) -> str:
    """The beginning of a sentence, which may be a number in words, like "more than 200"."""
    return words[:1].upper() + words[1:]


def code_groups(code: str) -> list[str]:
    """Split a code into the groups in which it is read out."""
    return code.split("-")


def in_language(text: Text) -> str:
    """The words of a text in the page's language or else in English, without a `lang` attribute."""
    return text_in(text, g.language)[0]


def said(text: Text) -> Markup:
    """The words of a text; a fallback to English has `lang` and `dir` attributes, for screen readers and direction."""
    words, language = text_in(text, g.language)
    return in_its_language(words, language)


def in_its_language(words: str, language: str) -> Markup:
    """Escaped words with `lang` and `dir` where they are not in the page's language, and with unbroken numbers."""
    marked, words = _marked(language), numbers_whole(words)
    return Markup("<span{}>{}</span>").format(marked, words) if marked else escape(words)


def numbers_whole(words: str) -> str:
    """Replace the spaces in phone numbers by no-break spaces.

    After Arabic letters, groups of digits that are separated by a plain space change places (Unicode's bidirectional
    algorithm, W2 and N1), and a reader would ring a wrong number.
    """
    return _GAP.sub("\N{NO-BREAK SPACE}", words)


def said_in_paragraphs(text: Text) -> Markup:
    """A longer text as paragraphs, split at blank lines. All else in it is escaped."""
    return _paragraphs(text, 0)


def said_further(text: Text) -> Markup:
    """A longer text after its first paragraph; empty when there is no more."""
    return _paragraphs(text, 1)


def _paragraphs(text: Text, first: int) -> Markup:
    words, language = text_in(text, g.language)
    pieces = [piece.strip() for piece in words.split("\n\n") if piece.strip()][first:]
    if not pieces:
        return Markup("")
    marked = _marked(language)
    return Markup("\n").join(
        Markup("<p{}>{}</p>").format(marked, to_call(piece)) for piece in pieces
    )


def to_call(words: str) -> Markup:
    """Escaped words in which every phone number is a `tel:` link. Each is unbroken, left to right."""
    words = numbers_whole(words)
    pieces, place = [], 0
    for found in _PHONE.finditer(words):
        number = re.sub(r"[^\d+]", "", found[0])
        link = Markup('<a href="tel:{}" dir="ltr">{}</a>').format(number, found[0])
        pieces += [escape(words[place : found.start()]), link]
        place = found.end()
    return Markup("").join([*pieces, escape(words[place:])])


def said_in_short(text: Text) -> Markup:
    """The first paragraph of a longer text."""
    words, language = text_in(text, g.language)
    return in_its_language(words.split("\n\n")[0].strip(), language)


def of_help(words: str) -> Markup:
    """A configured help line: translated where it is one of `messages.HELP`, else as the operator wrote it."""
    translated = gettext(words)
    if translated != words:
        return escape(translated)
    # Not counted as a fallback to English: an operator's own line has no translation.
    return Markup("<span{}>{}</span>").format(_attributes(FALLBACK_LANGUAGE), words)


def isolated(names: Iterable[str]) -> Markup:
    """Names of organisations in a row, each isolated, so that no direction of letters lets two read as one."""
    return Markup(", ").join(Markup('<bdi lang="en">{}</bdi>').format(name) for name in names)


def fell_back() -> bool:
    """Whether this page used English words as a fallback, so that it can say so."""
    return bool(g.get("fell_back"))


def _marked(language: str) -> Markup:
    """The attributes of words that are not in the page's language. A fallback to English is noted."""
    if language != g.language and language == FALLBACK_LANGUAGE:
        g.fell_back = True
    return _attributes(language)


def _attributes(language: str) -> Markup:
    return _attributes_on_page(language, g.language)


@lru_cache
def _attributes_on_page(language: str, page: str) -> Markup:
    tag = language_tag(language)
    if tag == language_tag(page):
        return Markup("")
    direction = LANGUAGES.get(language, DEFAULT).direction
    return Markup(' lang="{}" dir="{}"').format(tag, direction)
