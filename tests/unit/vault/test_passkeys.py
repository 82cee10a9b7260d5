"""A passkey at rest opens with its coordinator's key in its row alone; what a device answers is checked whole."""

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as some

from tests.authenticator import PRESENT, VERIFIED, Device, b64, unb64
from tests.unit.vault.factories import a_context, flipped, one_element_away, sampled_places
from webapp.vault import webauthn_ceremonies
from webapp.vault.contexts import PASSKEY, TOTP_SECRET
from webapp.vault.envelope import DoesNotOpen
from webapp.vault.keyring import make_coordinator_key, seal_totp, totp_key
from webapp.vault.labels import Label
from webapp.vault.passkeys import Credential, open_credential, seal_credential
from webapp.vault.symmetric import seal_keyed
from webapp.vault.webauthn_ceremonies import (
    DECOY_KEY,
    Account,
    NotVerified,
    RelyingParty,
    assertion_options,
    registration_options,
    verify_assertion,
    verify_registration,
)

KEY, CONTEXT = b"k" * 32, a_context(PASSKEY)
ONE = Credential("my phone", b"i" * 16, b"p" * 77, 7, {b"c" * 32: 1_800_000_000})
DESK = RelyingParty("desk.example.org", "https://desk.example.org", "Hearth")
ACCOUNT = Account(b"a" * 16, "ana")
CHALLENGE = b"\x07" * 32


def sealed(credential: Credential = ONE) -> bytes:
    return seal_credential(credential, key=KEY, context=CONTEXT)


def refuses(act: Callable[[], object]) -> bool:
    try:
        act()
    except DoesNotOpen as refusal:
        return refusal.args == ()
    return False


# At rest


@given(
    some.text(max_size=60),
    some.binary(min_size=1, max_size=1023),
    some.integers(0, 2**32 - 1),
    some.dictionaries(some.binary(min_size=32, max_size=32), some.integers(0, 2**40), max_size=20),
)
def test_a_passkey_comes_back(
    name: str, own_id: bytes, count: int, spent: dict[bytes, int]
) -> None:
    name = name.encode(errors="replace").decode()
    credential = Credential(name, own_id, b"p" * 77, count, spent)
    assert open_credential(sealed(credential), key=KEY, context=CONTEXT) == credential


def test_it_opens_with_its_key_in_its_row_alone() -> None:
    envelope = sealed()
    for key in (b"l" * 32, KEY[:31], b""):
        assert refuses(lambda key=key: open_credential(envelope, key=key, context=CONTEXT))  # type: ignore[misc]
    for where in one_element_away(CONTEXT):
        if where.field == PASSKEY:
            assert refuses(lambda where=where: open_credential(envelope, key=KEY, context=where))  # type: ignore[misc]
        else:
            with pytest.raises(ValueError, match="passkey"):
                open_credential(envelope, key=KEY, context=where)


def test_no_byte_can_be_changed() -> None:
    envelope = sealed()
    changed = [flipped(envelope, at, bits) for at in sampled_places(envelope) for bits in (1, 128)]
    for wrong in [*changed, b"", envelope[:-1], envelope + b"\0"]:
        assert refuses(lambda wrong=wrong: open_credential(wrong, key=KEY, context=CONTEXT))  # type: ignore[misc]


def test_the_secret_of_the_six_digits_is_no_passkey() -> None:
    # Given what is sealed under the same subkey, with and without the same label
    seed, _ = make_coordinator_key()
    totp = seal_totp(b"{}", seed=seed, context=a_context(TOTP_SECRET))
    other = seal_keyed(b"{}", key=KEY, label=Label.TOTP_CONTENT, context=CONTEXT)
    # Then it opens as no passkey
    assert refuses(lambda: open_credential(totp, key=totp_key(seed), context=CONTEXT))
    assert refuses(lambda: open_credential(other, key=KEY, context=CONTEXT))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        b'{"name":"a","id":"?","public_key":"","sign_count":0,"spent":{}}',
    ],
)
def test_what_is_no_credential_does_not_open(data: bytes) -> None:
    wrong = seal_keyed(data, key=KEY, label=Label.PASSKEY_CONTENT, context=CONTEXT)
    assert refuses(lambda: open_credential(wrong, key=KEY, context=CONTEXT))


def test_a_name_says_nothing_by_its_length() -> None:
    assert len({len(sealed(Credential("x" * n, b"i", b"p" * 77, 0))) for n in (1, 20, 40)}) == 1


# Ceremonies


@pytest.fixture
def device() -> Device:
    return Device(origin=DESK.origin)


def to_make(**changes: Any) -> dict[str, Any]:
    given_known: list[bytes] = changes.pop("known", [])
    return registration_options(DESK, ACCOUNT, challenge=CHALLENGE, known=given_known, seconds=300)


