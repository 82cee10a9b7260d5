"""Leases on the outbox: one worker alone sends a mail, until its claim runs out.

Nothing here opens a mail. What was kept to send it is wiped when it ended, however it ended; with the last mail to a
registrant, their address too (`is_last` in `rules.mail_kinds`).
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Select, and_, or_, select, update
from sqlalchemy.orm import Session

from webapp.models import OutboxMessage, Registration
from webapp.rules import clock
from webapp.rules.mail_kinds import MAIL_KINDS, RegistrantMail
from webapp.rules.states import MailState
from webapp.services.events import registration_erasing
from webapp.services.infrastructure import outbox, stores
from webapp.services.infrastructure.row_authentication import TOLERANT, TOLERANT_LOCK, is_genuine
from webapp.services.infrastructure.stored_keys import as_stored
from webapp.services.sealed import shredding

log = logging.getLogger("hearth.worker")

#: No mail is promised, claimed or put off for longer: a moment further away was written by a clock that was wrong.
FURTHEST_SECONDS = 2 * 24 * 3600
CLAIM_SECONDS = 300
NEEDS_SURE_CLOCK = [kind.name for kind in MAIL_KINDS.values() if kind.needs_sure_clock]
ENDS_THE_STORY = frozenset(
    kind.name for kind in MAIL_KINDS.values() if issubclass(kind, RegistrantMail) and kind.is_last
)
BATCH = 2


@dataclass(frozen=True)
class Claimed:
    """One message that this worker, and no other, may send until its claim runs out. The row says a later end."""

    id: UUID
    claim: UUID
    until: int


def claim(*, sure: bool = True) -> list[Claimed]:
    """Lease a few messages that are due, or whose lease has run out, to this worker.

    False rows are taken out of the queue on the way, however many they are: they hold up no other.
    """
    while True:
        now = int(clock.now().timestamp())
        with stores.writing() as main:
            rows = main.execute(_due(now, sure=sure), execution_options=TOLERANT_LOCK).all()
            ours = [row for row, _ in rows if is_genuine(row)]
            _take_out(main, [stored for row, stored in rows if not is_genuine(row)])
            if ours or not rows:
                return _lease(ours, now)


def _due(now: int, *, sure: bool) -> Select[Any]:
    until, due_at, far = (
        OutboxMessage.claimed_until,
        OutboxMessage.not_before,
        now + FURTHEST_SECONDS,
    )
    lost = and_(OutboxMessage.state == MailState.CLAIMED, or_(until < now, until > far))
    return (
        select(OutboxMessage, as_stored(OutboxMessage.id))
        .where(
            or_(due_at <= now, due_at > far),
            or_(OutboxMessage.state == MailState.WAITING, lost),
            *(() if sure else (OutboxMessage.kind.not_in(NEEDS_SURE_CLOCK),)),
        )
        # The ids are random: of mails of one day, the order in which they leave says nothing.
        .order_by(OutboxMessage.not_before, OutboxMessage.made_on, OutboxMessage.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )


def _lease(rows: Sequence[OutboxMessage], now: int) -> list[Claimed]:
    mine = uuid4()
    for row in rows:
        row.state, row.claim = MailState.CLAIMED, mine
        # What a worker that died leaves behind must not say when its round was.
        row.claimed_until = outbox.lease_end(now + CLAIM_SECONDS)
    return [Claimed(row.id, mine, now + CLAIM_SECONDS) for row in rows]


def _take_out(main: Session, stored_ids: Sequence[Any]) -> None:
    """Drop false rows past the ORM, so that none gets a MAC: they stay false, and are named until they are deleted.

    The secrets that they name are not shredded, because they may be another mail's. One that nothing needs is swept.
    """
    if not stored_ids:
        return
    log.error("%s false mails are not sent", len(stored_ids))
    main.execute(
        update(OutboxMessage)
        .where(as_stored(OutboxMessage.id).in_(stored_ids))
        .values(
            state=MailState.DROPPED,
            claim=None,
            claimed_until=None,
            secret_id=None,
            envelope=None,
            finished_on=clock.today(),
        )
        .execution_options(synchronize_session=False)
    )


def finish(message: Claimed, state: MailState) -> None:
    """Note how it ended, and wipe what was kept to send it. A claim that was lost changes nothing."""
    with stores.writing() as main:
        row = _still_mine(main, message)
        if row is None:
            return
        _wipe(main, row, state)
    shredding.finish_now()


def _still_mine(main: Session, message: Claimed) -> OutboxMessage | None:
    """The message, locked; None when the claim was lost, or the row is false."""
    # Lock order: the registration first, as erasing does, so that no two workers deadlock.
    about = select(Registration.id).join(OutboxMessage, OutboxMessage.subject_id == Registration.id)
    main.execute(about.where(OutboxMessage.id == message.id).with_for_update(of=Registration))
    mine = (OutboxMessage.id == message.id, OutboxMessage.claim == message.claim)
    row = main.scalars(
        select(OutboxMessage).where(*mine).with_for_update(), execution_options=TOLERANT_LOCK
    ).one_or_none()
    # One that was changed meanwhile is false. It stays as it is, and is taken out when the lease has run out.
    return row if row is not None and is_genuine(row) else None


def _wipe(main: Session, row: OutboxMessage, state: MailState) -> None:
    if row.secret_id is not None:
        shredding.shred_secret(main, row.secret_id)
    row.envelope, row.secret_id = None, None
    row.state, row.claim, row.claimed_until = state, None, None
    # Attempts and their times would say how long it waited, and so when a participant sent something. Days are kept.
    row.not_before, row.attempts, row.finished_on = outbox.AT_ONCE, 0, clock.today()
    registration = main.get(Registration, row.subject_id, execution_options=TOLERANT)
    if row.kind in ENDS_THE_STORY and registration is not None and is_genuine(registration):
        # After the last mail nothing is kept to write another. A false row is not vouched for by changing it.
        registration_erasing.forget_address(main, registration)


def try_later(message: Claimed, *, sure: bool = True) -> None:
    """Give the message back, for a later round. One that waited too long is given up, unless the clock is in doubt."""
    with stores.writing() as main:
        row = _still_mine(main, message)
        if row is None:
            return
        if sure and clock.today() - row.made_on >= outbox.KEPT:
            # It is of no use any more, and the address must not lie here for ever.
            _wipe(main, row, MailState.FAILED)
        else:
            _put_off(row)
    shredding.finish_now()


def _put_off(row: OutboxMessage) -> None:
    row.attempts = min(row.attempts + 1, outbox.MOST_ATTEMPTS)
    row.not_before = outbox.next_attempt(row.attempts)
    row.state, row.claim, row.claimed_until = MailState.WAITING, None, None
