"""Operators' commands: `python -m webapp.cli COMMAND`, or `hearth COMMAND`. Every one is in docs/operating.md."""

import logging
import os
import signal
import sys
import threading
from pathlib import Path

import click
from flask import Flask

from webapp import core_dumps, long_lived, mail_catcher, sessions, supervisor
from webapp.cli import (
    backups,
    check,
    content,
    databases,
    deleting,
    demo,
    init,
    keys,
    languages,
    record,
    recovery,
)
from webapp.cli.instance import (
    application,
    environ,
    settings,
)
from webapp.services.infrastructure import (
    backup_marks,
    deletion_stops,
    held_rights,
    row_verification,
    separate_stores,
    stores,
)
from webapp.services.infrastructure.deletion_stops import ClockDoubted
from webapp.services.infrastructure.table_rewrites import TableRewrites
from webapp.services.retention import expiry
from webapp.services.worker import chores, mail_rounds, rewriting_rounds, smtp
from webapp.services.worker.mail_rounds import MailRounds
from webapp.settings import WrongSetting
from webapp.supervisor import UNSEPARATED
from webapp.ui.catalogues import LanguageNotComplete

CHORES_EVERY = 60
MAIL_EVERY = 5


@click.group()
def main() -> None:
    """Hearth: hear people, and reach them, without putting them at risk."""
    # Least privilege: files that Hearth writes are readable by its own user alone.
    os.umask(0o077)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)


@main.command("catch-mail")
@click.option("--port", required=True, type=int)
@click.option("--folder", required=True, type=click.Path(path_type=Path))
def catch_mail(port: int, folder: Path) -> None:
    """Accept every mail as an SMTP server would, and only save it as a file: for the demo, which sends nothing."""
    mail_catcher.catch(port, folder)


@main.command()
def run() -> None:
    """Serve both doors on one port, with the worker, until Ctrl-C or TERM."""
    # The file that comes last wins: both doors then answer where the public one does.
    web = environ(("desk", "public"))
    sys.exit(supervisor.run(settings(web), web=web, worker=environ(("worker",))))


@main.command()
def serve() -> None:
    """Serve the doors that DOORS names, as one process of several: what a unit or a container starts."""
    supervisor.become_server()


@main.command()
@click.option("--once", is_flag=True, help="Do every chore once, then stop.")
@click.option(UNSEPARATED, "unseparated", is_flag=True, hidden=True, help="As `run` starts it.")
def worker(once: bool, unseparated: bool) -> None:
    """Erase what is due, finish what a crash left, check the record, every minute; send mail every few minutes."""
    app = application("worker")
    long_lived.settle()
    _check_stores(app, separated=not (once or unseparated))
    smtp.init_app(app)
    stop = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: stop.set())
    # Last what deleted rows have left on the disk.
    more = (
        sessions.sweep,
        chores.OnceADay(chores.remove_unreadable),
        chores.OnceADay(row_verification.check_daily),
        rewriting_rounds.RewritingRounds(),
        chores.overwrite_remains,
        TableRewrites(),
    )
    is_demo = app.extensions["hearth_settings"].demo
    rounds = MailRounds(mail_rounds.no_gap if is_demo else mail_rounds.random_gap)
    with app.app_context():
        while True:
            done = chores.do_all(more=more, mail=once)
            if once:
                sys.exit(0 if done else 1)
            for _ in range(CHORES_EVERY // MAIL_EVERY):
                if stop.wait(MAIL_EVERY):
                    return
                if rounds.begins():
                    chores.send_mail()


def _check_stores(app: Flask, *, separated: bool) -> None:
    """Three databases, and for a process of its own no more rights than the worker needs. Raises `WrongSetting`."""
    with app.app_context():
        backup_marks.check_no_restore(app.extensions["hearth_settings"].instance)
        separate_stores.check()
        # An operator who gives one round by hand owns the tables.
        if separated and not app.extensions["hearth_settings"].demo:
            held_rights.check("worker")


@main.command("verify-rows")
def verify_rows() -> None:
    """Check that every row about people, forms and bookings is as Hearth wrote it; fail if one is not.

    The page Today says the same from then on.
    """
    with application().app_context():
        found = list(row_verification.find_false())
        row_verification.keep(found)
        for one in found:
            click.echo(str(one))
    if found:
        raise click.ClickException(
            f"{len(found)} rows are not as Hearth wrote them. docs/operating.md says what to do."
        )
    click.echo("All rows are as Hearth wrote them.")


@main.command("erase-due")
def erase_due() -> None:
    """Erase now everything that is due; the worker does the same every minute. Refuses while the clock is in doubt."""
    with application().app_context():
        try:
            click.echo(f"Erased: {expiry.erase_all_due()}.")
        except ClockDoubted as doubted:
            raise click.ClickException(f"{deletion_stops.in_words(doubted.stopped)}.") from None


for command in (
    init.init,
    check.check,
    demo.demo,
    *backups.COMMANDS,
    *content.COMMANDS,
    *databases.COMMANDS,
    *deleting.COMMANDS,
    *keys.COMMANDS,
    *languages.COMMANDS,
    *record.COMMANDS,
    *recovery.COMMANDS,
):
    main.add_command(command)


def start() -> None:
    """The entry point: a wrong setting ends in one clear line."""
    core_dumps.forbid()
    try:
        main()
    except WrongSetting as wrong:
        sys.exit(f"Hearth does not start: {wrong}.")
    except LanguageNotComplete as incomplete:
        sys.exit(f"Hearth does not start: {incomplete}.")
    except stores.StoreUnavailable as lost:
        sys.exit(f"The {lost} store cannot be reached.")
