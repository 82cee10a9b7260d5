"""`worker`: the process that erases, mails and checks, until it is stopped."""

import signal
import sys
import threading
import time
from collections.abc import Callable

import click
from flask import Flask

from webapp import long_lived, metrics, sessions
from webapp.cli.instance import application
from webapp.services.infrastructure import (
    backup_marks,
    held_rights,
    record_check,
    row_verification,
    schema_versions,
    separate_stores,
)
from webapp.services.infrastructure.table_rewrites import TableRewrites
from webapp.services.sealed import older_stores
from webapp.services.worker import chores, mail_rounds, rewriting_rounds, smtp
from webapp.services.worker.figures import HourlyFigures
from webapp.services.worker.mail_rounds import MailRounds
from webapp.settings import WrongSetting
from webapp.supervisor import UNSEPARATED

CHORES_EVERY = 60
MAIL_EVERY = 5


@click.command()
@click.option("--once", is_flag=True, help="Do every chore once, then stop.")
@click.option(UNSEPARATED, "unseparated", is_flag=True, hidden=True, help="As `run` starts it.")
def worker(once: bool, unseparated: bool) -> None:
    """Erase what is due, finish what a crash left, check the record, every minute; send mail every few minutes.

    TERM, HUP and Ctrl-C end it with status 0, after the chore or the mails in hand.
    """
    app = application("worker")
    long_lived.settle()
    _check_stores(app, separated=not (once or unseparated))
    smtp.init_app(app)
    measured = _measured(app)
    stop = threading.Event()

    def ask_to_stop(*_: object) -> None:
        long_lived.begin_to_stop()
        stop.set()

    # HUP: the terminal was closed. By default it would end this process between sending a mail and noting that.
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, ask_to_stop)
    # Last what deleted rows have left on the disk.
    more: tuple[Callable[[], object], ...] = (
        sessions.sweep,
        chores.OnceADay(chores.remove_unreadable),
        chores.OnceADay(row_verification.check_daily),
        rewriting_rounds.RewritingRounds(),
        chores.overwrite_remains,
        TableRewrites(),
        *([HourlyFigures(measured)] if measured else []),
    )
    is_demo = app.extensions["hearth_settings"].demo
    rounds = MailRounds(mail_rounds.no_gap if is_demo else mail_rounds.random_gap)
    with app.app_context():
        while True:
            done = chores.do_all(more=more, mail=once)
            if measured:
                measured.set("hearth_worker_last_round_timestamp_seconds", int(time.time()))
            if once:
                sys.exit(0 if done else 1)
            for _ in range(CHORES_EVERY // MAIL_EVERY):
                if stop.wait(MAIL_EVERY):
                    return
                if rounds.begins():
                    chores.send_mail()


def _measured(app: Flask) -> metrics.Measured | None:
    """The worker's metrics, if they are to be told. Raises `WrongSetting`."""
    address = app.extensions["hearth_settings"].metrics_address
    if not address:
        return None
    try:
        listening = metrics.listen(address)
    except metrics.CannotListen as problem:
        raise WrongSetting(str(problem)) from None
    measured = metrics.begin("worker")
    metrics.serve(listening, measured)
    return measured


def _check_stores(app: Flask, *, separated: bool) -> None:
    """Three databases, none that was rolled back, and for a process of its own no more rights than the worker needs.

    Raises `WrongSetting`.
    """
    with app.app_context():
        backup_marks.check_no_restore(app.extensions["hearth_settings"].instance)
        backup_marks.check_not_closed(app.extensions["hearth_settings"].instance)
        separate_stores.check()
        schema_versions.check_not_older()
        # An operator who gives one round by hand owns the tables.
        if separated and not app.extensions["hearth_settings"].demo:
            held_rights.check("worker")
        older_stores.check()
        record_check.check_not_cut()


COMMANDS = (worker,)
