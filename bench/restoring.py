"""The case restore: a backup of everything is put back in a second folder, by the operator's commands.

Held against what must be done at least: copying the same bytes with an fsync, and decrypting them to nowhere (raw).
A hundredth of all people were deleted since the backup, so that the tombstone file has something to say.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from bench.house import ROOT, House
from bench.pages import Measured
from webapp.models import OwnCopy, Part, Submission
from webapp.services.backup import making_backups, restoring
from webapp.services.backup.backup_folder import BackupFolder
from webapp.services.backup.backup_places import FOLDERS, BackupFile
from webapp.services.infrastructure import stores
from webapp.vault.backup_files import BackupKey, new_backup_key, seed_of

#: Of so many people one was deleted.
ONE_OF = 100
PIECE = 1 << 20


def cases(house: House, into: dict[str, str]) -> list[Measured]:
    """Back up, look at the backup, put it back. `into`: the second three databases; none for files in a folder."""
    key, folder = new_backup_key(), BackupFolder(house.folder.parent / "backups")
    second = House(house.folder.parent / "second", into)
    second.folder.mkdir()
    (house.folder / "config" / "backup.env").write_text(
        f'BACKUP_KEY="{key.public_key.hex()}"\nBACKUPS="{folder.path}"\n'
    )
    with house.app().app_context():
        made = _cost(lambda: making_backups.make(folder, key.public_key))
        held = _people()
        deleted = _delete_in(second.folder, max(1, held // ONE_OF))
    files = tuple(folder.files(kind)[0] for kind in FOLDERS)
    seed, size = seed_of(" ".join(key.words)), sum(one.size for one in files)
    copying = _cost(lambda: _copy(files, second.folder / "copy"))
    raw = _cost(lambda: [_drain(one, seed) for one in files])
    about = _Baseline(held, copying, raw)
    drill = _cost(lambda: _give(house, key, "verify-backup"))
    took = _cost(lambda: _give(second, key, "restore", "--yes", "--from", str(folder.path)))
    with second.app().app_context():
        lost = held - deleted - _people()
    return [
        Measured("copying the same bytes", {**copying.figures, "MB": size / 1e6}),
        about.under("raw opening of a backup", raw),
        about.under("backup", made),
        about.under("verify-backup", drill),
        Measured(
            "restore", {**about.under("", took).figures, "deleted again": deleted, "lost": lost}
        ),
    ]


@dataclass(frozen=True)
class _Cost:
    """Seconds as the clock says, and of the processor: this process's and its commands', not the database server's."""

    seconds: float
    processor: float

    @property
    def figures(self) -> dict[str, float]:
        return {"took ms": 1000 * self.seconds, "cpu ms": 1000 * self.processor}


@dataclass(frozen=True)
class _Baseline:
    """What must be done at least, and what it cost."""

    held: int
    copying: _Cost
    raw: _Cost

    def under(self, name: str, cost: _Cost) -> Measured:
        """A row: submissions a second, and the time of each baseline over this one's."""
        figures = {
            "per second": self.held / cost.seconds,
            **cost.figures,
            "over raw": self.raw.seconds / cost.seconds,
            "over copying": self.copying.seconds / cost.seconds,
        }
        return Measured(name, figures)


def _cost(work: Callable[[], object]) -> _Cost:
    started, used = time.perf_counter(), sum(os.times()[:4])
    work()
    return _Cost(time.perf_counter() - started, sum(os.times()[:4]) - used)


def _people() -> int:
    with stores.reading() as main:
        return main.scalar(select(func.count()).select_from(Submission)) or 0


def _delete_in(instance: Path, number: int) -> int:
    """A tombstone file that says that so many of them were deleted since."""
    with stores.reading() as main:
        people = main.scalars(select(Submission.id).limit(number)).all()
        lines = [one.hex for one in people]
        for kind in (Part, OwnCopy):
            rows = select(kind.id, kind.secret_id).where(kind.submission_id.in_(people))
            lines += [one.hex for row in main.execute(rows) for one in row]
    (instance / "tombstones.txt").write_text("".join(f"{line}\n" for line in lines))
    return len(people)


def _copy(files: tuple[BackupFile, ...], to: Path) -> None:
    to.mkdir()
    for one in files:
        with one.open() as source, (to / Path(one.name).name).open("wb") as target:
            while piece := source.read(PIECE):
                target.write(piece)
            target.flush()
            os.fsync(target.fileno())


def _drain(one: BackupFile, seed: bytes) -> int:
    return sum(len(piece) for piece in restoring.open_file(one, seed))


def _give(house: House, key: BackupKey, *words: str) -> None:
    """An operator's command, with the words typed. Raises `CalledProcessError`."""
    environ = house.environ()
    del environ["CONFIG"]
    subprocess.run(
        [sys.executable, "-m", "webapp.cli", *words],
        cwd=ROOT,
        env={**environ, "CONFIG_FOLDER": str(house.folder / "config")},
        input=" ".join(key.words) + "\n",
        stdout=subprocess.DEVNULL,
        text=True,
        check=True,
    )
