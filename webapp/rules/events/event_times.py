"""Event times: local wall time in a definition, an instant in UTC everywhere else.

Twice a year local time is ambiguous or does not exist (daylight saving): in Europe/London 01:30 does
not exist on the last Sunday of March, and occurs twice on the last Sunday of October. Such a time is
refused when an event is published, because a wrong guess would send registrants to an empty room.

Source of the rules: the IANA time zone database, through zoneinfo (PEP 615; folds are PEP 495).
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Final, Literal
from zoneinfo import ZoneInfo

#: The time zones that the ui has a plain name for.
ZoneName = Literal["Europe/London"]

#: The local hour of reminders; no clock changes happen in the morning.
REMINDING_HOUR: Final = 9

_EVERY_YEAR = re.compile(r"(\d\d)-(\d\d)T(\d\d):(\d\d)", re.ASCII)
_ONCE = re.compile(r"(20\d\d)-(\d\d)-(\d\d)T(\d\d):(\d\d)", re.ASCII)
_LEAP_YEAR = 2024


class NotATime(ValueError):
    """Neither "MM-DDTHH:MM", every year, nor "YYYY-MM-DDTHH:MM", once; or not a day of the calendar."""


class NoSureTime(ValueError):
    """The local time is ambiguous or does not exist. `time` is that local time."""

    def __init__(self, time: datetime) -> None:
        super().__init__(shown(time))
        self.time = time


class TimeSkipped(NoSureTime):
    """The clocks jump over this time on that night (a gap)."""


class TimeTwice(NoSureTime):
    """The clocks show this time twice on that night (a fold)."""


class TimeAcrossClockChange(NoSureTime):
    """The clocks change between start and end, so the end would look an hour wrong."""


@dataclass(frozen=True, slots=True)
class EventTime:
    """Start and end as instants in UTC, and the time zone in which they are shown."""

    starts_at: datetime
    ends_at: datetime
    zone: ZoneName

    @property
    def local_start(self) -> datetime:
        """The start in the local time of the zone; aware."""
        return self.starts_at.astimezone(ZoneInfo(self.zone))

    @property
    def local_end(self) -> datetime:
        """The end in the local time of the zone; aware."""
        return self.ends_at.astimezone(ZoneInfo(self.zone))


def event_time(starts: str, minutes: int, zone: ZoneName, today: date) -> EventTime:
    """Compute the instants of an event from its local start (the next occurrence after `today` if it
    has no year) and its duration in real minutes.

    Raises NotATime, and TimeSkipped, TimeTwice or TimeAcrossClockChange when local time is ambiguous
    at its start, at its end, or between them.
    """
    local = next_occurrence(starts, today)
    starts_at = to_utc(local, zone)
    time = EventTime(starts_at, starts_at + timedelta(minutes=minutes), zone)
    if time.local_end.utcoffset() != time.local_start.utcoffset():
        raise TimeAcrossClockChange(local)
    to_utc(time.local_end.replace(tzinfo=None, fold=0), zone)
    return time


def reminding_from(starts_at: datetime, zone: ZoneInfo) -> datetime:
    """The earliest moment for a reminder of an event that starts then (aware): the morning of the day before.

    Not from midnight on: a phone that lights up at night may be read by another person in the room.
    """
    day_before = starts_at.astimezone(zone) - timedelta(days=1)
    morning = day_before.replace(hour=REMINDING_HOUR, minute=0, second=0, microsecond=0, fold=0)
    return morning.astimezone(UTC)


def booking_ends(starts_at: datetime, zone: str, last_day_before: int | None) -> datetime:
    """The instant at which booking ends for an event that starts then (aware): the midnight, in its zone, after the day
    so many days before it; its start where there is no such day.
    """
    if last_day_before is None:
        return starts_at
    after = starts_at.astimezone(ZoneInfo(zone)) - timedelta(days=last_day_before - 1)
    return after.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)


def next_occurrence(starts: str, today: date) -> datetime:
    """The local time in `starts`; without a year, its first occurrence after `today`, never on it.

    Naive: local time. Raises NotATime.
    """
    check_starts(starts)
    if _ONCE.fullmatch(starts):
        return datetime.fromisoformat(starts)
    # Every date recurs: 29 February after eight years at the latest.
    in_years = (_in_year(starts, year) for year in count(today.year))
    return next(local for local in in_years if local and local.date() > today)


def check_starts(starts: str) -> None:
    """Validate the start of an event. Raises NotATime."""
    if _ONCE.fullmatch(starts):
        year, rest = int(starts[:4]), starts[5:]
    elif _EVERY_YEAR.fullmatch(starts):
        year, rest = _LEAP_YEAR, starts
    else:
        raise NotATime(starts)
    if _in_year(rest, year) is None:
        raise NotATime(starts)


def to_utc(local: datetime, zone: ZoneName) -> datetime:
    """Convert naive local time of a zone to an aware instant in UTC.

    Raises TimeSkipped when it does not exist, and TimeTwice when it is ambiguous.
    """
    if local.tzinfo is not None:
        raise ValueError("a wall clock's time has no zone of its own")
    first, second = (
        local.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1)
    )
    if first == second:
        return first
    if first.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0) != local:
        raise TimeSkipped(local)
    raise TimeTwice(local)


def shown(time: datetime) -> str:
    """A local time for a publish problem, like "2027-03-28 01:30"."""
    return f"{time:%Y-%m-%d %H:%M}"


def clock_words(time: datetime) -> str:
    """A time of day like "2 pm", "3.30 pm", "midday", "midnight": "12 pm" would be ambiguous to readers."""
    if (time.hour, time.minute) in ((0, 0), (12, 0)):
        return "midday" if time.hour else "midnight"
    minute = f".{time.minute:02}" if time.minute else ""
    return f"{time.hour % 12 or 12}{minute} {'am' if time.hour < 12 else 'pm'}"


def _in_year(rest: str, year: int) -> datetime | None:
    try:
        return datetime.fromisoformat(f"{year:04}-{rest}")
    except ValueError:
        return None
