"""Every file that the documentation names is there: a reader who follows a name finds something."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
PATH = re.compile(r"`([\w./@-]+\.(?:py|md))`")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")
#: Where a path may begin beside the page itself: at the top, or in the package, whose name the text may leave out.
STARTS = (ROOT, ROOT / "webapp")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_is_named_is_there(page: Path) -> None:
    # Given a page of the documentation
    text = page.read_text()
    # When every path in it is looked up, and every link that stays in the house
    paths = [name for name in PATH.findall(text) if not is_there(name, page)]
    links = [to for to in LINK.findall(text) if "://" not in to and not (page.parent / to).exists()]
    # Then none leads nowhere
    assert paths == []
    assert links == []


def is_there(name: str, page: Path) -> bool:
    return any((start / name).is_file() for start in (*STARTS, page.parent))


def test_names_and_links_are_seen() -> None:
    # Then the patterns find what they are meant to: the test above would pass on nothing, too
    assert PATH.findall("in `webapp/web/guards.py` and `docs/words.md`") == [
        "webapp/web/guards.py",
        "docs/words.md",
    ]
    assert LINK.findall("[a](words.md) [b](words.md#seat)") == ["words.md", "words.md"]


def test_each_row_of_what_to_do_when_stands_alone() -> None:
    # Given the table that a person reads in an emergency, one row of it
    text = (ROOT / "docs" / "keys.md").read_text()
    table = text.partition("## What to do when")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    assert len(rows) > 15
    # Then none leans on the row above, where another one may stand tomorrow
    for row in rows:
        assert not [cell for cell in row if re.match(r"(the same|as above|see above)\b", cell)], row
    # And each place that it leads to is on the page
    headings = {
        re.sub(r"[^\w -]", "", line.lower()) for line in re.findall(r"^#+ (.+)", text, re.M)
    }
    assert {heading.replace(" ", "-") for heading in headings} >= {
        *re.findall(r"\(#([^)]+)\)", table)
    }
