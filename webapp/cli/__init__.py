"""Operators' commands: `python -m webapp.cli COMMAND`. Every one is in docs/operating.md."""

import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import click
from flask import Flask

from webapp import core_dumps, mail_catcher, sessions, supervisor
from webapp.cli import check, content, databases, deleting, init, keys, languages, record, recovery
from webapp.cli.instance import (
    application,
    config_folder,
    environ,
    instance_folder,
    migrate_stores,
    settings,
)
from webapp.rules import clock
from webapp.services.calls import published_calls
from webapp.services.events import published_events
from webapp.services.forms import publishing
from webapp.services.forms.definition_files import read_call_file, read_event_file
from webapp.services.infrastructure import (
    audit,
    deletion_stops,
    held_rights,
    row_verification,
    separate_stores,
    stores,
)
from webapp.services.infrastructure.deletion_stops import ClockDoubted
from webapp.services.infrastructure.table_rewrites import TableRewrites
from webapp.services.keys import (
    bootstrap,
    recovery_rehearsal,
    recovery_renewal,
    recovery_state,
)
from webapp.services.keys.bootstrap import FILES, Founded
from webapp.services.keys.recovery import secret_of_before
from webapp.services.keys.recovery_sheets import PrintedSheet, recognise
from webapp.services.retention import expiry
from webapp.services.worker import chores, mail_rounds, rewriting_rounds, smtp
from webapp.services.worker.mail_rounds import MailRounds
from webapp.settings import WrongSetting
from webapp.supervisor import UNSEPARATED
from webapp.ui.catalogues import LanguageNotComplete

CONTENT = Path(__file__).parents[1] / "content"
DEMO_CALL = "support-needs"
DEMO_EVENTS = ("round-table", "small-group")
DEMO_OPEN_DAYS = 120
DEMO_SETTINGS = {
    "DEMO": "yes",
    "DRAFT_LANGUAGES": "yes",
    "ORGANISATION": "The demo coalition",
    # A number that Ofcom reserves for fiction, so that it rings in no house.
    "REACH_US": "01632 960002 (a made-up number, for this demo)",
}
CHORES_EVERY = 60
MAIL_EVERY = 5


@click.group()
def main() -> None:
    """Hearth: hear people, and reach them, without putting them at risk."""
    # Least privilege: files that Hearth writes are readable by its own user alone.
    os.umask(0o077)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)


@main.command()
def demo() -> None:
    """Make a demo instance with the coalition's own call, or bring an older one up to date."""
    folder = config_folder()
    if not (folder / FILES["public"]).exists():
        bootstrap.write_config(folder, DEMO_SETTINGS)
        instance_folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    bootstrap.complete_config(folder)
    app = application()
    if not app.extensions["hearth_settings"].demo:
        raise click.ClickException("This is a real instance. Nothing was changed.")
    migrate_stores(app)
    with app.app_context(), keys.keys_can_be_made():
        sign_in = instance_folder() / "demo-sign-in.json"
        if not bootstrap.is_founded():
            founded = bootstrap.found(organisation="Demo coalition", name="Ana", sign_in_name="ana")
            _write_demo_sign_in(sign_in, founded)
        elif not recovery_state.standing().has_sheets:
            _give_older_demo_sheets(sign_in)
        _rehearse_demo(sign_in)
        _publish_demo()


def _publish_demo() -> None:
    if not published_calls.all_calls():
        closes_on = clock.today() + timedelta(days=DEMO_OPEN_DAYS)
        form = read_call_file(CONTENT / f"{DEMO_CALL}.json")
        publishing.publish_call(form, slug=DEMO_CALL, closes_on=closes_on, actor=audit.OPERATOR)
    known = {event.slug for event in published_events.all_events()}
    for slug in DEMO_EVENTS:
        if slug not in known:
            event = read_event_file(CONTENT / f"{slug}.json")
            publishing.publish_event(event, slug=slug, actor=audit.OPERATOR)


def _give_older_demo_sheets(path: Path) -> None:
    """A demo of before has a recovery key of 24 words: it makes its three sheets by itself."""
    known = json.loads(path.read_text(encoding="utf-8"))
    words = " ".join(known.pop("recovery_key_words"))
    sheets = recovery_renewal.renew(secret_of_before(words)).sheets
    _write_json(path, {**known, "recovery_sheets": _sheets_as_json(sheets)})


def _rehearse_demo(path: Path) -> None:
    """A demo keeps no secret: it rehearses with the sheets that it wrote down."""
    if recovery_state.standing().unproved:
        sheets = json.loads(path.read_text(encoding="utf-8"))["recovery_sheets"]
        recovery_rehearsal.rehearse([recognise(words) for words in sheets.values()])


def _sheets_as_json(sheets: Sequence[PrintedSheet]) -> dict[str, str]:
    return {str(sheet.number): " ".join(sheet.words) for sheet in sheets}


def _write_json(path: Path, content: Mapping[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _write_demo_sign_in(path: Path, founded: Founded) -> None:
    content = {
        "sign_in_name": founded.owner.sign_in_name,
        "passphrase": founded.owner.passphrase,
        "totp_secret": founded.owner.totp_secret,
        "totp_uri": founded.owner.totp_uri,
        "recovery_code": founded.owner.recovery_code,
        "recovery_sheets": _sheets_as_json(founded.sheets),
    }
    _write_json(path, content)


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
@click.option("--once", is_flag=True, help="Do every chore once, then stop.")
@click.option(UNSEPARATED, "unseparated", is_flag=True, hidden=True, help="As `run` starts it.")
def worker(once: bool, unseparated: bool) -> None:
    """Erase what is due, finish what a crash left, check the record, every minute; send mail every few minutes."""
    app = application("worker")
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
            click.echo(f"Erased: {expiry.erase_due()}.")
        except ClockDoubted as doubted:
            raise click.ClickException(f"{deletion_stops.in_words(doubted.stopped)}.") from None


for command in (
    init.init,
    check.check,
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
