"""Every decision says when it was made and whether it stands, and the index says the same."""

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "decisions"
DECISIONS = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")
NAME = re.compile(r"[0-9]{4}[a-z]?-[a-z0-9-]+\.md")
STATUS = re.compile(
    r"20[0-9]{2}-[01][0-9]-[0-3][0-9], "
    r"(?:accepted|(?:accepted; in part )?superseded by \[(?P<number>[0-9]{4}[a-z]?)\]\((?P<file>[^)]+)\))"
)


def status_of(decision: Path) -> str:
    """The line below the title: a date and a status, in italics."""
    title, _, status, empty, *_ = decision.read_text().splitlines()
    assert title.startswith("# ")
    assert empty == ""
    assert re.fullmatch(r"\*.+\*", status), f"{decision.name} has no status below its title"
    return status.strip("*")


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.name)
def test_a_decision_has_a_date_and_a_status(decision: Path) -> None:
    assert NAME.fullmatch(decision.name)
    # Given the line below its title
    found = STATUS.fullmatch(status_of(decision))
    assert found, f"{decision.name}: write a date, then accepted or superseded by [0000](file)"
    # When it names a later decision, then that one is there and says what it replaces
    if found["file"]:
        assert found["number"] > decision.name[:4]
        assert found["file"].startswith(f"{found['number']}-")
        assert f"ecision {int(decision.name[:4])}" in (FOLDER / found["file"]).read_text()


def test_the_index_lists_each_decision_with_its_date_and_status() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in (FOLDER / "README.md").read_text().splitlines()
        if re.match(r"\| [0-9]", line)
    ]
    listed = [
        (number, *re.findall(r"\]\(([^)]+)\)", title), f"{date}, {status}")
        for number, title, date, status in rows
    ]
    there = [
        (decision.name.partition("-")[0], decision.name, status_of(decision))
        for decision in DECISIONS
    ]
    assert listed == there
