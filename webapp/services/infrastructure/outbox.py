"""The transactional outbox: a mail is promised in the transaction that makes it true, and sent later by the worker.

What is here cannot open anything: it puts rows in, counts them, and says how long a retry waits (exponential
back-off). Leases on them are in `services.worker.mail_claims`, sending and retrying in `services.worker.delivery`.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from webapp.models import OutboxMessage
from webapp.rules import clock
from webapp.rules.mail_kinds import MAIL_KINDS, RegistrantMail
from webapp.rules.states import UNFINISHED, MailState
from webapp.services.infrastructure import clock_guard, stores

#: Superseded when a new one is promised for a new address.
SUPERSEDED = frozenset(
    kind.name
    for kind in MAIL_KINDS.values()
    if issubclass(kind, RegistrantMail) and kind.says_how_it_stands
)
KEPT = timedelta(days=14)
#: Minutes until the next attempt; after the last one, every four hours.
BACKOFF = (1, 2, 5, 15, 30, 60, 120, 240)


@dataclass(frozen=True)
class Backlog:
    """How many mails are due and wait, and how many minutes the oldest has been due."""

    waiting: int
    oldest_minutes: int


@dataclass(frozen=True)
class OwnParameters:
    """What one message needs to be sent, sealed to the mailer; its secret is stored already."""

    message_id: UUID
    envelope: bytes = field(repr=False)
    secret_id: UUID


def put(
    main: Session,
    *,
    kind: str,
    subject_id: UUID,
    language: str,
    dedupe_key: str,
    not_before: int | None = None,
    own: OwnParameters | None = None,
) -> None:
    """Promise one mail, inside the caller's transaction. The dedupe key is an idempotency key: again, it does nothing.

    `not_before` is in epoch seconds; without it the mail is due at once.
    """
    if (
        main.scalar(select(OutboxMessage.id).where(OutboxMessage.dedupe_key == dedupe_key))
        is not None
    ):
        return
    main.add(
        OutboxMessage(
            id=own.message_id if own else uuid4(),
            kind=kind,
            dedupe_key=dedupe_key,
            subject_id=subject_id,
            language=language,
            state=MailState.WAITING,
            attempts=0,
            not_before=not_before or int(clock.now_minute().timestamp()),
            secret_id=own.secret_id if own else None,
            envelope=own.envelope if own else None,
            made_on=clock.today(),
        )
    )
    main.flush()


def begin_again(main: Session, subject_id: UUID) -> None:
    """A registrant's address has changed: what waits goes to the new one, and what is just being sent goes there too.

    Superseded are the mails that say how it stands, and all that a server refused: the caller promises a new one. A
    worker that has one in hand loses its lease; it may still reach the old address, and then changes nothing here.
    The caller has locked the registration.
    """
    theirs = select(OutboxMessage).where(OutboxMessage.subject_id == subject_id)
    for message in main.scalars(theirs.order_by(OutboxMessage.id).with_for_update()):
        unfinished = message.state in UNFINISHED
        if message.state == MailState.FAILED or (unfinished and message.kind in SUPERSEDED):
            main.delete(message)
        elif unfinished:
            _begin_again(message)
    main.flush()


def _begin_again(message: OutboxMessage) -> None:
    if message.state == MailState.CLAIMED or message.attempts:
        message.not_before = int(clock.now_minute().timestamp())
    message.state, message.attempts = MailState.WAITING, 0
    message.claim, message.claimed_until = None, None


def pause_after(attempts: int) -> int:
    """How many seconds a mail waits after so many attempts that failed."""
    return BACKOFF[min(attempts, len(BACKOFF)) - 1] * 60


def backlog() -> Backlog:
    """What waits to be sent, for the desk. A mail that was promised for later does not wait yet."""
    now = int(clock.now().timestamp())
    by_attempts = (
        select(OutboxMessage.attempts, func.count(), func.min(OutboxMessage.not_before))
        .where(
            OutboxMessage.state.in_(UNFINISHED),
            or_(OutboxMessage.attempts > 0, OutboxMessage.not_before <= now),
        )
        .group_by(OutboxMessage.attempts)
    )
    with stores.reading() as main:
        rows = main.execute(by_attempts).all()
    # A mail that was tried before is due later, and is older than that.
    first_due = [soonest - _paused(attempts) for attempts, _, soonest in rows]
    late = max((now - due for due in first_due), default=0)
    return Backlog(sum(count for _, count, _ in rows), max(0, late // 60))


def _paused(attempts: int) -> int:
    return sum(pause_after(done) for done in range(1, attempts + 1))


def refused() -> frozenset[UUID]:
    """The subjects of mails that a server refused for good; for the desk."""
    with stores.reading() as main:
        rows = main.scalars(
            select(OutboxMessage.subject_id).where(OutboxMessage.state == MailState.FAILED)
        )
        return frozenset(rows)


def forget_old() -> None:
    """Delete rows of mails that were sent, dropped or given up two weeks ago (worker). Raises `ClockDoubted`."""
    old = clock_guard.sure().today - KEPT
    with stores.writing() as main:
        main.execute(delete(OutboxMessage).where(OutboxMessage.finished_on <= old))
