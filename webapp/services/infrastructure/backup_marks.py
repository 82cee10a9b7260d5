"""When the last backup was made, and the last drill done: the times of two empty files in the instance's folder.

Commands write them, as root or the user of the instance; `check` and the desk read them.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from webapp.settings import WrongSetting

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

#: A restore that has begun, and has not yet deleted again whoever was deleted since the backup.
RESTORE: Final = "restore-unfinished"


def note_restore(instance: Path) -> None:
    """Before anything is put back."""
    (instance / RESTORE).touch()


def forget_restore(instance: Path) -> None:
    """After all of it was looked through."""
    (instance / RESTORE).unlink(missing_ok=True)


def check_no_restore(instance: Path) -> None:
    """Raise `WrongSetting` where a restore broke off: people who were deleted may be back and readable."""
    if (instance / RESTORE).exists():
        raise WrongSetting(
            "A restore broke off before it had deleted again whoever was deleted since the backup: give restore once "
            "more, to its end"
        )
