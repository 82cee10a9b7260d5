"""Commands that publish content: calls and events, and a list of the recordings."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import click
from flask_babel import force_locale

from webapp.cli import problem_words, published, slip_words
from webapp.cli.instance import application
from webapp.cli.keys import keys_can_be_made, say_if_unrehearsed
from webapp.cli.published_changes import LONGEST_REASON, day_of
from webapp.rules.events.event_definition import EventDefinition
from webapp.rules.forms.definition_json import NotADefinition
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.rules.publishing.problems import Override
from webapp.rules.recordings import START, Slot
from webapp.rules.tell_back import Month, MonthTooEarly, MonthTooLate, NoMonth
from webapp.services.calls import published_calls
from webapp.services.events import published_events
from webapp.services.forms import event_planning, publishing, recordings
from webapp.services.forms.definition_files import read_call_file, read_event_file
from webapp.services.infrastructure import audit
from webapp.ui import recording_scripts
from webapp.ui.problem_words import Names

CANNOT_PUBLISH = (
    NotADefinition,
    publishing.NotPublishable,
    publishing.AddressRefused,
    publishing.LastDayOver,
    MonthTooEarly,
    MonthTooLate,
)


def _overrides(
    context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> tuple[Override, ...]:
    """Parse each QUESTION=REASON as an override of the publish check."""
    overrides = []
    for text in texts:
        question, equals, reason = (piece.strip() for piece in text.partition("="))
        if not (question and equals and reason):
            raise click.BadParameter("write it as QUESTION=REASON")
        if len(f"{question}: {reason}") > LONGEST_REASON:
            raise click.BadParameter(f"the record has room for {LONGEST_REASON} letters")
        overrides.append(Override(question, reason))
    return tuple(overrides)


def _month_of(context: click.Context, parameter: click.Parameter, text: str) -> Month:
    """Parse a month, or refuse it and say how to write it."""
    try:
        return Month.parse(text)
    except NoMonth:
        raise click.BadParameter(
            f"there is no such month as {text}; write the year first, like 2027-06"
        ) from None


def _refused(
    what: str, file: Path, problem: Exception, names: Names | None
) -> click.ClickException:
    """The validation errors of a publish check: a sentence for each, with its remedy."""
    if isinstance(problem, publishing.NotPublishable) and names:
        lines = [problem_words.sentence(one, names) for one in problem.problems]
    elif isinstance(problem, NotADefinition):
        lines = [slip_words.sentence(one, file) for one in problem.slips]
    else:
        text = str(problem)
        lines = [f"{text[:1].upper()}{text[1:]}."]
    # The same text may be wrong in several ways, and a step inside a step says the same again.
    unique = list(dict.fromkeys(lines))
    if isinstance(problem, NotADefinition) and (other := slip_words.other_kind(what, file)):
        unique = [other]
    listed = "".join(f"\n  - {line}" for line in unique)
    count = "one thing" if len(unique) == 1 else f"{len(unique)} things"
    return click.ClickException(
        f"This {what} cannot be published: {count} to correct. Nothing was changed.{listed}"
    )


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
only_check: Callable[[Any], Any] = click.option(
    "--check", "only_check", is_flag=True, help="Only say whether it could be published."
)
same_title: Callable[[Any], Any] = click.option(
    "--same-title", is_flag=True, help="Publish it although another one that is open has its title."
)


@click.command()
@file_to_publish
@click.option("--slug", required=True, help="The neutral word in the call's address.")
@click.option(
    "--closes-on",
    required=True,
    callback=day_of,
    help="The last day for answers, like 2027-03-31.",
)
@click.option(
    "--tell-back-by",
    required=True,
    callback=_month_of,
    help="The month by which you tell people what became of it, like 2027-06. They see it before they begin.",
)
@allow
@same_title
@only_check
def publish(
    file: Path,
    slug: str,
    closes_on: date,
    tell_back_by: Month,
    overrides: tuple[Override, ...],
    same_title: bool,
    only_check: bool,
) -> None:
    """Publish a call from a form definition in JSON, with its words in other languages (FORM.LANGUAGE.json)."""
    last_day, form = closes_on, None
    with application().app_context(), keys_can_be_made():
        try:
            form = read_call_file(file)
            publishing.check_call(
                form,
                slug=slug,
                closes_on=last_day,
                tell_back_by=tell_back_by,
                overrides=overrides,
            )
            if not same_title:
                _refuse_same_call(form)
            if only_check:
                click.echo("This form can be published. Nothing was changed.")
                say_if_unrehearsed()
                if another := published.name_words(form):
                    click.echo(another)
                return
            publishing.publish_call(
                form,
                slug=slug,
                closes_on=last_day,
                tell_back_by=tell_back_by,
                actor=audit.OPERATOR,
                overrides=overrides,
            )
        except CANNOT_PUBLISH as problem:
            names = Names(form, form.title, problem_words.EXAMPLE_CALL) if form else None
            raise _refused("form", file, problem, names) from None
        click.echo(published.call_words(published_calls.find_call(slug)))
        say_if_unrehearsed()


@click.command("publish-event")
@file_to_publish
@click.option("--slug", required=True, help="The neutral word in the event's address.")
@allow
@same_title
@only_check
def publish_event(
    file: Path,
    slug: str,
    overrides: tuple[Override, ...],
    same_title: bool,
    only_check: bool,
) -> None:
    """Open an event for registration from a file in JSON, with its words in other languages (EVENT.LANGUAGE.json)."""
    event = None
    with application().app_context(), keys_can_be_made():
        try:
            event = read_event_file(file)
            publishing.check_event(event, slug=slug, overrides=overrides)
            if not same_title:
                _refuse_same_event(event)
            if only_check:
                click.echo("This event can be published. Nothing was changed.")
                say_if_unrehearsed()
                for doubt in filter(
                    None, [published.name_words(event), published.doubt_words(event)]
                ):
                    click.echo(doubt)
                return
            publishing.publish_event(event, slug=slug, actor=audit.OPERATOR, overrides=overrides)
        except CANNOT_PUBLISH as problem:
            names = Names(event.form, event.title, problem_words.EXAMPLE_EVENT) if event else None
            raise _refused("event", file, problem, names) from None
        click.echo(published.event_words(published_events.find(slug)))
        say_if_unrehearsed()


def _refuse_same_call(form: FormDefinition) -> None:
    """Refuse a duplicate title: participants and coordinators could not tell two open calls apart."""
    if call := publishing.open_call_titled(form.title["en"]):
        raise click.ClickException(
            f"Another call is open under the title “{call.form.title['en']}” (address {call.slug}, "
            f"last day {published.day_words(call.closes_on)}). Give this one another title, close the other "
            "one first (close-call), or say --same-title. Nothing was changed."
        )


def _refuse_same_event(event: EventDefinition) -> None:
    if other := event_planning.same_as(event):
        raise click.ClickException(
            f"There is an event “{other.definition.title['en']}” at that time already (address {other.slug}). "
            "Give this one another title or time, or say --same-title. Nothing was changed."
        )


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
    for call in published_calls.open_calls():
        slot = partial(recordings.slot_of, call, language=language)
        yield slot(START), recording_scripts.call_aloud(call.form, language)
        for page in call.form.pages:
            yield slot(page.key), recording_scripts.page_aloud(page, language)
    for event in published_events.coming():
        asked = event.definition.form.only_page
        yield Slot(event.slug, START), recording_scripts.event_aloud(event.definition, language)
        yield Slot(event.slug, asked.key), recording_scripts.page_aloud(asked, language)


COMMANDS = (publish, publish_event, list_recordings)
