"""`docs/threat-model.md` names a test for each row of its table and each line of what a database writer can do."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "threat-model.md"
TESTS = re.compile(r"`(tests/[\w/]+/test_\w+\.py)`")
#: A reason has two words at least.
REASON = re.compile(r"\*\(not tested: \S+ [^)]+\)\*")
HEADING = "| the attacker has |"
LIST = "- The same attacker *can*, without a trace:\n"


def rows(text: str) -> list[str]:
    """The rows of the table of what each attacker gets, without its heading."""
    table = text[text.index(HEADING) :].partition("\n\n")[0]
    return table.splitlines()[2:]


def items(text: str) -> list[str]:
    """The items of the list of what a database writer can do without a trace, each in one line."""
    after = text.partition(LIST)[2]
    listed = re.split(r"^(?! )", after, maxsplit=1, flags=re.MULTILINE)
    inside = listed[0] or listed[1]
    return [" ".join(item.split()) for item in re.split(r"^  - ", inside, flags=re.MULTILINE)[1:]]


def problem_of(line: str) -> str:
    """What is wrong with a line: it has neither a test nor a reason, or a test that is not there."""
    named = TESTS.findall(line)
    missing = [name for name in named if not (ROOT / name).is_file()]
    if missing:
        return f"{missing} are not there"
    return "" if named or REASON.search(line) else "neither a test nor a reason"


def claims() -> list[str]:
    text = PAGE.read_text()
    return [*rows(text), *items(text)]


def test_the_table_and_the_list_are_read_whole() -> None:
    text = PAGE.read_text()

    assert len(rows(text)) >= 12
    assert len(items(text)) >= 10
    assert "running server" in rows(text)[-1]
    assert "counters" in items(text)[-1]


@pytest.mark.parametrize("line", claims(), ids=lambda line: " ".join(line.split()[:8]))
def test_a_claim_names_its_test_or_its_reason(line: str) -> None:
    assert problem_of(line) == ""


def test_what_is_not_tested_has_a_reason_everywhere() -> None:
    text = PAGE.read_text()

    assert "(not tested)" not in text
    # The first is the one that says how it is written.
    assert len(REASON.findall(" ".join(text.split()))) == text.count("(not tested:") - 1


@pytest.mark.parametrize(
    "line",
    [
        "| a thief | all | nothing |",
        "*(not tested)*",
        "*(not tested: why)*",
        "`tests/attacks/test_that_is_not_there.py`",
    ],
)
def test_the_check_finds_what_is_missing(line: str) -> None:
    assert problem_of(line)
