"""Replacing one's own authenticator app (TOTP) at the desk: another phone takes over, proved by a code of its own.

The present passphrase unlocks the key that the new secret is sealed under. Passkeys, keys and the recovery code stay.
"""

from hmac import compare_digest

from sqlalchemy.orm import Session

from webapp.models import Coordinator
from webapp.rules.audit_events import AuditEvent
from webapp.services.keys import key_slots, present_passphrase
from webapp.services.keys.coordinators import Holder


class AlreadyInUse(ValueError):
    """This is the secret of the present authenticator: the second of two presses of one button."""


def change(holder: Holder, present: str, secret: str, *, last_step: int) -> Holder:
    """The new secret in the place of the present one. Returns the same person with the keys of a new session.

    `last_step`: of the code that proved the new app, so that it does not count again (replay). The caller has checked a
    fresh second factor. Raises `AlreadyInUse`, `WrongPassphrase`, `TooMany`, `KeySwapped`, `StoreUnavailable`.
    """
    unlocked = present_passphrase.unlock(holder, present)

    def replace_secret(main: Session, row: Coordinator) -> None:
        before = key_slots.open_totp(row, holder.keys.totp_key)
        if compare_digest(before, secret):
            raise AlreadyInUse
        row.totp_envelope = key_slots.seal_totp(row.id, unlocked.seed, secret)
        row.totp_last_step = last_step
        main.flush()

    return present_passphrase.apply(
        holder, unlocked, AuditEvent.AUTHENTICATOR_CHANGED, replace_secret
    )
