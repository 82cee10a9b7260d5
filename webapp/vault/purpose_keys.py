"""Key generation for purpose keys: one pair for each (call or event, purpose, epoch)."""

from webapp.vault.seeds import new_seed, public_key_of


def make_purpose_key() -> tuple[bytes, bytes]:
    """Generate a key pair: (seed, public key), 32 and 1,216 bytes.

    Seal the seed to each holder and to the recovery key with `sealing.seal_for_holder`, under a
    PURPOSE_KEY_SEAL context of each seal's own row, and then forget it.
    """
    seed = new_seed()
    return seed, public_key_of(seed)
