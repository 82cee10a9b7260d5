"""Parts and seals: what is sealed with a public key, and who can open it."""

import traceback
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.unit.vault.factories import a_context, flipped, one_element_away, sampled_places
from webapp.vault.contexts import CONTACT, OWN_COPY, PURPOSE_KEY_SEAL, TESTIMONY, TOTP_SECRET
from webapp.vault.envelope import DoesNotOpen, KeySwapped, NotAKey, TooLong, VaultError
from webapp.vault.keyring import make_coordinator_key
from webapp.vault.opening import PurposeReader
from webapp.vault.purpose_key_seals import open_purpose_seed
from webapp.vault.purpose_keys import make_purpose_key
from webapp.vault.sealing import new_erasure_secret, seal_for_holder, seal_for_purpose
from webapp.vault.seeds import open_direct, public_key_of

SEED, PUBLIC_KEY = make_purpose_key()
READER = PurposeReader(SEED)
SECRET = new_erasure_secret()
CONTEXT = a_context(TESTIMONY)
WORDS = "what was said \u2013 \u0634\u0643\u0631\u0627".encode()


def sealed(data: bytes = WORDS) -> bytes:
    return seal_for_purpose(data, public_key=PUBLIC_KEY, secret=SECRET, context=CONTEXT)


def refuses(act: Callable[[], object]) -> bool:
    """The act ends in a bare DoesNotOpen: no words, no cause to be printed."""
    try:
        act()
    except DoesNotOpen as refusal:
        assert type(refusal) is DoesNotOpen
        assert refusal.args == ()
        assert "cause" not in "".join(traceback.format_exception(refusal))
        assert "During handling" not in "".join(traceback.format_exception(refusal))
        return True
    return False


@pytest.mark.parametrize("length", [0, 1, 508, 509, 2_044, 2_045, 8_188, 8_189, 32_764])
def test_a_part_comes_back_whatever_its_length(length: int) -> None:
    data = b"a" * length

    assert READER.open_part(sealed(data), secret=SECRET, context=CONTEXT) == data


@settings(max_examples=25)
@given(some.binary(max_size=600))
def test_a_part_comes_back_whatever_it_says(data: bytes) -> None:
    assert READER.open_part(sealed(data), secret=SECRET, context=CONTEXT) == data


def test_too_long_a_part_is_refused() -> None:
    with pytest.raises(TooLong):
        sealed(b"a" * 32_765)


def test_a_stored_length_tells_only_the_bucket() -> None:
    assert len(sealed(b"")) == len(sealed(b"a" * 508)) == 512 + 1_198
    assert len(sealed(b"a" * 509)) == 2_048 + 1_198


def test_the_same_words_never_look_the_same() -> None:
    assert sealed() != sealed()


def test_another_key_does_not_open() -> None:
    other = PurposeReader(make_purpose_key()[0])

    assert refuses(lambda: other.open_part(sealed(), secret=SECRET, context=CONTEXT))


@pytest.mark.parametrize(
    "secret",
    [None, b"", b"\0" * 32, new_erasure_secret(), SECRET[:31]],
    ids=["none", "empty", "zeros", "another", "cut off"],
)
def test_without_its_erasure_secret_a_part_is_gone(secret: bytes | None) -> None:
    envelope = sealed()

    assert refuses(lambda: READER.open_part(envelope, secret=secret, context=CONTEXT))


def test_a_part_that_was_moved_does_not_open() -> None:
    envelope = sealed()
    for elsewhere in one_element_away(CONTEXT):
        assert refuses(
            lambda where=elsewhere: READER.open_part(envelope, secret=SECRET, context=where)  # type: ignore[misc]
        )


def test_a_part_with_one_changed_byte_does_not_open() -> None:
    envelope = sealed()
    for place in sampled_places(envelope):
        for bits in (0x01, 0x80):
            changed = flipped(envelope, place, bits)
            assert refuses(
                lambda wrong=changed: READER.open_part(wrong, secret=SECRET, context=CONTEXT)  # type: ignore[misc]
            )


@settings(max_examples=50)
@given(some.binary(max_size=2_000))
def test_rubbish_does_not_open(rubbish: bytes) -> None:
    assert refuses(lambda: READER.open_part(rubbish, secret=SECRET, context=CONTEXT))


def test_halves_of_two_parts_do_not_make_a_third() -> None:
    one, other = sealed(), sealed()

    assert refuses(
        lambda: READER.open_part(one[:1_170] + other[1_170:], secret=SECRET, context=CONTEXT)
    )


