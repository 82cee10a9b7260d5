"""Events, registrations with their seats and waiting list, sealed registration data, and the transactional outbox."""

from datetime import date
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from webapp.canonical_types import (
    CanonicalBigInteger,
    CanonicalBytes,
    CanonicalInteger,
    CanonicalString,
    CanonicalUuid,
)
from webapp.extensions import Model
from webapp.models.authenticated import Authenticated
from webapp.models.state_columns import in_list, state_column
from webapp.models.submissions import PEOPLE
from webapp.rules.states import SEATED, UNFINISHED, EventState, MailState, RegistrationState

WITH_SEAT = in_list(state for state in RegistrationState if state in SEATED)
WITHOUT_SEAT = in_list(state for state in RegistrationState if state not in SEATED)
STATES = f"state IN {WITH_SEAT} OR state IN {WITHOUT_SEAT}"
TO_BE_SENT = f"state IN {in_list(state for state in MailState if state in UNFINISHED)}"


class Event(Authenticated, Model):
    """A round-table, focus group, training or drop-in. Times are epoch seconds, UTC."""

    __tablename__ = "events"
    __table_args__ = (
        CheckConstraint(f"state IN {in_list(EventState)}", name="state"),
        CheckConstraint("seats >= 1", name="seats"),
        CheckConstraint("ends_at > starts_at", name="times"),
    )

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    slug: Mapped[str] = mapped_column(CanonicalString(60), unique=True)
    state: Mapped[EventState] = mapped_column(state_column(EventState))
    starts_at: Mapped[int] = mapped_column(CanonicalBigInteger)
    ends_at: Mapped[int] = mapped_column(CanonicalBigInteger)
    seats: Mapped[int]
    form_version: Mapped[int]
    #: RFC 5545: a random UID that stays, and a number that grows with every change.
    calendar_uid: Mapped[str] = mapped_column(CanonicalString(60), unique=True)
    calendar_sequence: Mapped[int]
    #: Joining link, number and address, sealed under the service key; nothing until one is set at the desk.
    link_envelope: Mapped[bytes | None] = mapped_column(CanonicalBytes)
    link_opens_minutes: Mapped[int]
    #: The secret, in the erasure store, of the blind index of addresses; for professionals' events alone.
    marks_secret_id: Mapped[UUID | None] = mapped_column(CanonicalUuid)


class Registration(Authenticated, Model):
    """One registration: its state, seat and place. What the registrant told us is sealed in its parts."""

    __tablename__ = "registrations"
    __table_args__ = (
        CheckConstraint(STATES, name="state"),
        CheckConstraint(f"(seat IS NOT NULL) = (state IN {WITH_SEAT})", name="seat_where_held"),
        CheckConstraint(
            f"(place IS NOT NULL) = (state = '{RegistrationState.WAITING}')",
            name="place_where_waiting",
        ),
        CheckConstraint("seat >= 1", name="seat"),
        UniqueConstraint("event_id", "pool", "seat"),
        UniqueConstraint("event_id", "pool", "place"),
        Index("ix_registrations_due_on", "due_on"),
        Index("ix_registrations_received_on", "received_on"),
        Index(
            "ix_registrations_with_address",
            "event_id",
            sqlite_where=text("mail_secret_id IS NOT NULL"),
            postgresql_where=text("mail_secret_id IS NOT NULL"),
        ),
        # Covering, for counts: of a state, and of those who gave no address.
        Index("ix_registrations_counts", "event_id", "state", "mail_secret_id"),
        PEOPLE,
    )

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    event_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("events.id"))
    pool: Mapped[str] = mapped_column(CanonicalString(20))
    state: Mapped[RegistrationState] = mapped_column(state_column(RegistrationState))
    seat: Mapped[int | None]
    place: Mapped[int | None]
    form_version: Mapped[int]
    language: Mapped[str] = mapped_column(CanonicalString(10))
    received_on: Mapped[date]
    lookup: Mapped[bytes] = mapped_column(CanonicalBytes(32), unique=True)
    room_mac: Mapped[bytes | None] = mapped_column(CanonicalBytes(32))
    #: Address and link for later mails, sealed to the mailer; wiped with the last mail.
    mail_envelope: Mapped[bytes | None] = mapped_column(CanonicalBytes)
    mail_secret_id: Mapped[UUID | None] = mapped_column(CanonicalUuid, unique=True)
    due_on: Mapped[date]
    #: The blind index of the address: a keyed hash, equal for equal addresses at one event; wiped with the address.
    address_mark: Mapped[bytes | None] = mapped_column(CanonicalBytes(32))
    #: When they consented to be named on the list of participants; None once they withdrew it.
    listed_on: Mapped[date | None]
    #: When a coordinator last arranged what they need, whatever that is; None since they changed it.
    needs_arranged_on: Mapped[date | None]


