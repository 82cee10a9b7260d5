"""The note of a session opens with its coordinator's key, for its session alone."""

from collections.abc import Callable

import pytest

from tests.unit.vault.factories import a_context, flipped, one_element_away, sampled_places
from webapp.vault.contexts import SESSION_KEYRING, SESSION_NOTE
from webapp.vault.envelope import DoesNotOpen
from webapp.vault.session_notes import notes_key, open_note, seal_note

SEED, CONTEXT = b"s" * 32, a_context(SESSION_NOTE)
KEY = notes_key(SEED)
NOTE = b'{"device": "windows Firefox"}'


def refuses(act: Callable[[], object]) -> bool:
    try:
        act()
    except DoesNotOpen:
        return True
    return False


def test_it_comes_back_in_its_place_alone() -> None:
    envelope = seal_note(NOTE, key=KEY, context=CONTEXT)
    assert open_note(envelope, key=KEY, context=CONTEXT) == NOTE
    for where in one_element_away(CONTEXT):
        if where.field == SESSION_NOTE:
            assert refuses(lambda where=where: open_note(envelope, key=KEY, context=where))  # type: ignore[misc]
        else:
            with pytest.raises(ValueError, match="note"):
                open_note(envelope, key=KEY, context=where)


def test_nothing_else_opens() -> None:
    envelope = seal_note(NOTE, key=KEY, context=CONTEXT)
    for key in (SEED, b"k" * 32, notes_key(b"t" * 32)):
        assert refuses(lambda key=key: open_note(envelope, key=key, context=CONTEXT))  # type: ignore[misc]
    for at in sampled_places(envelope):
        changed = flipped(envelope, at)
        assert refuses(lambda changed=changed: open_note(changed, key=KEY, context=CONTEXT))  # type: ignore[misc]


def test_it_is_sealed_for_no_other_field_and_from_no_short_seed() -> None:
    with pytest.raises(ValueError, match="note"):
        seal_note(NOTE, key=KEY, context=a_context(SESSION_KEYRING))
    with pytest.raises(ValueError, match="32"):
        notes_key(b"short")


def test_notes_of_all_sizes_of_device_are_of_one_size() -> None:
    sizes = {len(seal_note(b"x" * length, key=KEY, context=CONTEXT)) for length in (0, 30, 200)}
    assert len(sizes) == 1
