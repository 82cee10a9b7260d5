"""Decryption with purpose keys (private halves): the only module that opens stored parts."""

import hmac

from webapp.vault.contexts import PURPOSE_KEY_SEAL, Context
from webapp.vault.envelope import KeySwapped, NotAKey
from webapp.vault.seeds import open_direct, open_sealed_part, private_key, public_key_of

__all__ = ["KeySwapped", "PurposeReader", "open_purpose_seed"]


class PurposeReader:
    """One purpose key's private half, loaded once to open many parts (an export). Drop it when done.

    Loading a key costs more than opening a part with it. No loaded private key is cached: it lives as long as this
    object.
    """

    def __init__(self, purpose_seed: bytes) -> None:
        """Raises NotAKey when the seed has not 32 bytes."""
        self._key = private_key(purpose_seed)

    def open_part(self, envelope: bytes, *, secret: bytes | None, context: Context) -> bytes:
        """Open a PART. `secret` is None when it was shredded. Raises DoesNotOpen."""
        return open_sealed_part(envelope, key=self._key, secret=secret, context=context)


def open_purpose_seed(
    seal: bytes, *, holder_seed: bytes, context: Context, public_key: bytes
) -> bytes:
    """Unwrap a purpose key's private half from the seal made for this holder, and check it against the public one.

    `public_key` is the stored one that parts are sealed to. Raises DoesNotOpen; KeySwapped (key substitution) when the
    seed is not that key's: an attacker may be able to read the parts sealed since.
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
