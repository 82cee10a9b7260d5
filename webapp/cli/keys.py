"""Account recovery commands: a new passphrase, or a new key after a coordinator has lost everything.

Also what operators are told about keys that are missing or swapped.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
import segno

from webapp.cli.instance import application
from webapp.services.keys import passphrase_reset, recovery
from webapp.services.keys.authentication import NotSignedIn
from webapp.services.keys.coordinators import NoSuchCoordinator
from webapp.services.keys.key_slots import Credentials, MistypedCode, MistypedWords
from webapp.services.keys.purpose_key_generation import NOT_TO_GENERATE, NoRecoveryKey
from webapp.services.opening.disclosure import NOT_AS_WRITTEN

SWAPPED = "A stored key is not as Hearth wrote it. Stop Hearth: someone changed the database, or a disk failed."
NOT_SEALED_FOR_RECOVERY = (
    "The recovery key is missing from the database, so nothing can be published: with the last coordinator's key, all "
    "that people told us would be lost. Stop Hearth: the database was changed, or is not the right one. Bring `main` "
    "back from a backup, then publish again. Nothing was changed."
)


@contextmanager
def keys_can_be_made() -> Iterator[None]:
    """Key escrow is not optional: without an authentic recovery key publishing stops, in words for an operator."""
    try:
        yield
    except NoRecoveryKey:
        raise click.ClickException(NOT_SEALED_FOR_RECOVERY) from None
    except NOT_TO_GENERATE:
        raise click.ClickException(f"{SWAPPED} Nothing was published.") from None


def _typed(question: str, *, secret: bool = False) -> str:
    """Read a line from the terminal, without echo if it is a secret; in scripts from the standard input.

    Never an argument: those stay in the shell's history and stand in the list of processes.
    """
    if sys.stdin.isatty():
        return str(click.prompt(question, hide_input=secret))
    return sys.stdin.readline().strip()


def show_coordinator(new: Credentials) -> None:
    """Print a coordinator's new credentials, which are not stored."""
    click.echo(f"Sign-in name:   {new.sign_in_name}\nPassphrase:     {new.passphrase}")
    click.echo(
        f"Recovery code:  {new.recovery_code}   (with it, new-passphrase replaces a lost passphrase)"
    )
    click.echo(f"Authenticator:  {new.totp_secret}   (type it into the app, or scan this)\n")
    segno.make(new.totp_uri).terminal(compact=True)


@click.command("new-passphrase")
def new_passphrase() -> None:
    """Make a new passphrase for a coordinator who has their recovery code. Ends the old one, and all their Visits."""
    name = _typed("The name they sign in with")
    code = _typed("Their recovery code", secret=True)
    with application("desk").app_context():
        try:
            new = passphrase_reset.new_passphrase(name, code)
        except MistypedCode:
            raise click.ClickException(
                "This is not a recovery code. It has 24 letters and numbers, and one of them seems wrong."
            ) from None
        except NotSignedIn:
            raise click.ClickException("The name and the code do not belong together.") from None
        except NOT_AS_WRITTEN:
            raise click.ClickException(SWAPPED) from None
    click.echo("\nThis is shown once and kept nowhere. Write it down now.\n")
    click.echo(f"Sign-in name:   {new.sign_in_name}\nPassphrase:     {new.passphrase}\n")
    click.echo("The recovery code and the authenticator stay as they are.")


@click.command()
def recover() -> None:
    """Let a coordinator who lost everything back in, with the 24 words of the coalition's recovery key."""
    name = _typed("The name they sign in with")
    words = _typed("The 24 words of the recovery key, with spaces between", secret=True)
    with application("desk").app_context():
        try:
            back = recovery.let_back_in(name, words)
        except MistypedWords as mistyped:
            raise click.ClickException(_what_is_wrong(mistyped)) from None
        except recovery.NotTheRecoveryKey:
            raise click.ClickException(
                "This is not the recovery key that is stored here: it is another instance's, or the stored one was "
                "removed or exchanged."
            ) from None
        except NoSuchCoordinator:
            raise click.ClickException("No coordinator signs in with this name.") from None
        except NOT_AS_WRITTEN:
            raise click.ClickException(SWAPPED) from None
    click.echo("\nThese are shown once and kept nowhere. Write them down now.\n")
    show_coordinator(back.given)
    click.echo(f"\n{back.sealed} keys are sealed to them again.")
    if back.missing:
        click.echo(
            f"{back.missing} keys could not be: the recovery key has no seal for them. "
            "Nobody can open what they protect.",
            err=True,
        )


def _what_is_wrong(mistyped: MistypedWords) -> str:
    return {
        "length": "A recovery key has 24 words.",
        "words": f"Word {mistyped.position} is not in our list of words.",
        "check": "One word is wrong, or two have changed places.",
    }[mistyped.problem]


COMMANDS = (new_passphrase, recover)
