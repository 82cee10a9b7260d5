"""Opening with purpose keys: the one module that turns stored parts back into words."""

import hmac

from webapp.vault.contexts import PURPOSE_KEY_SEAL, Context
from webapp.vault.envelope import KeySwapped, NotAKey
from webapp.vault.seeds import open_direct, open_sealed_part, private_key, public_key_of

__all__ = ["KeySwapped", "PurposeReader", "open_purpose_seed"]


class PurposeReader:
    """One purpose key, loaded once to open many parts (an export). Drop it when done.

    Loading a key costs more than opening a part with it. Nothing keeps loaded private keys behind
    the caller's back: they live as long as this object.
    """

    def __init__(self, purpose_seed: bytes) -> None:
        """Raises NotAKey when the seed has not 32 bytes."""
        self._key = private_key(purpose_seed)

    def open_part(self, envelope: bytes, *, secret: bytes | None, context: Context) -> bytes:
        """The data inside a PART. `secret` is None when it was erased. Raises DoesNotOpen."""
        return open_sealed_part(envelope, key=self._key, secret=secret, context=context)


def open_purpose_seed(
    seal: bytes, *, holder_seed: bytes, context: Context, public_key: bytes
) -> bytes:
    """The purpose key's seed out of the seal made for this holder.

    `public_key` is the stored one that parts are sealed to. Raises DoesNotOpen; KeySwapped when
    the seed is not that key's: then parts sealed since may be readable by somebody else.
    """
    _require_seal(context)
    seed = open_direct(seal, seed=holder_seed, context=context)
    if not hmac.compare_digest(_public_half(seed), public_key):
        raise KeySwapped
    return seed


def _require_seal(context: Context) -> None:
    if context.field != PURPOSE_KEY_SEAL:
        raise ValueError("not the context of a purpose key's seal")


def _public_half(seed: bytes) -> bytes:
    try:
        return public_key_of(seed)
    except NotAKey:
        raise KeySwapped from None
