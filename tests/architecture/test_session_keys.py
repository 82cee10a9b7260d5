"""Every key that a Visit may hold is listed, and every listed key is used."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from webapp.sessions import keys
from webapp.sessions.keys import KEYS, KeyNotListed, ensure_listed
from webapp.sessions.states import Begun
from webapp.sessions.visit import Visit

WEBAPP = Path(__file__).parents[2] / "webapp"
#: Where code may keep something in a Visit: each door, and what both pass through.
WRITERS = {
    "public": ("public", "web", "sessions", "ui"),
    "desk": ("desk", "web", "sessions"),
}
#: What a correction and the equality questions put before the kinds of a draft.
PREFIXES = ("held-", "after-")


def literals(folder: Path) -> Iterator[str]:
    """Every string in the code of a folder, also the constant pieces of f-strings."""
    for path in folder.rglob("*.py"):
        if path.name != "keys.py":
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def is_written(name: str, found: set[str]) -> bool:
    """Whether code names this key: as it is, with the colon after it, or made of a prefix and a kind."""
    made_of = {name, f"{name}:"} & found
    prefix = next((one for one in PREFIXES if name.startswith(one)), None)
    if prefix is None or made_of:
        return bool(made_of)
    kind = name.removeprefix(prefix)
    return prefix in found and bool({kind, f"{kind}:"} & found)


@pytest.mark.parametrize("door", KEYS)
def test_every_listed_key_is_used(door: keys.Door) -> None:
    # Given every string in the code of a door
    found = {word for folder in WRITERS[door] for word in literals(WEBAPP / folder)}
    # When the inventory is held against it
    unused = {key.name for key in KEYS[door] if not is_written(key.name, found)}
    # Then no key is listed that nothing writes
    assert unused == set()


@pytest.mark.parametrize("door", KEYS)
def test_a_key_is_listed_once_and_says_what_it_holds_and_what_ends_it(door: keys.Door) -> None:
    listed = [(key.name, key.about) for key in KEYS[door]]
    assert len(listed) == len(set(listed))
    assert all(key.holds and key.until for key in KEYS[door])


@pytest.mark.parametrize(
    "key", ["answers", "answers:slug", "anything", "keyring-key", "news:slug", ""]
)
def test_a_visit_refuses_a_key_that_is_not_listed(key: str) -> None:
    # Given a Visit of the public door
    visit = Visit("public")
    visit.state = Begun(b"\0" * 32, 0)
    # When code keeps something under a key of another door, of another shape, or of no inventory
    with pytest.raises(KeyNotListed):
        visit[key] = "value"
    # Then nothing is kept
    assert dict(visit) == {}


def test_a_refusal_does_not_say_which_call() -> None:
    with pytest.raises(KeyNotListed, match=r"^made-up \(public\)$"):
        ensure_listed("public", "made-up:support-needs")


def test_what_is_typed_on_a_page_is_merged_by_page() -> None:
    # Given everything that holds what a participant wrote on one page of a call
    kept = [key for key in KEYS["public"] if key.name in {"answers", "typed", "unsent"}]
    pages = [key for key in kept if key.about[0] == "call"]
    # Then two tabs on two pages lose nothing
    assert len(pages) == 3
    assert all(key.is_merged_by_page for key in pages)
