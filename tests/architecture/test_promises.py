"""What our pages promise is listed in `docs/promises.md`, whole, and each promise names the tests that keep it."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.promised import ROOT, all_sentences, speaks

DOCUMENT = ROOT / "docs" / "promises.md"
#: Where the files of the "where" column stand.
FOLDERS = ("templates/", "webapp/content/", "")
WITH_TESTS, KEPT_BY_PEOPLE, NOTHING = (
    "sentence | where | test",
    "sentence | where | who",
    "sentence | why",
)


@cache
def rows(heading: str) -> list[list[str]]:
    """The rows of every table of the document with this heading."""
    found, inside = [], False
    for line in DOCUMENT.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split(" | ")]
        if " | ".join(cells) == heading:
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and not line.startswith("| ---"):
            found.append(cells)
    return found


def listed() -> list[str]:
    return [row[0] for heading in (WITH_TESTS, KEPT_BY_PEOPLE, NOTHING) for row in rows(heading)]


def unlisted(sentences: list[str]) -> list[str]:
    """Those of these sentences that may promise something and stand nowhere in the document."""
    known = set(listed())
    return [one for one in sentences if speaks(one) and one not in known]


@cache
def names_of_tests(path: Path) -> frozenset[str]:
    """The tests that a file defines."""
    nodes = ast.walk(ast.parse(path.read_text()))
    names = (node.name for node in nodes if isinstance(node, ast.FunctionDef))
    return frozenset(name for name in names if name.startswith("test_"))


def test_every_sentence_that_is_listed_stands_on_a_page() -> None:
    said = all_sentences()
    assert [one for one in listed() if one not in said] == []


@pytest.mark.parametrize("heading", [WITH_TESTS, KEPT_BY_PEOPLE])
def test_it_stands_where_the_document_says(heading: str) -> None:
    said = all_sentences()
    for sentence, where, _ in rows(heading):
        for place in where.split(", "):
            assert any(f"{folder}{place.strip('`')}" in said[sentence] for folder in FOLDERS), (
                sentence,
                place,
            )


def test_every_promise_names_tests_that_exist() -> None:
    for sentence, _, named in rows(WITH_TESTS):
        tests = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", named)
        assert tests, f"no test: {sentence}"
        assert len(tests) == named.count("::"), named
        for path, name in tests:
            assert name in names_of_tests(ROOT / path), f"{path}::{name}"


def test_no_sentence_that_may_promise_something_is_left_out() -> None:
    # When a developer writes a new one: list it with the test that makes it true, or say that it promises nothing.
    assert unlisted(list(all_sentences())) == []


def test_none_is_listed_twice() -> None:
    assert len(listed()) == len(set(listed()))


def test_what_promises_nothing_says_why() -> None:
    assert [row for row in rows(NOTHING) + rows(KEPT_BY_PEOPLE) if len(row[-1]) < 5] == []


@pytest.mark.parametrize(
    "sentence",
    [
        "We keep your name for a year.",
        "It is stored on another computer.",
        "Your answers are deleted tonight.",
        "We erase them.",
        "We destroy the paper.",
        "Your words are gone.",
        "We send it to nobody.",
        "Nothing is sent.",
        "Your part is locked.",
        "A stranger reads it.",
        "Nothing you wrote is lost.",
        "We e-mail you once.",
        "We remember you.",
        "It is recorded.",
        "We set no cookie!",
        "We look up nothing.",
        "It cannot hide that.",
        "We keep “this.”",
        "Do we keep it?",
    ],
)
def test_a_new_promise_would_be_missed(sentence: str) -> None:
    assert unlisted([sentence]) == [sentence]


def test_sentences_are_found_in_every_place_that_says_something() -> None:
    # Then the measure above is of something: pages, mails, messages and the demo's own words are all searched
    found = {
        place
        for sentence, places in all_sentences().items()
        if speaks(sentence)
        for place in places
    }
    for place in (
        "templates/public/privacy.html",
        "templates/errors/413.html",
        "templates/components/leaving.html",
        "templates/layouts/script.html",
        "templates/emails/confirmation/body.txt",
        "webapp/ui/messages.py",
        "webapp/content/support-needs.json",
        "webapp/content/small-group.json",
    ):
        assert place in found
    assert not [place for place in found if "desk" in place]
    assert len([one for one in all_sentences() if speaks(one)]) > 250


def test_a_plural_and_a_text_of_two_sentences_are_found_whole() -> None:
    said = all_sentences()
    assert "We could not keep the last %(cut)s letters" in said
    assert "We delete it." not in said
    assert {
        "We only check it and do not keep it.",
        "Then you know that your copy is right.",
    } <= set(said)


def test_the_manual_says_how_long_keys_may_stay_in_backups() -> None:
    # Given that pages say when a deleted part can no longer be read by anyone
    assert "After 7 days at most, nobody can read it, not even us." in all_sentences()
    # Then operators are told to keep copies of the keys no longer
    for page in ("operating.md", "threat-model.md"):
        told = " ".join((ROOT / "docs" / page).read_text().split())
        assert re.search(r"seven days at most", told), page