def to_answer() -> dict[str, Any]:
    return assertion_options(DESK, challenge=CHALLENGE, seconds=300)


def checked(answer: str, **changes: Any) -> int:
    rest = {"party": DESK, "challenge": CHALLENGE, **changes}
    return verify_assertion(answer, **rest)


def test_what_a_browser_is_asked_for() -> None:
    options = to_make(known=[b"one"])
    assert options["rp"] == {"id": "desk.example.org", "name": "Hearth"}
    assert unb64(options["challenge"]) == CHALLENGE
    # The account is named by a random id and the sign-in name, and by nothing else
    assert options["user"] == {"id": b64(ACCOUNT.handle), "name": "ana", "displayName": "ana"}
    assert options["attestation"] == "none"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert [one["alg"] for one in options["pubKeyCredParams"]] == [-7, -8, -257]
    assert [one["id"] for one in options["excludeCredentials"]] == [b64(b"one")]
    # And when signing in, nothing is listed
    asked = to_answer()
    assert asked["allowCredentials"] == []
    assert (asked["rpId"], asked["userVerification"]) == ("desk.example.org", "required")


def test_a_passkey_is_made_and_answers(device: Device) -> None:
    made = verify_registration(device.make(to_make()), party=DESK, challenge=CHALLENGE)
    assert (made.credential_id, made.public_key) == (device.credential_id, device.public_key())
    answer = device.answer(to_answer())
    assert webauthn_ceremonies.named_in(answer).credential_id == device.credential_id
    assert checked(answer, public_key=made.public_key) == device.count


WRONG: list[dict[str, Any]] = [
    {"origin": "https://desk.example.org.evil.example"},
    {"origin": "http://desk.example.org"},
    {"origin": "https://desk.example.org:8443"},
    {"origin": "https://www.desk.example.org"},
    {"rp_id": "example.org"},
    {"rp_id": "evil.example"},
    {"type": "webauthn.get", "kind": "create"},
    {"type": "webauthn.create", "kind": "answer"},
    {"challenge": b64(b"\x08" * 32)},
    {"challenge": b64(CHALLENGE[:31])},
    {"cross_origin": True},
    {"flags": 0},
    {"flags": PRESENT},
    {"flags": VERIFIED},
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_what_is_not_ours_is_refused(device: Device, wrong: dict[str, Any]) -> None:
    kind, bent = wrong.get("kind"), {k: v for k, v in wrong.items() if k != "kind"}
    if kind != "answer":
        with pytest.raises(NotVerified):
            verify_registration(device.make(to_make(), **bent), party=DESK, challenge=CHALLENGE)
    if kind != "create":
        with pytest.raises(NotVerified):
            checked(device.answer(to_answer(), **bent), public_key=device.public_key())


def test_only_the_private_half_answers(device: Device) -> None:
    other = Device(origin=DESK.origin)
    answer = device.answer(to_answer())
    for key in (other.public_key(), DECOY_KEY, b"", b"\xff" * 77, device.public_key()[:-1]):
        with pytest.raises(NotVerified):
            checked(answer, public_key=key)
    with pytest.raises(NotVerified):
        checked(device.answer(to_answer(), signature=b"\x30\x00"), public_key=device.public_key())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "null",
        "[]",
        "{}",
        "[" * 5000,
        '{"id":1}',
        "\ud800",
        json.dumps({"id": "a", "rawId": "a", "type": "public-key", "response": {}}),
    ],
    ids=repr,
)
def test_whatever_is_sent_is_refused_and_no_error(text: str) -> None:
    for act in (
        lambda: verify_registration(text, party=DESK, challenge=CHALLENGE),
        lambda: webauthn_ceremonies.named_in(text),
        lambda: checked(text, public_key=DECOY_KEY),
    ):
        with pytest.raises(NotVerified) as refused:
            act()
        assert refused.value.args == ()


@given(some.binary(max_size=300))
def test_bytes_in_place_of_a_statement_are_refused(data: bytes) -> None:
    device = Device(origin=DESK.origin)
    answer = json.loads(device.make(to_make()))
    answer["response"]["attestationObject"] = b64encode(data).decode()
    with pytest.raises(NotVerified):
        verify_registration(json.dumps(answer), party=DESK, challenge=CHALLENGE)


def test_the_decoy_is_the_generator_of_the_curve(device: Device) -> None:
    # So that checking against it costs what checking against a real key does
    device.key = ec.derive_private_key(1, ec.SECP256R1())
    assert device.public_key() == DECOY_KEY
    assert checked(device.answer(to_answer()), public_key=DECOY_KEY) == 1
