"""The kinds of mail: one class each, with the few values that its templates may show, and its rules.

Data minimisation: other people may read the inbox. So a kind declares the values of its templates, and they get
nothing else: no name, answer, title or organisation can be put in a mail by mistake. A registrant's own page is
among them, and for professionals the booking: its reference, and when it is. From is one neutral address for all
kinds (a setting), Subject is fixed for each kind, in its template.

A kind also says whether it is still true just before it is sent (`is_still_wanted`), and what follows: whether the
recipient's address is erased afterwards (`is_last`), and whether a mail for a new address supersedes it
(`says_how_it_stands`). A new kind is one class here, two templates in `templates/emails/`, and their
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

#: The consent that a participant's confirmation needs, checked again when it is sent.
CONFIRMATION_CONSENT: Final = "mail_confirmation"


class NoSuchMailKind(LookupError):
    """No mail kind has this name."""


class NotThisMail(ValueError):
    """The values are not those that this kind of mail declares. The exception does not repeat them."""


class NotALink(NotThisMail):
    """Not the plain address of a page, so a mail cannot contain it."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts that decide whether a mail is still sent, read just before sending.

    `registration` is None when there is none, or it was erased. `consents` are the standing ones.
    Times are aware.
    """

    now: datetime
    registration: RegistrationState | None = None
    event: EventState | None = None
    starts_at: datetime | None = None
    consents: frozenset[str] = frozenset()
    #: Whether their address was changed, and its owner has not confirmed that it is theirs.
    is_unconfirmed: bool = False

    @property
    def consents_to_confirmation(self) -> bool:
        """Whether the consent to a confirmation still stands."""
        return CONFIRMATION_CONSENT in self.consents

    @property
    def has_seat(self) -> bool:
        """Whether they have a seat at an event that has not begun, and may be told so at their address."""
        return self.registration == RegistrationState.CONFIRMED and self._may_be_told

    @property
    def may_confirm(self) -> bool:
        """Whether they still have to confirm a request, or an address that was changed, at an event that is ahead."""
        holds = self.registration in (RegistrationState.CONFIRMED, RegistrationState.WAITING)
        is_request = self.registration == RegistrationState.REQUESTED
        return self.is_ahead and (is_request or (holds and self.is_unconfirmed))

    @property
    def waits(self) -> bool:
        """Whether they are on the waiting list of an event that has not begun, and may be told so."""
        return self.registration == RegistrationState.WAITING and self._may_be_told

    @property
    def is_ahead(self) -> bool:
        """Whether the event will take place: not cancelled, and not begun."""
        return self.event in (EventState.OPEN, EventState.CLOSED) and self._has_not_begun

    @property
    def is_tomorrow(self) -> bool:
        """Whether the event is tomorrow, in the coalition's time zone."""
        if self.starts_at is None:
            return False
        today = self.now.astimezone(COALITION_ZONE).date()
        return self.starts_at.astimezone(COALITION_ZONE).date() - today == timedelta(days=1)

    @property
    def _may_be_told(self) -> bool:
        return self.is_ahead and not self.is_unconfirmed

    @property
    def _has_not_begun(self) -> bool:
        return self.starts_at is not None and self.now < self.starts_at

    @property
    def is_worth_cancelling(self) -> bool:
        """Whether a cancellation still matters: the registrant might set out for the event."""
        is_cancelled = self.registration == RegistrationState.CANCELLED
        return is_cancelled and self._has_not_begun and not self.is_unconfirmed


