"""When an event is: local wall time in a definition, an instant everywhere else.

People plan by the clock on the wall, so that is what a definition says. Twice a year the clock is
no sure guide: in Europe/London 01:30 does not exist on the last Sunday of March, and comes twice on
the last Sunday of October. Such a time is refused when an event is published, not guessed: one
guess or the other would send somebody to an empty room.

Source of the rules: the IANA time zone database, through zoneinfo (PEP 615; folds are PEP 495).
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Final, Literal
from zoneinfo import ZoneInfo

#: The zones that we have plain words for.
ZoneName = Literal["Europe/London"]

#: On the wall clock; no clock is put forward or back in the morning.
REMINDING_HOUR: Final = 9

_EVERY_YEAR = re.compile(r"(\d\d)-(\d\d)T(\d\d):(\d\d)", re.ASCII)
_ONCE = re.compile(r"(20\d\d)-(\d\d)-(\d\d)T(\d\d):(\d\d)", re.ASCII)
_LEAP_YEAR = 2024


class NotATime(ValueError):
    """Neither "MM-DDTHH:MM", every year, nor "YYYY-MM-DDTHH:MM", once; or no day of the calendar."""


class NoSureTime(ValueError):
    """The clock on the wall does not say when this is. `time` is the local time it is about."""

    def __init__(self, time: datetime) -> None:
        super().__init__(shown(time))
        self.time = time


class TimeSkipped(NoSureTime):
    """On that night the clocks jump over this time."""


class TimeTwice(NoSureTime):
    """On that night the clocks show this time twice."""


class TimeAcrossClockChange(NoSureTime):
    """The clocks change between start and end, so the end would look an hour wrong."""


@dataclass(frozen=True, slots=True)
class EventTime:
    """From when to when, as instants in UTC, and the zone in which people are told."""

    starts_at: datetime
    ends_at: datetime
    zone: ZoneName

    @property
    def local_start(self) -> datetime:
        """The start on the wall clock of the zone; aware."""
        return self.starts_at.astimezone(ZoneInfo(self.zone))

    @property
    def local_end(self) -> datetime:
        """The end on the wall clock of the zone; aware."""
        return self.ends_at.astimezone(ZoneInfo(self.zone))


def event_time(starts: str, minutes: int, zone: ZoneName, today: date) -> EventTime:
    """When an event is that starts at this local time (the next one, seen from `today`, if it says
    no year) and lasts so many real minutes.

    Raises NotATime, and TimeSkipped, TimeTwice or TimeAcrossClockChange when the wall clock cannot
    be trusted at its start, at its end, or between them.
    """
    local = next_occurrence(starts, today)
    starts_at = to_utc(local, zone)
    time = EventTime(starts_at, starts_at + timedelta(minutes=minutes), zone)
    if time.local_end.utcoffset() != time.local_start.utcoffset():
        raise TimeAcrossClockChange(local)
    to_utc(time.local_end.replace(tzinfo=None, fold=0), zone)
    return time


def reminding_from(starts_at: datetime, zone: ZoneInfo) -> datetime:
    """From when people may be reminded of what starts then (aware): the morning of the day before.

    Not from midnight on: a phone that lights up at night is read by whoever lies beside it.
    """
    day_before = starts_at.astimezone(zone) - timedelta(days=1)
    morning = day_before.replace(hour=REMINDING_HOUR, minute=0, second=0, microsecond=0, fold=0)
    return morning.astimezone(UTC)


def next_occurrence(starts: str, today: date) -> datetime:
    """The local time in `starts`; without a year, its first one after `today`, never on it.

    Naive: a wall clock's time. Raises NotATime.
    """
    check_starts(starts)
    if _ONCE.fullmatch(starts):
        return datetime.fromisoformat(starts)
    # Every day of the calendar comes again: 29 February after eight years at the latest.
    in_years = (_in_year(starts, year) for year in count(today.year))
    return next(local for local in in_years if local and local.date() > today)


def check_starts(starts: str) -> None:
    """Raises NotATime unless this can be when an event starts."""
    if _ONCE.fullmatch(starts):
        year, rest = int(starts[:4]), starts[5:]
    elif _EVERY_YEAR.fullmatch(starts):
        year, rest = _LEAP_YEAR, starts
    else:
        raise NotATime(starts)
    if _in_year(rest, year) is None:
        raise NotATime(starts)


def to_utc(local: datetime, zone: ZoneName) -> datetime:
    """The instant, aware in UTC, at which the zone's clocks show this naive time.

    Raises TimeSkipped when they never do, and TimeTwice when they do so twice.
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
    """A local time for a problem's words, like "2027-03-28 01:30"."""
    return f"{time:%Y-%m-%d %H:%M}"


def clock_words(time: datetime) -> str:
    """Like "2 pm", "3.30 pm", "midday", "midnight": nobody has to know what 12 pm is."""
    if (time.hour, time.minute) in ((0, 0), (12, 0)):
        return "midday" if time.hour else "midnight"
    minute = f".{time.minute:02}" if time.minute else ""
    return f"{time.hour % 12 or 12}{minute} {'am' if time.hour < 12 else 'pm'}"


def _in_year(rest: str, year: int) -> datetime | None:
    try:
        return datetime.fromisoformat(f"{year:04}-{rest}")
    except ValueError:
        return None
