"""Filters for templates: days and times in words, codes in groups, texts that say which language they are in."""

from collections.abc import Mapping
from datetime import date

from flask import Flask, g
from flask_babel import format_date
from markupsafe import Markup, escape

from webapp.rules.form_definition import text_in
from webapp.rules.languages import DEFAULT, LANGUAGES
from webapp.ui import times

Text = Mapping[str, str]


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
        times.event_when,
        times.event_day,
        times.event_hours,
    ):
        app.add_template_filter(name_and_filter)


def date_words(day: date) -> str:
    """A day as people say it: 31 July 2026. Never the time."""
    return format_date(day, "d MMMM y")


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
    """Words, escaped, marked with their language when it is not the page's."""
    if language == g.language:
        return escape(words)
    return Markup('<span lang="{}" dir="{}">{}</span>').format(
        language, _direction(language), words
    )


def said_in_paragraphs(text: Text) -> Markup:
    """A longer text: a blank line starts a paragraph. All else in it is shown as it is, never as markup."""
    words, language = text_in(text, g.language)
    marked = Markup("")
    if language != g.language:
        marked = Markup(' lang="{}" dir="{}"').format(language, _direction(language))
    paragraphs = (piece.strip() for piece in words.split("\n\n"))
    return Markup("\n").join(
        Markup("<p{}>{}</p>").format(marked, piece) for piece in paragraphs if piece
    )


def said_in_short(text: Text) -> Markup:
    """The first paragraph of a longer text."""
    words, language = text_in(text, g.language)
    return in_its_language(words.split("\n\n")[0].strip(), language)


def _direction(language: str) -> str:
    return LANGUAGES.get(language, DEFAULT).direction
