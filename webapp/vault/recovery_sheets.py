"""Split key escrow, two of three: the recovery key's seed, sealed once for each pair of three printed sheets.

Each sheet has 32 random bytes. Both secrets of a pair go through HKDF to the key of one AES-256-GCM envelope; the three
envelopes are stored, the seed is not. One sheet opens nothing; any two open the same seed. No secret sharing scheme is
needed for that, and none is used.
"""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final
from uuid import UUID

from webapp.vault.contexts import RECOVERY_SEED, Context
from webapp.vault.envelope import KEY_SIZE, DoesNotOpen
from webapp.vault.labels import Label
from webapp.vault.phrases import MistypedWords, phrase_of, secret_of
from webapp.vault.symmetric import derive, open_keyed, require_key, seal_keyed

__all__ = [
    "NUMBERS",
    "PAIRS",
    "MistypedWords",
    "Sheet",
    "WeakSheets",
    "check_sheets",
    "mark_of",
    "new_sheets",
    "open_with_pair",
    "read_sheet",
    "seal_for_pair",
]

NUMBERS: Final = (1, 2, 3)
PAIRS: Final = tuple(combinations(NUMBERS, 2))
#: Of 32 random bytes, about 30 differ; that fewer than 16 do happens to no working source of randomness.
FEWEST_DIFFERENT_BYTES: Final = 16


class WeakSheets(Exception):
    """Secrets of sheets that must not be used: one is too regular, or is used twice."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One printed sheet: its number, 1 to 3, and its 32 bytes. It proves nothing and opens nothing alone."""

    number: int
    secret: bytes = field(repr=False)

    @property
    def words(self) -> tuple[str, ...]:
        """The secret as the 24 words to print."""
        return phrase_of(self.secret, Label.RECOVERY_SHEET_CHECK)


def new_sheets(seed: bytes, used_before: Collection[bytes] = ()) -> tuple[Sheet, ...]:
    """Three sheets with secrets of the operating system's CSPRNG, for this seed. Raises WeakSheets.

    `used_before`: secrets of older sheets, which must not come again.
    """
    sheets = tuple(Sheet(number, secrets.token_bytes(KEY_SIZE)) for number in NUMBERS)
    check_sheets(sheets, {seed, *used_before})
    return sheets


def check_sheets(sheets: Sequence[Sheet], not_these: Collection[bytes] = ()) -> None:
    """Health test of a whole set: three numbers, and three random secrets that differ. Raises WeakSheets.

    A broken source of randomness would otherwise make a set that one sheet, or none, opens.
    """
    values = [sheet.secret for sheet in sheets]
    if tuple(sheet.number for sheet in sheets) != NUMBERS or len(set(values)) != len(NUMBERS):
        raise WeakSheets
    if any(_is_weak(value) or value in not_these for value in values):
        raise WeakSheets


def _is_weak(secret: bytes) -> bool:
    return len(secret) != KEY_SIZE or len(set(secret)) < FEWEST_DIFFERENT_BYTES


def read_sheet(typed: str) -> bytes:
    """The secret of a sheet out of its 24 typed words. Raises MistypedWords."""
    return secret_of(typed, Label.RECOVERY_SHEET_CHECK)


def mark_of(secret: bytes, recovery_key_id: UUID) -> bytes:
    """32 bytes, stored, by which a typed sheet of this recovery key is known again: one-way, and no key.

    So a sheet of another set is told apart from a typing error, before a second one is asked for.
    """
    require_key(secret)
    return derive(secret, salt=recovery_key_id.bytes, label=Label.RECOVERY_SHEET_MARK)


def seal_for_pair(seed: bytes, one: Sheet, other: Sheet, *, context: Context) -> bytes:
    """Seal the recovery key's seed for two sheets, in either order: a KEYED envelope.

    Raises ValueError for a wrong field, a seed of wrong size, or a sheet that is paired with itself.
    """
    _require_field(context)
    require_key(seed)
    return seal_keyed(
        seed, key=_pair_key(one, other), label=Label.RECOVERY_PAIR_CONTENT, context=context
    )


def open_with_pair(envelope: bytes, one: Sheet, other: Sheet, *, context: Context) -> bytes:
    """The recovery key's seed, for two sheets in either order. Raises DoesNotOpen.

    The caller compares its public half with the stored one. Raises ValueError as `seal_for_pair` does.
    """
    _require_field(context)
    seed = open_keyed(
        envelope, key=_pair_key(one, other), label=Label.RECOVERY_PAIR_CONTENT, context=context
    )
    if len(seed) != KEY_SIZE:
        raise DoesNotOpen
    return seed


def _pair_key(one: Sheet, other: Sheet) -> bytes:
    """HKDF-SHA256 over both secrets, the lower number first, with info = label || both numbers (a byte each)."""
    low, high = sorted((one, other), key=lambda sheet: sheet.number)
    numbers = (low.number, high.number)
    if numbers not in PAIRS:
        raise ValueError("not two of the three sheets")
    for sheet in (low, high):
        require_key(sheet.secret)
    return derive(
        low.secret + high.secret,
        salt=b"",
        label=Label.RECOVERY_PAIR_KEY,
        bound_to=bytes(numbers),
    )


def _require_field(context: Context) -> None:
    if context.field != RECOVERY_SEED:
        raise ValueError("not the context of a recovery seed")
