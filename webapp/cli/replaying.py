"""Replaying the tombstone file over stores that were put back, for every command that puts some back."""

import click

from webapp.services.infrastructure import audit, record_check
from webapp.services.retention import restored_consents, restored_rows
from webapp.services.retention.restored_rows import TooManyUnreadable


def replay_tombstones() -> None:
    """Delete and take back again what `tombstones.txt` says; remove rows without their secret. Says how much.

    What the record lacks since is found now, and waits for a coordinator. Idempotent. Raises `StoreUnavailable`,
    `OSError`.
    """
    _delete_again()
    people = restored_consents.take_back_again()
    click.echo(f"People whose permissions were taken back again, by tombstones.txt: {people}.")
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
