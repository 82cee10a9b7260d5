"""What an operator can set or call is written down, and nothing else is read from the environment."""

import ast
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from webapp import cli
from webapp.settings import Mailing, Settings, WrongSetting

ROOT = Path(__file__).parents[2]
MANUAL = ROOT / "docs" / "operating.md"
# Read by the process that starts the others, before there are any settings.
BEFORE_SETTINGS = {"CONFIG"}
HANDED_ON_WHOLE = {
    "webapp/cli/instance.py",  # to Settings, with the instance's own configuration files
    "wsgi.py",  # to Settings
    "webapp/services/opening/opening_pool.py",  # to a process that opens: where programs are, and nothing of ours
    "webapp/services/backup/store_copies.py",  # to PostgreSQL's programs
}


def settings_names() -> set[str]:
    """The name of every setting in the environment; those about mail are kept together."""
    alone = set(Settings.model_fields) - {"mailing"}
    mail = {name.replace("sender", "from") for name in Mailing.model_fields}
    return {name.upper() for name in alone} | {f"MAIL_{name.upper()}" for name in mail}


class Noted(Mapping[str, str]):
    """An environment in which nothing is set, and which remembers what was looked up."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("settings are looked up by their names, never listed")

    def __len__(self) -> int:
        return 0


def names_read() -> set[str]:
    """Every name that is looked up when the settings are read."""
    environ = Noted()
    with suppress(WrongSetting):
        Settings.from_environment(environ)
    return environ.names


def commands() -> list[str]:
    return sorted(cli.MODULE_OF)


@pytest.mark.parametrize("name", sorted(settings_names() | BEFORE_SETTINGS))
def test_every_setting_is_in_the_manual(name: str) -> None:
    assert f"`{name}`" in MANUAL.read_text(), f"docs/operating.md does not explain {name}"


@pytest.mark.parametrize("name", commands())
def test_every_command_is_in_the_manual(name: str) -> None:
    # Then it is there, and says what it does when it is asked for help
    assert f"`{name}`" in MANUAL.read_text(), f"docs/operating.md does not explain {name}"
    assert cli.command(name).help


def test_every_name_that_is_read_is_a_setting() -> None:
    assert names_read() == settings_names() | BEFORE_SETTINGS


def test_nothing_else_reads_the_environment() -> None:
    # Given every module of the service
    found = {}
    for path in [*(ROOT / "webapp").rglob("*.py"), ROOT / "wsgi.py"]:
        lookups = list(environment_lookups(ast.parse(path.read_text())))
        if lookups:
            found[str(path.relative_to(ROOT))] = lookups
    # Then only those look at it that hand it on whole to the settings
    assert set(found) <= HANDED_ON_WHOLE
    # And what they look up themselves is a setting
    looked_up = {name for names in found.values() for name in names if name}
    assert looked_up <= settings_names()


def environment_lookups(tree: ast.AST) -> "list[str | None]":
    """What is looked up in os.environ: a name, or None when it is used whole."""
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    return [
        _name_looked_up(parents.get(node), parents)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "environb")
        if isinstance(node.value, ast.Name) and node.value.id == "os"
    ]


def _name_looked_up(parent: ast.AST | None, parents: dict[ast.AST, ast.AST]) -> str | None:
    call = parents.get(parent) if isinstance(parent, ast.Attribute) else parent
    if isinstance(call, ast.Call) and call.args and isinstance(call.args[0], ast.Constant):
        return str(call.args[0].value)
    if isinstance(call, ast.Subscript) and isinstance(call.slice, ast.Constant):
        return str(call.slice.value)
    return None
