"""Passkeys (WebAuthn assertions) as a second factor: the challenge, and checking what a passkey answered to it.

Nothing but `second_factor.spend` uses a passkey up. Rows are found with the coordinator's own key in hand, after the
passphrase: nobody can ask which passkeys there are (user enumeration).
"""

import logging
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from hmac import compare_digest
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Passkey
from webapp.rules import clock
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine
from webapp.services.keys.coordinators import Holder
from webapp.services.keys.second_factor_refusals import PasskeyWentBack, WrongPasskey
from webapp.vault import webauthn_ceremonies
from webapp.vault.contexts import PASSKEY, Context
from webapp.vault.envelope import DoesNotOpen
from webapp.vault.passkeys import Credential, open_credential, seal_credential
from webapp.vault.webauthn_ceremonies import (
    CHALLENGE_BYTES,
    DECOY_KEY,
    Named,
    NotVerified,
    RelyingParty,
)

__all__ = ["RelyingParty"]

log = logging.getLogger("hearth.passkeys")

#: How long a browser may take to answer: finding the right phone included.
CHALLENGE_SECONDS = 5 * 60


@dataclass(frozen=True)
class Challenge:
    """256 random bits that one answer, in one session, must have signed before `ends_at` (seconds since 1970).

    `party` is the site that it is for: an answer that a browser gave to another one is refused (phishing).
    """

    nonce: bytes = field(repr=False)
    ends_at: int
    party: RelyingParty

    @property
    def is_over(self) -> bool:
        """Whether it is too late to answer."""
        return _now() >= self.ends_at


@dataclass(frozen=True)
class PasskeyAnswer:
    """What a browser sent for a passkey (JSON), and the challenge that waits in this session, if there is one."""

    json: str = field(repr=False)
    challenge: Challenge | None


@dataclass(frozen=True)
class Kept:
    """A passkey as it is stored: its row, and what is sealed in it."""

    row: Passkey
    credential: Credential


def new_challenge(party: RelyingParty) -> Challenge:
    """A fresh challenge. It is stored nowhere but in the session that asks for it."""
    return Challenge(secrets.token_bytes(CHALLENGE_BYTES), _now() + CHALLENGE_SECONDS, party)


def options_to_answer(challenge: Challenge) -> dict[str, Any]:
    """What a browser needs to have a passkey answer: the same for everyone."""
    return webauthn_ceremonies.assertion_options(
        challenge.party, challenge=challenge.nonce, seconds=CHALLENGE_SECONDS
    )


def spend(main: Session, holder: Holder, answer: PasskeyAnswer) -> int:
    """Use a passkey's answer up, under the lock of the coordinator's row that the caller has taken.

    Returns when its challenge was given out. An unknown passkey takes as long as a wrong signature. Raises
    `WrongPasskey`, `PasskeyWentBack`.
    """
    challenge = required(answer.challenge)
    try:
        named = webauthn_ceremonies.named_in(answer.json)
        kept = _find(main, holder, named)
        count = webauthn_ceremonies.verify_assertion(
            answer.json,
            party=challenge.party,
            challenge=challenge.nonce,
            public_key=kept.credential.public_key if kept else DECOY_KEY,
        )
    except NotVerified:
        raise WrongPasskey from None
    if kept is None or challenge.nonce in kept.credential.spent:
        raise WrongPasskey
    if _went_back(kept.credential.sign_count, count):
        raise PasskeyWentBack
    kept.row.envelope = seal(holder, kept.row.id, _used(kept.credential, challenge, count))
    main.flush()
    return challenge.ends_at - CHALLENGE_SECONDS


def required(challenge: Challenge | None) -> Challenge:
    """The challenge, where there is one that is not over. Raises `WrongPasskey`."""
    if challenge is None or challenge.is_over:
        raise WrongPasskey
    return challenge


def _went_back(before: int, now: int) -> bool:
    """WebAuthn 7.2, step 22. Passkeys that are synced between devices count nothing: theirs stays 0."""
    return (before > 0 or now > 0) and now <= before


def _used(credential: Credential, challenge: Challenge, count: int) -> Credential:
    """Against two posts of one answer at once: the session gives a challenge up only when its request is over."""
    spent = {nonce: end for nonce, end in credential.spent.items() if end > _now()}
    spent[challenge.nonce] = challenge.ends_at
    return replace(credential, sign_count=count, spent=spent)


def _find(main: Session, holder: Holder, named: Named) -> Kept | None:
    """The passkey of this coordinator that is named; every one is compared, in constant time."""
    ours = named.user_handle in (None, handle_of(holder.coordinator_id))
    found = None
    for kept in of(main, holder):
        if compare_digest(kept.credential.credential_id, named.credential_id) and ours:
            found = kept
    return found


def of(main: Session, holder: Holder) -> Iterator[Kept]:
    """A coordinator's passkeys. A row that Hearth did not write, or that does not open, is none, and is in the log."""
    mine = select(Passkey).where(Passkey.coordinator_id == holder.coordinator_id)
    rows = main.scalars(
        mine.order_by(Passkey.id),
        execution_options={**TOLERANT, "populate_existing": True},
    )
    for row in genuine(rows):
        try:
            yield Kept(row, _opened(holder, row))
        except DoesNotOpen:
            log.error("a passkey does not open: %s", row.id)  # noqa: TRY400


def handle_of(coordinator_id: UUID) -> bytes:
    """The user handle that an authenticator stores: the account's random id, which names no one outside."""
    return coordinator_id.bytes


def seal(holder: Holder, row_id: UUID, credential: Credential) -> bytes:
    """Seal a passkey for its row, under the coordinator's subkey for second factors."""
    return seal_credential(
        credential, key=holder.keys.totp_key, context=_context(holder.coordinator_id, row_id)
    )


def _opened(holder: Holder, row: Passkey) -> Credential:
    return open_credential(
        row.envelope, key=holder.keys.totp_key, context=_context(row.coordinator_id, row.id)
    )


def _context(coordinator_id: UUID, row_id: UUID) -> Context:
    return Context(PASSKEY, owner_id=coordinator_id, row_id=row_id)


def _now() -> int:
    return int(clock.now().timestamp())
