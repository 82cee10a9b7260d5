"""Filters for templates: days and times in words, codes in groups, texts that say which language they are in."""

import re
from collections.abc import Mapping
from datetime import date

from flask import Flask, g
from flask_babel import format_date, gettext
from markupsafe import Markup, escape

from webapp.rules.forms.texts import FALLBACK_LANGUAGE, text_in
from webapp.rules.languages.site_languages import DEFAULT, LANGUAGES, language_tag
from webapp.ui import event_time_text

Text = Mapping[str, str]
#: Between the groups of a phone number.
_GAP = re.compile(r"(?<=\d) (?=\d)")
#: A number that can be rung up: with a country's code or a leading zero, a European help line, or one for emergencies.
_PHONE = re.compile(
    r"(?<![\w+])(?:\+\d|0)(?:[ \N{NO-BREAK SPACE}-]?\d){6,13}(?!\w)"
    r"|(?<![\w+])116[ \N{NO-BREAK SPACE}]?\d{3}(?!\w)|(?<![\w+])(?<!\d[.,])(?:999|112)(?![\w.,]*\d)"
)


def init_app(app: Flask) -> None:
    """Give the templates of this application their filters."""
    for name_and_filter in (
        date_words,
        code_groups,
        in_language,
        in_its_language,
        said,
        said_in_paragraphs,
        said_in_short,
        said_further,
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
    """A day as people say it: 31 July 2026. Never the time."""
    return format_date(day, event_time_text.DAYS.get(g.language, event_time_text.DAY))


def code_groups(code: str) -> list[str]:
    """A code as the groups it is read out in."""
    return code.split("-")


def in_language(text: Text) -> str:
    """The words of a text in the page's language or else in English, without saying which."""
    return text_in(text, g.language)[0]


def said(text: Text) -> Markup:
    """The words of a text; where they fell back to English, marked so for screen readers and for direction."""
    words, language = text_in(text, g.language)
    return in_its_language(words, language)


def in_its_language(words: str, language: str) -> Markup:
    """Words, escaped, marked with their language when it is not the page's. Numbers stay in one piece."""
    marked, words = _marked(language), numbers_whole(words)
    return Markup("<span{}>{}</span>").format(marked, words) if marked else escape(words)


def numbers_whole(words: str) -> str:
    """The same, with a space that does not break in a phone number.

    After Arabic letters, groups of digits that are parted by a plain space change places (Unicode's bidirectional
    algorithm, W2 and N1): somebody would ring a wrong number.
    """
    return _GAP.sub("\N{NO-BREAK SPACE}", words)


def said_in_paragraphs(text: Text) -> Markup:
    """A longer text: a blank line starts a paragraph. All else in it is shown as it is, never as markup."""
    return _paragraphs(text, 0)


def said_further(text: Text) -> Markup:
    """What a longer text says after its first paragraph; empty when that is all."""
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
    """Words, escaped, in which every phone number is a link that rings it up. Each stays whole, left to right."""
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
    """What the settings say about help: translated where it is one of `messages.HELP`, else the name that it has."""
    translated = gettext(words)
    if translated != words:
        return escape(translated)
    # Not a text that is missing: an operator's own line stays as it was written.
    return Markup("<span{}>{}</span>").format(_attributes(FALLBACK_LANGUAGE), words)


def fell_back() -> bool:
    """Whether words of this page are in English because there are none in the page's language."""
    return bool(g.get("fell_back"))


def _marked(language: str) -> Markup:
    """The attributes of words that are not in the page's language. It is noted when those words are English."""
    if language != g.language and language == FALLBACK_LANGUAGE:
        g.fell_back = True
    return _attributes(language)


def _attributes(language: str) -> Markup:
    tag = language_tag(language)
    if tag == language_tag(g.language):
        return Markup("")
    direction = LANGUAGES.get(language, DEFAULT).direction
    return Markup(' lang="{}" dir="{}"').format(tag, direction)
