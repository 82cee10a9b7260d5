"""Health check of the place for backups: a bucket is asked whether the next backup could go there."""

from collections.abc import Iterator

import click

from webapp.cli import backup_settings
from webapp.cli.backup_errors import in_words
from webapp.cli.finding import Finding, State
from webapp.settings import Settings


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
