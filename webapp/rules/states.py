"""The state machines: states of a call, an event, a registration and a mail in the outbox.

The value is what is stored; the tables' CHECK constraints are built from these enums. Which state may follow which is
in `rules.events.seats` for registrations; calls and events only ever go forward.
"""

from enum import StrEnum


class CallState(StrEnum):
    """A closed call takes no more answers, whatever its last day is."""

    OPEN = "open"
    CLOSED = "closed"


class EventState(StrEnum):
    """A closed event takes no more registrations and takes place; a cancelled one was called off."""

    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class RegistrationState(StrEnum):
    """The state of one registrant's registration for one event.

    A request waits for the registrant to confirm their e-mail address (double opt-in). One without an address that
    holds no seat by itself has applied: it waits for a coordinator. Neither holds anything.
    """

    REQUESTED = "requested"
    APPLIED = "applied"
    WAITING = "waiting"
    OFFERED = "offered"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    ATTENDED = "attended"
    NO_SHOW = "no_show"

    @property
    def is_seated(self) -> bool:
        """Whether a registration in this state has a seat."""
        return self in SEATED

    @property
    def is_pending(self) -> bool:
        """Whether a registration in this state has yet to be confirmed, and holds neither seat nor place."""
        return self in PENDING


class MailState(StrEnum):
    """A mail in the transactional outbox: leased while claimed; the last three states are final."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    SENT = "sent"
    DROPPED = "dropped"
    FAILED = "failed"


#: States in which a registration has a seat. It has a place exactly when it is waiting.
SEATED = frozenset(
    [
        RegistrationState.OFFERED,
        RegistrationState.CONFIRMED,
        RegistrationState.ATTENDED,
        RegistrationState.NO_SHOW,
    ]
)
#: States before anything is held.
PENDING = frozenset([RegistrationState.REQUESTED, RegistrationState.APPLIED])
#: States in which a mail has yet to be sent.
UNFINISHED = frozenset([MailState.WAITING, MailState.CLAIMED])
