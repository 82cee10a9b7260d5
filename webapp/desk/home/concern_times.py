"""Days and times of concerns in words, on the coalition's clocks."""

from datetime import datetime

from flask_babel import gettext, ngettext

from webapp.rules import clock
from webapp.rules.events.event_times import clock_words
from webapp.services.desk_home.concern_kinds import Concern
from webapp.ui.filters import date_words

HOUR, DAY = 60, 24 * 60
#: Up to so many minutes before it, an event is said to be in minutes.
IN_MINUTES = 90


def days_words(concern: Concern) -> str:
    """On which day something is deleted, or from which to which."""
    first = gettext("today") if concern.day <= clock.today() else date_words(concern.day)
    if concern.last == concern.day:
        return first if concern.day <= clock.today() else gettext("on %(day)s", day=first)
    return gettext("from %(first)s to %(last)s", first=first, last=date_words(concern.last))


def when_words(concern: Concern, *, later: bool = False) -> str:
    """When an event begins, as people say it. `later`: in the middle of a sentence."""
    if concern.minutes <= 0:
        return gettext("on now")
    time, days = _clock(concern.at), (concern.day - clock.today()).days
    if concern.minutes <= IN_MINUTES:
        words = gettext(
            "In %(length)s, at %(time)s", length=length_words(concern.minutes), time=time
        )
    elif days <= 0:
        words = gettext("Today at %(time)s", time=time)
    elif days == 1:
        words = gettext("Tomorrow at %(time)s", time=time)
    else:
        words = gettext("On %(day)s at %(time)s", day=date_words(concern.day), time=time)
    return words[0].lower() + words[1:] if later else words


def until_words(concern: Concern) -> str:
    """When an event that is on ends."""
    return _clock(concern.until)


def _clock(moment: datetime) -> str:
    return clock_words(moment.astimezone(clock.COALITION_ZONE))


def length_words(minutes: int) -> str:
    """So many minutes in the largest unit that fits."""
    if minutes >= 2 * DAY:
        return gettext("%(count)s days", count=minutes // DAY)
    if minutes >= 2 * HOUR:
        return gettext("%(count)s hours", count=minutes // HOUR)
    return ngettext("one minute", "%(num)s minutes", minutes)
