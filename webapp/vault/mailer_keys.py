"""Key generation for the mailer key: one pair for the whole service, made when it is founded."""

from webapp.vault.seeds import new_seed, public_key_of


def make_mailer_key() -> tuple[bytes, bytes]:
    """Generate a key pair: (seed, public key), 32 and 1,216 bytes.

    The seed belongs in the worker's config and nowhere else; the public door has the public key,
    seals to it with `sealing.seal_for_mailer`, and cannot read a mail again that it asked for.
    """
    seed = new_seed()
    return seed, public_key_of(seed)


def public_key_of_mailer(seed: bytes) -> bytes:
    """Derive the public half from the seed. Raises NotAKey when the seed has not 32 bytes."""
    return public_key_of(seed)
