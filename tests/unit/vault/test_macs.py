"""Marks made with config keys."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from webapp.vault.key_claims import FIRST_EPOCH, KeyClaim
from webapp.vault.labels import Label
from webapp.vault.macs import (
    KeySwapped,
    chain_mac,
    check_public_key,
    mac_public_key,
    mark,
    network_mac,
    submission_mac,
)

KEY = b"k" * 32


def a_claim() -> KeyClaim:
    return KeyClaim(
        kind="call",
        owner_id=uuid4(),
        purpose="contact",
        epoch=1,
        holders=frozenset({uuid4(), uuid4()}),
        public_key=b"p" * 1_216,
    )


def test_an_untouched_row_passes_whatever_the_order_of_holders() -> None:
    claim = a_claim()
    mac = mac_public_key(KEY, claim)

    check_public_key(KEY, claim, mac=mac)
    other_order = frozenset(sorted(claim.holders, reverse=True))
    check_public_key(KEY, replace(claim, holders=other_order), mac=mac)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "event"},
        {"owner_id": uuid4()},
        {"purpose": "testimony"},
        {"epoch": 2},
        {"holders": frozenset()},
        {"holders": frozenset({uuid4(), uuid4()})},
        {"public_key": b"q" * 1_216},
        {"kind": "callc", "purpose": "ontact"},
    ],
)
def test_any_change_to_a_row_is_noticed(change: dict[str, Any]) -> None:
    claim = a_claim()
    mac = mac_public_key(KEY, claim)

    with pytest.raises(KeySwapped):
        check_public_key(KEY, replace(claim, **change), mac=mac)


def test_one_holder_more_or_less_is_noticed() -> None:
    claim = a_claim()
    mac = mac_public_key(KEY, claim)

    for holders in (frozenset(sorted(claim.holders)[:1]), claim.holders | {uuid4()}):
        with pytest.raises(KeySwapped):
            check_public_key(KEY, replace(claim, holders=holders), mac=mac)


def test_a_mark_of_another_key_or_a_cut_one_is_no_mark() -> None:
    claim = a_claim()
    mac = mac_public_key(KEY, claim)

    for key, wrong in ((b"l" * 32, mac), (KEY, mac[:31]), (KEY, b"")):
        with pytest.raises(KeySwapped):
            check_public_key(key, claim, mac=wrong)


def test_a_chain_covers_what_went_before_and_where_fields_end() -> None:
    first = chain_mac(KEY, b"", b"opened", b"row")

    others = [
        chain_mac(KEY, first, b"opened", b"row"),
        chain_mac(KEY, b"", b"openedrow"),
        chain_mac(KEY, b"", b"opene", b"drow"),
        chain_mac(KEY, b"", b"opened", b"row", b""),
        chain_mac(KEY, b"opened", b"row"),
        chain_mac(b"l" * 32, b"", b"opened", b"row"),
    ]
    assert len({first, *others}) == 7
    assert first == chain_mac(KEY, b"", b"opened", b"row")


def test_a_network_is_unlinkable_from_day_to_day() -> None:
    today, tomorrow = b"t" * 32, b"u" * 32

    assert network_mac(KEY, today, "192.0.2.0/24") == network_mac(KEY, today, "192.0.2.0/24")
    assert network_mac(KEY, today, "192.0.2.0/24") != network_mac(KEY, tomorrow, "192.0.2.0/24")
    assert network_mac(KEY, today, "192.0.2.0/24") != chain_mac(KEY, today, b"192.0.2.0/24")


def test_a_network_is_not_found_with_the_days_salt_alone() -> None:
    salt = b"t" * 32

    assert network_mac(KEY, salt, "192.0.2.0/24") != network_mac(b"o" * 32, salt, "192.0.2.0/24")
    with pytest.raises(ValueError, match="32 bytes"):
        network_mac(b"", salt, "192.0.2.0/24")


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        chain_mac(b"", b"", b"opened")


def test_a_submission_has_one_mark_under_one_key() -> None:
    mine, theirs = uuid4(), uuid4()

    assert submission_mac(KEY, mine) == submission_mac(KEY, mine)
    assert submission_mac(KEY, mine) != submission_mac(KEY, theirs)
    assert submission_mac(KEY, mine) != submission_mac(b"x" * 32, mine)
    assert mine.bytes not in submission_mac(KEY, mine)


def test_a_claim_is_written_as_these_bytes() -> None:
    first, second = UUID(int=1), UUID(int=2)
    claim = KeyClaim(
        "purpose", UUID(int=3), "contact", FIRST_EPOCH, frozenset({second, first}), b"p"
    )
    fields = (
        *(b"purpose", bytes(15) + b"\x03", b"contact", bytes(7) + b"\x01"),
        *(bytes(15) + b"\x01" + bytes(15) + b"\x02", b"p"),
    )

    assert claim.fields() == fields
    assert replace(claim, holders=frozenset()).fields()[4] == b""
    assert mac_public_key(KEY, claim) == mark(KEY, Label.MAC_PUBLIC_KEY, *fields)
