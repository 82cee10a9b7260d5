"""The second factor: six-digit codes (TOTP, RFC 6238), each accepted once, so that none can be replayed."""

import pyotp
from sqlalchemy.orm import Session

from webapp.models import Coordinator
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.services.infrastructure import audit, failed_sign_ins, limits, stores
from webapp.services.keys import coordinators, key_slots
from webapp.services.keys.coordinators import Holder
from webapp.services.keys.known_devices import Device

STEP_SECONDS = 30
#: One step either way: a phone's clock may be half a minute off (RFC 6238, 5.2).
STEPS_AROUND = (-1, 0, 1)


class WrongCode(Exception):
    """The six-digit code is wrong, or was used before (replay)."""


def confirm_second_factor(holder: Holder, code: str) -> None:
    """Step-up: check a six-digit code and use it up, in one transaction with its audit entry.

    Guesses are limited for each coordinator, and wrong ones are in the audit log. Raises `WrongCode`, `TooMany`.
    """
    count_guess(holder)
    try:
        _spend_and_enter(holder, code, AuditEvent.SECOND_FACTOR_CONFIRMED)
    except WrongCode:
        note_wrong_code(holder)
        raise


def confirm_at_sign_in(holder: Holder, code: str, device: Device | None) -> None:
    """Check a six-digit code with the right passphrase, which is an alarm if it is wrong in a strange browser.

    Guesses are limited for each coordinator, whatever network they come from; browsers that have signed in before have
    a limit of their own. Beyond it no code is right: `WrongCode`, and never `TooMany`.
    """
    try:
        _count_at_sign_in(holder, device)
        _spend_and_enter(holder, code, AuditEvent.SIGNED_IN)
    except limits.TooMany:
        with stores.writing() as main:
            failed_sign_ins.add(main, holder.coordinator_id, knew_passphrase=device is None)
        raise WrongCode from None
    except WrongCode:
        with stores.writing() as main:
            failed_sign_ins.add(main, holder.coordinator_id, knew_passphrase=device is None)
            _enter(main, holder, AuditEvent.SECOND_FACTOR_REFUSED)
        raise


def _count_at_sign_in(holder: Holder, device: Device | None) -> None:
    if device is None:
        limits.take_for("six-digit-code", holder.coordinator_id.hex)
    else:
        limits.take_for("six-digit-code-device", device.nonce)


def _spend_and_enter(holder: Holder, code: str, event: AuditEvent) -> None:
    with stores.writing() as main:
        spend_code(main, holder, code)
        _enter(main, holder, event)


def _enter(main: Session, holder: Holder, event: AuditEvent) -> None:
    audit.enter(main, holder.coordinator_id, event, holder.coordinator_id)


def count_guess(holder: Holder) -> None:
    """Rate limit inside a session: count one six-digit code, before it is looked at. Raises `TooMany`.

    Apart from those at sign-in: an attacker outside who has the passphrase must not stop a coordinator inside.
    """
    limits.take_for("six-digit-code-inside", holder.coordinator_id.hex)


def note_wrong_code(holder: Holder) -> None:
    """Enter in the audit log that a six-digit code was wrong."""
    with stores.writing() as main:
        _enter(main, holder, AuditEvent.SECOND_FACTOR_REFUSED)


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
    return _matching_step(key_slots.open_totp(row, holder.keys.totp_key), code)


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
