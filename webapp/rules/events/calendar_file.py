"""iCalendar files (RFC 5545) that disclose nothing about the registrant or the event, for download on request.

Calendars are shared with families, phones, employers and companies' servers. So the file says that
there is a meeting, from when to when, and nothing else: no description, place, organiser, attendee,
alarm or link. CLASS:PRIVATE asks other programs not to show even that.

Sources: RFC 5545 (the format), RFC 5546 (METHOD, SEQUENCE, cancelling), RFC 7986 5.3 (a UID is
random and names no host). RFC 5546 asks for an ORGANIZER; it is left out on purpose, because
calendars show it and offer to write to it. A file that is imported works without.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from icalendar import Calendar, Event

from webapp.rules.neutral_wording import gives_away

MIME_TYPE: Final = "text/calendar"
FILE_NAME: Final = "meeting.ics"
LONGEST_SUMMARY: Final = 60
LARGEST_SEQUENCE: Final = 2**31 - 1  # RFC 5545 3.3.8

_UID = re.compile(r"[A-Za-z0-9-]{16,60}", re.ASCII)


class NotNeutral(ValueError):
    """The summary is not neutral, or not plain text on one line. The exception does not repeat it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The contents of one calendar entry.

    `uid` is random, used for one registration's entry and nothing else (never a registration's id). It
    stays the same when the event, the address or the link changes. `sequence` increases with each change
    and with the cancellation, and never falls. `starts_at`, `ends_at` and `changed_at` are aware.
    `summary` is the site's own neutral word in the reader's language, never a title. Raises ValueError,
    and NotNeutral for the summary.
    """

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime
    summary: str

    def __post_init__(self) -> None:
        if not _UID.fullmatch(self.uid):
            raise ValueError("a UID is 16 to 60 letters, digits and hyphens")
        if not 0 <= self.sequence <= LARGEST_SEQUENCE:
            raise ValueError("a sequence counts changes, from 0")
        if any(time.tzinfo is None for time in (self.starts_at, self.ends_at, self.changed_at)):
            raise ValueError("a calendar's times know their zone")
        if self.ends_at <= self.starts_at:
            raise ValueError("an event ends after it starts")
        if not _is_plain(self.summary) or gives_away(self.summary):
            raise NotNeutral("the summary of a calendar entry")


def calendar_file(entry: Entry) -> bytes:
    """An iCalendar file that adds an event or moves it (METHOD:PUBLISH). UTF-8, lines of at most 75
    bytes that end in CRLF."""
    return _file("PUBLISH", "CONFIRMED", entry)


def cancellation_file(entry: Entry) -> bytes:
    """An iCalendar file that removes an event (METHOD:CANCEL). Its `sequence` must be higher than that
    of every file before it."""
    return _file("CANCEL", "CANCELLED", entry)


def _file(
    method: Literal["PUBLISH", "CANCEL"], status: Literal["CONFIRMED", "CANCELLED"], entry: Entry
) -> bytes:
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", _to_the_minute(entry.changed_at))
    event.add("dtstart", _to_the_minute(entry.starts_at))
    event.add("dtend", _to_the_minute(entry.ends_at))
    event.add("summary", entry.summary)
    event.add("class", "PRIVATE")
    event.add("status", status)
    calendar = Calendar()
    calendar.add("prodid", "-//Hearth//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(event)
    return calendar.to_ical()


def _to_the_minute(time: datetime) -> datetime:
    """Convert to UTC, so that the file needs no time zone, without seconds, which could identify a
    single download."""
    return time.astimezone(UTC).replace(second=0, microsecond=0)


def _is_plain(words: str) -> bool:
    """Whether it is one line without control, format or unassigned characters."""
    return 0 < len(words.strip()) <= len(words) <= LONGEST_SUMMARY and not any(
        unicodedata.category(one)[0] in "CZ" and one != " " for one in words
    )
