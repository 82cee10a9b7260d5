"""Operators' commands: `python -m webapp.cli COMMAND`, or `hearth COMMAND`. Every one is in docs/operating.md."""

import logging
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Final

import click

from webapp import core_dumps
from webapp.release import VERSION
from webapp.settings import WrongSetting

#: Which module has which commands.
MODULES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "backups": ("backup-key", "backup", "backups", "verify-backup", "restore"),
        "check": ("check",),
        "content": ("publish", "publish-event", "recordings"),
        "databases": ("migrate", "grants", "verify-rows"),
        "deleting": ("confirm-clock", "erase-due", "remove-unreadable"),
        "demo": ("demo",),
        "downgrading": ("downgrade",),
        "init": ("init",),
        "keys": ("new-passphrase",),
        "languages": ("take-words",),
        "packs": ("pack", "unpack"),
        "published_changes": ("close-call", "reopen-call", "add-seats"),
        "record": ("verify-record", "record-code", "record"),
        "recovery": ("recover", "rehearse-recovery", "renew-recovery"),
        "replaying": ("replay-tombstones",),
        "serving": ("run", "serve", "catch-mail"),
        "upgrading": ("upgrade",),
        "worker": ("worker",),
    }
)
MODULE_OF: Final = {name: module for module, names in MODULES.items() for name in names}


class CommandsOnDemand(click.Group):
    """A command group that imports a command's module when it is asked for (lazy loading).

    The supervisor and the demo's mail catcher run as long as the servers beside them: without it, each would hold the
    whole application in memory, and take a second more to start.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command's name, for the help."""
        return sorted(MODULE_OF)

    def get_command(self, ctx: click.Context | None, name: str) -> click.Command | None:
        """The command of this name; None where there is none."""
        return command(name) if name in MODULE_OF else None


def command(name: str) -> click.Command:
    """One of `MODULE_OF`. Raises `KeyError` where there is none of this name."""
    module = import_module(f"webapp.cli.{MODULE_OF[name]}")
    commands: dict[str | None, click.Command] = {one.name: one for one in module.COMMANDS}
    return commands[name]


@click.group(cls=CommandsOnDemand)
@click.version_option(VERSION, message="Hearth %(version)s")
def main() -> None:
    """Hearth: hear people, and reach them, without putting them at risk."""
    # Least privilege: files that Hearth writes are readable by its own user alone.
    os.umask(0o077)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)


def start() -> None:
    """The entry point: a wrong setting, a language that lacks words, or a lost store ends in one clear line."""
    core_dumps.forbid()
    try:
        main()
    except WrongSetting as wrong:
        sys.exit(f"Hearth does not start: {wrong}.")
    except Exception as error:
        line = _in_one_line(error)
        if line is None:
            raise
        sys.exit(line)


def _in_one_line(error: Exception) -> str | None:
    """What an operator is told of an error that is no fault of the program; None of any other."""
    # Imported here, because most of the application comes with them; where one was raised, it is loaded already.
    from webapp.services.infrastructure.stores import StoreUnavailable
    from webapp.ui.catalogues import LanguageNotComplete

    match error:
        case LanguageNotComplete():
            return f"Hearth does not start: {error}."
        case StoreUnavailable():
            return f"The {error} store cannot be reached."
    return None
