"""Health checks of backups and packs: when they were made and opened, and whether the next backup could be."""

from collections.abc import Iterator
from datetime import UTC, datetime

import click

from webapp.cli import backup_settings
from webapp.cli.backup_errors import in_words
from webapp.cli.finding import Finding, State
from webapp.rules import clock
from webapp.services.infrastructure import backup_marks
from webapp.settings import Settings

#: After so many days without a restore drill, nothing says that the backups still open.
DRILL_DAYS = 190
BACKUP_HOURS = 26
BROKEN_BACKUP_HOURS = 72


def backup(chosen: Settings) -> Iterator[Finding]:
    """The time of the last backup, and of the last drill, by the files that the commands touch."""
    made = backup_marks.last_backup(chosen.instance)
    if made is None:
        yield Finding("backup", State.LOOK, "none was made yet: backup-key, then backup")
        return
    hours = _hours_since(made)
    state = (
        State.BROKEN
        if hours > BROKEN_BACKUP_HOURS
        else State.LOOK
        if hours > BACKUP_HOURS
        else State.WELL
    )
    yield Finding("backup", state, f"the last one was {hours} hours ago")
    drilled = backup_marks.last_drill(chosen.instance)
    if drilled is None:
        yield Finding("drill", State.LOOK, "no backup was ever opened: verify-backup")
        return
    days = _hours_since(drilled) // 24
    state = State.LOOK if days > DRILL_DAYS else State.WELL
    yield Finding("drill", state, f"a backup was last opened {days} days ago")


def place(chosen: Settings) -> Iterator[Finding]:
    """Where backups go, and what stands in the way. Nothing where there is no `backup.env`: no backup is made then."""
    if not backup_settings.backup_file().exists():
        return
    try:
        with in_words():
            found = backup_settings.chosen_place().place
            found.try_out()
    except click.ClickException as wrong:
        yield Finding("backups", State.BROKEN, wrong.message)
    else:
        yield Finding("backups", State.WELL, f"they go to {found.name}")


def packs(chosen: Settings) -> Iterator[Finding]:
    """Whether copies of packs must be destroyed: they open what was deleted since. Nothing where there are none."""
    until = backup_marks.packs_until(chosen.instance)
    if until is None:
        return
    when = "had to" if clock.today() > until else "must"
    yield Finding(
        "packs",
        State.BROKEN if clock.today() > until else State.LOOK,
        f"every copy of every pack {when} be destroyed by {until}; when they are: pack --destroyed",
    )


def _hours_since(moment: datetime) -> int:
    return int((datetime.now(UTC) - moment).total_seconds() // 3600)
