"""Lazy loading of commands: each is where the table says, and what runs beside the servers holds no application."""

import subprocess
import sys

import pytest

from webapp import cli


@pytest.mark.parametrize("name", sorted(cli.MODULE_OF))
def test_every_command_is_in_its_module(name: str) -> None:
    assert cli.command(name).name == name
    assert cli.main.get_command(None, name) is cli.command(name)  # type: ignore[arg-type]


def test_no_module_has_a_command_that_the_table_lacks() -> None:
    for module, names in cli.MODULES.items():
        cli.command(names[0])
        here = sys.modules[f"webapp.cli.{module}"].COMMANDS
        assert {one.name for one in here} == set(names)


def test_what_runs_beside_the_servers_holds_no_application() -> None:
    # When a process has the modules of the supervisor and of the mail catcher
    look = "import sys; from webapp import cli; cli.command('run'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    # Then neither tables nor keys nor pages came with them
    held = set(done.stdout.split())
    assert "webapp.supervisor" in held
    assert not held & {"sqlalchemy", "cryptography", "jinja2", "webapp.models", "webapp.vault"}
