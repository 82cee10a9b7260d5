"""Cipher suite 1, encryption side only: HPKE base mode with a hybrid post-quantum KEM. Nothing here can open.

HPKE (RFC 9180) base mode with
- KEM 0x647a, X-Wing: ML-KEM-768 (FIPS 203) and X25519 (RFC 7748) together, so that either alone
  keeps a secret (draft-connolly-cfrg-xwing-kem);
- KDF 0x0001, HKDF-SHA256;
- AEAD 0x0002, AES-256-GCM.

A public key is 1,216 bytes: ML-KEM's 1,184, then X25519's 32. What HPKE gives is the encapsulated
key (1,120 bytes) and then the ciphertext with its tag. `cryptography` writes them in that order
and takes no associated data in its public interface, so the context goes in as `info`, which is
what RFC 9180 section 8.1 advises for single messages.

X-Wing is still a draft. Should the final one differ, it becomes suite 2; suite 1 keeps opening.
"""

from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PublicKey, Suite

from webapp.vault.envelope import NotAKey

MLKEM_PUBLIC_SIZE = 1184
X25519_PUBLIC_SIZE = 32
PUBLIC_KEY_SIZE = MLKEM_PUBLIC_SIZE + X25519_PUBLIC_SIZE

HPKE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@lru_cache(maxsize=128)
def load_public_key(public_key: bytes) -> MLKEM768X25519PublicKey:
    """The key in these 1,216 bytes, ready for use (kept, for it is public). Raises NotAKey."""
    if len(public_key) != PUBLIC_KEY_SIZE:
        raise NotAKey
    try:
        return MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(public_key[:MLKEM_PUBLIC_SIZE]),
            X25519PublicKey.from_public_bytes(public_key[MLKEM_PUBLIC_SIZE:]),
        )
    except ValueError:
        raise NotAKey from None


def hpke_seal(data: bytes, *, public_key: bytes, info: bytes) -> bytes:
    """HPKE base mode encryption: encapsulated key (1,120 bytes), ciphertext and tag. Raises NotAKey."""
    key = load_public_key(public_key)
    try:
        return HPKE.encrypt(data, key, info)
    except ValueError:
        # An X25519 point of small order would make that half of the shared secret public.
        raise NotAKey from None
