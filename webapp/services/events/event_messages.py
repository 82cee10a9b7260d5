"""Messages to everyone with a seat or a place: the words on their booking pages, and a neutral mail that points there.

The words are sealed under the service key, because the public door shows them, and with an erasure secret, because a
coordinator may write about a person by mistake: taking a message down shreds it. No mail carries any of them.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.extensions import current_settings
from webapp.models import (
    AuditEntry,
    ErasureSecret,
    EventMessage,
    OutboxMessage,
    Registration,
)
from webapp.models import Event as EventRow
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.mail_kinds import News
from webapp.rules.states import EventState, MailState
from webapp.services.events import event_changes, published_events, registrations
from webapp.services.events.published_events import Event
from webapp.services.infrastructure import audit, outbox, stores
from webapp.services.infrastructure.row_authentication import (
    TOLERANT,
    TOLERANT_LOCK,
    genuine,
    is_genuine,
)
from webapp.services.sealed import parts, shredding, tombstones
from webapp.vault.contexts import EVENT_MESSAGE, Context
from webapp.vault.envelope import DoesNotOpen
from webapp.vault.event_messages import open_event_message, seal_event_message

LONGEST = 600
#: Each message is one more mail to everyone, and one more thing to read on a page that must stay light.
MOST_A_DAY = 2
MOST_AT_A_TIME = 3
#: So many days after an event has ended, what was written about it is deleted.
KEPT = timedelta(days=14)


class NoSuchMessage(LookupError):
    """It was taken down, or deleted after the event, or never was."""


class TooManyMessages(Exception):
    """As many as there may be were sent today, or stand on the booking pages."""


class NoRecipients(Exception):
    """The event is over or cancelled, so a message has no recipients."""


@dataclass(frozen=True)
class Message:
    """What was written, and on which days."""

    id: UUID
    event_id: UUID
    sent_on: date
    corrected_on: date | None
    words: str = field(repr=False)


@dataclass(frozen=True)
class Audience:
    """Who would read a message now: how many get a mail, who gets none, and in which languages they booked."""

    mailed: int
    without_mail: tuple[UUID, ...]
    languages: tuple[tuple[str, int], ...]

    @property
    def people(self) -> int:
        """Everyone with a seat or a place."""
        return self.mailed + len(self.without_mail)


def audience(event: Event) -> Audience:
    """Who is in at this moment."""
    with stores.reading() as main:
        rows = event_changes.everybody_in(main, event.id)
    silent = tuple(row.id for row in rows if row.mail_envelope is None)
    languages = Counter(row.language for row in rows)
    return Audience(len(rows) - len(silent), silent, tuple(languages.most_common()))


def room_left(event: Event) -> bool:
    """Whether one more may be sent now."""
    with stores.reading() as main:
        return _room_left(main, event.id)


def _room_left(main: Session, event_id: UUID) -> bool:
    up = select(func.count()).select_from(EventMessage).where(EventMessage.event_id == event_id)
    # The record knows those that were taken down, too: each has sent a mail to everyone.
    today = select(func.count()).where(
        AuditEntry.tag == AuditEvent.EVENT_MESSAGE_SENT,
        AuditEntry.subject_id == event_id,
        AuditEntry.at >= int(_midnight().timestamp()),
    )
    return (main.scalar(up) or 0) < MOST_AT_A_TIME and (main.scalar(today) or 0) < MOST_A_DAY


def _midnight() -> datetime:
    return datetime.combine(clock.today(), time(), clock.COALITION_ZONE)


def send(event_id: UUID, message_id: UUID, words: str, *, actor: UUID) -> None:
    """Put words on everyone's booking page, and promise a mail that says so. Idempotent by `message_id`.

    Raises `NoSuchEvent`, `NoRecipients`, `TooManyMessages`, `StoreUnavailable`.
    """
    with stores.reading() as main:
        if _is_known(main, message_id):
            return
    row = EventMessage(id=message_id, event_id=event_id, sent_on=clock.today())
    secret = _seal(row, words)
    with stores.writing("erasure") as erasure_store:
        erasure_store.add(secret)
    with stores.writing() as main:
        event = published_events.lock(main, event_id)
        if _is_known(main, message_id):
            return
        if event.state == EventState.CANCELLED or event.ends_at <= clock.now().timestamp():
            raise NoRecipients
        if not _room_left(main, event_id):
            raise TooManyMessages
        newest = select(func.max(EventMessage.n)).where(EventMessage.event_id == event_id)
        row.n = (main.scalar(newest) or 0) + 1
        main.add(row)
        main.flush()
        for registration in event_changes.everybody_in(main, event_id, lock=True):
            registrations.tell(main, registration, News, _once(message_id))
        audit.enter(main, actor, AuditEvent.EVENT_MESSAGE_SENT, event_id)


def _is_known(main: Session, message_id: UUID) -> bool:
    """Idempotency: whether it was sent before. A second press does not bring back one that was taken down."""
    return main.get(EventMessage, message_id) is not None or tombstones.is_erased(main, message_id)


def correct(message_id: UUID, words: str, *, actor: UUID) -> None:
    """Replace the words, without another mail. The old ones are shredded. The same words change nothing.

    Raises `NoSuchMessage`, `StoreUnavailable`.
    """
    old = find(message_id)
    if old.words == words:
        return
    fresh = EventMessage(id=message_id, event_id=old.event_id)
    secret = _seal(fresh, words)
    with stores.writing("erasure") as erasure_store:
        erasure_store.add(secret)
    with stores.writing() as main:
        row = _locked(main, message_id)
        shredding.shred_secret(main, row.secret_id)
        row.secret_id, row.envelope = fresh.secret_id, fresh.envelope
        row.corrected_on = clock.today()
        audit.enter(main, actor, AuditEvent.EVENT_MESSAGE_CORRECTED, row.event_id)
    shredding.finish_now()


def take_down(event_id: UUID, message_id: UUID, *, actor: UUID) -> None:
    """Delete a message from every booking page of this event. Mails that point to it and still wait are not sent.

    Raises `NoSuchMessage`, also for one of another event; `StoreUnavailable`.
    """
    with stores.writing() as main:
        row = _locked(main, message_id)
        if row.event_id != event_id:
            raise NoSuchMessage(message_id)
        _drop_mails(main, row)
        shredding.shred_parts(main, [row])
        # Lock order: the head of the record last.
        audit.enter(main, actor, AuditEvent.EVENT_MESSAGE_TAKEN_DOWN, event_id)
    shredding.finish_now()


def _drop_mails(main: Session, row: EventMessage) -> None:
    """Drop mails that still wait: they would point to news that is gone."""
    people = select(Registration.id).where(Registration.event_id == row.event_id)
    waiting = (
        select(OutboxMessage)
        .where(
            OutboxMessage.kind == News.name,
            OutboxMessage.state == MailState.WAITING,
            OutboxMessage.subject_id.in_(people),
            OutboxMessage.dedupe_key.endswith(_once(row.id)),
        )
        .order_by(OutboxMessage.id)
        .with_for_update()
    )
    for mail in genuine(main.scalars(waiting, execution_options=TOLERANT_LOCK)):
        mail.state, mail.finished_on = MailState.DROPPED, clock.today()
        mail.not_before, mail.attempts = outbox.AT_ONCE, 0
    main.flush()


def _once(message_id: UUID) -> str:
    """What tells the mails of one message from those of another."""
    return message_id.hex[:12]


def _locked(main: Session, message_id: UUID) -> EventMessage:
    row = main.scalars(
        select(EventMessage).where(EventMessage.id == message_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise NoSuchMessage
    return row


def find(message_id: UUID) -> Message:
    """One message. Raises `NoSuchMessage`."""
    with stores.reading() as main:
        row = main.get(EventMessage, message_id)
    found = _opened([row]) if row is not None else ()
    if not found:
        raise NoSuchMessage
    return found[0]


def standing(event_id: UUID) -> tuple[Message, ...]:
    """What stands on the booking pages of an event, the newest first."""
    with stores.reading() as main:
        found = select(EventMessage).where(EventMessage.event_id == event_id)
        in_order = found.order_by(EventMessage.n.desc())
        rows = genuine(main.scalars(in_order, execution_options=TOLERANT))
    return _opened(rows) if rows else ()


def forget_old(moment: datetime) -> None:
    """Delete what was written about events that ended two weeks ago (worker)."""
    long_ago = int((moment - KEPT).timestamp())
    with stores.writing() as main:
        old = (
            select(EventMessage, EventRow)
            .join(EventRow, EventRow.id == EventMessage.event_id)
            .where(EventRow.ends_at <= long_ago)
            .order_by(EventMessage.id)
            .with_for_update(of=EventMessage)
        )
        rows = main.execute(old, execution_options=TOLERANT).all()
        # The end of an event that Hearth did not write deletes nothing.
        shredding.shred_parts(main, [message for message, event in rows if is_genuine(event)])


def _seal(row: EventMessage, words: str) -> ErasureSecret:
    secret = parts.new_secret()
    row.secret_id = secret.id
    row.envelope = seal_event_message(
        words, key=current_settings().service_key, secret=secret.secret, context=_context(row)
    )
    return secret


def _context(row: EventMessage) -> Context:
    return Context(EVENT_MESSAGE, owner_id=row.event_id, row_id=row.id)


def _opened(rows: Sequence[EventMessage]) -> tuple[Message, ...]:
    """Those whose secret is still there; a message whose stored bytes were changed is not shown."""
    with stores.reading("erasure") as erasure_store:
        found = select(ErasureSecret).where(ErasureSecret.id.in_([row.secret_id for row in rows]))
        secrets = {one.id: one.secret for one in erasure_store.scalars(found)}
    opened = []
    for row in rows:
        try:
            words = open_event_message(
                row.envelope,
                key=current_settings().service_key,
                secret=secrets.get(row.secret_id),
                context=_context(row),
            )
        except DoesNotOpen:
            continue
        opened.append(Message(row.id, row.event_id, row.sent_on, row.corrected_on, words))
    return tuple(opened)
