"""`upgrade`: backup, drill, configuration, migrations, rights and verification, in an order that may break off.

Nothing is changed before a backup is whole and was opened. Each step is idempotent or one transaction of a store, and
`last-upgrade` says how far it came; so an upgrade that was killed is finished by giving the command again.
"""

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import click
from sqlalchemy.exc import DBAPIError

from webapp.cli import databases, upgrade_plan
from webapp.cli.backup_errors import in_words
from webapp.cli.backup_settings import Chosen, chosen_place
from webapp.cli.backups import open_newest, scratch_option
from webapp.cli.instance import application, config_folder, without_reminders
from webapp.cli.migrating import migrate_stores
from webapp.cli.upgrade_plan import Plan
from webapp.extensions import current_settings
from webapp.release import VERSION
from webapp.rules import clock
from webapp.services.backup import making_backups
from webapp.services.backup.backup_places import BackupPlace
from webapp.services.backup.drill import KINDS
from webapp.services.infrastructure import (
    audit,
    database_grants,
    row_verification,
    stores,
    upgrade_notes,
)
from webapp.services.infrastructure.audit import ChainBroken
from webapp.services.infrastructure.stores import StoreUnavailable
from webapp.services.infrastructure.upgrade_notes import UpgradeNote
from webapp.services.keys import bootstrap
from webapp.settings import FILES, WrongSetting

UNCHANGED: Final = "The instance was not changed. Put the cause right, and give upgrade again."
HALF_WAY: Final = (
    "Do not start Hearth now. Put the cause right and give upgrade again, which goes on from here; or go back with "
    "downgrade, of this same release."
)
RESTART: Final = """\
Now restart, in this order: the worker knows what a newer door may write, and the door that writes comes last.
  systemctl restart hearth-worker
  systemctl restart hearth-desk
  systemctl restart hearth-public
(A small instance: stop `run`, and start it again.) Then give check."""


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@scratch_option
@click.option(
    "--unopened",
    is_flag=True,
    help="Do not ask for the 24 words: good where a backup was opened within half a year.",
)
def upgrade(dry_run: bool, scratch: Path | None, unopened: bool) -> None:
    """Back up, open the backup, bring configuration and tables to this release, verify rows; or refuse and say why."""
    with upgrade_plan.completed() as here, here.app.app_context():
        plan = upgrade_plan.look(here)
        reasons = list(upgrade_plan.refusals(plan, unopened=unopened))
        if dry_run:
            _say_plan(plan, reasons)
            sys.exit(1 if reasons else 0)
        if plan.changes_nothing:
            _keep_release(plan)
            return
        if reasons:
            raise upgrade_plan.refused(reasons)
        _say_new_secrets(plan)
        chosen = chosen_place()
        note = _opened(_backed_up(plan, chosen), chosen, scratch, unopened)
    _change(note)
    click.echo(f"\nThis is Hearth {VERSION} now.\n\n{RESTART}\n")
    click.echo(way_back(note, chosen.place))


def _say_plan(plan: Plan, reasons: list[str]) -> None:
    before = plan.from_release or "an earlier release"
    tables = ", ".join(f"{store} {revision}" for store, revision in plan.revisions.items())
    click.echo(f"This instance: {before}, tables at {tables}. Here is Hearth {VERSION}.")
    if plan.changes_nothing:
        click.echo("Tables and configuration are those of this release already.")
    else:
        for line in _steps(plan):
            click.echo(f"- {line}")
    for reason in reasons:
        click.echo(f"IN THE WAY: {reason}")
    click.echo("Nothing was changed.")


def _steps(plan: Plan) -> Iterator[str]:
    size = upgrade_plan.store_bytes(current_settings())
    if plan.broken_off:
        yield f"An upgrade of {plan.broken_off.begun_on} broke off: it would go on, with the backup of then."
    else:
        yield f"A backup of main, erasure and the configuration, of about {size:,} bytes."
    yield "The 24 words of the backup key are asked for, and the backup is opened (SQLite: upgraded there, in memory)."
    for process, names in plan.added.items():
        yield f"New in {FILES[process]}: {', '.join(names)}."
    for one in plan.migrations:
        yield f"Tables: {one.revision}, {one.title}"
    if plan.must_stop:
        yield f"Hearth must be stopped before: {upgrade_plan.STOP}."
    else:
        yield "Hearth may run meanwhile: what runs now goes on beside the new tables until it is restarted."
    yield "Every row and the record are verified."


def _say_new_secrets(plan: Plan) -> None:
    """Before anything is changed, and before the words are asked for: a secret may have been lost, and not be new."""
    names = {name for added in plan.added.values() for name in added}
    if lost := sorted(names & set(databases.WHAT_DIES)):
        click.echo(
            "This release needs secrets that the configuration does not have; they will be made. If this instance had "
            "one of them before, press Ctrl-C and put it back from a copy, because with a new one:"
        )
        for name in lost:
            click.echo(f"  {name}: {databases.WHAT_DIES[name]}.")


def _keep_release(plan: Plan) -> None:
    """A release without migrations: nothing to back up, and restarting is all there is to do."""
    instance, newest = current_settings().instance, stores.newest_revision()
    if plan.from_release != VERSION:
        note = UpgradeNote(
            clock.today(), plan.from_release, plan.revisions, VERSION, newest, "", finished=True
        )
        upgrade_notes.write(instance, note)
    click.echo(
        f"The tables ({newest}) and the configuration are those of Hearth {VERSION} already. Nothing was changed.\n"
        f"If this release is new here:\n\n{RESTART}"
    )