def test_mistakes_of_ours_are_loud() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        seal_for_purpose(b"", public_key=PUBLIC_KEY, secret=b"short", context=CONTEXT)
    with pytest.raises(ValueError, match="own-copy"):
        seal_for_purpose(b"", public_key=PUBLIC_KEY, secret=SECRET, context=a_context(OWN_COPY))
    with pytest.raises(ValueError, match="own-copy"):
        READER.open_part(sealed(), secret=SECRET, context=a_context(OWN_COPY))


@pytest.mark.parametrize(
    "public_key",
    [
        b"",
        PUBLIC_KEY[:-1],
        PUBLIC_KEY + b"\0",
        b"\xff" * 1_184 + PUBLIC_KEY[1_184:],  # ML-KEM coefficients out of range
        PUBLIC_KEY[:1_184] + bytes(32),  # an X25519 point of small order
    ],
)
def test_what_is_no_public_key_is_refused(public_key: bytes) -> None:
    with pytest.raises(NotAKey):
        seal_for_purpose(b"", public_key=public_key, secret=SECRET, context=CONTEXT)


def test_what_is_no_seed_is_refused() -> None:
    for act in (public_key_of, PurposeReader):
        with pytest.raises(NotAKey):
            act(b"s" * 31)


# Seals


def test_a_holder_opens_the_seal_made_for_them() -> None:
    holder_seed, holder_key = make_coordinator_key()
    context = a_context(PURPOSE_KEY_SEAL)

    seal = seal_for_holder(SEED, public_key=holder_key, context=context)

    opened = open_purpose_seed(
        seal, holder_seed=holder_seed, context=context, public_key=PUBLIC_KEY
    )
    assert opened == SEED


def test_a_seal_opens_for_no_other_holder_and_nowhere_else() -> None:
    holder_seed, holder_key = make_coordinator_key()
    other_seed, _ = make_coordinator_key()
    context = a_context(PURPOSE_KEY_SEAL)
    seal = seal_for_holder(SEED, public_key=holder_key, context=context)

    def opens(envelope: bytes, seed: bytes, where: object = context) -> object:
        return open_direct(envelope, seed=seed, context=where)  # type: ignore[arg-type]

    assert refuses(lambda: opens(seal, other_seed))
    assert refuses(lambda: opens(seal + b"\0", holder_seed))
    assert all(
        refuses(lambda where=where: opens(seal, holder_seed, where))  # type: ignore[misc]
        for where in one_element_away(context)
    )
    assert all(
        refuses(lambda at=at: opens(flipped(seal, at), holder_seed))  # type: ignore[misc]
        for at in sampled_places(seal)
    )


def test_a_swapped_public_key_is_noticed() -> None:
    holder_seed, holder_key = make_coordinator_key()
    context = a_context(PURPOSE_KEY_SEAL)
    _, swapped_in = make_purpose_key()
    seal = seal_for_holder(SEED, public_key=holder_key, context=context)
    no_seed = seal_for_holder(b"not a seed", public_key=holder_key, context=context)

    for envelope, expected in ((seal, swapped_in), (seal, b""), (no_seed, PUBLIC_KEY)):
        with pytest.raises(KeySwapped):
            open_purpose_seed(
                envelope, holder_seed=holder_seed, context=context, public_key=expected
            )


@pytest.mark.parametrize(("data", "error"), [(b"", ValueError), (b"k" * 129, TooLong)])
def test_a_seal_holds_only_something_short(data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        seal_for_holder(data, public_key=PUBLIC_KEY, context=a_context(PURPOSE_KEY_SEAL))


def test_a_purpose_seed_is_not_opened_under_another_field() -> None:
    with pytest.raises(ValueError, match="seal"):
        open_purpose_seed(
            b"", holder_seed=SEED, context=a_context(TOTP_SECRET), public_key=PUBLIC_KEY
        )


def test_every_error_is_the_vaults() -> None:
    assert all(
        issubclass(error, VaultError) for error in (DoesNotOpen, NotAKey, TooLong, KeySwapped)
    )


def test_contact_and_testimony_are_worlds_apart() -> None:
    contact = a_context(CONTACT)
    envelope = seal_for_purpose(b"a number", public_key=PUBLIC_KEY, secret=SECRET, context=contact)

    assert READER.open_part(envelope, secret=SECRET, context=contact) == b"a number"
    assert refuses(lambda: READER.open_part(envelope, secret=SECRET, context=CONTEXT))
