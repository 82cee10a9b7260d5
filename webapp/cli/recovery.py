"""Commands that use the recovery sheets: let a coordinator back in, rehearse, renew. Any two of three sheets do."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from webapp.cli import screen
from webapp.cli import sheets as printing
from webapp.cli.instance import application
from webapp.cli.keys import SWAPPED, a_sign_in_name, show_coordinator, typed
from webapp.cli.prompts import at_a_terminal
from webapp.services.infrastructure.row_authentication import RowForged
from webapp.services.keys import (
    recovery,
    recovery_rehearsal,
    recovery_renewal,
    recovery_sheets,
    recovery_state,
)
from webapp.services.keys.key_slots import MistypedWords
from webapp.services.keys.recovery import RecoverySecret
from webapp.services.keys.recovery_renewal import NotHeldYet, SetReplaced
from webapp.services.keys.recovery_sheets import (
    OfAnotherSet,
    SameSheetTwice,
    TypedSheet,
    UnknownSheet,
    WeakSheets,
)
from webapp.services.keys.recovery_state import Pair
from webapp.services.opening.disclosure import NOT_AS_WRITTEN

SLIPS = (MistypedWords, UnknownSheet, SameSheetTwice, OfAnotherSet)
NO_SHEETS = (
    "There are no recovery sheets here: this instance is from before there were any, or they were removed from the "
    "database. With the 24 words of the recovery key, renew-recovery makes three sheets. Nothing was changed."
)
OLDER_STAYS = (
    "All pairs open. But the recovery key before holds keys that the new one does not, so it stays good for now: give "
    "renew-recovery with two sheets of the set before, and print and rehearse the new sheets."
)


@contextmanager
def _in_words() -> Iterator[None]:
    """Failures of sheets and keys as one line for an operator."""
    try:
        yield
    except SLIPS as slip:
        raise click.ClickException(f"{_what_is_wrong(slip)} Nothing was changed.") from None
    except recovery.NotTheRecoveryKey:
        raise click.ClickException(
            "This is not the recovery key that is stored here: it is another instance's, or the stored one was "
            "removed or exchanged."
        ) from None
    except WeakSheets:
        raise click.ClickException(
            "This machine makes weak random numbers: no sheets were made. Do not use it for secrets."
        ) from None
    except (*NOT_AS_WRITTEN, RowForged):
        raise click.ClickException(SWAPPED) from None


def _what_is_wrong(slip: Exception) -> str:
    match slip:
        case MistypedWords(problem="length"):
            return f"A sheet has 24 words, and {slip.number} were typed."
        case MistypedWords(problem="words"):
            return f"Word {slip.position} is not in our list of words."
        case MistypedWords():
            return "One word is wrong, or two have changed places."
        case SameSheetTwice():
            return "This is the same sheet once more. It takes a second one, with another number."
        case OfAnotherSet():
            return (
                f"The two sheets are of different sets: the first is of set {slip.first}, this one of set "
                f"{slip.second}."
            )
    return (
        "These words are a sheet, but not one that is good here: it is of a set that was replaced, or of another "
        "instance."
    )


def _ask_for_sheets(most: int) -> list[TypedSheet]:
    """Two sheets; or three, where the third may be left out. At a terminal, a slip asks for that sheet again."""
    _need_sheets()
    found: list[TypedSheet] = []
    while len(found) < most:
        words = typed(_question(len(found)), secret=True, may_be_empty=len(found) >= 2)
        if not words and len(found) >= 2:
            break
        try:
            found.append(_recognised(words, found))
        except SLIPS as slip:
            if not at_a_terminal():
                raise
            click.echo(f"  {_what_is_wrong(slip)} Please try again.{_or_begin_again(slip)}")
        else:
            click.echo(f"  Sheet {found[-1].number} of set {found[-1].set_number}.", err=True)
    return found


def _need_sheets() -> None:
    if not recovery_state.standing().has_sheets:
        raise click.ClickException(NO_SHEETS)


def _or_begin_again(slip: Exception) -> str:
    """Only the newest sheet is asked for again, and here the first may be the wrong one."""
    wrong_first = " If the first is the old one: press Ctrl-C, and give the command again."
    return wrong_first if isinstance(slip, OfAnotherSet) else ""


def _question(already: int) -> str:
    name = ("The 24 words of a sheet", "The 24 words of a second sheet", "And of the third")[
        already
    ]
    return f"{name} (Enter: it is not here)" if already == 2 else f"{name}, with spaces between"


def _recognised(words: str, before: list[TypedSheet]) -> TypedSheet:
    found = recovery_sheets.recognise(words, beside=before[0] if before else None)
    if found.number in {one.number for one in before}:
        raise SameSheetTwice
    return found


@click.command()
def recover() -> None:
    """Let a coordinator who lost everything back in, with two of the three recovery sheets."""
    with application("desk").app_context(), _in_words():
        _need_sheets()
        name = a_sign_in_name()
        one, other = _ask_for_sheets(2)
        back = recovery.let_back_in(name, one, other)
        click.echo("\nThese are shown once and kept nowhere. Write them down now.\n")
        show_coordinator(back.given)
    click.echo(f"\n{back.sealed} keys are sealed to them again.")
    if back.missing:
        click.echo(
            f"{back.missing} keys could not be: the recovery key has no seal for them. "
            "Nobody can open what they protect.",
            err=True,
        )
    click.echo(
        "Put both sheets back, each in its own place. The old entry in the app can be deleted."
    )
    screen.say_what_stays()


@click.command("rehearse-recovery")
def rehearse_recovery() -> None:
    """Prove that two of the recovery sheets open the recovery key, or with all three that every pair does."""
    with application("desk").app_context(), _in_words():
        sheets = _ask_for_sheets(3)
        try:
            done = recovery_rehearsal.rehearse(sheets)
        except NotHeldYet:
            raise click.ClickException(OLDER_STAYS) from None
    click.echo(f"\nProved today: sheets {pairs_words(done.proved)} open the recovery key.")
    if done.left:
        click.echo(f"Still to be proved: sheets {pairs_words(done.left)}.")
        return
    click.echo("Every pair was proved. Put the sheets back, each in its own place.")
    if done.put_away:
        click.echo("The set before opens nothing any more: destroy its sheets.")


def pairs_words(pairs: tuple[Pair, ...]) -> str:
    """Pairs of sheets in words, like `1 and 2, 1 and 3`."""
    return ", ".join(f"{one} and {other}" for one, other in pairs)


@click.command("renew-recovery")
@printing.folder_option
def renew_recovery(folder: Path | None) -> None:
    """Make a new recovery key and three new sheets, with two sheets of before, or the 24 words of a key of before.

    The sheets before stay good until all pairs of the new ones were rehearsed.
    """
    with application("desk").app_context(), _in_words():
        before, used = _secret_before()
        place = printing.make_folder(folder) if folder else printing.ask_folder()
        try:
            new = recovery_renewal.renew(before, used)
        except SetReplaced:
            raise click.ClickException(
                "These sheets are of a set that was replaced, and the newer one is rehearsed: use that one, and "
                "destroy these. Nothing was changed."
            ) from None
        except NotHeldYet:
            raise click.ClickException(
                "The newer set holds keys that this one does not: use the newer one. Nothing was changed."
            ) from None
        printing.hand_out(new.sheets, place)
    click.echo(f"\n{new.sealed} keys are sealed to the new recovery key.")
    if new.missing:
        click.echo(
            f"{new.missing} keys could not be: the recovery key before has no seal for them.",
            err=True,
        )
    click.echo(
        "Now prove every pair of the new sheets: rehearse-recovery. Until then the set before stays good."
    )


def _secret_before() -> tuple[RecoverySecret, set[bytes]]:
    """The recovery key that is to be replaced, and the secrets of its sheets that were typed."""
    if recovery_state.standing().has_sheets:
        one, other = _ask_for_sheets(2)
        return recovery.recovery_secret(one, other), {one.sheet.secret, other.sheet.secret}
    words = typed("The 24 words of the recovery key, with spaces between", secret=True)
    return recovery.secret_of_before(words), set()


COMMANDS = (recover, rehearse_recovery, renew_recovery)
