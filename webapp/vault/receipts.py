"""Receipts: bearer capabilities with which a participant comes back, and the keys that are derived from them.

24 characters, the last a check character: 115 bits of entropy, beyond brute force, so no slow hashing is needed. We
store neither the code nor a key derived from it: only the lookup label.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from webapp.vault.contexts import CONTACT, EQUALITY, OWN_COPY, TESTIMONY, Context
from webapp.vault.crockford import (
    CODE_LENGTH,
    MistypedCode,
    grouped,
    new_code,
    read_code,
    read_labelled,
    ungrouped,
)
from webapp.vault.labels import Label
from webapp.vault.symmetric import derive, open_keyed, require_key, seal_keyed

__all__ = [
    "MistypedCode",
    "ReceiptLabels",
    "labels",
    "new_receipt",
    "open_own_copy",
    "part_that_differs",
    "read_receipt",
    "seal_own_copy",
]

#: Domain separation: the keys of two parts' own copies are independent.
COPY_LABELS: Final[Mapping[str, Label]] = {
    CONTACT.purpose: Label.RECEIPT_CONTACT_COPY,
    TESTIMONY.purpose: Label.RECEIPT_TESTIMONY_COPY,
    EQUALITY.purpose: Label.RECEIPT_EQUALITY_COPY,
}


@dataclass(frozen=True, slots=True)
class ReceiptLabels:
    """Values of 32 bytes derived from one receipt, independent by domain separation.

    `lookup` is stored to find the rows. `copy_keys` seal the own copies, one key for each purpose. They never show in a
    repr, so in no log or error page.
    """

    lookup: bytes = field(repr=False)
    copy_keys: Mapping[str, bytes] = field(repr=False)


def new_receipt() -> str:
    """A fresh code such as K7QF-2M9X-TC4R-8ZHD-W3NP-J6SQ."""
    return new_code(CODE_LENGTH)


def read_receipt(typed: str) -> str:
    """The canonical form of a typed receipt. Raises MistypedCode."""
    return read_code(typed, CODE_LENGTH)


def part_that_differs(typed: str, code: str) -> int | None:
    """The first group, counted from 1, in which the typed code differs from this one; None when they are equal.

    As forgiving as `read_receipt`, but it says where to look, to a participant who has the code in front of them.
    Raises MistypedCode for another length and for characters that no code has.
    """
    meant = grouped(read_labelled(typed, CODE_LENGTH)).split("-")
    pairs = zip(meant, code.split("-"), strict=True)
    return next((place for place, (ours, theirs) in enumerate(pairs, 1) if ours != theirs), None)


def labels(code: str, salt: bytes) -> ReceiptLabels:
    """Derive the lookup label and the keys: HKDF-SHA256 over the 24 ASCII characters, without hyphens.

    `salt` is a config key of 32 bytes: a stolen database alone cannot be tested against a code
    that was found. Raises MistypedCode; ValueError for a salt of another size.
    """
    require_key(salt)
    key_material = ungrouped(read_receipt(code)).encode("ascii")
    return ReceiptLabels(
        lookup=derive(key_material, salt=salt, label=Label.RECEIPT_LOOKUP),
        copy_keys={
            purpose: derive(key_material, salt=salt, label=label)
            for purpose, label in COPY_LABELS.items()
        },
    )


def seal_own_copy(data: bytes, *, copy_key: bytes, secret: bytes, context: Context) -> bytes:
    """Seal an own copy, which only the receipt opens and only while the erasure secret exists: KEYED.

    Raises TooLong (over 32,764 bytes); ValueError for a wrong field or size of key or secret.
    """
    _require_own_copy(context)
    return seal_keyed(
        data, key=copy_key, secret=secret, label=Label.OWN_COPY_CONTENT, context=context
    )


def open_own_copy(
    envelope: bytes, *, copy_key: bytes, secret: bytes | None, context: Context
) -> bytes:
    """Open an own copy; `secret` is None when it was shredded. Raises DoesNotOpen."""
    _require_own_copy(context)
    return open_keyed(
        envelope, key=copy_key, secret=secret, label=Label.OWN_COPY_CONTENT, context=context
    )


def _require_own_copy(context: Context) -> None:
    if context.field != OWN_COPY:
        raise ValueError("not the context of an own copy")
