"""The mails there are, and the few values that each may show.

A mail is read in an inbox that somebody else may see. So a kind of mail is a class that declares
the values its templates get, and they get nothing else: no name, answer, title or organisation can
be put in one by mistake. A registrant's own page is among them, and for professionals which booking
it is: its number, and when it is. From is one neutral address for all of them (a setting), Subject
is fixed for each kind, in its template.

The worker asks `is_still_wanted` just before it sends: what was true when a mail was promised may
not be true any more.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, ClassVar, Final, Literal
from urllib.parse import urlsplit

from webapp.rules.clock import COALITION_ZONE
from webapp.rules.events.seats import EventState, State

#: The consent that a participant's confirmation needs, and must still have when it is sent.
CONFIRMATION_CONSENT: Final = "mail_confirmation"
LONGEST_LINK: Final = 300  # a line of a plain text mail holds 998 (RFC 5322 2.1.1)

#: Words about when it is, in any language, on one line.
LONGEST_WHEN: Final = 160
_REFERENCE = re.compile(r"(?:[A-Z0-9]{3}-){2}[A-Z0-9]{3}", re.ASCII)

_LINK = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+/[A-Za-z0-9/_~.-]*", re.ASCII)

StillWanted = Literal["consent_stands", "has_seat", "waits", "is_cancelled", "is_tomorrow", "is_in"]


class NoSuchMailKind(LookupError):
    """No mail has this name."""


class NotThisMail(ValueError):
    """These are not the values that this kind of mail declares. They are not repeated."""


class NotALink(NotThisMail):
    """Not the address of a page: a mail cannot carry it."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is true when a mail is about to be sent.

    `registration` is None when there is none, or it was erased. `consents` are those that stand.
    Times are aware.
    """

    now: datetime
    registration: State | None = None
    event: EventState | None = None
    starts_at: datetime | None = None
    consents: frozenset[str] = frozenset()

    @property
    def is_ahead(self) -> bool:
        """Whether there is something to come to: not cancelled, and not begun."""
        return self.event in ("open", "closed") and self._has_not_begun

    @property
    def is_tomorrow(self) -> bool:
        """Whether "tomorrow", read today where the coalition works, is right."""
        if self.starts_at is None:
            return False
        today = self.now.astimezone(COALITION_ZONE).date()
        return self.starts_at.astimezone(COALITION_ZONE).date() - today == timedelta(days=1)

    @property
    def _has_not_begun(self) -> bool:
        return self.starts_at is not None and self.now < self.starts_at

    @property
    def is_worth_cancelling(self) -> bool:
        """Whether somebody might still set out, not knowing that they need not."""
        return self.registration == "cancelled" and self._has_not_begun


@dataclass(frozen=True, slots=True)
class MailKind:
    """One kind of mail. Its fields, all text, are everything its templates may show."""

    name: ClassVar[str]
    still_wanted: ClassVar[StillWanted]

    @property
    def subject_template(self) -> str:
        """The template of the subject, the same words for every reader of a language."""
        return f"emails/{self.name}/subject.txt"

    @property
    def body_template(self) -> str:
        """The template of the body, which gets `values` and nothing else."""
        return f"emails/{self.name}/body.txt"

    def values(self) -> dict[str, str]:
        """What the templates get, and what is sealed while the mail waits: a copy, by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, slots=True)
class MailWithLink(MailKind):
    """A mail that carries its reader's own page. Raises NotALink for anything but a plain address:
    no space, line break, question mark or sign that a template or a header could read.

    At events for professionals, who may have booked two, it also says which booking it is about: `booking` is its
    reference and `when` its day and time in words. At every other event both are empty: whoever reads that inbox learns
    no day on which its owner is away. Raises NotThisMail for one without the other.
    """

    link: str
    booking: str = ""
    when: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.link, str) or not _is_link(self.link):
            raise NotALink(type(self).__name__)
        if (self.booking or self.when) and not _says_which(self.booking, self.when):
            raise NotThisMail(type(self).__name__)


