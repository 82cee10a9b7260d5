"""The transactional outbox: a mail is promised in the transaction that makes it true, and sent later by the worker.

A row carries a MAC, which is made anew with each change of its state: what an attacker with the database alone puts in,
or changes, is never sent.

What is here cannot open anything: it puts rows in, counts them, and says how long a retry waits (exponential
back-off). Leases on them are in `services.worker.mail_claims`, sending and retrying in `services.worker.delivery`.

Data minimisation: a row names a person's submission or registration, so it is dated to the day. Times in it are of
later moments alone (of a reminder, of a retry, of a lease's end), and no finer than a quarter of an hour (decision 47).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from secrets import SystemRandom
from uuid import UUID, uuid4

from sqlalchemy import and_, bindparam, delete, func, or_, select
from sqlalchemy.orm import Session

from webapp.canonical_types import MALFORMED
from webapp.models import OutboxMessage, WorkerClock
from webapp.rules import clock
from webapp.rules.mail_kinds import MAIL_KINDS, ConfirmAddress, RegistrantMail
from webapp.rules.states import UNFINISHED, MailState
from webapp.services.infrastructure import clock_guard, stores
from webapp.services.infrastructure.new_rows import insert_new
from webapp.services.infrastructure.row_authentication import TOLERANT, TOLERANT_LOCK, genuine

#: Superseded when a new one is promised for a new address.
SUPERSEDED = frozenset(
    kind.name
    for kind in MAIL_KINDS.values()
    if issubclass(kind, RegistrantMail) and kind.says_how_it_stands
)
#: Begins the dedupe key of a mail to an address that took another's place, and that its owner has not confirmed yet.
#: The row is the note of that, so it is kept until then (see `ask_owner`).
TO_BE_CONFIRMED = "address:"
KEPT = timedelta(days=14)
#: Minutes until the next attempt, before jitter and rounding; after the last one, every three or four hours.
BACKOFF = (15, 15, 30, 60, 120, 180)
#: More attempts are not counted: the number of them would say when the first one was.
MOST_ATTEMPTS = len(BACKOFF)
# Written once: putting a statement together takes longer than running it.
PROMISED_AS = select(OutboxMessage).where(OutboxMessage.dedupe_key == bindparam("dedupe_key"))
AT_ONCE = 0
QUARTER, HOUR = 15 * 60, 60 * 60


@dataclass(frozen=True)
class Backlog:
    """How many mails are due and wait, and how many minutes the oldest has been due, as far as its row can say.

    Of a mail that was never tried that is at most since the worker last ran, or since its day was over: no row says
    when it was promised.
    """

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
    is_new: bool = False,
) -> None:
    """Promise one mail, inside the caller's transaction. The dedupe key is an idempotency key: again, it does nothing.

    `not_before` is in epoch seconds, for a moment that says nothing about this one; without it the mail leaves with
    the next round. `is_new` says that its subject was written in this transaction, under a random id: then no mail
    about it was promised.
    """
    if not is_new and _is_there(main, dedupe_key):
        return
    message = OutboxMessage(
        id=own.message_id if own else uuid4(),
        kind=kind,
        dedupe_key=dedupe_key,
        subject_id=subject_id,
        language=language,
        state=MailState.WAITING,
        attempts=0,
        not_before=_rounded_down(not_before or AT_ONCE, QUARTER),
        secret_id=own.secret_id if own else None,
        envelope=own.envelope if own else None,
        made_on=clock.today(),
    )
    insert_new(main, [message])


def _is_there(main: Session, dedupe_key: str) -> bool:
    """Whether this mail was promised. A false row under its key, which the log has named, makes room for it."""
    there = _promised_as(main, dedupe_key)
    if there and not genuine(there):
        main.execute(delete(OutboxMessage).where(OutboxMessage.dedupe_key == dedupe_key))
        return False
    return bool(there)


def is_promised(main: Session, dedupe_key: str) -> bool:
    """Whether a mail was promised under this idempotency key, sent or not."""
    return bool(genuine(_promised_as(main, dedupe_key)))


def _promised_as(main: Session, dedupe_key: str) -> Sequence[OutboxMessage]:
    return main.scalars(PROMISED_AS, {"dedupe_key": dedupe_key}, execution_options=TOLERANT).all()


def begin_again(main: Session, subject_id: UUID) -> None:
    """A registrant's address has changed: what waits goes to the new one, and what is just being sent goes there too.

    Superseded are the mails that say how it stands, and all that a server refused: the caller promises a new one. A
    worker that has one in hand loses its lease; it may still reach the old address, and then changes nothing here.
    The caller has locked the registration.
    """
    theirs = select(OutboxMessage).where(OutboxMessage.subject_id == subject_id)
    locked = theirs.order_by(OutboxMessage.id).with_for_update()
    for message in genuine(main.scalars(locked, execution_options=TOLERANT_LOCK)):
        unfinished = message.state in UNFINISHED
        if message.state == MailState.FAILED or (unfinished and message.kind in SUPERSEDED):
            main.delete(message)
        elif unfinished:
            _begin_again(message)
    main.flush()


def ask_owner(main: Session, subject_id: UUID, language: str, *, mails: bool) -> None:
    """Ask the owner of a changed address to confirm it (double opt-in), and note that they have not.

    Nothing else goes to it before. `mails` says whether the mail itself may leave. The registration is locked.
    """
    owner_answered(main, subject_id)
    main.add(
        OutboxMessage(
            id=uuid4(),
            kind=ConfirmAddress.name,
            dedupe_key=_note_about(subject_id),
            subject_id=subject_id,
            language=language,
            state=MailState.WAITING if mails else MailState.DROPPED,
            attempts=0,
            not_before=AT_ONCE,
            made_on=clock.today(),
            finished_on=None if mails else clock.today(),
        )
    )
    main.flush()


def owner_answered(main: Session, subject_id: UUID) -> None:
    """Forget that an address is to be confirmed: it was, or another or none takes its place."""
    main.execute(delete(OutboxMessage).where(OutboxMessage.dedupe_key == _note_about(subject_id)))


def awaits_owner(main: Session, subject_id: UUID) -> bool:
    """Whether the owner of this registration's address still has to confirm it."""
    return is_promised(main, _note_about(subject_id))


