"""What needs a coordinator, in words: one line for each concern, with one link to where something can be done."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from flask import url_for
from flask_babel import gettext, ngettext

from webapp.rules import clock
from webapp.rules.events.event_times import clock_words
from webapp.services.desk_home.concerns import Concern, Kind
from webapp.ui.filters import date_words, in_language

HOUR, DAY = 60, 24 * 60
#: Up to so many minutes before it, an event is said to be in minutes.
IN_MINUTES = 90


@dataclass(frozen=True)
class Line:
    """One concern as the page says it. `address` is None where there is nothing to press."""

    words: str
    link: str
    address: str | None
    urgent: bool


def in_words(concern: Concern) -> Line:
    """The line for one concern."""
    words, link, address = WORDS[concern.kind](concern)
    return Line(words, link, address, concern.kind.is_urgent)


Said = tuple[str, str, str | None]


def _title(concern: Concern) -> str:
    return in_language(concern.title)


def _event(concern: Concern) -> str:
    return url_for("desk.event", slug=concern.slug)


def _call(concern: Concern) -> str:
    return url_for("desk.call", slug=concern.slug)


def _cannot_answer(concern: Concern) -> Said:
    words = gettext(
        "Nobody can answer this call now: “%(title)s”. A key that seals what people tell us is missing, or is not as "
        "Hearth wrote it. Tell the person who looks after the server, and do it today.",
        title=_title(concern),
    )
    return words, gettext("The call"), _call(concern)


def _cannot_register(concern: Concern) -> Said:
    words = gettext(
        "Nobody can register for this event now: “%(title)s”. A key that seals what people tell us is missing, or is "
        "not as Hearth wrote it. Tell the person who looks after the server, and do it today.",
        title=_title(concern),
    )
    return words, gettext("The event"), _event(concern)


def _cross_out(concern: Concern) -> Said:
    words = ngettext(
        "Cross out one person in the list that %(who)s downloaded on %(day)s: “%(title)s”.",
        "Cross out %(num)s people in the list that %(who)s downloaded on %(day)s: “%(title)s”.",
        concern.count,
        who=concern.who,
        day=date_words(concern.day),
        title=_title(concern),
    )
    return words, gettext("Open the list"), url_for("desk.one_export", export_id=concern.export_id)


def _on_now(concern: Concern) -> Said:
    words = gettext(
        "On now, until %(time)s: “%(title)s”.", time=_until(concern), title=_title(concern)
    )
    return words, gettext("Open the event"), _event(concern)


def _begins_soon(concern: Concern) -> Said:
    words = gettext("%(when)s: “%(title)s”.", when=_when(concern), title=_title(concern))
    return words, gettext("Open the event"), _event(concern)


def _link_missing(concern: Concern) -> Said:
    words = gettext(
        "The joining link is not set yet: “%(title)s”, %(when)s.",
        title=_title(concern),
        when=_when(concern, later=True),
    )
    return words, gettext("Set the link"), url_for("desk.link", slug=concern.slug)


def _no_recovery(concern: Concern) -> Said:
    words = gettext(
        "No key was sealed to the coalition’s recovery key. If a coordinator’s key is lost, nobody can open what "
        "people told us. Tell the person who looks after the server, and do it today."
    )
    return words, "", None


def _nobody_holds(concern: Concern) -> Said:
    words = gettext(
        "No coordinator can open what people told us. The person who looks after the server can help, with the "
        "coalition’s recovery key."
    )
    return words, "", None


def _one_holds(concern: Concern) -> Said:
    words = gettext(
        "Only %(who)s can open what people told us. Make sure that two people know where the coalition’s recovery key "
        "is kept.",
        who=concern.who,
    )
    return words, "", None


def _mails_late(concern: Concern) -> Said:
    words = ngettext(
        "One e-mail has been waiting to be sent for %(time)s.",
        "%(num)s e-mails are waiting to be sent, the oldest for %(time)s.",
        concern.count,
        time=length(concern.minutes),
    )
    advice = gettext(
        "Please tell the person who looks after the server. Nothing is lost, but people may not know yet whether they "
        "have a seat."
    )
    return f"{words} {advice}", "", None


def _came_back(concern: Concern) -> Said:
    words = ngettext(
        "E-mail to one person could not be delivered: “%(title)s”.",
        "E-mail to %(num)s people could not be delivered: “%(title)s”.",
        concern.count,
        title=_title(concern),
    )
    return words, gettext("See who"), _event(concern)


def _confirmation_came_back(concern: Concern) -> Said:
    words = ngettext(
        "One e-mail that was asked for could not be delivered. This is usually because an address was mistyped.",
        "%(num)s e-mails that were asked for could not be delivered. This is usually because an address was mistyped.",
        concern.count,
    )
    return words, "", None


def _opened_for_danger(concern: Concern) -> Said:
    words = ngettext(
        "Someone may be in danger: a coordinator opened something for that reason, on %(day)s.",
        "Someone may be in danger: coordinators opened something for that reason %(num)s times, last on %(day)s.",
        concern.count,
        day=date_words(concern.day),
    )
    return words, gettext("See the record"), url_for("desk.record")


def _opened_outside(concern: Concern) -> Said:
    words = ngettext(
        "Something was opened or downloaded for another reason than people gave permission for, on %(day)s.",
        "Things were opened or downloaded %(num)s times for another reason than people gave permission for, "
        "last on %(day)s.",
        concern.count,
        day=date_words(concern.day),
    )
    return words, gettext("See the record"), url_for("desk.record")


def _needs(concern: Concern) -> Said:
    words = ngettext(
        "The needs of one person have not been arranged yet: “%(title)s”, %(when)s.",
        "The needs of %(num)s people have not been arranged yet: “%(title)s”, %(when)s.",
        concern.count,
        title=_title(concern),
        when=_when(concern, later=True),
    )
    return words, gettext("Arrange them"), _event(concern)


def _unread(concern: Concern) -> Said:
    words = ngettext(
        "One person’s answers have not been read yet: “%(title)s”.",
        "%(num)s people’s answers have not been read yet: “%(title)s”.",
        concern.count,
        title=_title(concern),
    )
    return words, gettext("Read"), url_for("desk.call", slug=concern.slug, state="unread")


def _parts_due(concern: Concern) -> Said:
    said = {
        "contact": ("One person’s contact details", "%(num)s people’s contact details"),
        "equality": ("One set of equality answers", "%(num)s sets of equality answers"),
    }.get(concern.purpose, ("One person’s answers", "%(num)s people’s answers"))
    return _deleted(concern, ngettext(*said, concern.count)), gettext("See them"), _call(concern)


def _registrations_due(concern: Concern) -> Said:
    what = ngettext("One registration", "%(num)s registrations", concern.count)
    return _deleted(concern, what), gettext("See them"), _event(concern)


def _deleted(concern: Concern, what: str) -> str:
    return gettext(
        "%(what)s will be deleted %(when)s: “%(title)s”. Finish your work with them before that day.",
        what=what,
        when=_days(concern),
        title=_title(concern),
    )


def _days(concern: Concern) -> str:
    first = gettext("today") if concern.day <= clock.today() else date_words(concern.day)
    if concern.last == concern.day:
        return first if concern.day <= clock.today() else gettext("on %(day)s", day=first)
    return gettext("from %(first)s to %(last)s", first=first, last=date_words(concern.last))


def _when(concern: Concern, *, later: bool = False) -> str:
    """When an event begins, as people say it. `later`: in the middle of a sentence."""
    if concern.minutes <= 0:
        return gettext("on now")
    time, days = _clock(concern.at), (concern.day - clock.today()).days
    if concern.minutes <= IN_MINUTES:
        words = gettext("In %(length)s, at %(time)s", length=length(concern.minutes), time=time)
    elif days <= 0:
        words = gettext("Today at %(time)s", time=time)
    elif days == 1:
        words = gettext("Tomorrow at %(time)s", time=time)
    else:
        words = gettext("On %(day)s at %(time)s", day=date_words(concern.day), time=time)
    return words[0].lower() + words[1:] if later else words


def _until(concern: Concern) -> str:
    return _clock(concern.until)


def _clock(moment: datetime) -> str:
    return clock_words(moment.astimezone(clock.COALITION_ZONE))


def length(minutes: int) -> str:
    """So many minutes in the largest unit that fits."""
    if minutes >= 2 * DAY:
        return gettext("%(count)s days", count=minutes // DAY)
    if minutes >= 2 * HOUR:
        return gettext("%(count)s hours", count=minutes // HOUR)
    return ngettext("one minute", "%(num)s minutes", minutes)


WORDS: Final[Mapping[Kind, Callable[[Concern], Said]]] = MappingProxyType(
    {
        Kind.CANNOT_ANSWER: _cannot_answer,
        Kind.CANNOT_REGISTER: _cannot_register,
        Kind.CROSS_OUT: _cross_out,
        Kind.ON_NOW: _on_now,
        Kind.LINK_MISSING_NOW: _link_missing,
        Kind.BEGINS_SOON: _begins_soon,
        Kind.NO_RECOVERY: _no_recovery,
        Kind.NOBODY_HOLDS: _nobody_holds,
        Kind.MAILS_LATE: _mails_late,
        Kind.CAME_BACK: _came_back,
        Kind.OPENED_FOR_DANGER: _opened_for_danger,
        Kind.OPENED_OUTSIDE: _opened_outside,
        Kind.NEEDS: _needs,
        Kind.LINK_MISSING: _link_missing,
        Kind.CONFIRMATION_CAME_BACK: _confirmation_came_back,
        Kind.UNREAD: _unread,
        Kind.PARTS_DUE: _parts_due,
        Kind.REGISTRATIONS_DUE: _registrations_due,
        Kind.ONE_HOLDS: _one_holds,
    }
)


def nothing_else(concerns: Iterable[Concern], *, mails_waiting: int) -> str:
    """All that is well, in one sentence: empty news takes one line, and nobody has to look for it."""
    kinds = {concern.kind for concern in concerns if not concern.kind.is_standing}
    well = []
    if Kind.UNREAD not in kinds:
        well.append(gettext("everything has been read"))
    if not kinds & {Kind.CAME_BACK, Kind.CONFIRMATION_CAME_BACK, Kind.MAILS_LATE}:
        well.append(
            ngettext(
                "one e-mail is about to be sent",
                "%(num)s e-mails are about to be sent",
                mails_waiting,
            )
            if mails_waiting
            else gettext("no e-mail waits")
        )
    if not kinds & {Kind.PARTS_DUE, Kind.REGISTRATIONS_DUE}:
        well.append(gettext("nothing will be deleted in the next 30 days"))
    begins = gettext("Nothing else needs you") if kinds else gettext("Nothing needs you today")
    return f"{begins}: {_listed(well)}." if well else f"{begins}."


def _listed(words: list[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return gettext("%(first)s, and %(last)s", first=", ".join(words[:-1]), last=words[-1])