@dataclass(frozen=True, slots=True)
class MailKind(ABC):
    """One kind of mail. Its fields, all text, are everything that its templates may show."""

    name: ClassVar[str]
    #: The folder of its templates.
    templates: ClassVar[str] = "emails"
    #: Scheduled by the clock alone: it is not sent while a clock jump is suspected.
    needs_sure_clock: ClassVar[bool] = False

    @classmethod
    @abstractmethod
    def is_still_wanted(cls, facts: Any) -> bool:
        """Whether this mail is still true and useful, just before it is sent."""

    @property
    def subject_template(self) -> str:
        """The template of the subject: the same text for every recipient with the same language."""
        return f"{self.templates}/{self.name}/subject.txt"

    @property
    def body_template(self) -> str:
        """The template of the body, which gets `values` and nothing else."""
        return f"{self.templates}/{self.name}/body.txt"

    def values(self) -> dict[str, str]:
        """The values for the templates, which are also sealed while the mail is in the outbox: a copy, by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, slots=True)
class MailWithLink(MailKind):
    """A mail that contains the link to its recipient's own page. Raises NotALink for anything but a plain address:
    no space, line break, question mark or sign that a template or a header could interpret (header injection)."""

    link: str

    def __post_init__(self) -> None:
        if not isinstance(self.link, str) or not is_link(self.link):
            raise NotALink(type(self).__name__)


@dataclass(frozen=True, slots=True)
class RegistrantMail(MailWithLink):
    """A mail to a registrant. Address and link are sealed to the mailer in the registration, for all of these mails."""

    #: The last mail to this address: once it is sent, failed or dropped, address and link are erased.
    is_last: ClassVar[bool] = False
    #: It contains the link and the state of the registration. When the address changes, a new one supersedes it.
    says_how_it_stands: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class BookingMail(RegistrantMail):
    """A mail about a booking, to an address that is the registrant's.

    At events for professionals, who may have two bookings, it says which one it is about: `booking` is its reference
    and `when` its day and time in words. At every other event both are empty: other readers of that inbox must not
    learn when its owner is away. Raises NotThisMail for one without the other.
    """

    booking: str = ""
    when: str = ""

    def __post_init__(self) -> None:
        MailWithLink.__post_init__(self)
        if (self.booking or self.when) and not says_which(self.booking, self.when):
            raise NotThisMail(type(self).__name__)


@dataclass(frozen=True, slots=True)
class Confirmation(MailKind):
    """For a participant who asked for it: a submission was received. Nothing else, and no link.

    Its address is sealed with this one mail, and erased when the mail is sent, failed or dropped.
    """

    name = "confirmation"

    @classmethod
    def is_still_wanted(cls, facts: Facts) -> bool:
        """While the consent stands."""
        return facts.consents_to_confirmation


@dataclass(frozen=True, slots=True)
class ConfirmAddress(RegistrantMail):
    """The one mail to an address before its owner has confirmed that the booking is theirs. It may reach a stranger,
    so it names no booking and no time, at no event."""

    name = "confirm_address"
    says_how_it_stands = True

    @classmethod
    def is_still_wanted(cls, facts: Facts) -> bool:
        """While it can be confirmed."""
        return facts.may_confirm


@dataclass(frozen=True, slots=True)
class Registered(BookingMail):
    """The registrant has a seat, from the start."""

    name = "registered"
    says_how_it_stands = True

    @classmethod
    def is_still_wanted(cls, facts: Facts) -> bool:
        """While they have the seat."""
        return facts.has_seat


@dataclass(frozen=True, slots=True)
class OnTheWaitingList(BookingMail):
    """The registrant is on the waiting list. It states no place: that changes when another registrant cancels."""

    name = "waiting"
    says_how_it_stands = True

    @classmethod
    def is_still_wanted(cls, facts: Facts) -> bool:
        """While they wait."""
        return facts.waits


@dataclass(frozen=True, slots=True)
class MovedUp(BookingMail):
    """The registrant moved up from the waiting list to a seat."""

    name = "moved_up"
    says_how_it_stands = True

    @classmethod
    def is_still_wanted(cls, facts: Facts) -> bool:
        """While they have the seat."""
        return facts.has_seat


@dataclass(frozen=True, slots=True)
class Cancelled(BookingMail):
    """The registration, or the whole event, was cancelled. The registrant's own page says so, too."""

    name = "cancelled"
    is_last = True

    @classmethod
    def is_still_wanted(cls, facts: Facts) -> bool:
        """While they might still set out."""
        return facts.is_worth_cancelling


@dataclass(frozen=True, slots=True)
class Reminder(BookingMail):
    """A reminder: the event is tomorrow."""

    name = "reminder"
    needs_sure_clock = True

    @classmethod
    def is_still_wanted(cls, facts: Facts) -> bool:
        """While they have the seat, on the day before."""
        return facts.has_seat and facts.is_tomorrow


@dataclass(frozen=True, slots=True)
class EventChanged(BookingMail):
    """The event changed; the registrant's own page says what."""

    name = "event_changed"

    @classmethod
    def is_still_wanted(cls, facts: Facts) -> bool:
        """While they have a seat or wait for one."""
        return facts.has_seat or facts.waits


@dataclass(frozen=True, slots=True)
class News(BookingMail):
    """A coordinator wrote to all current registrants. The message is on their own page, and in no mail."""

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
            ConfirmAddress,
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


def status_mail(state: RegistrationState) -> type[RegistrantMail]:
    """The kind of mail for a registration's state: it is to be confirmed, has a seat, or is waiting."""
    if state == RegistrationState.REQUESTED:
        return ConfirmAddress
    return Registered if state == RegistrationState.CONFIRMED else OnTheWaitingList


def kind_named(name: str) -> type[MailKind]:
    """The kind with this name. Raises NoSuchMailKind."""
    if name not in MAIL_KINDS:
        raise NoSuchMailKind(name)
    return MAIL_KINDS[name]
