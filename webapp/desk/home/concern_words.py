"""The task list of Today in words: one line for each concern, with one link to where it can be dealt with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from flask import url_for
from flask_babel import gettext, ngettext

from webapp.desk.home import event_concern_words, key_concern_words
from webapp.desk.home.concern_times import days_words, length_words
from webapp.desk.home.key_concern_words import Said
from webapp.desk.shared.false_row_words import kind_words
from webapp.desk.shared.role_guard import grants
from webapp.rules.roles import Act
from webapp.rules.tell_back import Month
from webapp.services.desk_home.concern_kinds import Concern, Kind
from webapp.ui.filters import begun, date_words, in_language, month_words


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
    return Line(begun(words), link, address, concern.kind.is_urgent)


def _title(concern: Concern) -> str:
    return in_language(concern.title)


def _event(concern: Concern) -> str:
    return url_for("desk.event", slug=concern.slug)


def _call(concern: Concern) -> str:
    return url_for("desk.call", slug=concern.slug)


def _false_rows(concern: Concern) -> Said:
    what, named = kind_words(concern.purpose), concern.reference
    words = ngettext(
        "An entry in our files is not as Hearth wrote it: %(what)s (%(named)s).",
        "%(num)s entries in our files are not as Hearth wrote them. Each of them is %(what)s (%(named)s).",
        concern.count,
        what=what,
        named=named or gettext("no reference"),
    )
    advice = gettext(
        "Someone may have changed the files of the server. Hearth does not use what these entries say. Do not ring or "
        "write to the people they are about because of something that you read before. Tell the person who looks "
        "after the server, and do it today."
    )
    return f"{words} {advice}", "", None


def _cannot_answer(concern: Concern) -> Said:
    words = gettext(
        "Nobody can answer this call now: “%(title)s”. A key that seals what people tell us is missing, or is not as "
        "Hearth wrote it. Tell the person who looks after the server, and do it today.",
        title=_title(concern),
    )
    # An owner who may see no answers is told, too, and can do nothing on that page.
    sees = grants().scopes(Act.SEE_SUBMISSIONS) is None
    return words, gettext("The call") if sees else "", _call(concern) if sees else None


def _cross_out(concern: Concern) -> Said:
    words = ngettext(
        "Cross out one person in the list that %(who)s downloaded on %(day)s: “%(title)s”.",
        "Cross out %(num)s people in the list that %(who)s downloaded on %(day)s: “%(title)s”.",
        concern.count,
        who=concern.who,
        day=date_words(concern.day),
        title=_title(concern),
    )
    return words, gettext("Open the list"), url_for("desk.export", export_id=concern.export_id)


def _nothing_begins(concern: Concern) -> Said:
    words = ngettext(
        "The server’s disk is nearly full: %(num)s megabyte is left. Nobody can begin to answer or register now. "
        "People can still take back, change and delete what they told us.",
        "The server’s disk is nearly full: %(num)s megabytes are left. Nobody can begin to answer or register now. "
        "People can still take back, change and delete what they told us.",
        concern.count,
    )
    advice = gettext("Tell the person who looks after the server, and do it today.")
    return f"{words} {advice}", "", None


def _disk_fills(concern: Concern) -> Said:
    words = gettext(
        "The server’s disk is filling up: %(num)s megabytes are left. When it is nearly full, nobody can begin to "
        "answer or register. Please tell the person who looks after the server this week.",
        num=concern.count,
    )
    return words, "", None


def _no_new_backup(concern: Concern) -> Said:
    words = gettext(
        "No backup has been made since %(day)s. If the server breaks, everything since then is lost. Please tell the "
        "person who looks after the server today.",
        day=date_words(concern.day),
    )
    return words, "", None


def _passphrase_known(concern: Concern) -> Said:
    words = gettext(
        "Someone may know the passphrase of %(who)s: it was typed %(num)s times with wrong six-digit codes, in a "
        "browser that had never signed in here, last on %(day)s. Ask %(who)s now whether they did this. If they did "
        "not, tell the person who looks after the server: a new passphrase is needed today.",
        who=concern.who,
        num=concern.count,
        day=date_words(concern.day),
    )
    return words, gettext("See the record"), url_for("desk.record")


def _failed_sign_ins(concern: Concern) -> Said:
    words = ngettext(
        "%(num)s failed sign-in yesterday. Nobody got in by it.",
        "%(num)s failed sign-ins yesterday. Nobody got in by them.",
        concern.count,
    )
    advice = gettext("If this goes on for days, tell the person who looks after the server.")
    return f"{words} {advice}", gettext("How many on each day"), url_for("desk.me")


def _mails_late(concern: Concern) -> Said:
    words = ngettext(
        "One e-mail has been waiting to be sent for %(time)s.",
        "%(num)s e-mails are waiting to be sent, the oldest for %(time)s.",
        concern.count,
        time=length_words(concern.minutes),
    )
    advice = gettext(
        "Please tell the person who looks after the server. Nothing is lost, but people may not know yet whether they "
        "have a seat."
    )
    return f"{words} {advice}", "", None


def _confirmation_came_back(concern: Concern) -> Said:
    words = ngettext(
        "One e-mail that was asked for could not be delivered. This is usually because an address was mistyped.",
        "%(num)s e-mails that were asked for could not be delivered. This is usually because an address was mistyped.",
        concern.count,
    )
    return words, "", None


def _record_changed(concern: Concern) -> Said:
    words = gettext(
        "The record is not as it was: Hearth found on %(day)s that something was changed or removed. "
        "Look at it today.",
        day=date_words(concern.day),
    )
    return words, gettext("See what to do"), url_for("desk.record_check")


def _record_unchecked(concern: Concern) -> Said:
    words = gettext(
        "Hearth has not checked the record for days. Tell the person who looks after the server: the part of Hearth "
        "that checks it may not run, or its last check was removed."
    )
    return words, gettext("The record"), url_for("desk.record")


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


def _unread(concern: Concern) -> Said:
    words = ngettext(
        "One person’s answers have not been read yet: “%(title)s”.",
        "%(num)s people’s answers have not been read yet: “%(title)s”.",
        concern.count,
        title=_title(concern),
    )
    return words, gettext("Read"), url_for("desk.call", slug=concern.slug, state="unread")


def _tell_back_overdue(concern: Concern) -> Said:
    words = gettext(
        "People were told that they can read by the end of %(month)s what became of this call, and nothing is written: "
        "“%(title)s”.",
        month=month_words(Month.of(concern.day)),
        title=_title(concern),
    )
    return words, gettext("Write it"), _after(concern)


def _tell_back_due(concern: Concern) -> Said:
    words = gettext(
        "Due this month: tell people what became of “%(title)s”.", title=_title(concern)
    )
    return words, gettext("Write it"), _after(concern)


def _tell_back_missing(concern: Concern) -> Said:
    words = gettext(
        "Nobody has said by which month people hear what became of “%(title)s”.",
        title=_title(concern),
    )
    return words, gettext("Choose the month"), _after(concern)


def _after(concern: Concern) -> str:
    return url_for("desk.tell_back", slug=concern.slug)


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
        when=days_words(concern),
        title=_title(concern),
    )


WORDS: Final[Mapping[Kind, Callable[[Concern], Said]]] = MappingProxyType(
    {
        Kind.FALSE_ROWS: _false_rows,
        Kind.CANNOT_ANSWER: _cannot_answer,
        Kind.CANNOT_REGISTER: event_concern_words.cannot_register,
        Kind.RECORD_CHANGED: _record_changed,
        Kind.CROSS_OUT: _cross_out,
        Kind.ON_NOW: event_concern_words.on_now,
        Kind.LINK_MISSING_NOW: event_concern_words.link_missing,
        Kind.ADDRESS_MISSING_NOW: event_concern_words.address_missing,
        Kind.BEGINS_SOON: event_concern_words.begins_soon,
        Kind.NO_RECOVERY: key_concern_words.no_recovery,
        Kind.SHEETS_MISSING: key_concern_words.sheets_missing,
        Kind.NO_KEY_HOLDER: key_concern_words.no_key_holder,
        Kind.RECORD_UNCHECKED: _record_unchecked,
        Kind.NOTHING_BEGINS: _nothing_begins,
        Kind.PASSPHRASE_KNOWN: _passphrase_known,
        Kind.MAILS_LATE: _mails_late,
        Kind.CAME_BACK: event_concern_words.came_back,
        Kind.WANTS_A_YES: event_concern_words.wants_a_yes,
        Kind.OPENED_FOR_DANGER: _opened_for_danger,
        Kind.OPENED_OUTSIDE: _opened_outside,
        Kind.NEEDS: event_concern_words.needs,
        Kind.LINK_MISSING: event_concern_words.link_missing,
        Kind.ADDRESS_MISSING: event_concern_words.address_missing,
        Kind.CONFIRMATION_CAME_BACK: _confirmation_came_back,
        Kind.DISK_FILLS: _disk_fills,
        Kind.NO_NEW_BACKUP: _no_new_backup,
        Kind.FAILED_SIGN_INS: _failed_sign_ins,
        Kind.KEYS_WAIT: key_concern_words.keys_wait,
        Kind.SHARED_NOT_OPENED: key_concern_words.shared_not_opened,
        Kind.NEW_KEYS_WAIT: key_concern_words.new_keys_wait,
        Kind.RESEALING_WAITS: key_concern_words.resealing_waits,
        Kind.UNREAD: _unread,
        Kind.TELL_BACK_OVERDUE: _tell_back_overdue,
        Kind.TELL_BACK_DUE: _tell_back_due,
        Kind.TELL_BACK_MISSING: _tell_back_missing,
        Kind.PARTS_DUE: _parts_due,
        Kind.REGISTRATIONS_DUE: _registrations_due,
        Kind.FEW_HOLD: key_concern_words.few_hold,
        Kind.SHEETS_UNPROVED: key_concern_words.sheets_unproved,
        Kind.ONE_HOLDS: key_concern_words.one_holds,
    }
)
