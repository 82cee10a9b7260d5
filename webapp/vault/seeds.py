"""Private keys: 32-byte X-Wing seeds (hybrid post-quantum KEM), and HPKE decryption with them.

The seed is expanded by SHAKE256 to 96 bytes: ML-KEM's seed (64: d, then z) and X25519's private
key (32), as in draft-connolly-cfrg-xwing-kem section 5.2. Only `opening`, `keyring`,
`purpose_keys`, `purpose_key_seals`, `mailroom` and `mailer_keys` may import this module.
"""

import hashlib
import hmac
import secrets

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey

from webapp.vault.contexts import Context
from webapp.vault.envelope import SUITE, Format, KeySwapped, NotAKey, parse_direct, parse_part
from webapp.vault.labels import Label
from webapp.vault.suite import HPKE
from webapp.vault.symmetric import one_answer, open_content, opening_salt

SEED_SIZE = 32
MLKEM_SEED_SIZE = 64
EXPANDED_SIZE = MLKEM_SEED_SIZE + 32


def new_seed() -> bytes:
    """Generate a private key: 32 bytes from the operating system's CSPRNG."""
    return secrets.token_bytes(SEED_SIZE)


def public_key_of(seed: bytes) -> bytes:
    """The 1,216-byte public key of a seed. Raises NotAKey when it has not 32 bytes."""
    mlkem, x25519 = private_halves(seed)
    return mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()


def private_halves(seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    """Expand a seed to its two private keys by SHAKE256. Raises NotAKey when it has not 32 bytes."""
    if len(seed) != SEED_SIZE:
        raise NotAKey
    expanded = hashlib.shake_256(seed).digest(EXPANDED_SIZE)
    return (
        MLKEM768PrivateKey.from_seed_bytes(expanded[:MLKEM_SEED_SIZE]),
        X25519PrivateKey.from_private_bytes(expanded[MLKEM_SEED_SIZE:]),
    )


def private_key(seed: bytes) -> MLKEM768X25519PrivateKey:
    """The seed ready for HPKE; making it costs about as much as opening. Raises NotAKey."""
    return MLKEM768X25519PrivateKey(*private_halves(seed))


def hpke_open(sealed: bytes, *, key: MLKEM768X25519PrivateKey, info: bytes) -> bytes:
    """HPKE base mode decryption. Raises InvalidTag: callers wrap it in `one_answer`."""
    return HPKE.decrypt(sealed, key, info)


def open_sealed_part(
    envelope: bytes, *, key: MLKEM768X25519PrivateKey, secret: bytes | None, context: Context
) -> bytes:
    """Open a PART. `secret` is None when it was shredded. Raises DoesNotOpen."""
    bound_to = context.encode(SUITE, Format.PART)
    salt = opening_salt(context, secret)
    with one_answer():
        part = parse_part(envelope)
        data_key = hpke_open(part.sealed_key, key=key, info=bound_to)
        return open_content(
            part.nonce,
            part.content,
            key=data_key,
            secret=salt,
            label=Label.PART_CONTENT,
            bound_to=bound_to,
        )


def check_private_half(seed: bytes, public_key: bytes) -> None:
    """Raise KeySwapped (key substitution) unless this seed is the private half of that public key."""
    try:
        its_own = public_key_of(seed)
    except NotAKey:
        raise KeySwapped from None
    if not hmac.compare_digest(its_own, public_key):
        raise KeySwapped


def open_direct(envelope: bytes, *, seed: bytes, context: Context) -> bytes:
    """Unwrap the secret in a DIRECT envelope. Raises DoesNotOpen; NotAKey for a seed of wrong size."""
    return open_direct_with(envelope, key=private_key(seed), context=context)


def open_direct_with(envelope: bytes, *, key: MLKEM768X25519PrivateKey, context: Context) -> bytes:
    """The same with a key that was loaded once for many envelopes. Raises DoesNotOpen."""
    bound_to = context.encode(SUITE, Format.DIRECT)
    with one_answer():
        return hpke_open(parse_direct(envelope).sealed, key=key, info=bound_to)
