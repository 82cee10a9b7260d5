"""Visits: sealed under the cookie and a key of the door's configuration, with all that their row says in the clear."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.unit.vault.factories import flipped, sampled_places
from webapp.vault.contexts import VISIT_DESK, VisitContext
from webapp.vault.envelope import DoesNotOpen, TooLong
from webapp.vault.labels import Label
from webapp.vault.symmetric import derive, seal_keyed
from webapp.vault.visits import (
    Door,
    VisitHeader,
    new_visit_secret,
    open_visit,
    seal_visit,
    visit_id,
)

DOORS: tuple[Door, Door] = ("public", "desk")
KEY = b"d" * 32
HEADER = VisitHeader(5, expires_at=60, ends_at=120, coordinator_id=uuid4(), session_id=uuid4())


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("length", [0, 508, 509, 32_764])
def test_a_visit_comes_back(door: Door, length: int) -> None:
    secret = new_visit_secret()

    sealed = seal_visit(b"d" * length, secret, door, HEADER, door_key=KEY)

    assert open_visit(sealed, secret, door, HEADER, door_key=KEY) == b"d" * length


@settings(max_examples=30)
@given(some.binary(max_size=600), some.integers(0, 2**63), some.integers(0, 2**63))
def test_any_draft_comes_back_at_any_version(data: bytes, version: int, ends_at: int) -> None:
    secret, header = new_visit_secret(), VisitHeader(version, 60, ends_at)

    sealed = seal_visit(data, secret, "public", header, door_key=KEY)

    assert open_visit(sealed, secret, "public", header, door_key=KEY) == data


def test_a_visit_opens_only_with_its_cookie_at_its_door_with_the_doors_key() -> None:
    secret = new_visit_secret()
    envelope = seal_visit(b"a draft", secret, "public", HEADER, door_key=KEY)

    tries: list[tuple[bytes, bytes, Door, bytes]] = [
        (envelope, new_visit_secret(), "public", KEY),
        (envelope, secret, "desk", KEY),
        (envelope, secret, "public", b"e" * 32),
        (envelope, secret, "public", bytes(32)),
        # The halves of its key, exchanged.
        (envelope, KEY, "public", secret),
        (b"", secret, "public", KEY),
        *((flipped(envelope, at), secret, "public", KEY) for at in sampled_places(envelope)),
    ]
    for stored, cookie, door, key in tries:
        with pytest.raises(DoesNotOpen):
            open_visit(stored, cookie, door, HEADER, door_key=key)


def one_column_away(header: VisitHeader) -> Iterator[VisitHeader]:
    """What an attacker who can write to the database could make of the row."""
    for version in (header.version - 1, header.version + 1, -1, 2**64):
        yield replace(header, version=version)
    for end in (0, 59, 61, 2**63, -1):
        yield replace(header, expires_at=end)
        yield replace(header, ends_at=end)
    yield replace(header, coordinator_id=None)
    yield replace(header, coordinator_id=uuid4())
    yield replace(header, session_id=None)
    yield replace(header, session_id=uuid4())
    yield replace(header, coordinator_id=header.session_id, session_id=header.coordinator_id)
    yield replace(header, expires_at=header.ends_at, ends_at=header.expires_at)


@pytest.mark.parametrize("door", DOORS)
def test_a_row_that_says_anything_else_in_the_clear_does_not_open(door: Door) -> None:
    secret = new_visit_secret()
    envelope = seal_visit(b"a draft", secret, door, HEADER, door_key=KEY)

    for header in one_column_away(HEADER):
        with pytest.raises(DoesNotOpen):
            open_visit(envelope, secret, door, header, door_key=KEY)


def test_what_was_sealed_under_the_cookie_alone_does_not_open() -> None:
    # Given a session that is right in everything, made without the door's key
    secret = new_visit_secret()
    found_by = visit_id(secret, "desk")
    context = VisitContext(
        VISIT_DESK,
        owner_id=UUID(bytes=found_by[16:]),
        row_id=UUID(bytes=found_by[:16]),
        epoch=HEADER.version,
        expires_at=HEADER.expires_at,
        ends_at=HEADER.ends_at,
        coordinator_id=HEADER.coordinator_id,
        session_id=HEADER.session_id,
    )

    def sealed(salt: bytes) -> bytes:
        key = derive(secret, salt=salt, label=Label.VISIT_DESK_KEY)
        return seal_keyed(b"x", key=key, label=Label.VISIT_DESK_CONTENT, context=context)

    # Then it does not open, and with the door's key it would
    with pytest.raises(DoesNotOpen):
        open_visit(sealed(b""), secret, "desk", HEADER, door_key=KEY)
    assert open_visit(sealed(KEY), secret, "desk", HEADER, door_key=KEY) == b"x"


def test_ids_find_a_row_and_tell_nothing_else() -> None:
    secret = new_visit_secret()

    ids = {visit_id(secret, "public"), visit_id(secret, "desk"), secret}

    assert len(ids) == 3
    assert visit_id(secret, "desk") == visit_id(secret, "desk")
    assert visit_id(secret, "desk") != visit_id(new_visit_secret(), "desk")
    assert len(visit_id(secret, "public")) == 32


def test_a_visit_is_bounded() -> None:
    with pytest.raises(TooLong):
        seal_visit(b"d" * 524_285, new_visit_secret(), "public", HEADER, door_key=KEY)


@pytest.mark.parametrize("secret", [b"", b"left", b"s" * 31, b"s" * 33])
def test_only_a_whole_cookie_is_a_secret(secret: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        visit_id(secret, "public")


@pytest.mark.parametrize("key", [b"", b"d" * 31, b"d" * 33])
def test_a_process_without_the_doors_key_seals_nothing(key: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        seal_visit(b"d", new_visit_secret(), "desk", HEADER, door_key=key)