class RegistrationPart(Authenticated, Model):
    """One sealed piece of a registration: identity and address, needs, or the name for the meeting."""

    __tablename__ = "registration_parts"
    __table_args__ = (
        CheckConstraint("purpose IN ('registrant', 'needs', 'room')", name="purpose"),
        UniqueConstraint("registration_id", "purpose"),
        Index("ix_registration_parts_epoch", "event_id", "purpose", "epoch"),
        PEOPLE,
    )

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    event_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("events.id"))
    registration_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("registrations.id"))
    purpose: Mapped[str] = mapped_column(CanonicalString(20))
    epoch: Mapped[int]
    form_version: Mapped[int]
    secret_id: Mapped[UUID] = mapped_column(CanonicalUuid, unique=True)
    envelope: Mapped[bytes] = mapped_column(CanonicalBytes)

    @property
    def owner_id(self) -> UUID:
        """The owner of the purpose keys that it is sealed to: its event."""
        return self.event_id

    @property
    def bound_to(self) -> UUID:
        """The owner in its associated data: its registration."""
        return self.registration_id


class EventMessage(Authenticated, Model):
    """A sealed message from coordinators to registrants with a seat or a place: on booking pages, never in a mail."""

    __tablename__ = "event_messages"
    __table_args__ = (UniqueConstraint("event_id", "n"), PEOPLE)

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    event_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("events.id"))
    n: Mapped[int]
    sent_on: Mapped[date]
    corrected_on: Mapped[date | None]
    secret_id: Mapped[UUID] = mapped_column(CanonicalUuid, unique=True)
    envelope: Mapped[bytes] = mapped_column(CanonicalBytes)


class EventCount(Model):
    """Anonymous totals: how many registrations an event had in each state, kept after these were erased."""

    __tablename__ = "event_counts"

    event_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("events.id"), primary_key=True)
    state: Mapped[RegistrationState] = mapped_column(
        state_column(RegistrationState), primary_key=True
    )
    people: Mapped[int]


class OutboxMessage(Authenticated, Model):
    """A row of the transactional outbox: one mail to be sent at least once, under a lease. Times are epoch seconds.

    None is of the moment at which the mail was promised, and none is finer than a quarter of an hour: the row names a
    person's submission or registration.

    A mail to a registrant holds nothing of its own: address and link are in the registration, sealed to the mailer.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint(f"state IN {in_list(MailState)}", name="state"),
        CheckConstraint("(envelope IS NULL) = (secret_id IS NULL)", name="sealed_with_secret"),
        CheckConstraint(f"envelope IS NULL OR {TO_BE_SENT}", name="wiped_when_over"),
        CheckConstraint(f"(claim IS NOT NULL) = (state = '{MailState.CLAIMED}')", name="claim"),
        # Not partial: a state is a bound parameter, by which SQLite cannot tell that a partial index would do.
        Index("ix_outbox_due", "state", "not_before"),
        Index("ix_outbox_finished_on", "finished_on"),
        PEOPLE,
    )

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    kind: Mapped[str] = mapped_column(CanonicalString(30))
    dedupe_key: Mapped[str] = mapped_column(CanonicalString(120), unique=True)
    subject_id: Mapped[UUID] = mapped_column(CanonicalUuid, index=True)
    language: Mapped[str] = mapped_column(CanonicalString(10))
    state: Mapped[MailState] = mapped_column(state_column(MailState))
    attempts: Mapped[int] = mapped_column(CanonicalInteger)
    #: Zero: with the next round.
    not_before: Mapped[int] = mapped_column(CanonicalBigInteger)
    #: The lease: its holder and its end. A worker that died loses it.
    claim: Mapped[UUID | None] = mapped_column(CanonicalUuid)
    claimed_until: Mapped[int | None] = mapped_column(CanonicalBigInteger)
    secret_id: Mapped[UUID | None] = mapped_column(CanonicalUuid, unique=True)
    envelope: Mapped[bytes | None] = mapped_column(CanonicalBytes)
    made_on: Mapped[date]
    finished_on: Mapped[date | None]
