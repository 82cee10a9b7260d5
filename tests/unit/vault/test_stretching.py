"""Passphrases are made slow to guess, two at a time; a third sign-in waits a little and no longer."""

import time
from contextlib import ExitStack

import pytest

from tests.unit.vault.factories import a_context
from webapp.vault import keyring, stretching
from webapp.vault.contexts import SLOT
from webapp.vault.stretching import AT_ONCE, COST, SALT_SIZE, TooBusy, stretch

PEPPER = bytes(32)


def test_a_third_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given both places taken
    monkeypatch.setattr(stretching, "LONGEST_WAIT_SECONDS", 0.05)
    seed, _ = keyring.make_coordinator_key()
    slot = keyring.close_slot_with_passphrase(
        seed, "six words", pepper=PEPPER, context=a_context(SLOT)
    )
    with ExitStack() as taken:
        for _ in range(AT_ONCE):
            taken.enter_context(stretching._turnstile)
        begun = time.monotonic()
        # When a passphrase is tried, right or not, for a name that is there or not
        with pytest.raises(TooBusy):
            keyring.open_slot_with_passphrase(
                slot, "six words", pepper=PEPPER, context=a_context(SLOT)
            )
        for passphrase in ("", "six words", "x" * 9_000):
            with pytest.raises(TooBusy):
                keyring.waste_the_same_time(passphrase, PEPPER)
        # Then it is told so soon
        assert time.monotonic() - begun < 3


def test_a_place_is_given_back_even_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Breaks:
        def __init__(self, **how: object) -> None:
            pass

        def derive(self, typed: bytes) -> bytes:
            raise MemoryError

    # Given a machine without memory
    with monkeypatch.context() as broken:
        broken.setattr(stretching, "Argon2id", Breaks)
        # When more fail than there are places
        for _ in range(AT_ONCE + 1):
            with pytest.raises(MemoryError):
                stretch(b"typed", salt=bytes(SALT_SIZE), pepper=PEPPER, cost=COST)
    # Then the next one has a place
    monkeypatch.setattr(stretching, "LONGEST_WAIT_SECONDS", 0)
    assert len(stretch(b"typed", salt=bytes(SALT_SIZE), pepper=PEPPER, cost=COST)) == 32
