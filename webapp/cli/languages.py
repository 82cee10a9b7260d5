"""Commands about translations: import of a translator's spreadsheet."""

from pathlib import Path

import click

from webapp.cli.instance import application
from webapp.rules.audit_details import OfLanguage
from webapp.rules.audit_events import AuditEvent
from webapp.rules.languages.site_languages import DEFAULT, LANGUAGES
from webapp.rules.languages.translation_sheets import NotTheFile, read_returned
from webapp.services.infrastructure import audit, stores
from webapp.ui import local_catalogue
from webapp.ui.local_catalogue import NotTaken, Taken


@click.command("take-words")
@click.argument("language", type=click.Choice(sorted(set(LANGUAGES) - {DEFAULT.code})))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def take_words(language: str, file: Path) -> None:
    """Take in the words of a spreadsheet from the desk's Languages page, after a translator has put them right.

    All of it or nothing: a row that is not as it must be is named. The words are kept in the instance's folder "words"
    and outlive an upgrade. Words that changed must be checked at the desk again.
    """
    with application().app_context():
        try:
            taken = local_catalogue.take(LANGUAGES[language], read_returned(file.read_bytes()))
        except NotTheFile as problem:
            raise click.ClickException(f"{file.name} cannot be read: {problem}.") from None
        except NotTaken as problem:
            raise click.ClickException(f"Nothing was taken.\n{problem}") from None
        if taken.changed:
            with stores.writing() as main:
                told = OfLanguage(language, taken.changed)
                audit.enter(main, audit.OPERATOR, AuditEvent.WORDS_IMPORTED, detail=told)
        _say(taken, LANGUAGES[language].english_name)


def _say(taken: Taken, name: str) -> None:
    if taken.changed:
        what = "One text has" if taken.changed == 1 else f"{taken.changed} texts have"
        click.echo(f"{what} new words in {name}. {taken.same} are as they were.")
    else:
        click.echo(f"Nothing is new in {name}. {taken.same} texts are as they were.")
    if taken.elsewhere:
        click.echo(
            f"{taken.elsewhere} rows are not from Hearth's own pages. The words of a call or an event stand in a file "
            "beside it, and are taken in when it is published."
        )
    if taken.changed:
        click.echo("Restart Hearth, and have the new words checked at the desk, under Languages.")


COMMANDS = (take_words,)
