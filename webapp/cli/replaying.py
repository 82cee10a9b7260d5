"""`replay-tombstones`, and the same after `restore` and `unpack`: the tombstone file over stores that were put back."""

from typing import Final

import click

from webapp.cli.backup_errors import in_words
from webapp.cli.backup_settings import NOTHING
from webapp.cli.instance import application
from webapp.cli.migrating import migrate_stores
from webapp.services.backup import restoring
from webapp.services.infrastructure import audit, record_check
from webapp.services.retention import restored_bookings, restored_consents, restored_rows
from webapp.services.retention.restored_rows import TooManyUnreadable

#: What no file outside the databases knows, so that people must look at it after an older `main` was put back.
TO_TELL: Final = """\
TELL THE COORDINATORS, before the desk is open to everyone. The rest is as on that day:
  1. An owner looks at People first. Whoever left or lost a role since then has it again; take it back before anyone
     else signs in. Passphrases and authenticators are those of then: whoever changed one changes it again.
  2. Look at each event that is ahead. A new time, more seats, a closed registration: change them again today.
  3. Calls that were closed since then take answers again: close-call. What was published since then is gone, and what
     was put aside as not genuine is in the lists again.
  4. Answers and bookings since then are gone. So is what was corrected or given a new code since then, also as it was
     before. Whoever you can reach must be asked to send it once more.
  5. Mails that left since then may leave once more."""


@click.command("replay-tombstones")
@click.option(
    "--tombstones-lost",
    is_flag=True,
    help="tombstones.txt is lost, and whoever was deleted since the copy may be back.",
)
@click.option("--yes", is_flag=True, help="Hearth is stopped: do not ask.")
def replay(tombstones_lost: bool, yes: bool) -> None:
    """After a store came back by other means than restore: delete and take back again what tombstones.txt says."""
    if not yes:
        click.confirm("Are the public door, the desk and the worker stopped?", abort=True)
    with in_words():
        app = application()
        with app.app_context():
            _begin(tombstones_lost=tombstones_lost)
        migrate_stores(app)
        with app.app_context():
            replay_tombstones()
            restoring.finish()
            click.echo(f"The record holds: {audit.verify()} entries.")
    click.echo(TO_TELL)
    click.echo("Now: look at the clock (date), then verify-record, verify-rows and check.")


def _begin(*, tombstones_lost: bool) -> None:
    if lost := restoring.missing_stores():
        raise click.ClickException(f"{' and '.join(lost)} has no tables: give restore. {NOTHING}")
    if not tombstones_lost:
        restoring.check_tombstones(["erasure"])
    restoring.begin()


def replay_tombstones() -> None:
    """Delete, take back and cancel again what `tombstones.txt` says; remove rows without their secret. Says how much.

    What the record lacks since is found now, and waits for a coordinator. Idempotent. Raises `StoreUnavailable`,
    `OSError`.
    """
    _delete_again()
    people = restored_consents.take_back_again()
    click.echo(f"People whose permissions were taken back again, by tombstones.txt: {people}.")
    again = restored_bookings.cancel_again()
    click.echo(
        f"Bookings cancelled again, by tombstones.txt: {again.cancelled}. Events called off again: "
        f"{again.called_off}. People taken off a list of participants again: {again.unlisted}."
    )
    record_check.note_put_back()


def _delete_again() -> None:
    again = restored_rows.delete_again()
    click.echo(f"Deleted again, by tombstones.txt: {again} secrets.")
    try:
        click.echo(
            f"Rows without their secret, removed: {restored_rows.remove(actor=audit.OPERATOR)}."
        )
    except TooManyUnreadable as many:
        click.echo(
            f"{many.count} rows have no secret, and stay: main and erasure may not belong together. docs/operating.md, "
            "Restore, says what to do (remove-unreadable).",
            err=True,
        )


COMMANDS = (replay,)
