"""Coordinators: signing in is opening the slot that holds their own key; nothing else proves who they are."""

from dataclasses import dataclass, field
from hmac import compare_digest
from uuid import UUID, uuid4

import pyotp
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from webapp.extensions import current_settings
from webapp.models import Coordinator, DeskVisit, Organisation, RecoveryKey, Slot
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.services.infrastructure import audit, limits, stores
from webapp.services.infrastructure.limits import TooMany
from webapp.vault import keyring
from webapp.vault.contexts import SLOT, TOTP_SECRET, Context
from webapp.vault.envelope import DoesNotOpen
from webapp.vault.keyring import MistypedCode, MistypedWords
from webapp.vault.macs import KeySwapped, check_public_key, mac_public_key
from webapp.vault.stretching import TooBusy

__all__ = ["MistypedCode", "MistypedWords"]

PASSPHRASE, RECOVERY_CODE = "passphrase", "recovery_code"
STEP_SECONDS = 30
#: One step either way: a phone's clock may be half a minute off (RFC 6238, 5.2).
STEPS_AROUND = (-1, 0, 1)


class NotSignedIn(Exception):
    """The name, the passphrase or the code is wrong. Nobody is told which."""


class NoSuchCoordinator(LookupError):
    """Nobody signs in with this name."""


class NotTheRecoveryKey(Exception):
    """These are the 24 words of a recovery key, but not of this coalition's."""


class WrongCode(Exception):
    """The six-digit code is wrong, or was used before."""


@dataclass(frozen=True)
class Holder:
    """A signed-in coordinator, with the key that opens what was sealed to them."""

    coordinator_id: UUID
    name: str
    role: str
    seed: bytes = field(repr=False)


@dataclass(frozen=True)
class NewCoordinator:
    """What a new coordinator must be given, once."""

    sign_in_name: str
    passphrase: str = field(repr=False)
    recovery_code: str = field(repr=False)
    totp_secret: str = field(repr=False)
    totp_uri: str = field(repr=False)


def _slot_context(slot: Slot) -> Context:
    return Context(SLOT, owner_id=slot.coordinator_id, row_id=slot.id)


def _totp_context(coordinator_id: UUID) -> Context:
    return Context(TOTP_SECRET, owner_id=coordinator_id, row_id=coordinator_id)


def _mac(kind: str, owner_id: UUID, public_key: bytes) -> bytes:
    key = current_settings().key_mac_key
    return mac_public_key(
        key, kind=kind, owner_id=owner_id, purpose=kind, epoch=1, holders=(), public_key=public_key
    )


def make_recovery_key(main: Session) -> list[str]:
    """Store the public half of a new recovery key; return the private half as words, to be printed once."""
    seed, public_key = keyring.make_coordinator_key()
    key_id = uuid4()
    main.add(
        RecoveryKey(
            id=key_id, epoch=1, public_key=public_key, mac=_mac("recovery", key_id, public_key)
        )
    )
    return list(keyring.recovery_key_words(seed))


def make_owner(main: Session, *, organisation: str, name: str, sign_in_name: str) -> NewCoordinator:
    """The first coordinator of a new instance, with generated words, a recovery code and a second factor."""
    seed, public_key = keyring.make_coordinator_key()
    owner_id, house_id = uuid4(), uuid4()
    new = _new_coordinator(sign_in_name.strip().lower())
    main.add(Organisation(id=house_id, name=organisation))
    main.flush()
    main.add(
        Coordinator(
            id=owner_id,
            organisation_id=house_id,
            sign_in_name=new.sign_in_name,
            name=name,
            role="owner",
            public_key=public_key,
            public_key_mac=_mac("coordinator", owner_id, public_key),
            totp_envelope=_seal_totp(owner_id, seed, new),
            totp_last_step=0,
            created_on=clock.today(),
        )
    )
    main.flush()
    main.add_all(_slots(owner_id, seed, new))
    audit.enter(main, audit.OPERATOR, AuditEvent.OWNER_CREATED, owner_id)
    return new


def _new_coordinator(sign_in_name: str) -> NewCoordinator:
    secret = pyotp.random_base32()
    uri = pyotp.TOTP(secret).provisioning_uri(
        name=sign_in_name, issuer_name=current_settings().site_name
    )
    return NewCoordinator(
        sign_in_name, keyring.new_passphrase(), keyring.new_recovery_code(), secret, uri
    )


def _seal_totp(coordinator_id: UUID, seed: bytes, new: NewCoordinator) -> bytes:
    return keyring.seal_totp(
        new.totp_secret.encode(), seed=seed, context=_totp_context(coordinator_id)
    )


