"""`docs/asvs.md` has one row for each requirement of OWASP ASVS 5.0 level 2, with a test that exists or a reason."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "asvs.md"
#: How many requirements of level 1 and 2 each section of ASVS 5.0.0 has: they are the first ones of each.
LEVEL_2 = {
    "1.1": 2,
    "1.2": 9,
    "1.3": 11,
    "1.4": 3,
    "1.5": 2,
    "2.1": 3,
    "2.2": 3,
    "2.3": 4,
    "2.4": 1,
    "3.2": 2,
    "3.3": 4,
    "3.4": 6,
    "3.5": 5,
    "3.7": 2,
    "4.1": 3,
    "4.2": 1,
    "4.3": 2,
    "4.4": 4,
    "5.1": 1,
    "5.2": 3,
    "5.3": 2,
    "5.4": 3,
    "6.1": 3,
    "6.2": 12,
    "6.3": 4,
    "6.4": 4,
    "6.5": 5,
    "6.6": 3,
    "6.8": 4,
    "7.1": 3,
    "7.2": 4,
    "7.3": 2,
    "7.4": 5,
    "7.5": 2,
    "7.6": 2,
    "8.1": 2,
    "8.2": 3,
    "8.3": 1,
    "8.4": 1,
    "9.1": 3,
    "9.2": 4,
    "10.1": 2,
    "10.2": 2,
    "10.3": 4,
    "10.4": 11,
    "10.5": 5,
    "10.6": 2,
    "10.7": 3,
    "11.1": 2,
    "11.2": 3,
    "11.3": 3,
    "11.4": 4,
    "11.5": 1,
    "11.6": 1,
    "12.1": 3,
    "12.2": 2,
    "12.3": 4,
    "13.1": 1,
    "13.2": 5,
    "13.3": 2,
    "13.4": 5,
    "14.1": 2,
    "14.2": 4,
    "14.3": 3,
    "15.1": 3,
    "15.2": 3,
    "15.3": 7,
    "16.1": 1,
    "16.2": 5,
    "16.3": 4,
    "16.4": 3,
    "16.5": 3,
    "17.1": 1,
    "17.2": 4,
    "17.3": 2,
}
#: Of level 3, set by ourselves.
OURS = {"1.2.10", "2.3.5", "3.4.8", "6.3.8", "6.4.6", "7.5.3", "11.3.4", "14.2.6", "14.2.7"}
REQUIRED = {
    f"{section}.{number}" for section, last in LEVEL_2.items() for number in range(1, last + 1)
} | OURS
VERDICTS = {"met", "not applicable", "deviation"}


def rows() -> list[list[str]]:
    """The cells of each row of the document's tables."""
    lines = DOCUMENT.read_text().splitlines()
    found = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines if line]
    return [cells for cells in found if re.fullmatch(r"\d+\.\d+\.\d+", cells[0])]


@cache
def names_of_tests(path: Path) -> frozenset[str]:
    """The tests that a file defines."""
    nodes = ast.walk(ast.parse(path.read_text()))
    return frozenset(node.name for node in nodes if isinstance(node, ast.FunctionDef))


def problems_of(cells: list[str]) -> list[str]:
    """What is wrong with a row."""
    if len(cells) != 4 or not all(cells) or cells[2] not in VERDICTS:
        return ["it has no number, topic, verdict and evidence"]
    if cells[2] != "met":
        return [] if len(cells[3].split()) >= 3 else ["it has no reason"]
    tests = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", cells[3])
    pages = re.findall(r"\]\(([\w/.-]+)\)", cells[3])
    missing = [name for file, name in tests if not _is_there(file, name)]
    missing += [page for page in pages if not (DOCUMENT.parent / page).is_file()]
    return [f"{one} is not there" for one in missing] or ([] if tests or pages else ["no evidence"])


def _is_there(file: str, name: str) -> bool:
    path = ROOT / file
    return path.is_file() and name in names_of_tests(path)


def test_each_requirement_has_one_row() -> None:
    listed = [cells[0] for cells in rows()]

    assert sorted(listed) == sorted(REQUIRED)


@pytest.mark.parametrize("cells", rows(), ids=lambda cells: cells[0])
def test_a_row_names_its_test_or_its_reason(cells: list[str]) -> None:
    assert problems_of(cells) == []


@pytest.mark.parametrize(
    "cells",
    [
        ["1.1.1", "x", "met", "`tests/architecture/test_asvs.py::test_that_is_not_there`"],
        ["1.1.1", "x", "met", "[x](nothing.md)"],
        ["1.1.1", "x", "met", "we are careful"],
        ["1.1.1", "x", "deviation", "no"],
        ["1.1.1", "x", "perhaps", "we shall see about it"],
    ],
)
def test_the_check_finds_what_is_missing(cells: list[str]) -> None:
    assert problems_of(cells)


def test_the_sums_at_the_top_are_those_of_the_tables() -> None:
    verdicts = [cells[2] for cells in rows()]
    words = " ".join(DOCUMENT.read_text().split())

    assert (
        f"{len(verdicts)} in all: {verdicts.count('met')} met, "
        f"{verdicts.count('not applicable')} not applicable, {verdicts.count('deviation')} deviations"
    ) in words
