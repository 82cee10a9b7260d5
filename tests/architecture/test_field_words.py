"""The glossary that leads from our words to the field's terms names files that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECTION = "## Our words, and what the field calls them"
PATH = re.compile(r"`([\w./-]+)`")


def rows() -> list[list[str]]:
    """The rows of the glossary: our word, the field's term, what it is, where it is."""
    _, _, section = (ROOT / "docs" / "words.md").read_text().partition(SECTION)
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_a_word_of_ours_has_a_term_of_the_field_and_a_file(row: list[str]) -> None:
    ours, theirs, meaning, where = row
    assert ours and theirs and meaning
    # Then the files in which to begin to read are there
    paths = PATH.findall(where)
    assert paths
    assert [path for path in paths if not (ROOT / path).is_file()] == []


def test_no_word_is_explained_twice() -> None:
    ours = [row[0] for row in rows()]
    assert len(ours) > 30
    assert len(set(ours)) == len(ours)