def _slots(owner_id: UUID, seed: bytes, new: NewCoordinator) -> list[Slot]:
    by_code = Slot(id=uuid4(), coordinator_id=owner_id, kind=RECOVERY_CODE)
    closed = keyring.close_slot_with_recovery_code(
        seed, new.recovery_code, context=_slot_context(by_code)
    )
    return [_passphrase_slot(owner_id, seed, new.passphrase), _filled(by_code, closed)]


def _passphrase_slot(coordinator_id: UUID, seed: bytes, passphrase: str) -> Slot:
    slot = Slot(id=uuid4(), coordinator_id=coordinator_id, kind=PASSPHRASE)
    closed = keyring.close_slot_with_passphrase(
        seed, passphrase, pepper=current_settings().pepper, context=_slot_context(slot)
    )
    return _filled(slot, closed)


def _filled(slot: Slot, closed: keyring.SlotBytes) -> Slot:
    slot.salt, slot.parameters, slot.envelope = closed.salt, closed.parameters, closed.envelope
    return slot


def _bytes_of(slot: Slot) -> keyring.SlotBytes:
    return keyring.SlotBytes(slot.salt, slot.parameters, slot.envelope)


def sign_in(sign_in_name: str, passphrase: str, code: str) -> Holder:
    """Open a coordinator's slot and check the second factor. Raises `NotSignedIn`, `TooMany`.

    An unknown name costs the same time as a wrong passphrase, and gets the same answer.
    """
    pepper = current_settings().pepper
    row, slot = _find_slot(sign_in_name, PASSPHRASE)
    try:
        if row is None or slot is None:
            keyring.waste_the_same_time(passphrase, pepper=pepper)
            raise NotSignedIn
        seed = keyring.open_slot_with_passphrase(
            _bytes_of(slot),
            passphrase,
            pepper=pepper,
            context=_slot_context(slot),
        )
        holder = Holder(row.id, row.name, row.role, seed)
        confirm_second_factor(holder, code, AuditEvent.SIGNED_IN)
    except (DoesNotOpen, WrongCode):
        raise NotSignedIn from None
    except TooBusy:
        raise TooMany("sign-in") from None
    return holder


def _find_slot(sign_in_name: str, kind: str) -> tuple[Coordinator | None, Slot | None]:
    with stores.reading() as main:
        row = _named(main, sign_in_name)
        if row is None:
            return None, None
        slots = select(Slot).where(Slot.coordinator_id == row.id, Slot.kind == kind)
        return row, main.scalars(slots).one_or_none()


def _named(main: Session, sign_in_name: str) -> Coordinator | None:
    return main.scalars(
        select(Coordinator).where(Coordinator.sign_in_name == sign_in_name.strip().lower())
    ).one_or_none()


def confirm_second_factor(
    holder: Holder, code: str, event: AuditEvent = AuditEvent.SECOND_FACTOR_CONFIRMED
) -> None:
    """Check a six-digit code and use it up, in one transaction with its audit entry. Raises `WrongCode`, `TooMany`.

    Guesses are counted for each coordinator, whatever network they come from, and wrong ones are in the record: only
    somebody who has the passphrase gets here.
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
    """Count one six-digit code against this coordinator's share, before it is looked at. Raises `TooMany`."""
    limits.take_for("six-digit-code", holder.coordinator_id.hex)


def note_wrong_code(holder: Holder) -> None:
    """Enter in the record that a six-digit code was wrong."""
    with stores.writing() as main:
        audit.enter(
            main, holder.coordinator_id, AuditEvent.SECOND_FACTOR_REFUSED, holder.coordinator_id
        )


def spend_code(main: Session, holder: Holder, code: str) -> None:
    """Use a six-digit code up inside the caller's transaction, which counts the guess and writes the record itself.

    Lock order: the coordinator's row comes before submissions, and the end of the record last. Raises `WrongCode`.
    """
    step = _step_of(main, holder, code)
    used: int = main.execute(  # type: ignore[attr-defined]
        update(Coordinator)
        .where(Coordinator.id == holder.coordinator_id, Coordinator.totp_last_step < step)
        .values(totp_last_step=step)
    ).rowcount
    if not used:
        raise WrongCode


def is_the_last_code(main: Session, holder: Holder, code: str) -> bool:
    """Whether this is the code that was accepted last, and it still counts: a button that was pressed twice."""
    try:
        step = _step_of(main, holder, code)
    except WrongCode:
        return False
    return main.get_one(Coordinator, holder.coordinator_id).totp_last_step == step


def _step_of(main: Session, holder: Holder, code: str) -> int:
    row = main.get_one(Coordinator, holder.coordinator_id)
    _check_own_key(row, holder.seed)
    secret = keyring.open_totp(row.totp_envelope, seed=holder.seed, context=_totp_context(row.id))
    return _matching_step(secret.decode(), code)


