"""Looks in plain words. No word of a coordinator's own is among them: it could hurt the reader or name other people."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from types import MappingProxyType
from typing import Final

from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString

from webapp.rules.forms.texts import Text
from webapp.rules.looks import LookKind
from webapp.rules.reasons import ASK, CHECK, DANGER, INVITE, OTHER, REACH, REPORT, SHARE
from webapp.rules.roles import Role
from webapp.services.answers.looks import ListEnd, Looked, OneLook
from webapp.services.answers.own_copies import Held
from webapp.ui.filters import date_words

#: What was done. Ends of lists and comparisons stand elsewhere on the page.
WHAT: Final[Mapping[LookKind, LazyString]] = MappingProxyType(
    {
        LookKind.ANSWERS: lazy_gettext("A worker read your answers."),
        LookKind.CONTACT: lazy_gettext("A worker looked up how to reach you."),
        LookKind.CALLER: lazy_gettext(
            "Someone phoned and asked us to change how we reach you, so a worker looked it up. "
            "If it was not you, please tell us."
        ),
        LookKind.CODE: lazy_gettext(
            "Someone phoned and asked for a new code, so our computer locked your answers again with it. "
            "Nobody read them. If it was not you, please tell us."
        ),
        LookKind.LISTED: lazy_gettext("A worker downloaded a list that says how to reach you."),
        LookKind.SHARED: lazy_gettext(
            "A worker of a charity that we shared your details with looked up how to reach you."
        ),
        LookKind.MATCHED: lazy_gettext(
            "Someone phoned without their code. A worker saw that it could be you."
        ),
    }
)
#: The same of answers that went into a file with those of everyone else.
IN_FILE: Final = lazy_gettext(
    "A worker downloaded a file with everyone’s answers, also yours. How to reach you is not in it."
)
#: The roles that can open something of a submission. A test compares this with the keys that roles hold.
WHO: Final[Mapping[Role, LazyString]] = MappingProxyType(
    {
        Role.COORDINATOR: lazy_gettext("Who: a coordinator, who runs this and talks with people."),
        Role.ANALYST: lazy_gettext(
            "Who: an analyst, who reads answers but cannot see how to reach you."
        ),
        Role.RECIPIENT: lazy_gettext(
            "Who: a worker of a charity that works with us, who sees only what you let us share."
        ),
    }
)
#: The same, of a person who works for another member than the host, whose team the calls speak of.
WHO_ELSEWHERE: Final[Mapping[Role, LazyString]] = MappingProxyType(
    {
        Role.COORDINATOR: lazy_gettext(
            "Who: a worker of another charity in the group, who runs this with us and talks with people."
        ),
        Role.ANALYST: lazy_gettext(
            "Who: a worker of another charity in the group, who reads answers but cannot see how to reach you."
        ),
    }
)
#: The closed list of reasons (`rules.reasons`).
WHY: Final[Mapping[str, LazyString]] = MappingProxyType(
    {
        REPORT.key: lazy_gettext("Why: to write our report."),
        CHECK.key: lazy_gettext("Why: to check what we wrote."),
        ASK.key: lazy_gettext("Why: to ask you about your answers."),
        INVITE.key: lazy_gettext("Why: to invite you to a meeting."),
        SHARE.key: lazy_gettext("Why: to pass your details on to a charity that works with us."),
        REACH.key: lazy_gettext("Why: to get in touch with you about this work."),
        DANGER.key: lazy_gettext("Why: someone could be in danger."),
        OTHER.key: lazy_gettext("Why: another reason. We wrote it down, so you can ask us."),
    }
)


@dataclass(frozen=True)
class Told:
    """One look as the page says it. `permission`: the words of the consent that a list rests on."""

    what: str
    why: str
    permission: Text | None
    ends: tuple[str, ...]


@dataclass(frozen=True)
class Day:
    """What was opened on one day, by the role of who did it."""

    on: date
    by_role: tuple[tuple[str, tuple[Told, ...]], ...]


def told(held: Held, looked: Looked) -> list[Day]:
    """All looks in words, in their order, with each day and each role said once."""
    days = groupby(looked.looks, key=lambda one: one.on)
    return [Day(on, tuple(_by_role(held, ones))) for on, ones in days]


def _by_role(held: Held, ones: Iterable[OneLook]) -> Iterator[tuple[str, tuple[Told, ...]]]:
    for who, theirs in groupby(ones, key=_who):
        yield who, tuple(_told(held, one) for one in theirs)


def _who(one: OneLook) -> str:
    elsewhere = WHO_ELSEWHERE.get(one.role) if one.by_member else None
    return str(elsewhere or WHO.get(one.role) or WHO[Role.COORDINATOR])


def _told(held: Held, one: OneLook) -> Told:
    return Told(
        str(WHAT[one.kind] if one.file_until is None else IN_FILE),
        _why(one.reason),
        _permission(held, one),
        tuple(_ends(one)),
    )


def _why(reason: str | None) -> str:
    """Why; nothing where what was done says it. A reason that only this form defines is the consent's own words."""
    if reason is None or reason.startswith("purpose:"):
        return ""
    return str(WHY.get(reason) or WHY[OTHER.key])


def _permission(held: Held, one: OneLook) -> Text | None:
    purpose = one.list_end.purpose if one.list_end else (one.reason or "").partition("purpose:")[2]
    wording = held.form.consent(purpose) if purpose else None
    return wording.text if wording else None


def _ends(one: OneLook) -> Iterator[str]:
    if one.file_until:
        day = date_words(one.file_until)
        yield gettext("All copies of this file must be deleted by %(day)s.", day=day)
    if one.list_end:
        yield from _ends_of_list(one.list_end)


def _ends_of_list(end: ListEnd) -> Iterator[str]:
    if end.recipient:
        yield gettext("The list was made for this charity: %(name)s.", name=end.recipient)
    if end.line_on:
        day = date_words(end.line_on)
        yield gettext("On %(day)s, we crossed you out of this list.", day=day)
    if end.part_on:
        day = date_words(end.part_on)
        yield gettext("On %(day)s, we crossed out your old details in this list.", day=day)
    if end.waits:
        yield gettext("We still have to cross you out of this list.")
    if end.delete_by:
        day = date_words(end.delete_by)
        yield gettext("All copies of this list must be deleted by %(day)s.", day=day)
