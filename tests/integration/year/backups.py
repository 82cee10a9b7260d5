"""The nights of a year with backups, and which files must be there after each: a list that asks Hearth nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner
from flask import Flask

from tests.integration.house import BASE_URL, SENDER
from tests.stores import Shelf, Stores, application
from webapp import cli, env_files
from webapp.cli import backup_settings, backups
from webapp.services.backup import making_backups
from webapp.services.backup.backup_folder import BackupFolder
from webapp.services.worker import smtp
from webapp.vault import backup_files

#: As the manual says: a copy is over on this day after it was made, and so many of the newest stay whatever their day.
LIVES = {"main": (60, 2), "erasure": (6, 1), "config": (60, 2)}


@dataclass
class Nights:
    """A folder of backups, the words of its key, and the days whose files must be in it."""

    folder: BackupFolder
    words: str
    public_key: bytes
    there: dict[str, list[date]] = field(default_factory=lambda: {kind: [] for kind in LIVES})
    removed: int = 0

    def pass_night(self, traveller: time_machine.Traveller, day: date) -> None:
        """The timer makes a backup at a quarter past three."""
        traveller.move_to(f"{day.isoformat()} 03:15:00+00:00", tick=False)
        made = making_backups.make(self.folder, self.public_key)
        self.removed += len(made.removed)
        for kind, (days, stay) in LIVES.items():
            newest_first = [day, *self.there[kind]]
            over = day - timedelta(days=days)
            self.there[kind] = [one for n, one in enumerate(newest_first) if n < stay or one > over]
        self.check()

    def check(self) -> None:
        """Exactly these files are there, and nothing beside them."""
        for kind, days in self.there.items():
            names = sorted(path.name[:10] for path in (self.folder.path / kind).iterdir())
            assert names == sorted(day.isoformat() for day in days), kind
        assert {path.name for path in self.folder.path.iterdir()} == set(LIVES)

    def move_newest_away(self, to: Path) -> None:
        """An operator cannot open the newest backup, and moves its three files away, as `restore` says."""
        to.mkdir()
        for kind, days in self.there.items():
            newest = max(days)
            days.remove(newest)
            for path in (self.folder.path / kind).glob(f"{newest.isoformat()}*"):
                path.rename(to / f"{kind}-{path.name}")


def nights_in(folder: Path, config: Path) -> Nights:
    """A new folder, a key that only these words open, and its public half beside the configuration."""
    key = backup_files.new_backup_key()
    config.mkdir()
    lines = {backup_settings.KEY: key.public_key.hex(), backup_settings.PLACE: str(folder)}
    written = "".join(env_files.written(name, value) for name, value in lines.items())
    (config / backup_settings.FILE).write_text(written)
    return Nights(BackupFolder(folder), " ".join(key.words), key.public_key)


@contextmanager
def instance(where: Stores, folder: Path, mail_port: int) -> Iterator[Flask]:
    """Both doors and the worker in a folder; nobody has looked at its tables yet."""
    (folder / "config").mkdir(parents=True, exist_ok=True)
    changes = {
        "DOORS": "public,desk,worker",
        "BASE_URL": BASE_URL,
        "MAIL_FROM": SENDER,
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(mail_port),
    }
    with application(where, folder, **changes) as app:
        smtp.init_app(app)
        yield app


@contextmanager
def restored(
    shelf: Shelf, folder: Path, mail_port: int, nights: Nights, tombstones: bytes
) -> Iterator[tuple[Flask, str]]:
    """The stores are lost. In a new place, with `tombstones.txt` of today, an operator gives `restore`.

    With what the command said.
    """
    folder.mkdir()
    (folder / "tombstones.txt").write_bytes(tombstones)
    with shelf.empty(folder) as nowhere, instance(nowhere, folder, mail_port) as app:
        with pytest.MonkeyPatch.context() as here:
            here.setenv("INSTANCE", str(folder))
            here.setenv("CONFIG_FOLDER", str(folder / "config"))
            here.setattr(backups, "application", lambda *processes: app)
            words = ["--yes", "--from", str(nights.folder.path)]
            done = CliRunner().invoke(
                cli.command("restore"), words, input=f"{nights.words}\n", catch_exceptions=False
            )
        assert done.exit_code == 0, done.output
        yield app, done.output
