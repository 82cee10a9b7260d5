"""What is new."""

from dataclasses import dataclass

from flask import render_template
from flask_babel import gettext

from webapp.desk.door import blueprint, signed_in
from webapp.desk.events import Timetable, timetable
from webapp.http import coordinator
from webapp.rules import clock
from webapp.services import entry_drafts, events, outbox, overview, retention
from webapp.services.events import Event

NOON, EVENING = 12, 18
#: How many minutes a mail may wait before something is likely to be wrong. The worker looks every few seconds.
LATE_MINUTES = 15
HOUR, DAY = 60, 24 * 60
MOST_OVER = 10


@dataclass(frozen=True)
class EventRow:
    """An event and its times in words."""

    event: Event
    times: Timetable


@blueprint.get("/")
@coordinator
def today() -> str:
    """Answers nobody has opened, mails that wait, events with their seats, calls, and what will soon be erased."""
    found = overview.today()
    rows = [EventRow(event, timetable(event)) for event in events.all_events()]
    waiting_mails = outbox.backlog()
    titles = {row.call.id: row.call.form.title for row in found.calls}
    return render_template(
        "desk/today.html",
        today=found,
        titles=titles | {row.event.id: row.event.definition.title for row in rows},
        coming=[row for row in rows if not row.times.over and row.event.state != events.CANCELLED],
        over=[
            row for row in reversed(rows) if row.times.over or row.event.state == events.CANCELLED
        ][:MOST_OVER],
        registrations_due=retention.registrations_due_soon(),
        mails=waiting_mails,
        mails_late=waiting_mails.oldest_minutes >= LATE_MINUTES,
        mails_since=_length(waiting_mails.oldest_minutes),
        greeting=_greeting(),
        day=clock.today(),
        drafts=entry_drafts.how_many(signed_in()),
    )


def _length(minutes: int) -> str:
    """So many minutes in the largest unit that fits."""
    if minutes >= 2 * DAY:
        return gettext("%(count)s days", count=minutes // DAY)
    if minutes >= 2 * HOUR:
        return gettext("%(count)s hours", count=minutes // HOUR)
    return gettext("%(count)s minutes", count=minutes)


def _greeting() -> str:
    hour = clock.now().astimezone(clock.COALITION_ZONE).hour
    if hour < NOON:
        return gettext("Good morning")
    return gettext("Good afternoon") if hour < EVENING else gettext("Good evening")
