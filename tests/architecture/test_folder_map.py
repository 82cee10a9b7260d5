"""The diagram and the folder map in docs/architecture.md are those of the code: a newcomer can rely on them."""

import configparser
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WEBAPP = ROOT / "webapp"
PAGE = (ROOT / "docs" / "architecture.md").read_text()
BLOCKS = re.findall(r"```\n(.*?)```", PAGE, re.DOTALL)
DIAGRAM, ROOMS, FOLDERS = BLOCKS[:3]
ROOMS_OF = {
    "public": "rooms-of-the-public-door",
    "desk": "rooms-of-the-desk",
    "services": "rooms-of-services",
}


def layers(contract: str) -> list[set[str]]:
    """The layers of an import contract, from the top; each a set of what stands beside each other."""
    parser = configparser.ConfigParser(delimiters=("=",))
    parser.read(ROOT / ".importlinter")
    lines = parser[f"importlinter:contract:{contract}"]["layers"].split("\n")
    return [set(line.split(" | ")) for line in lines if line]


def drawn_rooms(door: str) -> list[set[str]]:
    """The layers of a package as the page draws them: `a | b > c`."""
    text = re.search(rf"^{door}:(.*?)(?=^\w+:|\Z)", ROOMS, re.DOTALL | re.MULTILINE)
    assert text
    return [set(re.split(r"\s*\|\s*", one.strip())) for one in text[1].split(">")]


def mapped() -> set[str]:
    """Every path that the folder map names, relative to webapp/; packages end in a slash."""
    found, inside = set(), ""
    for line in FOLDERS.splitlines()[1:]:
        depth = (len(line) - len(line.lstrip())) // 2
        names = line[: 32 if depth < 3 else None].strip()
        names = re.split(r"\s{2,}", names)[0]
        for name in names.split(", "):
            found.add(name if depth == 1 else inside + name)
        if depth == 1:
            inside = names
    return found


def packages(folder: Path) -> set[str]:
    return {f"{path.parent.name}/" for path in folder.glob("*/__init__.py")}


def test_the_diagram_has_the_layers_of_the_contract() -> None:
    # Given the first column of the diagram
    drawn = [set(re.split(r"\s{2,}", line)[0].split(" | ")) for line in DIAGRAM.splitlines()]
    # Then it is what the linter enforces, from the top to the bottom
    assert drawn == layers("shelves")


@pytest.mark.parametrize("door", ROOMS_OF)
def test_the_rooms_are_drawn_as_they_are_enforced(door: str) -> None:
    assert drawn_rooms(door) == layers(ROOMS_OF[door])


def test_the_folder_map_names_every_package_and_nothing_else() -> None:
    named = mapped()
    # Given the packages that there are, two levels deep
    there = packages(WEBAPP)
    for outer in ("public", "desk", "services", "rules"):
        there |= {f"{outer}/{inner}" for inner in packages(WEBAPP / outer)}
    there |= {path.stem for path in WEBAPP.glob("*.py")} - {"__init__"}
    there |= {f"public/{path.stem}" for path in (WEBAPP / "public").glob("*.py")}
    # Then the map has each of them, and nothing that is gone
    assert named == there - {"public/__init__"}


def test_every_package_says_what_it_is() -> None:
    # When the first line of every package's docstring is read
    first = {path: path.read_text().splitlines()[0] for path in WEBAPP.rglob("__init__.py")}
    # Then it is one sentence
    assert [path for path, line in first.items() if not re.match(r'""".{20,}', line)] == []
