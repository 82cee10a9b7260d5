"""What an operator can set or call is written down, and nothing else is read from the environment."""

import ast
import dataclasses
import re
from pathlib import Path

import click
import pytest

from webapp.cli import main
from webapp.settings import Mailing, Settings

ROOT = Path(__file__).parents[2]
MANUAL = ROOT / "docs" / "operating.md"
# Read by the process that starts the others, before there are any settings.
BEFORE_SETTINGS = {"CONFIG"}
NAME = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*")
HANDED_ON_WHOLE = {
    "webapp/cli/instance.py",  # to Settings, with the instance's own configuration files
    "wsgi.py",  # to Settings
}


def settings_names() -> set[str]:
    """The name of every setting in the environment; those about mail are kept together."""
    alone = {field.name for field in dataclasses.fields(Settings)} - {"mailing"}
    mail = {field.name.replace("sender", "from") for field in dataclasses.fields(Mailing)}
    return {name.upper() for name in alone} | {f"MAIL_{name.upper()}" for name in mail}


def names_read() -> set[str]:
    """Every name that settings/schema.py looks up in its values."""
    tree = ast.parse((ROOT / "webapp" / "settings" / "schema.py").read_text())
    texts = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {text for text in texts if NAME.fullmatch(text) and len(text) > 3}


def commands() -> list[str]:
    assert isinstance(main, click.Group)
    return sorted(main.commands)


@pytest.mark.parametrize("name", sorted(settings_names() | BEFORE_SETTINGS))
def test_every_setting_is_in_the_manual(name: str) -> None:
    assert f"`{name}`" in MANUAL.read_text(), f"docs/operating.md does not explain {name}"


@pytest.mark.parametrize("name", commands())
def test_every_command_is_in_the_manual(name: str) -> None:
    # Then it is there, and says what it does when it is asked for help
    assert f"`{name}`" in MANUAL.read_text(), f"docs/operating.md does not explain {name}"
    assert main.commands[name].help


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
