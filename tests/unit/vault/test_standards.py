"""The standard parts are the standard ones: published vectors, and a second hand at HPKE."""

import hashlib
import hmac
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tests.unit.vault.factories import a_context, stored
from webapp.vault import seeds
from webapp.vault.contexts import PURPOSE_KEY_SEAL, TESTIMONY
from webapp.vault.envelope import ENCAPSULATED_SIZE, Format, parse_direct, parse_part
from webapp.vault.labels import Label
from webapp.vault.sealing import new_erasure_secret, seal_for_holder, seal_for_purpose
from webapp.vault.suite import hpke_seal
from webapp.vault.symmetric import derive

XWING = stored("xwing")["vectors"]
XWING_LABEL = rb"\./" + rb"/^" + b"\\"
KEM_ID, KDF_ID, AEAD_ID = 0x647A, 0x0001, 0x0002
BASE_MODE = b"\x00"


# X-Wing, draft-connolly-cfrg-xwing-kem-08


def xwing_shared_secret(seed: bytes, encapsulated: bytes) -> bytes:
    """Section 5.5 and the combiner of 5.3, with our own expanded halves."""
    mlkem, x25519 = seeds.private_halves(seed)
    lattice_part, curve_part = encapsulated[:1088], encapsulated[1088:]
    lattice_secret = mlkem.decapsulate(lattice_part)
    curve_secret = x25519.exchange(X25519PublicKey.from_public_bytes(curve_part))
    our_curve_key = x25519.public_key().public_bytes_raw()
    mixed = lattice_secret + curve_secret + curve_part + our_curve_key + XWING_LABEL
    return hashlib.sha3_256(mixed).digest()


@pytest.mark.parametrize("vector", XWING)
def test_a_seed_gives_the_public_key_of_the_draft(vector: dict[str, str]) -> None:
    assert seeds.public_key_of(bytes.fromhex(vector["sk"])).hex() == vector["pk"]


@pytest.mark.parametrize("vector", XWING)
def test_our_key_halves_give_the_shared_secret_of_the_draft(vector: dict[str, str]) -> None:
    secret = xwing_shared_secret(bytes.fromhex(vector["sk"]), bytes.fromhex(vector["ct"]))

    assert secret.hex() == vector["ss"]


# HPKE, RFC 9180, written a second time


def extract(salt: bytes, key_material: bytes) -> bytes:
    """RFC 5869 section 2.2."""
    return hmac.digest(salt or bytes(32), key_material, hashlib.sha256)


def expand(key: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869 section 2.3."""
    made, block, counter = b"", b"", 1
    while len(made) < length:
        block = hmac.digest(key, block + info + bytes((counter,)), hashlib.sha256)
        made, counter = made + block, counter + 1
    return made[:length]


def two_bytes(number: int) -> bytes:
    return number.to_bytes(2, "big")


SUITE_ID = b"HPKE" + two_bytes(KEM_ID) + two_bytes(KDF_ID) + two_bytes(AEAD_ID)


def labelled_extract(salt: bytes, label: bytes, key_material: bytes) -> bytes:
    return extract(salt, b"HPKE-v1" + SUITE_ID + label + key_material)


def labelled_expand(key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    return expand(key, two_bytes(length) + b"HPKE-v1" + SUITE_ID + label + info, length)


def key_and_nonce(shared_secret: bytes, info: bytes) -> tuple[bytes, bytes]:
    """Section 5.1, base mode: no pre-shared key, so its id and itself are empty."""
    no_id = labelled_extract(b"", b"psk_id_hash", b"")
    about = labelled_extract(b"", b"info_hash", info)
    schedule = BASE_MODE + no_id + about
    secret = labelled_extract(shared_secret, b"secret", b"")
    key = labelled_expand(secret, b"key", schedule, 32)
    return key, labelled_expand(secret, b"base_nonce", schedule, 12)


def open_by_hand(sealed: bytes, seed: bytes, info: bytes) -> bytes:
    """The first message of a base-mode context: sequence number 0, no associated data."""
    encapsulated, ciphertext = sealed[:ENCAPSULATED_SIZE], sealed[ENCAPSULATED_SIZE:]
    key, nonce = key_and_nonce(xwing_shared_secret(seed, encapsulated), info)
    return AESGCM(key).decrypt(nonce, ciphertext, b"")


def test_what_the_library_seals_is_standard_hpke() -> None:
    seed = seeds.new_seed()

    sealed = hpke_seal(b"some words", public_key=seeds.public_key_of(seed), info=b"the context")

    assert open_by_hand(sealed, seed, b"the context") == b"some words"


def test_a_direct_envelope_opens_by_hand() -> None:
    seed, context = seeds.new_seed(), a_context(PURPOSE_KEY_SEAL)

    envelope = seal_for_holder(b"k" * 32, public_key=seeds.public_key_of(seed), context=context)

    info = context.encode(1, Format.DIRECT)
    assert open_by_hand(parse_direct(envelope).sealed, seed, info) == b"k" * 32


def test_a_part_opens_by_hand() -> None:
    seed, secret, context = seeds.new_seed(), new_erasure_secret(), a_context(TESTIMONY)

    envelope = seal_for_purpose(
        b"some words", public_key=seeds.public_key_of(seed), secret=secret, context=context
    )

    part, bound_to = parse_part(envelope), context.encode(1, Format.PART)
    data_key = open_by_hand(part.sealed_key, seed, bound_to)
    label = Label.PART_CONTENT.value
    key = expand(extract(secret, data_key), label + hashlib.sha256(bound_to).digest(), 32)
    padded = AESGCM(key).decrypt(part.nonce, part.content, bound_to)
    assert padded == b"\x00\x00\x00\x0asome words" + bytes(512 - 14)


# HKDF, RFC 5869 appendix A.1


HKDF_INPUTS: dict[str, Any] = {
    "key_material": b"\x0b" * 22,
    "salt": bytes(range(13)),
    "info": bytes(range(0xF0, 0xFA)),
}
HKDF_OUTPUT = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"


def test_hkdf_gives_the_bytes_of_the_rfc() -> None:
    by_library = HKDF(SHA256(), 42, HKDF_INPUTS["salt"], HKDF_INPUTS["info"])
    by_hand = expand(
        extract(HKDF_INPUTS["salt"], HKDF_INPUTS["key_material"]), HKDF_INPUTS["info"], 42
    )

    assert by_library.derive(HKDF_INPUTS["key_material"]).hex() == HKDF_OUTPUT
    assert by_hand.hex() == HKDF_OUTPUT


@pytest.mark.parametrize("salt", [b"", b"s" * 32])
def test_derive_is_hkdf_with_the_label_in_front(salt: bytes) -> None:
    made = derive(b"k" * 32, salt=salt, label=Label.RECEIPT_COPY, bound_to=b"there")

    assert made == expand(extract(salt, b"k" * 32), Label.RECEIPT_COPY.value + b"there", 32)


# Argon2id, RFC 9106 section 5.3


def test_argon2id_gives_the_bytes_of_the_rfc() -> None:
    argon2 = Argon2id(
        salt=b"\x02" * 16,
        length=32,
        iterations=3,
        lanes=4,
        memory_cost=32,
        ad=b"\x04" * 12,
        secret=b"\x03" * 8,
    )

    assert argon2.derive(b"\x01" * 32).hex() == (
        "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"
    )
