"""A release is numbered in one place, and its section, its instance and its order of restarts are where they belong."""

import re
import tomllib
from pathlib import Path

from click.testing import CliRunner

from tests.earlier_releases import EARLIER
from webapp.cli import main, upgrading
from webapp.release import VERSION

ROOT = Path(__file__).parents[2]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
SECTION = re.compile(r"^## (\d+\.\d+\.\d+)\n", re.MULTILINE)
RESTART = re.compile(r"^ +(systemctl restart .*)$", re.MULTILINE)


def test_the_number_is_that_of_the_newest_section_and_stands_nowhere_else() -> None:
    assert SECTION.findall(CHANGELOG)[0] == VERSION
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "version" not in project
    assert "version" in project["dynamic"]
    assert CliRunner().invoke(main, ["--version"]).output == f"Hearth {VERSION}\n"


def test_each_section_begins_with_what_operators_must_do() -> None:
    pieces = SECTION.split(CHANGELOG)
    for number, text in zip(pieces[1::2], pieces[2::2], strict=True):
        first = re.search(r"^### (.+)$", text, re.MULTILINE)
        assert first, number
        assert first.group(1) == "For operators", number


def test_each_release_before_this_one_left_an_instance() -> None:
    assert {one for one in SECTION.findall(CHANGELOG) if one != VERSION} <= set(EARLIER)


def test_the_manual_restarts_in_the_order_that_the_command_says() -> None:
    _, _, manual = (ROOT / "docs" / "operating.md").read_text().partition("## Upgrade\n")
    assert RESTART.findall(manual.partition("\n## ")[0]) == RESTART.findall(upgrading.RESTART)
