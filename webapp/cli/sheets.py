"""Printing the recovery sheets: as three A4 pages in a folder that the operator names, or one by one on the terminal.

The words are secrets. Files are readable by their owner alone, in a folder that was made for them, and are overwritten
and deleted once they are printed; on the terminal each keeper sees one sheet, and the screen is cleared after it.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import click
from flask import render_template

from webapp.cli import screen
from webapp.cli.checks_file_system import is_in_memory
from webapp.cli.instance import config_folder, instance_folder
from webapp.cli.prompts import at_a_terminal, until_typed
from webapp.extensions import current_settings
from webapp.services.keys.recovery_sheets import PrintedSheet
from webapp.ui.qr_code import square

ASKED = "A new folder for the three pages to print, like /dev/shm/sheets (Enter: show them here, to be written down)"
WORDS_IN_A_LINE = 4
TO_DO = """Write the number of the sheet, the set, the day and the 24 words on paper,
from left to right. Then read your paper against the screen, word by word.
No photograph, no copy. Lock it away, never in one place with another sheet."""

folder_option = click.option(
    "--sheets",
    "folder",
    type=click.Path(path_type=Path),
    help="A new folder for the three recovery sheets as A4 pages; without it they are shown on the terminal.",
)


def ask_folder() -> Path | None:
    """At a terminal, ask for the folder until one can be made; None to show the sheets, as in a script."""
    while at_a_terminal():
        typed = str(click.prompt(f"\n{ASKED}", default="", show_default=False)).strip()
        if not typed:
            return None
        try:
            return make_folder(Path(typed))
        except click.ClickException as refused:
            click.echo(f"  {refused.message} Please try again.")
    return None


def make_folder(folder: Path) -> Path:
    """A folder for the pages that nobody else can look into, before anything else is made. Raises `ClickException`."""
    place = folder.absolute()
    if any(place.resolve().is_relative_to(one) for one in (instance_folder(), config_folder())):
        raise click.ClickException(
            f"{folder} belongs to the instance, and would go into its backups. Name another folder."
        )
    try:
        if not _is_ours_and_empty(place):
            place.mkdir(mode=0o700)
        place.chmod(0o700)
    except OSError as error:
        raise click.ClickException(
            f"{folder} cannot be made ({error.strerror}). Name a folder that is not there yet, in one that is."
        ) from None
    return place


def _is_ours_and_empty(place: Path) -> bool:
    """Left by a command that was broken off. A link, or another user's folder, could lead anywhere."""
    if place.is_symlink() or not place.is_dir():
        return False
    return place.stat().st_uid == os.geteuid() and not any(place.iterdir())


def hand_out(sheets: Sequence[PrintedSheet], folder: Path | None) -> None:
    """Print each sheet once. What cannot be written to the folder is shown on the terminal instead."""
    if folder is not None:
        try:
            paths = [_write(sheet, folder) for sheet in sheets]
        except OSError as error:
            click.echo(f"{folder} cannot be written to ({error.strerror}).", err=True)
            _destroy(folder)
        else:
            _until_printed(folder, paths)
            return
    _show_one_by_one(sheets)


def _write(sheet: PrintedSheet, folder: Path) -> Path:
    settings = current_settings()
    page = render_template(
        "operator/recovery_sheet.html",
        sheet=sheet,
        square=square(" ".join(sheet.words)),
        organisation=settings.organisation,
        site_name=settings.site_name,
    )
    path = folder / f"sheet-{sheet.number}.html"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(page)
    return path


def _until_printed(folder: Path, paths: Sequence[Path]) -> None:
    click.echo("\nThe three recovery sheets, to be printed now, each for another person to keep:\n")
    for path in paths:
        click.echo(f"  {path}")
    if not is_in_memory(folder):
        click.echo(
            "\nThis folder is on a disk, where what is deleted can stay for a while. A folder in memory, like "
            "/dev/shm, keeps nothing when the machine is turned off."
        )
    if not at_a_terminal():
        click.echo(f"\nWhen they are printed, destroy the files:  shred --remove {folder}/*")
        return
    try:
        until_typed(
            "printed",
            "\nWhen all three are printed, and you have read them on paper, type printed",
        )
    except (KeyboardInterrupt, click.Abort):
        click.echo(
            f"\nThe files are still there. When they are printed:  shred --remove {folder}/*"
        )
        raise
    _destroy(folder)
    click.echo(
        "\nThe files were overwritten and deleted. Delete every copy that was made to print them."
    )


def _destroy(folder: Path) -> None:
    """Overwrite and delete the pages in the folder that was made for them, and the folder."""
    for path in folder.glob("sheet-*.html"):
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
    try:
        folder.rmdir()
    except OSError:
        click.echo(f"{folder} has other files in it, and stays.", err=True)


def _show_one_by_one(sheets: Sequence[PrintedSheet]) -> None:
    click.echo("\nThe three recovery sheets, each for another person to write down and keep.")
    for sheet in sheets:
        if at_a_terminal():
            click.pause(
                f"\nSheet {sheet.number}: only its keeper looks at the screen now. Press a key: it is cleared first."
            )
            screen.clear()
        _show(sheet)
        if at_a_terminal():
            until_typed(
                "written",
                "\nWhen you have read your paper again, type written: the screen is cleared",
            )
            screen.clear()


def _show(sheet: PrintedSheet) -> None:
    """What its keeper must do, then the words, in the last lines of a window of 80 by 24."""
    click.echo(f"\n{TO_DO}\n")
    click.echo(
        f"Recovery sheet {sheet.number} of 3   (set {sheet.set_number}, {sheet.made_on.isoformat()})\n"
    )
    for start in range(0, len(sheet.words), WORDS_IN_A_LINE):
        numbered = (
            f"{start + place + 1:>2} {word:<10}"
            for place, word in enumerate(sheet.words[start : start + WORDS_IN_A_LINE])
        )
        click.echo("   ".join(numbered))