def _note_about(subject_id: UUID) -> str:
    return f"{TO_BE_CONFIRMED}{subject_id.hex}"


def _begin_again(message: OutboxMessage) -> None:
    if message.state == MailState.CLAIMED or message.attempts:
        message.not_before = AT_ONCE
    message.state, message.attempts = MailState.WAITING, 0
    message.claim, message.claimed_until = None, None


def pause_after(attempts: int) -> int:
    """How many seconds a mail waits after so many attempts that failed, before jitter and rounding."""
    return BACKOFF[min(attempts, len(BACKOFF)) - 1] * 60


def next_attempt(attempts: int) -> int:
    """When a mail is due again after so many attempts, in epoch seconds: exponential back-off with jitter.

    Short pauses end with a quarter of an hour, longer ones with an hour, so that the row does not say when the first
    attempt was. The jitter blurs what is left of it with every attempt.
    """
    pause, now = pause_after(attempts), int(clock.now().timestamp())
    if pause < HOUR:
        return _rounded_down(now + pause, QUARTER)
    return _rounded_down(now + int(SystemRandom().uniform(1, 1.5) * pause), HOUR)


def lease_end(until: int) -> int:
    """The end of a lease as a row may say it, in epoch seconds: never earlier than `until`."""
    return _rounded_down(until + QUARTER - 1, QUARTER)


def _rounded_down(seconds: int, step: int) -> int:
    return seconds - seconds % step


def backlog() -> Backlog:
    """What waits to be sent, for the desk. A mail that was promised for later does not wait yet."""
    now = int(clock.now().timestamp())
    ran_at = select(func.max(WorkerClock.ran_at)).scalar_subquery()
    doubted_at = select(func.max(WorkerClock.doubted_at)).scalar_subquery()
    due = (
        select(
            OutboxMessage.attempts,
            OutboxMessage.made_on,
            func.count(),
            func.min(OutboxMessage.not_before),
            ran_at,
            doubted_at,
        )
        .where(
            OutboxMessage.state.in_(UNFINISHED),
            or_(OutboxMessage.attempts > 0, OutboxMessage.not_before <= now),
        )
        .group_by(OutboxMessage.attempts, OutboxMessage.made_on)
    )
    with stores.reading() as main:
        rows = main.execute(due).all()
    late, waiting = 0, 0
    for attempts, made_on, count, soonest, *ran in rows:
        if MALFORMED in (attempts, made_on, soonest):
            # A false row: the worker takes it out with its next round.
            continue
        last_ran = max((at for at in ran if at is not None), default=now)
        waiting += count
        late = max(late, now - _first_due(attempts, soonest, min(_end_of(made_on), last_ran)))
    return Backlog(waiting, late // 60)


def _first_due(attempts: int, soonest: int, untried: int) -> int:
    """Since when a mail is due. One that was tried before is due later, and is older than that."""
    if attempts:
        # The first pause is left out: most of it may be rounding.
        return min(soonest - sum(pause_after(done) for done in range(2, attempts + 1)), untried)
    return untried if soonest == AT_ONCE else soonest


def _end_of(day: date) -> int:
    after = datetime.combine(day + timedelta(days=1), time(), clock.COALITION_ZONE)
    return int(after.timestamp())


def refused() -> frozenset[UUID]:
    """The subjects of mails that a server refused for good; for the desk."""
    failed = select(OutboxMessage).where(OutboxMessage.state == MailState.FAILED)
    with stores.reading() as main:
        rows = genuine(main.scalars(failed, execution_options=TOLERANT))
        return frozenset(row.subject_id for row in rows)


def forget_old() -> None:
    """Delete rows of mails that were sent, dropped or given up two weeks ago (worker). Raises `ClockDoubted`.

    One that notes an unconfirmed address goes with its registration.
    """
    old = clock_guard.sure().today - KEPT
    is_note = OutboxMessage.dedupe_key.startswith(TO_BE_CONFIRMED)
    with stores.writing() as main:
        main.execute(delete(OutboxMessage).where(and_(OutboxMessage.finished_on <= old, ~is_note)))
