"""Recovery sheets: three are made for a recovery key, a typed one is recognised, and any two open the key's seed.

The only module that imports `vault.recovery_sheets`; reached by operators' commands alone.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from hmac import compare_digest
from itertools import combinations
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import RecoveryKey, RecoveryPair
from webapp.rules import clock
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine
from webapp.services.keys import key_macs, key_slots
from webapp.vault import recovery_sheets as vault
from webapp.vault.contexts import RECOVERY_SEED, Context
from webapp.vault.macs import KeySwapped
from webapp.vault.recovery_sheets import MistypedWords, Sheet, WeakSheets

__all__ = ["MistypedWords", "WeakSheets"]


class UnknownSheet(Exception):
    """A sheet, typed without a slip, that belongs to no recovery key that is stored here."""


class SameSheetTwice(Exception):
    """One sheet was typed twice; it opens nothing with itself."""


class OfAnotherSet(Exception):
    """Two sheets of different recovery keys: one is of a set that was replaced. Has the number of each one's set."""

    def __init__(self, first: int, second: int) -> None:
        super().__init__(first, second)
        self.first, self.second = first, second


@dataclass(frozen=True)
class PrintedSheet:
    """A sheet to be printed, shown once and stored nowhere. `set_number` is the recovery key's epoch."""

    number: int
    set_number: int
    made_on: date
    words: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class TypedSheet:
    """A sheet that was typed in and recognised."""

    recovery_key_id: UUID
    set_number: int
    made_on: date
    sheet: Sheet = field(repr=False)

    @property
    def number(self) -> int:
        """Which of the three it is."""
        return self.sheet.number


def make_for(
    main: Session, key: RecoveryKey, seed: bytes, used_before: Collection[bytes] = ()
) -> tuple[PrintedSheet, ...]:
    """Three new sheets for this recovery key; its seed, sealed for each pair, is stored. Raises `WeakSheets`."""
    sheets = vault.new_sheets(seed, used_before)
    main.add_all(_sealed(key, seed, one, other) for one, other in combinations(sheets, 2))
    return tuple(
        PrintedSheet(sheet.number, key.epoch, clock.today(), sheet.words) for sheet in sheets
    )


def _sealed(key: RecoveryKey, seed: bytes, one: Sheet, other: Sheet) -> RecoveryPair:
    row_id = uuid4()
    return RecoveryPair(
        id=row_id,
        recovery_key_id=key.id,
        first_sheet=one.number,
        second_sheet=other.number,
        first_mark=vault.mark_of(one.secret, key.id),
        second_mark=vault.mark_of(other.secret, key.id),
        envelope=vault.seal_for_pair(seed, one, other, context=_context(key, row_id)),
        made_on=clock.today(),
        proved_on=None,
    )


def _context(key: RecoveryKey, row_id: UUID) -> Context:
    return Context(RECOVERY_SEED, owner_id=key.id, row_id=row_id, epoch=key.epoch)


def recognise(words: str, *, beside: TypedSheet | None = None) -> TypedSheet:
    """Which sheet these 24 words are. Nothing is opened. `beside` is the sheet that was typed before it.

    Raises `MistypedWords` for a slip, `UnknownSheet`; `SameSheetTwice` and `OfAnotherSet` about the two together.
    """
    secret = vault.read_sheet(words)
    with stores.reading() as main:
        keys = {row.id: row for row in main.scalars(select(RecoveryKey))}
        pairs = genuine(main.scalars(select(RecoveryPair), execution_options=TOLERANT))
    for pair in pairs:
        number = pair.marks.get(vault.mark_of(secret, pair.recovery_key_id))
        if number is not None:
            key = keys[pair.recovery_key_id]
            found = TypedSheet(key.id, key.epoch, pair.made_on, Sheet(number, secret))
            _check_together(found, beside)
            return found
    raise UnknownSheet


def _check_together(one: TypedSheet, other: TypedSheet | None) -> None:
    if other is None:
        return
    if one.recovery_key_id != other.recovery_key_id:
        raise OfAnotherSet(other.set_number, one.set_number)
    if one.number == other.number:
        raise SameSheetTwice


def open_seed(one: TypedSheet, other: TypedSheet) -> bytes:
    """The recovery key's seed. It is used for one act, and kept nowhere.

    Raises `SameSheetTwice`, `OfAnotherSet`; `RowForged`, `KeySwapped` or `DoesNotOpen` when what is stored is not
    authentic.
    """
    _check_together(one, other)
    low, high = sorted((one.sheet, other.sheet), key=lambda sheet: sheet.number)
    with stores.reading() as main:
        key = main.get_one(RecoveryKey, one.recovery_key_id)
        pair = main.scalars(
            select(RecoveryPair).where(
                RecoveryPair.recovery_key_id == key.id,
                RecoveryPair.first_sheet == low.number,
                RecoveryPair.second_sheet == high.number,
            )
        ).one_or_none()
    claim = key_macs.verified(key_macs.claim_of_recovery_key(key), key.mac)
    if pair is None:
        raise KeySwapped
    seed = vault.open_with_pair(pair.envelope, low, high, context=_context(key, pair.id))
    if not compare_digest(key_slots.public_key_of(seed), claim.public_key):
        raise KeySwapped
    return seed
