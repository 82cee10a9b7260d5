"""Commands about what people see: publishing calls and events, closing, seats, and which recordings are missing."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from flask_babel import force_locale

from webapp.cli.instance import application
from webapp.rules.form_definition import NotADefinition
from webapp.rules.languages import LANGUAGES
from webapp.rules.publishing import Override
from webapp.rules.recordings import START, Slot
from webapp.services import (
    audit,
    call_changes,
    calls,
    event_changes,
    events,
    publishing,
    recordings,
)
from webapp.services.definition_files import read_call_file, read_event_file
from webapp.ui import aloud

#: As long as the record has room for.
LONGEST_REASON = 200
CANNOT_PUBLISH = (NotADefinition, publishing.NotPublishable, publishing.AddressRefused)


def _overrides(
    context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> tuple[Override, ...]:
    """Each QUESTION=REASON as an override, with all of its reason."""
    overrides = []
    for text in texts:
        question, equals, reason = (piece.strip() for piece in text.partition("="))
        if not (question and equals and reason):
            raise click.BadParameter("write it as QUESTION=REASON")
        if len(f"{question}: {reason}") > LONGEST_REASON:
            raise click.BadParameter(f"the record has room for {LONGEST_REASON} characters")
        overrides.append(Override(question, reason))
    return tuple(overrides)


def _reason(context: click.Context, parameter: click.Parameter, text: str) -> str:
    if not 0 < len(text.strip()) <= LONGEST_REASON:
        raise click.BadParameter(f"a few words, {LONGEST_REASON} characters at most")
    return text.strip()


def _refused(what: str, problem: Exception) -> click.ClickException:
    """Why it cannot be published, and the way to ask all the same where a reason is enough."""
    found = problem.problems if isinstance(problem, publishing.NotPublishable) else ()
    way = (
        "\nIf you have a good reason, you can still ask a question: --allow QUESTION=REASON"
        if any(one.severity == "needs_reason" for one in found)
        else ""
    )
    return click.ClickException(f"This {what} cannot be published: {problem}{way}")


file_to_publish = click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
allow: Callable[[Any], Any] = click.option(
    "--allow",
    "overrides",
    multiple=True,
    metavar="QUESTION=REASON",
    callback=_overrides,
    help="Ask this question despite the check; the reason goes into the record. May be given more than once.",
)
why: Callable[[Any], Any] = click.option(
    "--reason", required=True, callback=_reason, help="Entered in the record."
)


@click.command()
@file_to_publish
@click.option("--slug", required=True, help="The neutral word in the call's address.")
@click.option(
    "--closes-on",
    required=True,
    type=click.DateTime(["%Y-%m-%d"]),
    help="The last day for answers.",
)
@allow
def publish(file: Path, slug: str, closes_on: datetime, overrides: tuple[Override, ...]) -> None:
    """Publish a call from a form definition in JSON, with its words in other languages (FORM.LANGUAGE.json)."""
    with application().app_context():
        try:
            publishing.publish_call(
                read_call_file(file),
                slug=slug,
                closes_on=closes_on.date(),
                actor=audit.OPERATOR,
                overrides=overrides,
            )
        except CANNOT_PUBLISH as problem:
            raise _refused("form", problem) from None


@click.command("publish-event")
@file_to_publish
@click.option("--slug", required=True, help="The neutral word in the event's address.")
@allow
def publish_event(file: Path, slug: str, overrides: tuple[Override, ...]) -> None:
    """Open an event for registration from a file in JSON, with its words in other languages (EVENT.LANGUAGE.json)."""
    with application().app_context():
        try:
            publishing.publish_event(
                read_event_file(file), slug=slug, actor=audit.OPERATOR, overrides=overrides
            )
        except CANNOT_PUBLISH as problem:
            raise _refused("event", problem) from None


@click.command("close-call")
@click.argument("slug")
@why
def close_call(slug: str, reason: str) -> None:
    """Close a call before its last day. People can still change and erase what they have sent."""
    with application().app_context():
        try:
            call_changes.close(slug, actor=audit.OPERATOR, reason=reason)
        except calls.NoSuchCall:
            raise click.ClickException(f"There is no call {slug}.") from None


@click.command("add-seats")
@click.argument("slug", metavar="EVENT")
@click.argument("more", metavar="N", type=click.IntRange(1, 1_000))
@why
def add_seats(slug: str, more: int, reason: str) -> None:
    """Add N seats to an event. Those who have waited longest move up first, and are told by e-mail."""
    with application().app_context():
        try:
            seats = event_changes.add_seats(
                events.find(slug).id, more, actor=audit.OPERATOR, reason=reason
            )
        except events.NoSuchEvent:
            raise click.ClickException(f"There is no event {slug}.") from None
        except (event_changes.AlreadyOver, event_changes.CalledOff):
            raise click.ClickException("This event is over, or was called off.") from None
        click.echo(f"{slug} has {seats} seats now.")


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


COMMANDS = (publish, publish_event, close_call, add_seats, list_recordings)
