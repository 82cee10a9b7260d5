"""docs/how-to-add.md is true: its sections are there, and every file, folder and test that it names exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to-add.md").read_text()
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
PATH = re.compile(r"`((?:\.?[\w-]+/)+[\w.-]*)`")
#: Names in capitals and names of functions: they stand in a file that the same section names.
NAME = re.compile(r"`([A-Z][A-Z_]{3,}|test_\w+|_\w+)`")
WHAT = {
    "A question kind",
    "A mail kind",
    "A role",
    "A language",
    "A consent purpose",
    "An audited act",
    "A column at the desk",
    "A page of the public door",
    "A setting",
    "A worker chore",
}


def paths(section: str) -> list[Path]:
    """The files and folders that a section names."""
    return [ROOT / name for name in PATH.findall(section)]


def test_there_is_a_section_for_each_change() -> None:
    assert set(SECTIONS) == WHAT


@pytest.mark.parametrize("section", SECTIONS.values(), ids=SECTIONS)
def test_a_section_lists_files_in_order_and_the_test_that_fails(section: str) -> None:
    assert "\n1. " in section
    _, _, fails = section.partition("Fails until complete: ")
    # Then a test is named, and another reader finds it
    assert [path for path in paths(fails) if path.is_relative_to(ROOT / "tests")]


def test_every_file_and_folder_that_is_named_is_there() -> None:
    named = paths(PAGE)
    assert len(named) > 60
    assert [str(path.relative_to(ROOT)) for path in named if not path.exists()] == []


@pytest.mark.parametrize("section", SECTIONS.values(), ids=SECTIONS)
def test_every_name_of_a_list_is_in_a_file_of_its_section(section: str) -> None:
    said = "\n".join(path.read_text() for path in paths(section) if path.suffix == ".py")
    assert [name for name in NAME.findall(section) if not re.search(rf"\b{name}\b", said)] == []
