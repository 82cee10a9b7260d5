"""An event's times in words, on the clocks of its own zone, and how near its start is."""

from dataclasses import dataclass
from datetime import date, datetime
from math import ceil

from flask_babel import gettext, ngettext

from webapp.rules import clock
from webapp.rules.events import seats
from webapp.rules.events.event_times import clock_words
from webapp.services.events.published_events import Event
from webapp.ui.event_time_text import event_when

#: Up to here the time until the start is said in minutes, and then in whole hours.
MINUTES_SAID_UP_TO = 120


@dataclass(frozen=True)
class Timetable:
    """When an event is, in words, and where it stands now."""

    when: str
    day: date
    begins: str
    link_from: str
    #: Whether the last day to book is over, where there is one.
    booking_over: bool
    begun: bool
    over: bool
    #: "today, in 14 minutes"; empty when it is further away than tomorrow, or has begun.
    soon: str


def timetable(event: Event) -> Timetable:
    """An event's times on the clocks of its own zone."""
    start = event.time.local_start
    opens_at, _ = seats.link_window(event.starts_at, event.ends_at, event.link_opens_minutes)
    now = clock.now()
    return Timetable(
        when=event_when(event.time),
        day=start.date(),
        begins=clock_words(start),
        link_from=clock_words(opens_at.astimezone(start.tzinfo)),
        booking_over=now >= event.booking_ends_at,
        begun=now >= event.starts_at,
        over=event.is_over(now),
        soon=soon_words(event.starts_at, now),
    )


def soon_words(starts_at: datetime, now: datetime) -> str:
    """How near the start is, for the last two days: "today, in 14 minutes", "tomorrow"; empty otherwise."""
    days = (_local_day(starts_at) - _local_day(now)).days
    minutes = ceil((starts_at - now).total_seconds() / 60)
    if minutes <= 0 or days > 1:
        return ""
    if days == 1:
        return gettext("tomorrow")
    if minutes < MINUTES_SAID_UP_TO:
        return ngettext("today, in %(num)s minute", "today, in %(num)s minutes", minutes)
    return ngettext("today, in %(num)s hour", "today, in %(num)s hours", minutes // 60)


def _local_day(moment: datetime) -> date:
    return moment.astimezone(clock.COALITION_ZONE).date()
