"""The kinds of mail: one class each, with the few values that it may show and its rules.

Data minimisation: a mail is read in an inbox that others may see. So a kind declares the values its templates get, and
they get nothing else: no name, answer, title or organisation can be put in one by mistake. A registrant's own page is
among them, and for professionals which booking it is: its number, and when it is. From is one neutral address for all
of them (a setting), Subject is fixed for each kind, in its template.

A kind also says whether it is still true just before it is sent (`is_still_wanted`), and what becomes of the story
with it: whether its reader's address is wiped afterwards (`is_last`), and whether a new mail for a new address
supersedes it (`says_how_it_stands`). A new kind is one class here, two templates in `templates/emails/`, and their
words.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, ClassVar, Final

from webapp.rules.clock import COALITION_ZONE
from webapp.rules.mail_values import is_link, says_which
from webapp.rules.states import EventState, RegistrationState

#: The consent that a participant's confirmation needs, and must still have when it is sent.
CONFIRMATION_CONSENT: Final = "mail_confirmation"


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
    registration: RegistrationState | None = None
    event: EventState | None = None
    starts_at: datetime | None = None
    consents: frozenset[str] = frozenset()

    @property
    def consents_to_confirmation(self) -> bool:
        """Whether the consent that a confirmation needs still stands."""
        return CONFIRMATION_CONSENT in self.consents

    @property
    def has_seat(self) -> bool:
        """Whether they have a seat at something that is to come."""
        return self.registration == RegistrationState.CONFIRMED and self.is_ahead

    @property
    def waits(self) -> bool:
        """Whether they are on the waiting list of something that is to come."""
        return self.registration == RegistrationState.WAITING and self.is_ahead

    @property
    def is_ahead(self) -> bool:
        """Whether there is something to come to: not cancelled, and not begun."""
        return self.event in (EventState.OPEN, EventState.CLOSED) and self._has_not_begun

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
        """Whether a registrant might still set out, not knowing that they need not."""
        return self.registration == RegistrationState.CANCELLED and self._has_not_begun


@dataclass(frozen=True, slots=True)
class MailKind(ABC):
    """One kind of mail. Its fields, all text, are everything its templates may show."""

    name: ClassVar[str]
    #: The folder of its templates.
    templates: ClassVar[str] = "emails"
    #: It goes by the clock alone: while the clock is in doubt it is not sent.
    needs_sure_clock: ClassVar[bool] = False

    @classmethod
    @abstractmethod
    def is_still_wanted(cls, facts: Any) -> bool:
        """Whether this mail is true, and of use, at the moment before it is sent."""

    @property
    def subject_template(self) -> str:
        """The template of the subject, the same words for every reader of a language."""
        return f"{self.templates}/{self.name}/subject.txt"

    @property
    def body_template(self) -> str:
        """The template of the body, which gets `values` and nothing else."""
        return f"{self.templates}/{self.name}/body.txt"

    def values(self) -> dict[str, str]:
        """What the templates get, and what is sealed while the mail waits: a copy, by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, slots=True)
class MailWithLink(MailKind):
    """A mail that carries its reader's own page. Raises NotALink for anything but a plain address:
    no space, line break, question mark or sign that a template or a header could read.

    At events for professionals, who may have booked two, it also says which booking it is about: `booking` is its
    reference and `when` its day and time in words. At every other event both are empty: a reader of that inbox learns
    no day on which its owner is away. Raises NotThisMail for one without the other.
    """

    link: str
    booking: str = ""
    when: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.link, str) or not is_link(self.link):
            raise NotALink(type(self).__name__)
        if (self.booking or self.when) and not says_which(self.booking, self.when):
            raise NotThisMail(type(self).__name__)


@dataclass(frozen=True, slots=True)
class RegistrantMail(MailWithLink):
    """A mail to a registrant. Address and link are sealed to the mailer in the registration, for all of these mails."""

    #: No mail follows it: once it is over, however it ended, address and link are wiped.
    is_last: ClassVar[bool] = False
    #: It brings the link and says whether there is a seat. When the address changes, a new one supersedes it.
    says_how_it_stands: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Confirmation(MailKind):
    """For a participant who asked for it: something was received. Nothing else, and no link.

    Its address is sealed with this one mail, and wiped when the mail is over.
    """

    name = "confirmation"

    @classmethod
    def is_still_wanted(cls, facts: Facts) -> bool:
        """While the consent stands."""
        return facts.consents_to_confirmation


@dataclass(frozen=True, slots=True)
class Registered(RegistrantMail):
    """There is a seat, from the start."""

    name = "registered"
    says_how_it_stands = True

    @classmethod
    def is_still_wanted(cls, facts: Facts) -> bool:
        """While they have the seat."""
        return facts.has_seat


@dataclass(frozen=True, slots=True)
class OnTheWaitingList(RegistrantMail):
    """There is no seat yet. No place: it would be wrong as soon as another registrant cancels."""

    name = "waiting"
    says_how_it_stands = True

    @classmethod
    def is_still_wanted(cls, facts: Facts) -> bool:
        """While they wait."""
        return facts.waits


@dataclass(frozen=True, slots=True)
class MovedUp(RegistrantMail):
    """There is a seat after all."""

    name = "moved_up"
    says_how_it_stands = True

    @classmethod
    def is_still_wanted(cls, facts: Facts) -> bool:
        """While they have the seat."""
        return facts.has_seat


@dataclass(frozen=True, slots=True)
class Cancelled(RegistrantMail):
    """It is off, for this registrant or for all of them. Their page says so, too."""

    name = "cancelled"
    is_last = True

    @classmethod
    def is_still_wanted(cls, facts: Facts) -> bool:
        """While they might still set out."""
        return facts.is_worth_cancelling


@dataclass(frozen=True, slots=True)
class Reminder(RegistrantMail):
    """It is tomorrow."""

    name = "reminder"
    needs_sure_clock = True

    @classmethod
    def is_still_wanted(cls, facts: Facts) -> bool:
        """While they have the seat, on the day before."""
        return facts.has_seat and facts.is_tomorrow


@dataclass(frozen=True, slots=True)
class EventChanged(RegistrantMail):
    """Something about it is new; the page says what."""

    name = "event_changed"

    @classmethod
    def is_still_wanted(cls, facts: Facts) -> bool:
        """While they have a seat or wait for one."""
        return facts.has_seat or facts.waits


@dataclass(frozen=True, slots=True)
class News(RegistrantMail):
    """A coordinator wrote to everyone who is in. The words are on the page, and in no mail."""

    name = "news"

    @classmethod
    def is_still_wanted(cls, facts: Facts) -> bool:
        """While they have a seat or wait for one."""
        return facts.has_seat or facts.waits


#: Mails to participants and registrants, by name.
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


def how_it_stands(state: RegistrationState) -> type[RegistrantMail]:
    """The mail that says whether a registration has a seat or waits."""
    return Registered if state == RegistrationState.CONFIRMED else OnTheWaitingList


def kind_named(name: str) -> type[MailKind]:
    """The kind with this name. Raises NoSuchMailKind."""
    if name not in MAIL_KINDS:
        raise NoSuchMailKind(name)
    return MAIL_KINDS[name]
