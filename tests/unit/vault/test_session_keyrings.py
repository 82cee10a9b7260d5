"""The keyring of a session opens with that session's key, for its row and its coordinator alone."""

import secrets
from collections.abc import Callable
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.unit.vault.factories import a_context, flipped, one_element_away, sampled_places
from webapp.vault.contexts import ENTRY_DRAFT, PURPOSE_KEY_SEAL, SESSION_KEYRING
from webapp.vault.envelope import DoesNotOpen, TooLong
from webapp.vault.keyring import make_coordinator_key
from webapp.vault.labels import Label
from webapp.vault.purpose_key_seals import SealReader
from webapp.vault.sealing import seal_for_holder
from webapp.vault.session_keyrings import (
    MOST_KEYS,
    Keyring,
    new_session_key,
    open_keyring,
    seal_keyring,
)
from webapp.vault.symmetric import seal_keyed

KEY, CONTEXT = b"k" * 32, a_context(SESSION_KEYRING)
TWO = Keyring({uuid4(): b"1" * 32, uuid4(): b"2" * 32}, frozenset({uuid4()}))


def sealed(keyring: Keyring = TWO) -> bytes:
    return seal_keyring(keyring, key=KEY, context=CONTEXT)


def refuses(act: Callable[[], object]) -> bool:
    try:
        act()
    except DoesNotOpen as refusal:
        return refusal.args == ()
    return False


@given(
    some.dictionaries(some.uuids(), some.binary(min_size=32, max_size=32), max_size=30),
    some.frozensets(some.uuids(), max_size=30),
)
def test_a_keyring_comes_back(seeds: dict, damaged: frozenset) -> None:  # type: ignore[type-arg]
    keyring = Keyring(seeds, damaged)
    assert open_keyring(sealed(keyring), key=KEY, context=CONTEXT) == keyring


def test_it_opens_with_its_key_in_its_place_alone() -> None:
    envelope = sealed()
    for key in (b"l" * 32, KEY[:31], b""):
        assert refuses(lambda key=key: open_keyring(envelope, key=key, context=CONTEXT))  # type: ignore[misc]
    for where in one_element_away(CONTEXT):
        if where.field == SESSION_KEYRING:
            assert refuses(lambda where=where: open_keyring(envelope, key=KEY, context=where))  # type: ignore[misc]
        else:
            with pytest.raises(ValueError, match="keyring"):
                open_keyring(envelope, key=KEY, context=where)


def test_no_byte_can_be_changed() -> None:
    envelope = sealed()
    changed = [flipped(envelope, at, bits) for at in sampled_places(envelope) for bits in (1, 128)]
    for wrong in [*changed, b"", envelope[:-1], envelope + b"\0"]:
        assert refuses(lambda wrong=wrong: open_keyring(wrong, key=KEY, context=CONTEXT))  # type: ignore[misc]


def test_what_else_is_under_the_same_key_is_no_keyring() -> None:
    other = seal_keyed(bytes(4), key=KEY, label=Label.VISIT_DESK_CONTENT, context=CONTEXT)
    assert refuses(lambda: open_keyring(other, key=KEY, context=CONTEXT))


@pytest.mark.parametrize("data", [bytes(5), b"\0\0\0\1" + bytes(47), b"\xff\xff\xff\xff"])
def test_a_count_that_does_not_add_up_does_not_open(data: bytes) -> None:
    wrong = seal_keyed(data, key=KEY, label=Label.SESSION_KEYRING_CONTENT, context=CONTEXT)
    assert refuses(lambda: open_keyring(wrong, key=KEY, context=CONTEXT))


def test_it_holds_as_many_keys_as_it_says() -> None:
    most = {uuid4(): bytes(32) for _ in range(MOST_KEYS)}
    assert len(open_keyring(sealed(Keyring(most)), key=KEY, context=CONTEXT).seeds) == MOST_KEYS
    with pytest.raises(TooLong):
        sealed(Keyring({**most, uuid4(): bytes(32)}))


def test_mistakes_of_ours_are_loud() -> None:
    with pytest.raises(ValueError, match="keyring"):
        seal_keyring(TWO, key=KEY, context=a_context(ENTRY_DRAFT))
    for key in (b"", KEY[:31], KEY + b"k"):
        with pytest.raises(ValueError, match="32 bytes"):
            seal_keyring(TWO, key=key, context=CONTEXT)
    with pytest.raises(ValueError, match="32 bytes"):
        sealed(Keyring({uuid4(): b"short"}))


def test_keys_are_random_and_never_shown() -> None:
    assert len(new_session_key()) == 32
    assert new_session_key() != new_session_key()
    seed = secrets.token_bytes(32)
    assert repr(seed)[2:-1] not in repr(Keyring({uuid4(): seed}))


def test_one_loaded_key_unwraps_many_seals_and_no_other_holders() -> None:
    (mine, public_key), (other, _) = make_coordinator_key(), make_coordinator_key()
    contexts = [a_context(PURPOSE_KEY_SEAL) for _ in range(3)]
    seals = [seal_for_holder(b"s" * 32, public_key=public_key, context=one) for one in contexts]
    reader = SealReader(mine)
    for seal, where in zip(seals, contexts, strict=True):
        assert reader.open_seal(seal, context=where) == b"s" * 32
        assert refuses(lambda: SealReader(other).open_seal(seal, context=where))  # noqa: B023
        assert refuses(lambda: reader.open_seal(flipped(seal, 1_130), context=where))  # noqa: B023
    assert refuses(lambda: reader.open_seal(seals[0], context=contexts[1]))
    short = seal_for_holder(b"no seed", public_key=public_key, context=contexts[0])
    assert refuses(lambda: reader.open_seal(short, context=contexts[0]))
    with pytest.raises(ValueError, match="seal"):
        reader.open_seal(seals[0], context=CONTEXT)
