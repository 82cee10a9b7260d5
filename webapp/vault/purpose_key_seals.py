"""Purpose keys out of their seals, with the private key of a holder: a coordinator who signs in, or the recovery key.

It opens nothing that is sealed to a purpose key: that is `opening`.
"""

from webapp.vault.contexts import PURPOSE_KEY_SEAL, Context
from webapp.vault.envelope import DoesNotOpen
from webapp.vault.seeds import (
    SEED_SIZE,
    check_private_half,
    open_direct,
    open_direct_with,
    private_key,
)


class SealReader:
    """One holder's private half, loaded once to unwrap many seals (sign-in). Drop it when done."""

    def __init__(self, holder_seed: bytes) -> None:
        """Raises NotAKey when the seed has not 32 bytes."""
        self._key = private_key(holder_seed)

    def open_seal(self, seal: bytes, *, context: Context) -> bytes:
        """Unwrap a purpose key's private half, 32 bytes, which `opening` compares with the public half when it is used.

        Raises DoesNotOpen.
        """
        _require_seal(context)
        seed = open_direct_with(seal, key=self._key, context=context)
        if len(seed) != SEED_SIZE:
            raise DoesNotOpen
        return seed


def open_purpose_seed(
    seal: bytes, *, holder_seed: bytes, context: Context, public_key: bytes
) -> bytes:
    """Unwrap a purpose key's private half from the seal made for this holder, and check it against the public one.

    `public_key` is the stored one that parts are sealed to. Raises DoesNotOpen; KeySwapped (key substitution) when the
    seed is not that key's: an attacker may be able to read the parts sealed since.
    """
    _require_seal(context)
    seed = open_direct(seal, seed=holder_seed, context=context)
    check_private_half(seed, public_key)
    return seed


def _require_seal(context: Context) -> None:
    if context.field != PURPOSE_KEY_SEAL:
        raise ValueError("not the context of a purpose key's seal")
