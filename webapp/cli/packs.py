"""Commands for leaving: pack everything that is sealed into one file of a written format, and say that it is gone."""

from pathlib import Path
from typing import Final

import click

from webapp.cli.backups import chosen_key, in_words
from webapp.cli.instance import application, instance_folder
from webapp.services.backup import packing
from webapp.services.backup.pack_archive import PackDamaged
from webapp.services.backup.packing import KEYS, PACK, FolderInUse
from webapp.services.infrastructure.row_authentication import RowForged

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
    _say(_made(folder.resolve(), chosen_key(), closing=closing), closing=closing)


def _made(folder: Path, public_key: bytes, *, closing: bool) -> packing.Packed:
    with application().app_context(), in_words():
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


COMMANDS = (pack,)
