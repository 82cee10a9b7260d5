"""Account recovery by a coordinator's own recovery code: a new passphrase. By the recovery sheets: `cli.recovery`.

Also what operators are told about keys and sheets that are missing, swapped or not rehearsed.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
import segno

from webapp.cli import screen
from webapp.cli.instance import application
from webapp.cli.prompts import at_a_terminal
from webapp.services.infrastructure.row_authentication import RowForged
from webapp.services.keys import coordinators, passphrase_reset, recovery_state
from webapp.services.keys.authentication import NotSignedIn
from webapp.services.keys.coordinators import NoSuchCoordinator
from webapp.services.keys.key_slots import Credentials, MistypedCode
from webapp.services.keys.passphrase_reset import NewPassphrase
from webapp.services.keys.purpose_key_generation import NOT_TO_GENERATE, NoRecoveryKey
from webapp.services.keys.recovery_state import NotRehearsed, SheetsMissing
from webapp.services.opening.disclosure import NOT_AS_WRITTEN

SWAPPED = "A stored key is not as Hearth wrote it. Stop Hearth: someone changed the database, or a disk failed."
NOT_SEALED_FOR_RECOVERY = (
    "The recovery key is missing from the database, so nothing can be published: with the last coordinator's key, all "
    "that people told us would be lost. Stop Hearth: the database was changed, or is not the right one. Bring `main` "
    "back from a backup, then publish again. Nothing was changed."
)
NOT_REHEARSED = (
    "The recovery sheets were not rehearsed yet, so nothing can be published: if one of them is wrong, all that people "
    "tell you could be lost for ever. Bring the three sheets together and give rehearse-recovery, then publish again. "
    "Nothing was changed."
)
SHEETS_MISSING = (
    "The recovery key cannot be opened by every pair of sheets, so nothing can be published. If this instance is from "
    "before there were recovery sheets, give renew-recovery with its 24 words. If it is not, the database was changed: "
    "bring `main` back from a backup. Nothing was changed."
)
#: Slips at one prompt; each costs an Argon2id hash.
CODE_TRIES = 5
NOT_A_CODE = (
    "This is not a recovery code. It has 24 letters and numbers, and one of them seems wrong."
)
NOT_THEIR_CODE = "The name and the code do not belong together."
STILL_TO_REHEARSE = (
    "THE NEW RECOVERY SHEETS WERE NOT ALL REHEARSED YET: give rehearse-recovery, with all three."
)


@contextmanager
def keys_can_be_made() -> Iterator[None]:
    """Key escrow is not optional: without a recovery key that is authentic, and sheets that were rehearsed, publishing
    stops, in words for an operator."""
    try:
        yield
    except NoRecoveryKey:
        raise click.ClickException(NOT_SEALED_FOR_RECOVERY) from None
    except SheetsMissing:
        raise click.ClickException(SHEETS_MISSING) from None
    except NotRehearsed:
        raise click.ClickException(NOT_REHEARSED) from None
    except NOT_TO_GENERATE:
        raise click.ClickException(f"{SWAPPED} Nothing was published.") from None


def say_if_unrehearsed() -> None:
    """Warn an operator who has just published, or could, that sheets wait to be proved."""
    if recovery_state.standing().unproved:
        click.echo(STILL_TO_REHEARSE, err=True)


def typed(question: str, *, secret: bool = False, may_be_empty: bool = False) -> str:
    """Read a line from the terminal, without echo if it is a secret; in scripts from the standard input.

    Never an argument: those stay in the shell's history and stand in the list of processes.
    """
    if not at_a_terminal():
        return sys.stdin.readline().strip()
    default = "" if may_be_empty else None
    return str(click.prompt(question, hide_input=secret, default=default, show_default=False))


def a_sign_in_name() -> str:
    """Ask for a coordinator's sign-in name, which must be known before anyone types a secret for it. Needs a context.

    The operator may learn that there is none; no door says so. Raises `RowForged`.
    """
    name = typed("The name they sign in with")
    try:
        coordinators.check_name(name)
    except NoSuchCoordinator:
        raise click.ClickException(
            "No coordinator signs in with this name. Nothing was changed."
        ) from None
    return name


def show_coordinator(new: Credentials) -> None:
    """Print a coordinator's new credentials, which are not stored: the square first, the words last and in sight."""
    segno.make(new.totp_uri).terminal(compact=True)
    click.echo(f"\nSign-in name:   {new.sign_in_name}\nPassphrase:     {new.passphrase}")
    click.echo(
        f"Recovery code:  {new.recovery_code}   (with it, new-passphrase replaces a lost passphrase)"
    )
    click.echo(
        f"Authenticator:  {new.totp_secret}   (type it into the app, or scan the square above)"
    )


@click.command("new-passphrase")
def new_passphrase() -> None:
    """Make a new passphrase for a coordinator who has their recovery code. Ends the old one, and all their Visits."""
    with application("desk").app_context():
        try:
            new = _with_their_code(a_sign_in_name())
        except (*NOT_AS_WRITTEN, RowForged):
            raise click.ClickException(SWAPPED) from None
    click.echo("\nThis is shown once and kept nowhere. Write it down now.\n")
    click.echo(f"Sign-in name:   {new.sign_in_name}\nPassphrase:     {new.passphrase}\n")
    click.echo("The recovery code and the authenticator stay as they are.")
    screen.say_what_stays()


def _with_their_code(name: str) -> NewPassphrase:
    """At a terminal a wrong code is asked for again: typed at the shell instead, it would stay in its history."""
    for left in reversed(range(CODE_TRIES)):
        try:
            return passphrase_reset.new_passphrase(name, typed("Their recovery code", secret=True))
        except (MistypedCode, NotSignedIn) as slip:
            said = NOT_A_CODE if isinstance(slip, MistypedCode) else NOT_THEIR_CODE
        if not left or not at_a_terminal():
            break
        click.echo(f"  {said} Please try again.")
    raise click.ClickException(f"{said} Nothing was changed.")


COMMANDS = (new_passphrase,)
