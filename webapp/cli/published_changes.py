"""Commands that change what is published: closing a call and opening it again, more seats at an event."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import click

from webapp.cli import published
from webapp.cli.instance import application
from webapp.rules.events.event_definition import MOST_SEATS
from webapp.services.calls import closing, published_calls
from webapp.services.events import event_changes, published_events
from webapp.services.infrastructure import audit

#: As long as the record has room for.
LONGEST_REASON = 200


def _reason(context: click.Context, parameter: click.Parameter, text: str) -> str:
    if not 0 < len(text.strip()) <= LONGEST_REASON:
        raise click.BadParameter(f"a few words, {LONGEST_REASON} letters at most")
    return text.strip()


def day_of(context: click.Context, parameter: click.Parameter, text: str) -> date:
    """The day that an option names; a refusal that says how to write it otherwise."""
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise click.BadParameter(
            f"there is no such day as {text}; write the year first, like 2027-03-31"
        ) from None


why: Callable[[Any], Any] = click.option(
    "--reason", required=True, callback=_reason, help="Entered in the record."
)


@click.command("close-call")
@click.argument("slug")
@why
def close_call(slug: str, reason: str) -> None:
    """Close a call before its last day. People can still change and delete what they have sent."""
    with application().app_context():
        try:
            title = published_calls.find_call(slug).form.title["en"]
            closing.close(slug, actor=audit.OPERATOR, reason=reason)
        except published_calls.NoSuchCall:
            there = ", ".join(call.slug for call in published_calls.open_calls()) or "none"
            raise click.ClickException(
                f"There is no call {slug}. Calls that are open: {there}."
            ) from None
        click.echo(
            f"The call “{title}” takes no more answers. What people sent stays until its day, and they can still see, "
            "change and delete it with their code. reopen-call opens it again."
        )


@click.command("reopen-call")
@click.argument("slug")
@click.option(
    "--closes-on",
    required=True,
    callback=day_of,
    help="The new last day for answers, like 2027-03-31.",
)
@why
def reopen_call(slug: str, closes_on: date, reason: str) -> None:
    """Open a closed call again, until a new last day. Answers that are there go on the day that was promised."""
    with application().app_context():
        try:
            closing.reopen(slug, closes_on, actor=audit.OPERATOR, reason=reason)
        except published_calls.NoSuchCall:
            raise click.ClickException(f"There is no call {slug}. Nothing was changed.") from None
        except closing.CannotReopen as problem:
            raise click.ClickException(f"{_not_reopened(problem)} Nothing was changed.") from None
        title = published_calls.find_call(slug).form.title["en"]
        click.echo(
            f"The call “{title}” takes answers again, until {published.day_words(closes_on)}."
        )


def _not_reopened(problem: closing.CannotReopen) -> str:
    """Why a call stays closed, and what to do instead."""
    if isinstance(problem, closing.LastDayTooEarly):
        first = published.day_words(problem.first)
        return f"The new last day must be {first} or later: the days on which answers go count from it."
    return {
        closing.StillOpen: "This call is open. Close it first if it is to end on another day.",
        closing.LastDayTooLate: (
            "People were told that they hear by an earlier month what became of it. Move that month at the desk first, "
            "on the call's page, or choose a last day before it."
        ),
        closing.AnswersDue: "Answers to this call were due to be deleted. Publish a new call under another address.",
        closing.KeysGone: (
            "A key of this call is missing, or is not as Hearth wrote it, so no answer could be locked. Publish a new "
            "call, and find out with check what happened to the key."
        ),
    }[type(problem)]


@click.command("add-seats")
@click.argument("slug", metavar="EVENT")
@click.argument("more", metavar="N", type=click.IntRange(1, MOST_SEATS))
@why
def add_seats(slug: str, more: int, reason: str) -> None:
    """Add N seats to an event. Those who have waited longest move up first, and are told by e-mail."""
    with application().app_context():
        try:
            before = published_events.find(slug)
            seats = event_changes.add_seats(before.id, more, actor=audit.OPERATOR, reason=reason)
        except published_events.NoSuchEvent:
            there = ", ".join(event.slug for event in published_events.coming()) or "none"
            raise click.ClickException(
                f"There is no event {slug}. Events to come: {there}."
            ) from None
        except (event_changes.AlreadyOver, event_changes.CalledOff):
            raise click.ClickException("This event is over, or was called off.") from None
        moved = before.waiting - published_events.find(slug).waiting
        told = (
            f" {moved} from the waiting list moved up, and the worker e-mails them."
            if moved
            else ""
        )
        click.echo(f"{slug} has {seats} seats now.{told}")


COMMANDS = (close_call, reopen_call, add_seats)
