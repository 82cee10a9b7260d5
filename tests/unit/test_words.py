"""Our own words, in English: plain enough, short enough, and all of ours that a participant may meet."""

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from tests.readability import grade, long_sentences, plain, sentences, words_in

ROOT = Path(__file__).parents[2]
#: Whatever a participant may be shown; the desk speaks to people at work.
PLACES = {
    "pages": "templates/public",
    "errors": "templates/errors",
    "parts of pages": "templates/components",
    "layouts": "templates/layouts",
    "messages": "webapp/ui",
}
#: What people at work read; it is not translated.
DESK = {"desk's pages": "templates/desk", "desk's messages": "webapp/desk"}
METHODS = [("**.html", "jinja2"), ("**.py", "python")]
KEYWORDS = dict.fromkeys(("_", "gettext", "lazy_gettext")) | {"ngettext": (1, 2)}
OPTIONS = {"**.html": {"silent": "false", "trim_blocks": "true", "lstrip_blocks": "true"}}
HIGHEST_GRADE = 5.5
LONGEST_SENTENCE = 25
#: A text of few words has no grade that means much.
FEWEST_WORDS = 12


@cache
def texts(place: str) -> tuple[str, ...]:
    """The English texts of one place, without markup and placeholders, as they stand in the catalogue."""
    found = extract_from_dir(
        ROOT / (PLACES | DESK)[place],
        method_map=METHODS,
        options_map=OPTIONS,
        keywords=KEYWORDS,
        comment_tags=(),
        strip_comment_tags=True,
    )
    said = [message for _, _, message, _, _ in found]
    return tuple(dict.fromkeys(plain(one) for one in said if isinstance(one, str)))


def everything() -> list[str]:
    return [one for place in PLACES for one in texts(place)]


@pytest.mark.parametrize("place", PLACES | DESK)
def test_all_of_it_was_found(place: str) -> None:
    # Then the measure below is of something: nothing reads easier than no words
    assert len(texts(place)) >= 5


def test_our_words_can_be_read_at_the_age_of_nine_or_ten() -> None:
    assert grade(everything()) <= HIGHEST_GRADE


@pytest.mark.parametrize("place", PLACES)
def test_so_can_those_of_each_place(place: str) -> None:
    assert grade(texts(place)) <= HIGHEST_GRADE


def test_no_sentence_is_long() -> None:
    assert long_sentences(everything(), LONGEST_SENTENCE) == []


def test_no_text_is_much_harder_than_the_rest() -> None:
    hard = {
        one: round(grade([one]), 1)
        for one in everything()
        if len(words_in(one)) >= FEWEST_WORDS and grade([one]) > HIGHEST_GRADE + 3
    }
    assert hard == {}


@pytest.mark.parametrize(
    "word",
    [
        "submission", "submit", "participant", "invalid", "please note", "e.g.", "i.e.", "via",
        "data subject", "GDPR", "victim", "survivor", "error", "oops", "click", "login", "sign up",
    ],
)  # fmt: skip
def test_words_of_offices_and_computers_are_not_ours(word: str) -> None:
    met = [one for one in everything() if re.search(rf"\b{re.escape(word)}\b", one, re.I)]
    assert met == []


def test_no_reader_is_blamed() -> None:
    # Then no sentence says that the reader failed
    blaming = re.compile(r"\byou (must|failed|forgot|did not (?!do|ask|want|say))", re.I)
    met = [one for text in everything() for one in sentences(text) if blaming.search(one)]
    assert met == []


def test_texts_are_spelt_the_british_way() -> None:
    american = re.compile(r"\b(organiz|recogniz|color|center|email\b|apologiz|analyz|favor)", re.I)
    assert [one for one in everything() if american.search(one)] == []


@pytest.mark.parametrize("place", DESK)
def test_the_desk_says_registration(place: str) -> None:
    # Then only what registrants have, and call so themselves, is a booking there: their page and their code
    booking = re.compile(r"\bbook(?!ing (page|code)\b)(s|ed|ings?)?\b", re.I)
    assert [one for one in texts(place) if booking.search(one)] == []
