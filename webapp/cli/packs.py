"""Commands for leaving: pack everything that is sealed into one file of a written format, and make a Hearth of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click
from flask import Flask

from webapp.cli.backup_errors import in_words
from webapp.cli.backup_settings import chosen_place
from webapp.cli.backups import seed_for
from webapp.cli.instance import (
    application,
    config_folder,
    environ,
    in_environment,
    instance_folder,
)
from webapp.cli.migrating import migrate_stores
from webapp.cli.replaying import replay_tombstones
from webapp.services.backup import packing, unpacking
from webapp.services.backup.backup_folder import backup_file
from webapp.services.backup.backup_places import BackupFile
from webapp.services.backup.pack_archive import PackDamaged
from webapp.services.backup.pack_keys import PackKeys, read_keys
from webapp.services.backup.packing import KEYS, PACK, FolderInUse
from webapp.services.backup.unpacking import AfterItsDay, AnotherRelease, NotEmpty
from webapp.services.infrastructure import audit, backup_marks, row_verification
from webapp.services.infrastructure.row_authentication import RowForged
from webapp.settings import FILES, Settings
from webapp.vault.backup_files import BackupKind

NO_PACK: Final = "Nothing was packed."


@click.command()
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="A new folder for the pack, on another disk than the data.",
)
@click.option("--closing", is_flag=True, help="This Hearth ends with it: no process starts again.")
@click.option("--yes", is_flag=True, help="With --closing: Hearth is stopped, do not ask.")
@click.option("--destroyed", is_flag=True, help="Every copy of every pack is destroyed.")
def pack(folder: Path | None, closing: bool, yes: bool, destroyed: bool) -> None:
    """Pack all that is sealed, and what makes sense of it, for another Hearth or for the reader that lies beside it."""
    if destroyed:
        with application().app_context():
            packing.note_destroyed()
        click.echo("Noted, and entered in the record.")
        return
    if folder is None:
        raise click.ClickException(f"Name a new folder: pack --to FOLDER. {NO_PACK}")
    if folder.resolve().is_relative_to(instance_folder()):
        raise click.ClickException(f"{folder} is in the folder of the data. {NO_PACK}")
    if closing and not yes:
        click.confirm(
            "Are the public door, the desk and the worker stopped, and does this Hearth end today?",
            abort=True,
        )
    _say(_made(folder.resolve(), chosen_place().public_key, closing=closing), closing=closing)


def _made(folder: Path, public_key: bytes, *, closing: bool) -> packing.Packed:
    with application().app_context(), in_words():
        backup_marks.check_no_restore(instance_folder())
        try:
            return packing.make(folder, public_key, closing=closing)
        except FolderInUse:
            raise click.ClickException(f"{folder} has something in it already. {NO_PACK}") from None
        except RowForged as false:
            raise click.ClickException(
                f"A row is not as Hearth wrote it: {false}. Give verify-rows; docs/operating.md, When rows are false, "
                f"says what to do. {NO_PACK}"
            ) from None
        except PackDamaged as damaged:
            raise click.ClickException(f"{str(damaged).capitalize()}. {NO_PACK}") from None


def _say(made: packing.Packed, *, closing: bool) -> None:
    click.echo(
        f"{made.folder / PACK}  {(made.folder / PACK).stat().st_size:,} bytes, {made.rows:,} rows"
    )
    click.echo(
        f"{made.folder / 'keys' / KEYS}  the configuration's secrets. KEEP THIS FILE IN ANOTHER PLACE THAN THE PACK."
    )
    click.echo(f"\nDESTROY EVERY COPY OF THIS PACK BY {made.delete_by.isoformat()}.")
    click.echo(
        "It opens what people delete from now on. When they are destroyed, give pack --destroyed.\n"
        "Beside the pack is a program that reads it without Hearth (hearth_reader.py), and the page that says how the\n"
        "pack is written (pack-format.md)."
    )
    if closing:
        click.echo(
            "This Hearth is closed: its processes do not start any more. docs/operating.md, Leaving, goes on."
        )


NOTHING: Final = "Nothing was unpacked."
ADDRESSES: Final = ("DATABASE_URL", "ERASURE_DATABASE_URL", "VOLATILE_DATABASE_URL")


@click.command()
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--keys",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The file hearth.keys that belongs to it.",
)
@click.option("--after-its-day", is_flag=True, help="Though it had to be destroyed already.")
def unpack(path: Path, keys: Path, after_its_day: bool) -> None:
    """Make a Hearth of a pack, where there is none yet, on SQLite or PostgreSQL: all of it or nothing."""
    with in_words(), _pack_in_words():
        seed = seed_for(_pack_file(path))
        moved = read_keys(unpacking.pieces_of(keys, BackupKind.PACK_KEYS, seed))
        with _configured(moved) as app:
            migrate_stores(app)
            with app.app_context():
                unpacking.check_empty()
                done = unpacking.load(path, seed, moved.pack_id, after_its_day=after_its_day)
        click.echo(f"Unpacked: {done.rows:,} rows of {done.made_on.isoformat()}.")
        with app.app_context():
            replay_tombstones()
            click.echo(f"The record holds: {audit.verify()} entries.")
            backup_marks.forget_restore(app.extensions["hearth_settings"].instance)
            if false := sum(1 for _ in row_verification.find_false()):
                raise click.ClickException(
                    f"{false} rows are not as Hearth wrote them: verify-rows names them."
                )
    click.echo(
        f"The configuration is in {config_folder()}. Look through it: addresses, ports and the mail server are\n"
        "those of the Hearth that was packed. docs/operating.md, Leaving, says what is next. Then destroy every copy\n"
        "of the pack, and give pack --destroyed."
    )


def _pack_file(path: Path) -> BackupFile:
    """A file of a pack. Raises `PackDamaged` where it is none."""
    unpacking.head_of(path)
    return backup_file(path)


@contextmanager
def _configured(moved: PackKeys) -> Iterator[Flask]:
    """An application with the configuration that moved along, in files where there were none.

    Where it fails, none of them stays. Raises `ClickException` where another configuration is there.
    """
    folder = config_folder()
    if any((folder / name).exists() for name in FILES.values()):
        there = Settings.from_environment({**environ(tuple(FILES)), "DOORS": ",".join(FILES)})
        if not moved.fits(there):
            raise click.ClickException(
                f"{folder} has the configuration of another Hearth: its secrets are not those of this pack. Move it "
                f"away, and the right one is made. {NOTHING}"
            )
        yield application()
        return
    moved.write_config(folder, in_environment(ADDRESSES))
    try:
        yield application()
    except BaseException:
        for name in FILES.values():
            (folder / name).unlink(missing_ok=True)
        raise


@contextmanager
def _pack_in_words() -> Iterator[None]:
    try:
        yield
    except PackDamaged as damaged:
        raise click.ClickException(f"This pack cannot be used: {damaged}. {NOTHING}") from None
    except NotEmpty as full:
        raise click.ClickException(
            f"The store {full.store} has something in it. A pack goes into an empty Hearth alone: name other "
            f"databases, or another INSTANCE. {NOTHING}"
        ) from None
    except AnotherRelease as other:
        raise click.ClickException(
            f"This pack has the tables of another release of Hearth (revision {other.schema}). Unpack it with that "
            f"release, then upgrade. {NOTHING}"
        ) from None
    except AfterItsDay as late:
        raise click.ClickException(
            f"Every copy of this pack had to be destroyed by {late.delete_by.isoformat()}: it opens what people have "
            "deleted since. If it is the only copy there is, put the newest tombstones.txt into the folder of the "
            f"instance, and give unpack --after-its-day. {NOTHING}"
        ) from None


COMMANDS = (pack, unpack)
