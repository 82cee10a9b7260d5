"""The second factor: six-digit codes (TOTP, RFC 6238) and passkeys (WebAuthn), each proof accepted once (replay).

`spend` is the one place where either is checked and used up; everything else here counts, limits and records.
"""

from uuid import UUID

import pyotp
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Coordinator, Slot
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.roles import Grants
from webapp.services.infrastructure import audit, failed_sign_ins, limits, stores
from webapp.services.keys import coordinators, key_slots, passkeys
from webapp.services.keys.coordinators import Holder
from webapp.services.keys.known_devices import Device
from webapp.services.keys.passkeys import PasskeyAnswer
from webapp.services.keys.second_factor_refusals import WrongCode

__all__ = ["PasskeyAnswer", "Proof", "WrongCode"]

STEP_SECONDS = 30
#: One step either way: a phone's clock may be half a minute off (RFC 6238, 5.2).
STEPS_AROUND = (-1, 0, 1)
#: How far off a phone's clock is looked for when a new second factor is tried out.
MINUTES_TRIED = 20


class SlotGone(LookupError):
    """The key slot that was unlocked is not there any more: another passphrase was set, or the account closed."""


#: A proof of the second factor: six digits as they were typed, or what a passkey answered.
Proof = str | PasskeyAnswer


def confirm_second_factor(holder: Holder, proof: Proof) -> int:
    """Step-up: check a second factor and use it up, in one transaction with its audit entry.

    Returns the moment that the proof is of, in seconds since 1970. Guesses are limited for each coordinator, and wrong
    ones are in the audit log. Raises `WrongCode`, `TooMany`.
    """
    count_guess(holder)
    try:
        return _spend_and_enter(holder, proof, confirmed_by(proof))
    except WrongCode as refused:
        note_wrong_code(holder, refused)
        raise


def confirm_again(holder: Holder, proof: Proof) -> int:
    """The same for the second of two presses of one button: the code was used up by the first, and is the last one.

    Returns the same moment as for the first. A passkey's challenge is gone with the first. Raises `WrongCode`,
    `TooMany`.
    """
    count_guess(holder)
    with stores.reading() as main:
        row = main.get_one(Coordinator, holder.coordinator_id)
    try:
        return _last_step(row, holder, proof) * STEP_SECONDS
    except WrongCode as refused:
        note_wrong_code(holder, refused)
        raise


def _last_step(row: Coordinator, holder: Holder, proof: Proof) -> int:
    if isinstance(proof, PasskeyAnswer) or row.totp_last_step != _step_of(row, holder, proof):
        raise WrongCode
    return row.totp_last_step


def confirmed_by(proof: Proof) -> AuditEvent:
    """What the record says about a step-up with this proof."""
    if isinstance(proof, PasskeyAnswer):
        return AuditEvent.PASSKEY_CONFIRMED
    return AuditEvent.SECOND_FACTOR_CONFIRMED


def confirm_at_sign_in(
    holder: Holder, slot_id: UUID, proof: Proof, device: Device | None
) -> Grants:
    """Check a second factor with the right passphrase, which is an alarm if it is wrong in a strange browser.

    Guesses are limited for each coordinator, whatever network they come from; browsers that have signed in before have
    a limit of their own. Beyond it no code is right: `WrongCode`, and never `TooMany`.

    Returns the roles of this moment. Between unlocking the slot and here the passphrase may have been changed or the
    account closed (time of check to time of use): then the slot is gone, and nothing is used up. Raises `SlotGone`.
    """
    try:
        _count_at_sign_in(holder, device)
        with stores.writing() as main:
            spend(main, holder, proof)
            grants = _grants_of_now(main, holder, slot_id)
            if device is None:
                _enter(main, holder, AuditEvent.NEW_BROWSER)
            _enter(main, holder, AuditEvent.SIGNED_IN)
        return grants
    except limits.TooMany:
        with stores.writing() as main:
            failed_sign_ins.add(main, holder.coordinator_id, knew_passphrase=device is None)
        raise WrongCode from None
    except WrongCode as refused:
        with stores.writing() as main:
            failed_sign_ins.add(main, holder.coordinator_id, knew_passphrase=device is None)
            _enter(main, holder, refused.event)
        raise


def _grants_of_now(main: Session, holder: Holder, slot_id: UUID) -> Grants:
    """Under the lock of the coordinator's row, which every change of slots and roles takes."""
    row = main.get_one(Coordinator, holder.coordinator_id)
    theirs = select(Slot.id).where(Slot.id == slot_id, Slot.coordinator_id == row.id)
    if row.left_on is not None or main.scalar(theirs) is None:
        raise SlotGone
    return coordinators.grants_of(main, row.id)


def _count_at_sign_in(holder: Holder, device: Device | None) -> None:
    if device is None:
        limits.take_for("six-digit-code", holder.coordinator_id.hex)
    else:
        limits.take_for("six-digit-code-device", device.nonce)


def _spend_and_enter(holder: Holder, proof: Proof, event: AuditEvent) -> int:
    with stores.writing() as main:
        moment = spend(main, holder, proof)
        _enter(main, holder, event)
    return moment


def _enter(main: Session, holder: Holder, event: AuditEvent) -> None:
    audit.enter(main, holder.coordinator_id, event, holder.coordinator_id)


def count_guess(holder: Holder) -> None:
    """Rate limit inside a session: count one proof, before it is looked at. Raises `TooMany`.

    Apart from those at sign-in: an attacker outside who has the passphrase must not stop a coordinator inside.
    """
    limits.take_for("six-digit-code-inside", holder.coordinator_id.hex)


def note_wrong_code(holder: Holder, refused: WrongCode | None = None) -> None:
    """Enter in the audit log that a second factor was refused."""
    with stores.writing() as main:
        _enter(main, holder, (refused or WrongCode).event)


def spend(main: Session, holder: Holder, proof: Proof) -> int:
    """Use a second factor up inside the caller's transaction, which counts the guess and writes the audit entry.

    Returns the moment that the proof is of: when its half minute began, or when its challenge was given out. Lock
    order: the coordinator's row before passkeys and submissions, the head of the audit chain last. Raises `WrongCode`.
    """
    # Compare-and-set under the row's lock: of two posts with one proof, the second finds it used.
    row = coordinators.lock(main, holder.coordinator_id)
    if isinstance(proof, PasskeyAnswer):
        return passkeys.spend(main, holder, proof)
    return _spend_code(main, row, holder, proof) * STEP_SECONDS


def _spend_code(main: Session, row: Coordinator, holder: Holder, code: str) -> int:
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
