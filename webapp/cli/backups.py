"""Commands for backups: make the key, back up, look at what there is, open the newest as a drill, restore; and what a
store needs that came back by other means."""

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
from flask import Flask

from webapp import create_app, env_files
from webapp.cli import screen
from webapp.cli.instance import (
    application,
    config_folder,
    instance_folder,
    without_reminders,
)
from webapp.cli.keys import typed
from webapp.cli.migrating import migrate_stores
from webapp.cli.prompts import at_a_terminal
from webapp.cli.replaying import replay_tombstones
from webapp.services.backup import drill, making_backups, restoring
from webapp.services.backup.backup_folder import FOLDERS, BackupFile, BackupFolder
from webapp.services.backup.drill import NoRoom, NotTogether, Opened
from webapp.services.backup.restoring import BackupDamaged, NoBackup, TombstonesLost
from webapp.services.backup.store_copies import CopyFailed
from webapp.services.infrastructure import audit, backup_marks, row_verification, stores
from webapp.services.infrastructure.audit import ChainBroken
from webapp.services.infrastructure.stores import Store, StoreUnavailable
from webapp.services.keys import bootstrap
from webapp.services.retention import restored_rows
from webapp.settings import Settings
from webapp.vault.backup_files import (
    BackupKey,
    BackupKind,
    MistypedWords,
    new_backup_key,
    seed_of,
)

FILE: Final = "backup.env"
KEY, PLACE = "BACKUP_KEY", "BACKUPS"
TRIES: Final = 5
WORDS_IN_A_LINE: Final = 6
ASKED: Final = "The 24 words of the backup key, in order, on one line (numbers do no harm)"
NOTHING: Final = "Nothing was changed."
CANCELLED: Final = (
    "BOOKINGS THAT WERE CANCELLED SINCE THAT DAY ARE BOOKED AGAIN. Tell the coordinators before the "
    "next event."
)


@dataclass(frozen=True)
class Chosen:
    """Where backups go, and the public half of the key that they are encrypted to."""

    folder: BackupFolder
    public_key: bytes


def chosen_folder() -> Chosen:
    """What `backup-key` wrote. Raises `ClickException` where it is not there, with what to give."""
    path = config_folder() / FILE
    if not path.exists():
        raise click.ClickException(
            f"There is no {path}. If you have backups, it is lost: give restore --from FOLDER, like "
            "/var/backups/hearth, and make no new key. If this instance never had one: backup-key --to FOLDER"
        )
    try:
        found = env_files.read(path, (KEY, PLACE))
        return Chosen(BackupFolder(Path(found[PLACE])), bytes.fromhex(found[KEY]))
    except (env_files.NotReadable, KeyError, ValueError):
        raise click.ClickException(
            f"{path} is not as backup-key wrote it: {KEY} and {PLACE}. {NOTHING}"
        ) from None


@click.command("backup-key")
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder for the backups, on another disk than the data.",
)
@click.option(
    "--new", is_flag=True, help="Make another key. Backups of before open with the old words."
)
def backup_key(folder: Path, new: bool) -> None:
    """Make the key that backups are encrypted to: the words are shown once, and the machine keeps the public half."""
    path = config_folder() / FILE
    if path.exists() and not new:
        raise click.ClickException(
            f"{path} is there already. With --new, a new key is made for the backups from now on. {NOTHING}"
        )
    if folder.resolve().is_relative_to(instance_folder()):
        raise click.ClickException(
            f"{folder} is in the folder of the data, and would be lost with it. {NOTHING}"
        )
    made = new_backup_key()
    _write(path, made, folder.resolve())
    _show(made)


