"""Marks of addresses: the same for one address at one event, and of no use anywhere else."""

from uuid import uuid4

import pytest

from webapp.vault.address_marks import address_mark

SECRET, SALT, EVENT = b"s" * 32, b"c" * 32, uuid4()
ADDRESS = "robin@example.org"


def test_one_address_has_one_mark_and_another_has_another() -> None:
    mark = address_mark(ADDRESS, event_id=EVENT, secret=SECRET, salt=SALT)

    assert mark == address_mark(ADDRESS, event_id=EVENT, secret=SECRET, salt=SALT)
    assert len(mark) == 32
    assert mark != address_mark("sky@example.org", event_id=EVENT, secret=SECRET, salt=SALT)


def test_marks_of_two_events_cannot_be_compared() -> None:
    # Not even if both had one secret, and not without the config key that is mixed in
    ours = address_mark(ADDRESS, event_id=EVENT, secret=SECRET, salt=SALT)

    assert ours != address_mark(ADDRESS, event_id=uuid4(), secret=SECRET, salt=SALT)
    assert ours != address_mark(ADDRESS, event_id=EVENT, secret=b"t" * 32, salt=SALT)
    assert ours != address_mark(ADDRESS, event_id=EVENT, secret=SECRET, salt=b"d" * 32)


@pytest.mark.parametrize(("secret", "salt"), [(b"", SALT), (SECRET, b""), (b"s" * 31, SALT)])
def test_a_key_of_another_size_is_a_mistake_of_ours(secret: bytes, salt: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        address_mark(ADDRESS, event_id=EVENT, secret=secret, salt=salt)
