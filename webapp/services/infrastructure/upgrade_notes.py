"""The note of the last upgrade, a file beside the stores: where it came from, and what the way back needs.

It is written before anything is changed, so that an upgrade that was killed is found, goes on with the backup of
before, and can be taken back. It names settings and no values.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Final

from webapp.services.infrastructure.stores import Store

FILE: Final = "last-upgrade"


class NoteDamaged(ValueError):
    """The note is there and cannot be read."""


@dataclass(frozen=True)
class UpgradeNote:
    """One upgrade. `added` has the names of the settings that it added to each process's file."""

    begun_on: date
    from_release: str
    from_revisions: Mapping[Store, str]
    to_release: str
    to_revision: str
    backup_id: str
    opened: bool = False
    added: Mapping[str, Sequence[str]] = field(default_factory=dict)
    finished: bool = False

    @property
    def from_revision(self) -> str:
        """The tables of before. Where one upgrade broke off and another went on, the oldest of the three stores."""
        return min(self.from_revisions.values())

    def with_added(self, more: Mapping[str, Sequence[str]]) -> "UpgradeNote":
        """The same with settings that were added since."""
        names = {
            process: sorted({*self.added.get(process, ()), *more.get(process, ())})
            for process in sorted({*self.added, *more})
        }
        return replace(self, added=names)


def read(instance: Path) -> UpgradeNote | None:
    """The note of the last upgrade; None where there was none. Raises `NoteDamaged`, `OSError`."""
    path = instance / FILE
    if not path.exists():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return UpgradeNote(**{**found, "begun_on": date.fromisoformat(found["begun_on"])})
    except (ValueError, TypeError, KeyError):
        raise NoteDamaged(str(path)) from None


def write(instance: Path, note: UpgradeNote) -> None:
    """Keep this note in place of the one before, whole or not at all. Raises `OSError`."""
    path, part = instance / FILE, instance / f".{FILE}.part"
    words = {**asdict(note), "begun_on": note.begun_on.isoformat()}
    with part.open("w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        json.dump(words, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def forget(instance: Path) -> None:
    """The upgrade was taken back."""
    (instance / FILE).unlink(missing_ok=True)


def release_of(note: UpgradeNote | None, revisions: Mapping[Store, str]) -> str:
    """The release that these tables are of, as far as it is known; empty where it is not."""
    if note and note.finished and set(revisions.values()) == {note.to_revision}:
        return note.to_release
    return ""


def unfinished(
    note: UpgradeNote | None, revisions: Mapping[Store, str], newest: str
) -> UpgradeNote | None:
    """The upgrade that has moved a store and did not come to its end; None where nothing was moved yet.

    Where all tables are there, and this release has newer ones (`newest`), it was ended by hand.
    """
    if note is None or note.finished or dict(revisions) == dict(note.from_revisions):
        return None
    if set(revisions.values()) == {note.to_revision} != {newest}:
        return None
    return note
