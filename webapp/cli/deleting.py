"""Commands that let deletion go on: confirming the clock, and removing rows whose secret is gone."""

import click

from webapp.cli.instance import application
from webapp.rules.clock_jumps import Doubt
from webapp.services.infrastructure import audit, clock_guard, deletion_stops
from webapp.services.infrastructure.deletion_stops import ClockDoubted, Stopped
from webapp.services.retention import expiry, restored_rows

KINDS = {
    "testimony": "sets of answers",
    "contact": "sets of contact details",
    "equality": "sets of equality answers",
    "registrations": "registrations for events",
    "drafts": "unfinished answers",
    "addresses": "e-mail addresses of people whose event is over",
}


@click.command("confirm-clock")
@click.option("--yes", is_flag=True, help="The day is right: do not ask.")
def confirm_clock(yes: bool) -> None:
    """Say that the server's day is right, so that the worker deletes what is due. It goes into the record."""
    with application().app_context():
        stopped = clock_guard.asked()
        if stopped is None:
            click.echo("There is nothing to confirm: the worker deletes what is due.")
            return
        _show(stopped)
        if not stopped.can_be_confirmed:
            raise click.ClickException(
                "Two clocks differ. Set them right, and start the worker again."
            )
        if not yes:
            click.confirm("Is this the right day?", abort=True)
        _confirm(stopped)


def _show(stopped: Stopped) -> None:
    last_run = f"{stopped.last_run:%Y-%m-%d}" if stopped.last_run else "not known"
    click.echo(f"The server believes that today is {stopped.today}.")
    click.echo(f"The worker last ran on:            {last_run}")
    if stopped.worker_says:
        click.echo(f"The worker believes that it is     {stopped.worker_says:%Y-%m-%d}")
    soon = "within a week, each on its day" if stopped.why is Doubt.SOON else "for good"
    click.echo(f"If the day is right, this is deleted {soon}:")
    for kind, words in KINDS.items():
        click.echo(f"{getattr(stopped.due, kind):>8}  {words}")


def _confirm(stopped: Stopped) -> None:
    try:
        clock_guard.confirm(audit.OPERATOR, day=stopped.today)
    except ClockDoubted:
        raise click.ClickException("The clock has moved to another day. Look again.") from None
    click.echo("Confirmed. The worker deletes what is due within a minute; erase-due does it now.")


@click.command("remove-unreadable")
@click.option("--yes", is_flag=True, help="The erasure store is the right one: do not ask.")
def remove_unreadable(yes: bool) -> None:
    """Remove everything whose erasure secret is gone, however much. Only when the erasure store is the right one."""
    with application().app_context():
        count = restored_rows.unreadable()
        if not count:
            click.echo("Nothing to remove: everything that is held has its erasure secret.")
            return
        click.echo(
            f"{count} rows have lost their erasure secret, so nobody can open them. If the erasure store is an old or "
            "a wrong one, put the right one back instead: then they open again."
        )
        if not yes:
            click.confirm("Remove them for good?", abort=True)
        click.echo(f"Removed: {restored_rows.remove(actor=audit.OPERATOR, confirmed=True)}.")


@click.command("erase-due")
def erase_due() -> None:
    """Erase now everything that is due; the worker does the same every minute. Refuses while the clock is in doubt."""
    with application().app_context():
        try:
            click.echo(f"Erased: {expiry.erase_all_due()}.")
        except ClockDoubted as doubted:
            raise click.ClickException(f"{deletion_stops.in_words(doubted.stopped)}.") from None


COMMANDS = (confirm_clock, erase_due, remove_unreadable)
