"""When the last backup was made, and the last drill done: the times of two empty files in the instance's folder. Also
until when packs may be kept, and that an instance was closed.

Commands write them, as root or the user of the instance; `check` and the desk read them.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
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
            "more, to its end, or replay-tombstones where you gave that"
        )


#: The day by which every copy of every pack must be destroyed: a pack opens what is deleted after it was made.
PACKS: Final = "packs-until"
#: An instance that was packed for good: an answer that came now, or a deletion, would be in no pack.
CLOSED: Final = "closed"


def note_pack(instance: Path, delete_by: date) -> None:
    """Before a pack is made. Of several, the last day counts."""
    last = max(delete_by, packs_until(instance) or delete_by)
    (instance / PACKS).write_text(f"{last.isoformat()}\n", "ascii")


def packs_until(instance: Path) -> date | None:
    """By when every pack must be destroyed; None where there is none, or the operator has said that they are."""
    with suppress(OSError, ValueError):
        return date.fromisoformat((instance / PACKS).read_text("ascii").strip())
    return None


def forget_packs(instance: Path) -> None:
    """They are destroyed."""
    (instance / PACKS).unlink(missing_ok=True)


def note_closed(instance: Path) -> None:
    """Before an instance is packed for good."""
    (instance / CLOSED).touch()


def forget_closed(instance: Path) -> None:
    """After a pack that could not be made."""
    (instance / CLOSED).unlink(missing_ok=True)


def check_not_closed(instance: Path) -> None:
    """Raise `WrongSetting` where the instance was closed: two places must not hold what one person deletes in one."""
    if (instance / CLOSED).exists():
        raise WrongSetting(
            "This Hearth was closed with pack --closing. To go on here, destroy every copy of that pack, and remove "
            f"the file {CLOSED} in the folder of the instance"
        )