def _write(path: Path, made: BackupKey, folder: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    lines = env_files.written(KEY, made.public_key.hex()), env_files.written(PLACE, str(folder))
    part.write_text("".join(lines))
    part.chmod(0o600)
    part.replace(path)


def _show(made: BackupKey) -> None:
    click.echo(
        "\nThe backup key. This is shown once and kept nowhere. Write it down now, and keep it"
    )
    click.echo("away from the backups and from this machine: without it no backup can be opened.\n")
    for start in range(0, len(made.words), WORDS_IN_A_LINE):
        line = enumerate(made.words[start : start + WORDS_IN_A_LINE], start=start + 1)
        click.echo("  " + "  ".join(f"{number:2} {word:10}" for number, word in line).rstrip())
    click.echo("")
    screen.say_what_stays()


@click.command()
def backup() -> None:
    """Copy main, erasure and the configuration, each encrypted in a folder of its own, and remove old copies."""
    chosen = chosen_folder()
    with application().app_context(), in_words():
        made = making_backups.make(chosen.folder, chosen.public_key)
    for one in made.files:
        click.echo(f"{one.path}  {one.path.stat().st_size:,} bytes")
    for one in made.removed:
        click.echo(f"Removed, because its days are over: {one.path}")


@click.command("backups")
def list_backups() -> None:
    """List the backups that there are, the newest of each kind first."""
    folder = chosen_folder().folder
    for kind in FOLDERS:
        for one in folder.files(kind):
            click.echo(
                f"{one.head.made_on.isoformat()}  {FOLDERS[kind]:8}  {one.path.stat().st_size:>14,} bytes  {one.path}"
            )


@click.command("verify-backup")
@click.option(
    "--scratch",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="A folder on an encrypted disk, where a backup is too large to be opened in memory.",
)
def verify_backup(scratch: Path | None) -> None:
    """A drill: open the newest backup with the words on paper, and look at what is in it. Nothing else is touched."""
    open_newest(chosen_folder(), scratch)


def open_newest(chosen: Chosen, scratch: Path | None) -> None:
    """A drill, which asks for the words, and its note. Raises `ClickException`."""
    with in_words():
        scratch = scratch or drill.in_memory(chosen.folder)
        seed = typed_seed(chosen.folder)
    with in_words(), drill.opened(chosen.folder, seed, scratch) as copies:
        made_on = copies.files[0].head.made_on.isoformat()
        click.echo(f"The backup of {made_on} opens: main, erasure and the configuration.")
        if copies.on_sqlite:
            look_into(copies)
        else:
            click.echo(
                "Both dumps can be read to their end. To see them as databases: restore, on another machine."
            )
    backup_marks.note_drill(instance_folder())


def look_into(copies: Opened) -> None:
    """Make a Hearth of the copies, and verify what is in it. Raises `ClickException`."""
    instance = copies.folder / "instance"
    config = instance / "config"
    instance.mkdir(mode=0o700)
    with copies.path(BackupKind.CONFIGURATION).open("rb") as archive:
        restoring.put_files_back(archive.read(), config=config, instance=instance)
    for kind in (BackupKind.MAIN, BackupKind.ERASURE):
        copies.path(kind).replace(instance / f"{FOLDERS[kind]}.sqlite3")
    # One that was made by an older Hearth lacks the secrets that are new, as it lacks the newest tables.
    bootstrap.complete_config(config)
    with without_reminders():
        app = _app_of(instance, config)
    migrate_stores(app)
    with app.app_context():
        click.echo(f"The record holds: {audit.verify()} entries.")
        false = sum(1 for _ in row_verification.find_false())
        unreadable = restored_rows.unreadable_and_unnamed()
    click.echo(f"Rows that Hearth did not write: {false}. Rows without their secret: {unreadable}.")
    if false or unreadable:
        raise click.ClickException("The backup is not sound. Look at verify-rows and check.")


def _app_of(instance: Path, config: Path) -> Flask:
    """The application of a restored copy, whatever the environment says about the real one."""
    files = ":".join(str(config / f"{name}.env") for name in ("public", "desk", "worker"))
    stores_here = {
        "DATABASE_URL": f"sqlite:///{instance / 'main.sqlite3'}",
        "ERASURE_DATABASE_URL": f"sqlite:///{instance / 'erasure.sqlite3'}",
        "VOLATILE_DATABASE_URL": f"sqlite:///{instance / 'volatile.sqlite3'}",
    }
    said = {"CONFIG": files, "INSTANCE": str(instance), "DOORS": "public,desk,worker"}
    return create_app(Settings.from_environment({**said, **stores_here}))


@click.command()
@click.option(
    "--from",
    "folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="The folder of the backups, where backup.env is lost as well.",
)
@click.option(
    "--tombstones-lost",
    is_flag=True,
    help="tombstones.txt is lost, and whoever was deleted since the backup may be back.",
)
@click.option("--yes", is_flag=True, help="Hearth is stopped: do not ask.")
def restore(folder: Path | None, tombstones_lost: bool, yes: bool) -> None:
    """Put back what is missing: configuration, main, erasure. What is there stays; what was deleted stays deleted."""
    chosen = BackupFolder(folder) if folder else chosen_folder().folder
    if not yes:
        click.confirm("Are the public door, the desk and the worker stopped?", abort=True)
    with in_words():
        seed = typed_seed(chosen)
        made = restoring.restore_configuration(
            chosen,
            seed,
            config=config_folder(),
            instance=instance_folder(),
            tombstones_lost=tombstones_lost,
        )
        for path in made:
            click.echo(f"Put back: {path}")
        app = application()
        with app.app_context():
            missing = restoring.missing_stores()
            if not tombstones_lost:
                restoring.check_tombstones(missing)
            done = restoring.restore_stores(chosen, seed, missing)
        for store, one in done:
            click.echo(f"Put back: {store}, of {one.head.made_on.isoformat()}")
        if not made and not done:
            click.echo("Nothing was missing, so nothing was put back.")
        migrate_stores(app)
        with app.app_context():
            replay_tombstones()
            restoring.finish()
            _say_what_there_is([store for store, _ in done])


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
            if lost := restoring.missing_stores():
                raise click.ClickException(
                    f"{' and '.join(lost)} has no tables: give restore. {NOTHING}"
                )
            if not tombstones_lost:
                restoring.check_tombstones(["erasure"])
            restoring.begin()
        migrate_stores(app)
        with app.app_context():
            replay_tombstones()
            restoring.finish()
            click.echo(f"The record holds: {audit.verify()} entries.")
    click.echo(CANCELLED)
    click.echo("Now: look at the clock (date), then verify-record, verify-rows and check.")


def _say_what_there_is(restored: Sequence[Store]) -> None:
    click.echo(f"The record holds: {audit.verify()} entries.")
    click.echo(f"The tables are at {stores.revisions()['main']}.")
    if "main" in restored:
        click.echo(CANCELLED)
    click.echo(
        f"Backups go to {chosen_folder().folder.path}. If that is not on this machine, change {PLACE} in {FILE}.\n"
        "Now: set the owners of the files again, look at the clock (date), then verify-record, verify-rows and check."
    )
    screen.say_what_stays()


def typed_seed(folder: BackupFolder) -> bytes:
    """The private half of what the newest backup was encrypted to. Raises `NoBackup`."""
    return seed_for(restoring.newest(folder, BackupKind.CONFIGURATION))


def seed_for(one: BackupFile) -> bytes:
    """The private half, from 24 typed words; at a terminal a slip is asked for again."""
    for left in reversed(range(TRIES)):
        try:
            seed = seed_of(typed(ASKED))
        except MistypedWords as slip:
            said = _slip_words(slip)
        else:
            if restoring.is_its_key(one, seed):
                return seed
            said = f"These are not the words that {one.path.name} was encrypted with."
        if not left or not at_a_terminal():
            break
        click.echo(f"  {said} Please try again.")
    raise click.ClickException(f"{said} {NOTHING}")


def _slip_words(slip: MistypedWords) -> str:
    if slip.problem == "length":
        return f"{slip.number} words were typed. The backup key has 24: all of them, in order, on one line."
    if slip.problem == "words":
        return f"Word {slip.position} is not in our list. Look at its letters."
    return "A word is wrong, or two are exchanged; or these are the words of something else than a backup key."


@contextmanager
def in_words() -> Iterator[None]:
    """Failures as one line for an operator. A terminal that is closed ends the command in order: what is open is
    destroyed."""
    before = {
        sign: signal.signal(sign, lambda *_: sys.exit(1))
        for sign in (signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    except CopyFailed as failed:
        raise click.ClickException(f"{failed}.") from None
    except NoBackup as none:
        raise click.ClickException(f"There is no backup of {FOLDERS[none.kind]} here.") from None
    except NotTogether:
        raise click.ClickException(
            "The newest copies were not made together: the last backup broke off. Give backup once more."
        ) from None
    except BackupDamaged as damaged:
        raise click.ClickException(
            f"{damaged.path} does not open: it is damaged or cut off, or of another key. To use the one before it, "
            "move the three files of that backup away."
        ) from None
    except NoRoom as room:
        raise click.ClickException(
            f"There is not room in memory for {room.needed:,} bytes. Name a folder on an encrypted disk: verify-backup "
            "--scratch FOLDER"
        ) from None
    except ChainBroken as broken:
        raise click.ClickException(f"The record does not hold: {broken}.") from None
    except StoreUnavailable as store:
        raise click.ClickException(f"The store {store} cannot be reached.") from None
    except TombstonesLost:
        raise click.ClickException(
            "tombstones.txt is lost, or nothing was ever deleted here. It says who was deleted since the backup; "
            "without it they are back. If it is still anywhere, put it in the folder of the instance. If it is "
            "nowhere, give the same command with --tombstones-lost, and tell the coordinators before anyone reads an "
            "answer. If nothing was ever deleted, --tombstones-lost is right, and nobody needs to be told."
        ) from None
    except OSError as error:
        raise click.ClickException(f"{error.filename or 'A file'}: {error.strerror}.") from None
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


COMMANDS = (backup_key, backup, list_backups, verify_backup, restore, replay)
