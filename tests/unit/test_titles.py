"""Titles tell pages apart: in tabs, in the history, to a screen reader's user. None says what it is about."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from tests.pages import NEUTRAL_TITLES
from webapp.ui.answer_summary import HEADINGS

TEMPLATES = Path(__file__).parents[2] / "templates"
DOORS = {"public": ("public", "errors"), "desk": ("desk",)}
TITLE = re.compile(r"{% block (?:title|step) %}(.*?){% endblock %}", re.DOTALL)
SAID = re.compile(r"_\(\s*'([^']*)'")
AGAIN = "Please look again"
#: Titles that several templates of one door share on purpose.
SHARED: dict[str, set[str]] = {
    "Poster": {"desk/poster_call.html", "desk/poster_event.html"},
    # To a visitor it is one thing: our files cannot be opened now, for whatever reason.
    "Please come back soon": {"errors/503.html", "errors/row_forged.html", "public/own_false.html"},
    # One message: what is stored is not as we wrote it.
    "Please stop": {"desk/row_forged.html", "desk/not_as_written.html"},
}
#: Pages with no title of their own: the home page has the site's name, a page of questions has its number (walked
#: through in tests/integration/public/test_titles.py), and some are parts of others.
WITHOUT = {
    "public/home.html",
    "public/page.html",
    "public/check_more.html",
    "desk/errors/frame.html",
    "desk/registration_change.html",
    "desk/caller_act.html",
}


def titles(template: Path) -> set[str]:
    """The titles that a template may give its page, the mark of mistakes aside."""
    return {
        words
        for block in TITLE.findall(template.read_text())
        for words in SAID.findall(block)
        if words != AGAIN
    }


def pages(door: str) -> dict[str, Path]:
    """Every template of a door that is a page or a document."""
    found = [path for folder in DOORS[door] for path in (TEMPLATES / folder).rglob("*.html")]
    by_name = {path.relative_to(TEMPLATES).as_posix(): path for path in found}
    return {
        name: path
        for name, path in by_name.items()
        if name not in WITHOUT
        and ("{% extends" in path.read_text() or "<title>" in path.read_text())
    }


@pytest.mark.parametrize("door", DOORS)
def test_no_two_pages_share_a_title(door: str) -> None:
    by_title = defaultdict(set)
    there = pages(door)
    for name, path in there.items():
        for title in titles(path) or document_titles(path):
            by_title[title].add(name)
    shared = {title: names for title, names in by_title.items() if len(names) > 1}
    assert shared == {title: names for title, names in SHARED.items() if names <= there.keys()}


@pytest.mark.parametrize("door", DOORS)
def test_every_page_has_a_title_of_its_own(door: str) -> None:
    untitled = [
        name for name, path in pages(door).items() if not (titles(path) or document_titles(path))
    ]
    assert untitled == []


def test_the_list_of_neutral_titles_has_no_words_that_no_page_uses() -> None:
    used = {str(heading) for heading in HEADINGS.values()} | {"Hearth"}
    used |= set(SAID.findall((TEMPLATES / "components" / "place.html").read_text()))
    for door in DOORS:
        for path in pages(door).values():
            used |= titles(path) | document_titles(path)
    assert used >= NEUTRAL_TITLES


def document_titles(template: Path) -> set[str]:
    """The title of a document that is no page of the site."""
    return set(re.findall(r"<title>{{ _\('([^']*)'\) }}</title>", template.read_text()))