@dataclass(frozen=True, slots=True)
class Confirmation(MailKind):
    """For a participant who asked for it: something was received. Nothing else, and no link."""

    name = "confirmation"
    still_wanted = "consent_stands"


@dataclass(frozen=True, slots=True)
class Registered(MailWithLink):
    """There is a seat, from the start."""

    name = "registered"
    still_wanted = "has_seat"


@dataclass(frozen=True, slots=True)
class OnTheWaitingList(MailWithLink):
    """There is no seat yet. No place: it would be wrong as soon as somebody cancels."""

    name = "waiting"
    still_wanted = "waits"


@dataclass(frozen=True, slots=True)
class MovedUp(MailWithLink):
    """There is a seat after all."""

    name = "moved_up"
    still_wanted = "has_seat"


@dataclass(frozen=True, slots=True)
class Cancelled(MailWithLink):
    """It is off, for this person or for everybody. Their page says so, too."""

    name = "cancelled"
    still_wanted = "is_cancelled"


@dataclass(frozen=True, slots=True)
class Reminder(MailWithLink):
    """It is tomorrow."""

    name = "reminder"
    still_wanted = "is_tomorrow"


@dataclass(frozen=True, slots=True)
class EventChanged(MailWithLink):
    """Something about it is new; the page says what."""

    name = "event_changed"
    still_wanted = "is_in"


@dataclass(frozen=True, slots=True)
class News(MailWithLink):
    """A coordinator wrote to everyone who is in. The words are on the page, and in no mail."""

    name = "news"
    still_wanted = "is_in"


MAIL_KINDS: Final[Mapping[str, type[MailKind]]] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Confirmation,
            Registered,
            OnTheWaitingList,
            MovedUp,
            Cancelled,
            Reminder,
            EventChanged,
            News,
        )
    }
)

#: What each rule asks of the facts.
STILL_WANTED: Final[Mapping[StillWanted, Callable[[Facts], bool]]] = MappingProxyType(
    {
        "consent_stands": lambda facts: CONFIRMATION_CONSENT in facts.consents,
        "has_seat": lambda facts: facts.registration == "confirmed" and facts.is_ahead,
        "waits": lambda facts: facts.registration == "waiting" and facts.is_ahead,
        "is_cancelled": lambda facts: facts.is_worth_cancelling,
        "is_tomorrow": lambda facts: (
            facts.registration == "confirmed" and facts.is_ahead and facts.is_tomorrow
        ),
        "is_in": lambda facts: facts.registration in ("confirmed", "waiting") and facts.is_ahead,
    }
)


def mail_kind(name: str, values: Mapping[str, Any]) -> MailKind:
    """The mail with this name and exactly the values it declares.

    Raises NoSuchMailKind, and NotThisMail for a value too many, too few, or of the wrong form.
    """
    if name not in MAIL_KINDS:
        raise NoSuchMailKind(name)
    kind = MAIL_KINDS[name]
    if set(values) != {field.name for field in fields(kind)}:
        raise NotThisMail(name)
    return kind(**values)


def is_still_wanted(kind: MailKind | type[MailKind], facts: Facts) -> bool:
    """Whether this mail is true, and of use, at this moment."""
    return STILL_WANTED[kind.still_wanted](facts)


def _says_which(booking: object, when: object) -> bool:
    return (
        isinstance(booking, str)
        and isinstance(when, str)
        and _REFERENCE.fullmatch(booking) is not None
        and 0 < len(when) <= LONGEST_WHEN
        # No line break, and nothing invisible that could turn the line round.
        and all(one.isprintable() or one == "\N{NO-BREAK SPACE}" for one in when)
        and not set(when) & set("<>{}@/")
    )


def _is_link(link: str) -> bool:
    if len(link) > LONGEST_LINK or not _LINK.fullmatch(link):
        return False
    try:
        return bool(urlsplit(link).hostname)
    except ValueError:
        return False
