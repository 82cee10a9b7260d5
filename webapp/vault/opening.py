"""Decryption with purpose keys (private halves): the only module that opens stored parts."""

from webapp.vault.contexts import Context
from webapp.vault.seeds import check_private_half, open_sealed_part, private_key


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


def reader_of(purpose_seed: bytes, *, public_key: bytes) -> PurposeReader:
    """A reader with the private half of this public key, which is the stored one that parts are sealed to.

    Raises KeySwapped (key substitution) when the seed is not that key's: an attacker may be able to read the parts
    sealed since.
    """
    check_private_half(purpose_seed, public_key)
    return PurposeReader(purpose_seed)