def _check_own_key(row: Coordinator, seed: bytes) -> None:
    check_public_key(
        current_settings().key_mac_key,
        mac=row.public_key_mac,
        kind="coordinator",
        owner_id=row.id,
        purpose="coordinator",
        epoch=1,
        holders=(),
        public_key=row.public_key,
    )
    if not compare_digest(keyring.public_key_of(seed), row.public_key):
        raise KeySwapped


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


# When something is lost


@dataclass(frozen=True)
class NewPassphrase:
    """Shown once, to be written down."""

    sign_in_name: str
    passphrase: str = field(repr=False)


@dataclass(frozen=True)
class NewKey:
    """What a coordinator who lost everything begins with: a key of their own, and what unlocks it."""

    coordinator_id: UUID
    public_key: bytes
    given: NewCoordinator
    seed: bytes = field(repr=False)


def new_passphrase(sign_in_name: str, recovery_code: str) -> NewPassphrase:
    """Six new words for whoever has the recovery code. The old ones open nothing any more, and every Visit ends.

    The recovery code and the second factor stay as they are. Raises `MistypedCode`, and `NotSignedIn` when the name or
    the code is wrong.
    """
    row, slot = _find_slot(sign_in_name, RECOVERY_CODE)
    if row is None or slot is None:
        raise NotSignedIn
    try:
        seed = keyring.open_slot_with_recovery_code(
            _bytes_of(slot), recovery_code, context=_slot_context(slot)
        )
    except DoesNotOpen:
        raise NotSignedIn from None
    passphrase = keyring.new_passphrase()
    fresh = _passphrase_slot(row.id, seed, passphrase)
    with stores.writing() as main:
        _check_own_key(_locked(main, row.id), seed)
        main.execute(delete(Slot).where(Slot.coordinator_id == row.id, Slot.kind == PASSPHRASE))
        main.add(fresh)
        audit.enter(main, audit.OPERATOR, AuditEvent.PASSPHRASE_RESET, row.id)
    _end_visits(row.id)
    return NewPassphrase(row.sign_in_name, passphrase)


def recovery_holder(words: str) -> Holder:
    """The coalition's recovery key, out of its 24 words. Raises `MistypedWords`, `NotTheRecoveryKey`, `KeySwapped`."""
    seed = keyring.words_to_seed(words)
    public_key = keyring.public_key_of(seed)
    with stores.reading() as main:
        row = main.scalars(
            select(RecoveryKey).where(RecoveryKey.public_key == public_key)
        ).one_or_none()
    if row is None:
        raise NotTheRecoveryKey
    if not compare_digest(_mac("recovery", row.id, public_key), row.mac):
        raise KeySwapped
    return Holder(row.id, "", "recovery", seed)


def make_new_key(sign_in_name: str) -> NewKey:
    """A new key for a coordinator, with new words, code and second factor; nothing is stored yet.

    Raises `NoSuchCoordinator`.
    """
    with stores.reading() as main:
        row = _named(main, sign_in_name)
    if row is None:
        raise NoSuchCoordinator(sign_in_name)
    seed, public_key = keyring.make_coordinator_key()
    return NewKey(row.id, public_key, _new_coordinator(row.sign_in_name), seed)


def put_in_place(new: NewKey) -> None:
    """Store a coordinator's new key. What was sealed to the old one must be sealed anew; every Visit ends."""
    slots = _slots(new.coordinator_id, new.seed, new.given)
    with stores.writing() as main:
        row = _locked(main, new.coordinator_id)
        row.public_key = new.public_key
        row.public_key_mac = _mac("coordinator", row.id, new.public_key)
        row.totp_envelope = _seal_totp(row.id, new.seed, new.given)
        row.totp_last_step = 0
        main.execute(delete(Slot).where(Slot.coordinator_id == row.id))
        main.add_all(slots)
        audit.enter(main, audit.OPERATOR, AuditEvent.COORDINATOR_RECOVERED, row.id)
    _end_visits(new.coordinator_id)


def _locked(main: Session, coordinator_id: UUID) -> Coordinator:
    return main.get_one(Coordinator, coordinator_id, with_for_update=True)


def _end_visits(coordinator_id: UUID) -> None:
    """In each of them is the unlocked key, for whoever has its cookie."""
    with stores.writing("volatile") as volatile:
        volatile.execute(delete(DeskVisit).where(DeskVisit.coordinator_id == coordinator_id))


def suggest_password() -> str:
    """Six words that nobody chose, for a file that leaves the house: 66 random bits."""
    return keyring.new_passphrase()


def names() -> dict[str, str]:
    """Coordinators' names by id, for the record."""
    with stores.reading() as main:
        return {str(row.id): row.name for row in main.scalars(select(Coordinator))}
