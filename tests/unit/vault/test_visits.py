"""Visits: sealed under the cookie alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.unit.vault.factories import flipped, sampled_places
from webapp.vault.envelope import DoesNotOpen, TooLong
from webapp.vault.visits import Door, new_visit_secret, open_visit, seal_visit, visit_id

DOORS: tuple[Door, Door] = ("public", "desk")


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("length", [0, 508, 509, 32_764])
def test_a_visit_comes_back(door: Door, length: int) -> None:
    secret = new_visit_secret()

    assert open_visit(seal_visit(b"d" * length, secret, door, 1), secret, door, 1) == b"d" * length


@settings(max_examples=30)
@given(some.binary(max_size=600), some.integers(0, 2**63))
def test_any_draft_comes_back_at_any_version(data: bytes, version: int) -> None:
    secret = new_visit_secret()

    assert open_visit(seal_visit(data, secret, "public", version), secret, "public", version) == (
        data
    )


def test_a_visit_opens_only_with_its_cookie_at_its_door_and_version() -> None:
    secret = new_visit_secret()
    envelope = seal_visit(b"a draft", secret, "public", 5)

    tries: list[tuple[bytes, bytes, Door, int]] = [
        (envelope, new_visit_secret(), "public", 5),
        (envelope, secret, "desk", 5),
        (envelope, secret, "public", 4),
        (envelope, secret, "public", 6),
        (b"", secret, "public", 5),
        *((flipped(envelope, at), secret, "public", 5) for at in sampled_places(envelope)),
    ]
    for stored, cookie, door, version in tries:
        with pytest.raises(DoesNotOpen):
            open_visit(stored, cookie, door, version)


def test_ids_find_a_row_and_tell_nothing_else() -> None:
    secret = new_visit_secret()

    ids = {visit_id(secret, "public"), visit_id(secret, "desk"), secret}

    assert len(ids) == 3
    assert visit_id(secret, "desk") == visit_id(secret, "desk")
    assert visit_id(secret, "desk") != visit_id(new_visit_secret(), "desk")
    assert len(visit_id(secret, "public")) == 32


def test_a_visit_is_bounded() -> None:
    with pytest.raises(TooLong):
        seal_visit(b"d" * 524_285, new_visit_secret(), "public", 1)


@pytest.mark.parametrize("secret", [b"", b"left", b"s" * 31, b"s" * 33])
def test_only_a_whole_cookie_is_a_secret(secret: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        visit_id(secret, "public")
