"""When the last backup was made, and the last drill done: the times of two empty files in the instance's folder.

Commands write them, as root or the user of the instance; `check` and the desk read them.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

BACKUP: Final = "last-backup"
DRILL: Final = "last-drill"


def _note(name: str, instance: Path) -> None:
    (instance / name).touch()


def _noted(name: str, instance: Path) -> datetime | None:
    mark = instance / name
    return datetime.fromtimestamp(mark.stat().st_mtime, UTC) if mark.exists() else None


note_backup: Final[Callable[[Path], None]] = partial(_note, BACKUP)
note_drill: Final[Callable[[Path], None]] = partial(_note, DRILL)
last_backup: Final[Callable[[Path], datetime | None]] = partial(_noted, BACKUP)
last_drill: Final[Callable[[Path], datetime | None]] = partial(_noted, DRILL)
