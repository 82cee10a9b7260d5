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
#: How far off a phone's clock is looked for when a new second factor is tried out.
MINUTES_TRIED = 20


class WrongCode(Exception):
    """The six-digit code is wrong, or was used before (replay)."""


def confirm_second_factor(holder: Holder, code: str) -> int:
    """Step-up: check a six-digit code and use it up, in one transaction with its audit entry.

    Returns the moment that the code is of, in seconds since 1970. Guesses are limited for each coordinator, and wrong
    ones are in the audit log; a replayed code gets the same answer as a wrong one. Raises `WrongCode`, `TooMany`.
    """
    _count_guess(holder)
    try:
        return _spend_and_enter(holder, code, AuditEvent.SECOND_FACTOR_CONFIRMED) * STEP_SECONDS
    except WrongCode:
        _note_wrong_code(holder)
        raise


def confirm_again(holder: Holder, code: str) -> int:
    """The same for the second of two presses of one button: the code was used up by the first, and is the last one.

    Returns the same moment as for the first. Raises `WrongCode`, `TooMany`.
    """
    _count_guess(holder)
    with stores.reading() as main:
        row = main.get_one(Coordinator, holder.coordinator_id)
    try:
        return _require_last(row, _step_of(row, holder, code)) * STEP_SECONDS
    except WrongCode:
        _note_wrong_code(holder)
        raise


def _require_last(row: Coordinator, step: int) -> int:
    if row.totp_last_step != step:
        raise WrongCode
    return step


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


def _spend_and_enter(holder: Holder, code: str, event: AuditEvent) -> int:
    with stores.writing() as main:
        step = _spend_code(main, holder, code)
        _enter(main, holder, event)
    return step


def _enter(main: Session, holder: Holder, event: AuditEvent) -> None:
    audit.enter(main, holder.coordinator_id, event, holder.coordinator_id)


def _count_guess(holder: Holder) -> None:
    """Rate limit inside a session: count one six-digit code, before it is looked at. Raises `TooMany`.

    Apart from those at sign-in: an attacker outside who has the passphrase must not stop a coordinator inside.
    """
    limits.take_for("six-digit-code-inside", holder.coordinator_id.hex)


def _note_wrong_code(holder: Holder) -> None:
    """Enter in the audit log that a six-digit code was wrong."""
    with stores.writing() as main:
        _enter(main, holder, AuditEvent.SECOND_FACTOR_REFUSED)


def _spend_code(main: Session, holder: Holder, code: str) -> int:
    """Use a six-digit code up, and return its time step. Raises `WrongCode`."""
    # Compare-and-set under the row's lock: of two posts with one code, the second finds its step used.
    row = coordinators.lock(main, holder.coordinator_id)
    step = _step_of(row, holder, code)
    if row.totp_last_step >= step:
        raise WrongCode
    row.totp_last_step = step
    main.flush()
    return step


def proven_step(secret: str, code: str) -> int:
    """The step of a code that proves a new second factor, before there is an account. Raises `WrongCode`."""
    return _matching_step(secret, code)


def minutes_off(secret: str, code: str) -> int:
    """By how many minutes the clock of the phone that shows this code is wrong; 0 where no clock explains the code."""
    totp, digits, now = pyotp.TOTP(secret), "".join(code.split()), int(clock.now().timestamp())
    for minutes in sorted(range(-MINUTES_TRIED, MINUTES_TRIED + 1), key=abs):
        if totp.verify(digits, for_time=now + minutes * 60, valid_window=1):
            return minutes
    return 0


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
