"""Commands about what people see: publishing calls and events, and which recordings are missing."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click
from flask_babel import force_locale

from webapp.cli.instance import application
from webapp.rules.form_definition import NotADefinition
from webapp.rules.languages import LANGUAGES
from webapp.rules.recordings import START, Slot
from webapp.services import audit, calls, events, publishing, recordings
from webapp.services.definition_files import read_call_file
from webapp.ui import aloud


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--slug", required=True, help="The neutral word in the call's address.")
@click.option(
    "--closes-on",
    required=True,
    type=click.DateTime(["%Y-%m-%d"]),
    help="The last day for answers.",
)
def publish(file: Path, slug: str, closes_on: datetime) -> None:
    """Publish a call from a form definition in JSON, with its words in other languages (FORM.LANGUAGE.json)."""
    with application().app_context():
        try:
            publishing.publish_call(
                read_call_file(file), slug=slug, closes_on=closes_on.date(), actor=audit.OPERATOR
            )
        except (NotADefinition, publishing.NotPublishable, publishing.AddressRefused) as problem:
            raise click.ClickException(f"This form cannot be published: {problem}") from None


@click.command("recordings")
@click.option(
    "--language",
    default="en",
    type=click.Choice(sorted(LANGUAGES)),
    help="The language to be read in.",
)
def list_recordings(language: str) -> None:
    """List the pages that can be listened to: where each recording belongs, if it is there, and the words to read."""
    with application().app_context(), force_locale(language):
        for slot, words in _pages_to_read(language):
            found = recordings.file_for(slot, language)
            name = found.name if found else slot.file_names[0]
            click.echo(
                f"{recordings.FOLDER}/{language}/{name}  ({'there' if found else 'not there'})"
            )
            click.echo("".join(f"    {line}\n" for line in words))


def _pages_to_read(language: str) -> Iterator[tuple[Slot, Iterator[str]]]:
    for call in calls.open_calls():
        yield Slot(call.slug, START), aloud.call_aloud(call.form, language)
        for page in call.form.pages:
            yield Slot(call.slug, page.key), aloud.page_aloud(page, language)
    for event in events.coming():
        asked = event.definition.form.only_page
        yield Slot(event.slug, START), aloud.event_aloud(event.definition, language)
        yield Slot(event.slug, asked.key), aloud.page_aloud(asked, language)
