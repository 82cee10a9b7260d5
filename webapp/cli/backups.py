"""Commands for backups: make the key, back up, look at what there is, open the newest as a drill, restore."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
from flask import Flask

from webapp import create_app
from webapp.cli import backup_settings, screen
from webapp.cli.backup_errors import in_words, slip_words
from webapp.cli.backup_settings import (
    FILE,
    NOTHING,
    OF_A_BUCKET,
    PLACE,
    Chosen,
    chosen_place,
    place_at,
)
from webapp.cli.instance import (
    application,
    config_folder,
    in_environment,
    instance_folder,
    without_reminders,
)
from webapp.cli.keys import typed
from webapp.cli.migrating import migrate_stores
from webapp.cli.prompts import at_a_terminal
from webapp.cli.replaying import TO_TELL, replay_tombstones
from webapp.services.backup import drill, making_backups, restoring
from webapp.services.backup.backup_bucket import SCHEME
from webapp.services.backup.backup_places import FOLDERS, BackupFile, BackupPlace
from webapp.services.backup.drill import Opened
from webapp.services.infrastructure import audit, backup_marks, row_verification, stores
from webapp.services.infrastructure.stores import Store
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

TRIES: Final = 5
WORDS_IN_A_LINE: Final = 6
ASKED: Final = "The 24 words of the backup key, in order, on one line (numbers do no harm)"
ASKED_OF_A_BUCKET: Final = {
    "BACKUPS_ENDPOINT": "The address of the store, like https://s3.example.com",
    "BACKUPS_REGION": "The region of the bucket, like eu-west-2",
    "BACKUPS_ACCESS_KEY_ID": "The id of the access key",
    "BACKUPS_SECRET_ACCESS_KEY": "The secret access key",
}


#: Of `verify-backup`, and of `upgrade`, which opens a backup, too.
scratch_option = click.option(
    "--scratch",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="A folder on an encrypted disk, where a backup is too large to be opened in memory.",
)


@click.command("backup-key")
@click.option(
    "--to",
    "place",
    required=True,
    help="The folder for the backups, on another disk than the data; or s3://BUCKET/PREFIX.",
)
@click.option(
    "--endpoint", help="The address of the store of a bucket, like https://s3.example.com."
)
@click.option("--region", help="The region of a bucket, like eu-west-2.")
@click.option(
    "--new", is_flag=True, help="Make another key. Backups of before open with the old words."
)
def backup_key(place: str, endpoint: str | None, region: str | None, new: bool) -> None:
    """Make the key that backups are encrypted to: the words are shown once, and the machine keeps the public half."""
    path = backup_settings.backup_file()
    if path.exists() and not new:
        raise click.ClickException(
            f"{path} is there already. With --new, a new key is made for the backups from now on. {NOTHING}"
        )
    of_a_bucket: dict[str, str] = {}
    if place.startswith(SCHEME):
        of_a_bucket = _asked_of_a_bucket(endpoint, region)
        with in_words():
            place_at(place, of_a_bucket).try_out()
    elif Path(place).resolve().is_relative_to(instance_folder()):
        raise click.ClickException(
            f"{place} is in the folder of the data, and would be lost with it. {NOTHING}"
        )
    else:
        place = str(Path(place).resolve())
    made = new_backup_key()
    backup_settings.write(made.public_key, place, of_a_bucket)
    _show(made)


def _asked_of_a_bucket(endpoint: str | None, region: str | None) -> dict[str, str]:
    """What a bucket needs: options, the environment, or typed. The secret is never an option."""
    given = {"BACKUPS_ENDPOINT": endpoint, "BACKUPS_REGION": region}
    found = {name: value for name, value in given.items() if value}
    found |= in_environment(OF_A_BUCKET)
    for name, words in ASKED_OF_A_BUCKET.items():
        if name not in found:
            found[name] = typed(words, secret=name == "BACKUPS_SECRET_ACCESS_KEY")
    return found


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
    chosen = chosen_place()
    with application().app_context(), in_words():
        made = making_backups.make(chosen.place, chosen.public_key)
    for one in made.files:
        click.echo(str(one))
    for one in made.removed:
        click.echo(f"Removed, because its days are over: {one.name}")


@click.command("backups")
def list_backups() -> None:
    """List the backups that there are, the newest of each kind first."""
    place = chosen_place().place
    with in_words():
        for kind in FOLDERS:
            for one in place.files(kind):
                click.echo(
                    f"{one.head.made_on.isoformat()}  {FOLDERS[kind]:8}  {one.size:>14,} bytes  {one.name}"
                )


@click.command("verify-backup")
@scratch_option
def verify_backup(scratch: Path | None) -> None:
    """A drill: open the newest backup with the words on paper, and look at what is in it. Nothing else is touched."""
    open_newest(chosen_place(), scratch)


def open_newest(chosen: Chosen, scratch: Path | None) -> None:
    """A drill, which asks for the words, and its note. Raises `ClickException`."""
    with in_words():
        scratch = scratch or drill.in_memory(chosen.place)
        seed = typed_seed(chosen.place)
    with in_words(), drill.opened(chosen.place, seed, scratch) as copies:
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
    "place",
    help="The folder of the backups, where backup.env is lost as well; or s3://BUCKET/PREFIX, and the rest in the "
    "environment.",
)
@click.option(
    "--tombstones-lost",
    is_flag=True,
    help="tombstones.txt is lost, and whoever was deleted since the backup may be back.",
)
@click.option("--yes", is_flag=True, help="Hearth is stopped: do not ask.")
def restore(place: str | None, tombstones_lost: bool, yes: bool) -> None:
    """Put back what is missing: configuration, main, erasure. What is there stays; what was deleted stays deleted."""
    chosen = place_at(place) if place else chosen_place().place
    if place and not place.startswith(SCHEME) and not Path(place).is_dir():
        raise click.ClickException(f"There is no folder {place}. {NOTHING}")
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


def _say_what_there_is(restored: Sequence[Store]) -> None:
    click.echo(f"The record holds: {audit.verify()} entries.")
    click.echo(f"The tables are at {stores.revisions()['main']}.")
    if "main" in restored:
        click.echo(TO_TELL)
    click.echo(
        f"Backups go to {chosen_place().place.name}. If that is not right for this machine, change {PLACE} in {FILE}.\n"
        "Now: set the owners of the files again, look at the clock (date), then verify-record, verify-rows and check."
    )
    screen.say_what_stays()


def typed_seed(place: BackupPlace) -> bytes:
    """The private half of what the newest backup was encrypted to. Raises `NoBackup`."""
    return seed_for(restoring.newest(place, BackupKind.CONFIGURATION))


def seed_for(one: BackupFile) -> bytes:
    """The private half, from 24 typed words; at a terminal a slip is asked for again."""
    for left in reversed(range(TRIES)):
        try:
            seed = seed_of(typed(ASKED))
        except MistypedWords as slip:
            said = slip_words(slip)
        else:
            if restoring.is_its_key(one, seed):
                return seed
            said = f"These are not the words that {one.name.rpartition('/')[2]} was encrypted with."
        if not left or not at_a_terminal():
            break
        click.echo(f"  {said} Please try again.")
    raise click.ClickException(f"{said} {NOTHING}")


COMMANDS = (backup_key, backup, list_backups, verify_backup, restore)
