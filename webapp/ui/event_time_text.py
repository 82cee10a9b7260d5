"""Event times in words: always in the local time of the event, and always with the time zone."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import g
from flask_babel import format_date, format_time, gettext, lazy_gettext, ngettext

from webapp.rules.clock import COALITION_ZONE
from webapp.rules.events.event_times import EventTime, ZoneName, clock_words
from webapp.rules.forms.texts import FALLBACK_LANGUAGE
from webapp.rules.languages.site_languages import language_tag

#: Names of the zones of `rules.events.event_times`, in the reader's language.
ZONES = {"Europe/London": lazy_gettext("UK time")}

#: Date formats; by language where they differ from the English ones.
DAY, WEEKDAY = "d MMMM y", "EEEE d MMMM y"
DAYS = {"vi": "'ngày' d MMMM 'năm' y"}
MONTH = "MMMM y"
MONTHS = {"vi": "MMMM 'năm' y"}
WEEKDAYS = {"vi": "EEEE, 'ngày' d MMMM 'năm' y"}
#: Time formats, where CLDR's short format is not the usual one.
CLOCKS = {"sq": "HH:mm"}


def event_when(time: EventTime) -> str:
    """Like "Monday 20 July 2026, 2 pm to 3.30 pm, UK time"."""
    return gettext("%(day)s, %(hours)s", day=event_day(time), hours=event_hours(time))


def event_day(time: EventTime) -> str:
    """The date on which it starts, like "Monday 20 July 2026"."""
    return _day(time.local_start)


def event_hours(time: EventTime) -> str:
    """Start and end, like "2 pm to 3.30 pm, UK time"; with both dates when it ends on another day."""
    start, end = time.local_start, time.local_end
    until = _clock(end)
    if end.date() != start.date():
        until = gettext("%(day)s, %(hours)s", day=_day(end), hours=until)
    return gettext(
        "%(start)s to %(end)s, %(zone)s", start=_clock(start), end=until, zone=ZONES[time.zone]
    )


def moment_words(moment: datetime, zone: ZoneName) -> str:
    """One moment, like "1.45 pm, UK time, on Monday 20 July 2026"."""
    local = moment.astimezone(ZoneInfo(zone))
    return gettext(
        "%(time)s, %(zone)s, on %(day)s", time=_clock(local), zone=ZONES[zone], day=_day(local)
    )


def time_of_day(moment: datetime) -> str:
    """A moment of today on the coalition's clocks, like "1.45 pm"."""
    return _clock(moment.astimezone(COALITION_ZONE))


def _day(local: datetime) -> str:
    return format_date(local.date(), WEEKDAYS.get(g.language, WEEKDAY), rebase=False)


def _clock(local: datetime) -> str:
    if language_tag(g.language) == FALLBACK_LANGUAGE:
        words = clock_words(local)
    else:
        # Naive: the time is local already, and must not be converted to another zone.
        words = format_time(
            local.replace(tzinfo=None), CLOCKS.get(g.language, "short"), rebase=False
        )
    # A no-break space keeps the hour and its "pm" on one line.
    return words.replace(" ", "\N{NO-BREAK SPACE}")


def hours_words(count: int) -> str:
    """A number of hours with the reader's plural form: "2 hours"."""
    return ngettext("%(num)s hour", "%(num)s hours", count)


def days_words(count: int) -> str:
    """A number of days with the reader's plural form: "14 days"."""
    return ngettext("%(num)s day", "%(num)s days", count)
