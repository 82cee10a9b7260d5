"""Accounts at the desk: a coordinator with a key of their own, its two slots, and their roles, made in one go.

What takes time (Argon2id, twice) is done by `new_account`, before any transaction; `add` stores it inside one.
"""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.orm import Session

from webapp.models import Coordinator, Slot
from webapp.rules import clock
from webapp.rules.roles import Grants
from webapp.services.keys import coordinators, key_macs, key_slots
from webapp.services.keys.key_slots import Credentials


@dataclass(frozen=True)
class Whose:
    """The person whom an account is for. `account_id` is random and was never used."""

    account_id: UUID
    organisation_id: UUID
    name: str
    grants: Grants


@dataclass(frozen=True)
class NewAccount:
    """An account that is not stored yet. The private half of its key is in the slots alone."""

    coordinator: Coordinator
    slots: list[Slot] = field(repr=False)
    grants: Grants


def new_account(whose: Whose, credentials: Credentials, *, last_step: int = 0) -> NewAccount:
    """A fresh key pair, sealed under passphrase and recovery code. `last_step` is a TOTP step that was used already.

    Raises `TooBusy`.
    """
    seed, public_key = key_slots.new_key_pair()
    row = Coordinator(
        id=whose.account_id,
        organisation_id=whose.organisation_id,
        sign_in_name=credentials.sign_in_name,
        name=whose.name,
        public_key=public_key,
        totp_envelope=key_slots.seal_totp(whose.account_id, seed, credentials.totp_secret),
        totp_last_step=last_step,
        created_on=clock.today(),
    )
    row.public_key_mac = key_macs.mac_of(key_macs.claim_of_coordinator(row))
    return NewAccount(row, key_slots.new_slots(whose.account_id, seed, credentials), whose.grants)


def add(main: Session, account: NewAccount) -> None:
    """Store account, slots and roles. Raises `IntegrityError` where the id or the sign-in name is there already."""
    main.add(account.coordinator)
    main.flush()
    main.add_all(account.slots)
    main.add_all(
        coordinators.role_row(account.coordinator.id, grant) for grant in account.grants.held
    )
    main.flush()
