"""MACs of rows: a known answer reckoned by hand, and what must make another one."""

import hashlib
import hmac
from datetime import date
from itertools import combinations
from typing import Any
from uuid import UUID

import pytest

from webapp.rules.states import CallState
from webapp.vault.row_macs import row_mac, row_mac_holds

KEY = bytes(range(32))
ROW: dict[str, Any] = {
    "id": UUID(int=7),
    "purpose": "contact",
    "n": 12,
    "granted": True,
    "envelope": b"\0\1",
    "due_on": date(2027, 3, 1),
    "state": CallState.OPEN,
    "never": None,
}
#: Each piece with its length before it: label, table, then name and value of each column in the order of names.
PIECES = (
    *(b"hearth/1/mac/row", b"parts"),
    *(b"due_on", b"d2027-03-01"),
    *(b"envelope", b"y\0\1"),
    *(b"granted", b"b\1"),
    *(b"id", b"u" + UUID(int=7).bytes),
    *(b"n", b"i12"),
    *(b"purpose", b"scontact"),
    *(b"state", b"sopen"),
)


def test_the_answer_is_known() -> None:
    framed = b"".join(len(piece).to_bytes(4, "big") + piece for piece in PIECES)
    assert row_mac(KEY, "parts", ROW) == hmac.new(KEY, framed, hashlib.sha256).digest()


def test_the_order_of_columns_and_those_without_a_value_do_not_count() -> None:
    turned = {name: ROW[name] for name in reversed(ROW) if name != "never"}
    assert row_mac_holds(KEY, "parts", {**turned, "new": None}, row_mac(KEY, "parts", ROW))


def test_every_change_makes_another_mac() -> None:
    others = [
        {},
        *({**ROW, name: None} for name in ROW if name != "never"),
        {**ROW, "never": ""},
        {**ROW, "purpose": "contacT"},
        # The same letters in another type, and in another column
        {**ROW, "n": "12"},
        {**ROW, "n": True},
        {**ROW, "granted": 1},
        {**ROW, "purpose": b"contact"},
        {**ROW, "purpose": None, "other": "contact"},
        {**ROW, "n": -12},
    ]
    macs = [row_mac(KEY, "parts", values) for values in (ROW, *others)]
    macs += [row_mac(KEY, "part", ROW), row_mac(bytes(32), "parts", ROW)]
    assert all(one != other for one, other in combinations(macs, 2))


def test_what_has_no_bytes_is_refused() -> None:
    with pytest.raises(TypeError):
        row_mac(KEY, "parts", {"due_on": 1.5})  # type: ignore[dict-item]
    with pytest.raises(ValueError, match="key"):
        row_mac(KEY[:31], "parts", ROW)
