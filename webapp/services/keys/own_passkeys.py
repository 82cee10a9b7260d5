"""A coordinator's own passkeys: listing, adding and removing them. Nobody can do any of it for another person.

There is no last second factor to be removed: every account keeps its six-digit codes.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from webapp.models import Coordinator, Passkey
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.services.infrastructure import audit, stores
from webapp.services.keys import coordinators, passkeys, second_factor
from webapp.services.keys.coordinators import Holder
from webapp.services.keys.passkeys import CHALLENGE_SECONDS, Challenge
from webapp.services.keys.second_factor import Proof, WrongCode
from webapp.services.keys.second_factor_refusals import WrongPasskey
from webapp.vault import webauthn_ceremonies
from webapp.vault.passkeys import Credential
from webapp.vault.webauthn_ceremonies import Account, NotVerified

#: So many are enough for a few devices and a spare key; each is opened at each use.
MOST = 10


class NoSuchPasskey(LookupError):
    """It was removed, or is not this coordinator's."""


class EnoughPasskeys(Exception):
    """The account has as many passkeys as it may have."""


class NotAdded(Exception):
    """What the browser sent is no new passkey of this site, or came too late."""


@dataclass(frozen=True)
class OwnPasskey:
    """A passkey as its owner sees it."""

    id: UUID
    name: str
    added_on: date


@dataclass(frozen=True)
class NewPasskey:
    """A passkey that is being added: its name, and what the browser sent to the challenge of this session."""

    name: str
    json: str = field(repr=False)
    challenge: Challenge | None


def listed(holder: Holder) -> list[OwnPasskey]:
    """The coordinator's passkeys, by name."""
    with stores.reading() as main:
        found = [
            OwnPasskey(kept.row.id, kept.credential.name, kept.row.added_on)
            for kept in passkeys.of(main, holder)
        ]
    return sorted(found, key=lambda one: (one.name.casefold(), one.added_on, one.id))


def find(holder: Holder, passkey_id: UUID) -> OwnPasskey:
    """One of them. Raises `NoSuchPasskey`."""
    for one in listed(holder):
        if one.id == passkey_id:
            return one
    raise NoSuchPasskey(passkey_id)


def options_to_add(holder: Holder, challenge: Challenge) -> dict[str, Any]:
    """What a browser needs to make a passkey; an authenticator that has one already makes no second one."""
    with stores.reading() as main:
        row = main.get_one(Coordinator, holder.coordinator_id)
        known = [kept.credential.credential_id for kept in passkeys.of(main, holder)]
    return webauthn_ceremonies.registration_options(
        challenge.party,
        Account(passkeys.handle_of(row.id), row.sign_in_name),
        challenge=challenge.nonce,
        known=known,
        seconds=CHALLENGE_SECONDS,
    )


def add(holder: Holder, new: NewPasskey) -> None:
    """Verify and store a passkey, with its audit entry. The caller has asked for a second factor just before.

    Raises `NotAdded`, `EnoughPasskeys`.
    """
    credential = _verified(new)
    with stores.writing() as main:
        coordinators.lock(main, holder.coordinator_id)
        _ensure_new(main, holder, credential)
        main.add(_row(holder, credential))
        _enter(main, holder, AuditEvent.PASSKEY_ADDED)


def remove(holder: Holder, passkey_id: UUID, proof: Proof) -> None:
    """Remove a passkey, with step-up authentication, in one transaction with its audit entry.

    Raises `WrongCode`, `TooMany`, `NoSuchPasskey`.
    """
    second_factor.count_guess(holder)
    try:
        with stores.writing() as main:
            second_factor.spend(main, holder, proof)
            row = main.get(Passkey, passkey_id)
            if row is None or row.coordinator_id != holder.coordinator_id:
                raise NoSuchPasskey(passkey_id)
            main.delete(row)
            _enter(main, holder, AuditEvent.PASSKEY_REMOVED)
    except WrongCode as refused:
        second_factor.note_wrong_code(holder, refused)
        raise


def _verified(new: NewPasskey) -> Credential:
    try:
        challenge = passkeys.required(new.challenge)
        made = webauthn_ceremonies.verify_registration(
            new.json, party=challenge.party, challenge=challenge.nonce
        )
    except (NotVerified, WrongPasskey):
        raise NotAdded from None
    return Credential(new.name, made.credential_id, made.public_key, made.sign_count)


def _ensure_new(main: Session, holder: Holder, credential: Credential) -> None:
    """Also against two posts of one answer at once: the second finds the passkey there."""
    known = {kept.credential.credential_id for kept in passkeys.of(main, holder)}
    if credential.credential_id in known:
        raise NotAdded
    if len(known) >= MOST:
        raise EnoughPasskeys


def _row(holder: Holder, credential: Credential) -> Passkey:
    row_id = uuid4()
    return Passkey(
        id=row_id,
        coordinator_id=holder.coordinator_id,
        envelope=passkeys.seal(holder, row_id, credential),
        added_on=clock.today(),
    )


def _enter(main: Session, holder: Holder, event: AuditEvent) -> None:
    audit.enter(main, holder.coordinator_id, event, holder.coordinator_id)
