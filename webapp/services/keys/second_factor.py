"""The second factor: six-digit codes (TOTP, RFC 6238), each accepted once, so that none can be replayed."""

import pyotp
from sqlalchemy.orm import Session

from webapp.models import Coordinator
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.services.infrastructure import audit, limits, stores
from webapp.services.keys import coordinators, key_slots
from webapp.services.keys.coordinators import Holder

STEP_SECONDS = 30
#: One step either way: a phone's clock may be half a minute off (RFC 6238, 5.2).
STEPS_AROUND = (-1, 0, 1)


class WrongCode(Exception):
    """The six-digit code is wrong, or was used before (replay)."""


def confirm_second_factor(
    holder: Holder, code: str, event: AuditEvent = AuditEvent.SECOND_FACTOR_CONFIRMED
) -> None:
    """Check a six-digit code and use it up, in one transaction with its audit entry. Raises `WrongCode`, `TooMany`.

    Guesses are limited for each coordinator, whatever network they come from, and wrong ones are in the audit log:
    only a caller who has the passphrase gets here.
    """
    count_guess(holder)
    try:
        with stores.writing() as main:
            spend_code(main, holder, code)
            audit.enter(main, holder.coordinator_id, event, holder.coordinator_id)
    except WrongCode:
        note_wrong_code(holder)
        raise


def count_guess(holder: Holder) -> None:
    """Rate limit: count one six-digit code for this coordinator, before it is looked at. Raises `TooMany`."""
    limits.take_for("six-digit-code", holder.coordinator_id.hex)


def note_wrong_code(holder: Holder) -> None:
    """Enter in the audit log that a six-digit code was wrong."""
    with stores.writing() as main:
        audit.enter(
            main, holder.coordinator_id, AuditEvent.SECOND_FACTOR_REFUSED, holder.coordinator_id
        )


def spend_code(main: Session, holder: Holder, code: str) -> None:
    """Use a six-digit code up inside the caller's transaction, which counts the guess and writes the audit entry.

    Lock order: the coordinator's row before submissions, the head of the audit chain last. Raises `WrongCode`.
    """
    # Compare-and-set under the row's lock: of two posts with one code, the second finds its step used.
    row = coordinators.lock(main, holder.coordinator_id)
    step = _step_of(row, holder, code)
    if row.totp_last_step >= step:
        raise WrongCode
    row.totp_last_step = step
    main.flush()


def is_the_last_code(main: Session, holder: Holder, code: str) -> bool:
    """Whether this code was the last one accepted and still counts: the same post, sent twice."""
    row = main.get_one(Coordinator, holder.coordinator_id)
    try:
        return row.totp_last_step == _step_of(row, holder, code)
    except WrongCode:
        return False


def _step_of(row: Coordinator, holder: Holder, code: str) -> int:
    return _matching_step(key_slots.open_totp(row, holder.seed), code)


def _matching_step(secret: str, code: str) -> int:
    """The time step that this code belongs to. Raises `WrongCode`."""
    totp = pyotp.TOTP(secret)
    digits = "".join(code.split())
    now = int(clock.now().timestamp()) // STEP_SECONDS
    # verify() compares in constant time.
    steps = [
        now + around
        for around in STEPS_AROUND
        if totp.verify(digits, for_time=(now + around) * STEP_SECONDS)
    ]
    if not steps:
        raise WrongCode
    return max(steps)