def _backed_up(plan: Plan, chosen: Chosen) -> UpgradeNote:
    """The note of this upgrade, with a backup from before anything was changed."""
    instance, earlier = current_settings().instance, plan.broken_off
    if earlier and _is_there(chosen.place, earlier.backup_id):
        click.echo(
            f"The upgrade of {earlier.begun_on} broke off. It goes on, and its backup stays the way back."
        )
        note = replace(earlier, to_release=VERSION, to_revision=stores.newest_revision())
    else:
        with step("Backup", UNCHANGED), in_words():
            made = making_backups.make(chosen.place, chosen.public_key)
        for one in made.files:
            click.echo(f"  {one}")
        note = _new_note(plan, made.files[0].head.backup_id.hex)
    # Written before the first change: what is added below is then known, whenever this ends.
    note = note.with_added(plan.added)
    upgrade_notes.write(instance, note)
    return note


def _new_note(plan: Plan, backup_id: str) -> UpgradeNote:
    earlier = plan.begun
    note = UpgradeNote(
        begun_on=clock.today(),
        from_release=earlier.from_release if earlier else plan.from_release,
        from_revisions=earlier.from_revisions if earlier else plan.revisions,
        to_release=VERSION,
        to_revision=stores.newest_revision(),
        backup_id=backup_id,
    )
    return note.with_added(earlier.added) if earlier else note


def _is_there(place: BackupPlace, backup_id: str) -> bool:
    return all(
        any(one.head.backup_id.hex == backup_id for one in place.files(kind)) for kind in KINDS
    )


def _opened(note: UpgradeNote, chosen: Chosen, scratch: Path | None, unopened: bool) -> UpgradeNote:
    """Open the backup, and upgrade it where it can be made a Hearth of: a rehearsal of all that follows."""
    if note.opened or unopened:
        return note
    click.echo("Opening the backup. On SQLite this rehearses the upgrade in memory.")
    with step("Opening", UNCHANGED):
        open_newest(chosen, scratch)
    note = replace(note, opened=True)
    upgrade_notes.write(current_settings().instance, note)
    return note


def _change(note: UpgradeNote) -> None:
    with step("Configuration", HALF_WAY):
        bootstrap.complete_config(config_folder())
        with without_reminders():
            app = application()
    with app.app_context(), _let_go():
        with step("Tables", HALF_WAY):
            migrate_stores(app)
        click.echo(f"  main, erasure and volatile are at {note.to_revision}.")
        if database_grants.on_postgresql():
            with step("Rights in PostgreSQL", HALF_WAY):
                databases.grant_or_say_so()
        _verify()
        upgrade_notes.write(current_settings().instance, replace(note, finished=True))


@contextmanager
def _let_go() -> Iterator[None]:
    """Leave no connection behind, by which a next command would think the stores in use."""
    try:
        yield
    finally:
        stores.let_go()


def _verify() -> None:
    with step("Every row and the record", HALF_WAY):
        found = list(row_verification.find_false())
        row_verification.keep(found)
        entries = audit.verify()
    if found:
        raise click.ClickException(
            f"{len(found)} rows are not as Hearth wrote them: verify-rows names them. {HALF_WAY}"
        )
    click.echo(f"  All rows are as Hearth wrote them, and the record holds: {entries} entries.")


@contextmanager
def step(name: str, then: str) -> Iterator[None]:
    """One step of an upgrade, or of its way back: where it fails, it says what failed and what to do then."""
    click.echo(f"{name} …")
    try:
        yield
    except click.ClickException as told:
        raise click.ClickException(f"{told.message}\n{then}") from None
    except Exception as error:
        raise click.ClickException(f"{name}: {in_a_line(error)}.\n{then}") from None


def in_a_line(error: Exception) -> str:
    """What failed, for an operator and for a report: of an unexpected error its kind and place, and no value."""
    if isinstance(error, StoreUnavailable):
        cause = error.__cause__
        why = f": {in_a_line(cause)}" if isinstance(cause, Exception) else ""
        return f"the {error} store cannot be reached, or is full{why}"
    if isinstance(error, DBAPIError):
        return (str(error.orig).splitlines() or [type(error.orig).__name__])[0]
    if isinstance(error, OSError):
        return f"{error.filename or 'a file'}: {error.strerror}"
    if isinstance(error, WrongSetting):
        return str(error)
    if isinstance(error, ChainBroken):
        return f"the record does not hold ({error})"
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(place.filename).name}, line {place.lineno}"


def way_back(note: UpgradeNote, place: BackupPlace) -> str:
    """How to go back, for today and for later."""
    files = [
        one.name
        for kind in KINDS
        for one in place.files(kind)
        if one.head.backup_id.hex == note.backup_id
    ]
    before = note.from_release or "the release of before"
    return (
        f"The way back to {before} (tables {note.from_revision}) keeps what people send meanwhile:\n"
        "  downgrade     given with this release, Hearth stopped; it says what comes next.\n"
        "Where that fails, restore of the release of before puts this backup back, and what was sent since is lost\n"
        "(docs/operating.md, Upgrade). It opens with the 24 words:\n  " + "\n  ".join(files)
    )


COMMANDS = (upgrade,)
