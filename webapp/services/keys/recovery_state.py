"""Readiness of the recovery sheets (key escrow): which pairs are stored, and which were rehearsed. Holds no key.

The desk and `publish` ask it, so that nobody relies on sheets that were never tried, or that are gone from the
database.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import PurposeKey, RecoveryKey, RecoveryPair
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine

Pair = tuple[int, int]
#: Any two of three sheets.
PAIRS: Final[tuple[Pair, ...]] = tuple(combinations((1, 2, 3), 2))


class SheetsMissing(LookupError):
    """The recovery key cannot be opened by every pair: rows are gone or false, or it is of before there were sheets."""


class NotRehearsed(Exception):
    """Not every pair of sheets was proved to open the recovery key, and nothing was published yet."""


@dataclass(frozen=True)
class Standing:
    """The newest recovery key's sheets. `proved_on` is the day of the rehearsal that is longest ago.

    `keys` counts recovery keys: two while the sheets before are still good.
    """

    keys: int
    made_on: date | None
    missing: tuple[Pair, ...]
    unproved: tuple[Pair, ...]
    proved_on: date | None

    @property
    def has_sheets(self) -> bool:
        """Whether there is any pair. Without one it is a recovery key of before, or its pairs were removed."""
        return self.made_on is not None

    @property
    def is_ready(self) -> bool:
        """Whether every pair is there and was proved."""
        return not self.missing and not self.unproved


def standing() -> Standing:
    """How it stands with the sheets of the newest recovery key."""
    with stores.reading() as main:
        return of_rows(rows(main))


def rows(main: Session) -> list[tuple[RecoveryKey, RecoveryPair | None]]:
    """Every recovery key with each of its pairs, in one statement. A false row is not refused yet."""
    query = select(RecoveryKey, RecoveryPair).outerjoin(
        RecoveryPair, RecoveryPair.recovery_key_id == RecoveryKey.id
    )
    return [(key, pair) for key, pair in main.execute(query, execution_options=TOLERANT)]


def of_rows(found: Iterable[tuple[RecoveryKey, RecoveryPair | None]]) -> Standing:
    """The standing of the newest key among these rows. A pair whose row is false counts as missing."""
    joined = list(found)
    keys = {key.id: key for key, _ in joined}
    newest = max(keys.values(), key=lambda key: key.epoch, default=None)
    pairs = genuine(pair for _, pair in joined if pair is not None)
    mine = {pair.sheets: pair for pair in pairs if newest and pair.recovery_key_id == newest.id}
    proved = {sheets: pair.proved_on for sheets, pair in mine.items() if pair.proved_on}
    return Standing(
        keys=len(keys),
        made_on=min((pair.made_on for pair in mine.values()), default=None),
        missing=tuple(one for one in PAIRS if one not in mine),
        unproved=tuple(one for one in PAIRS if one in mine and one not in proved),
        proved_on=min(proved.values(), default=None),
    )


def check_ready() -> None:
    """Refuse to publish what could not be recovered. Raises `SheetsMissing`, `NotRehearsed`.

    Once something is published, new sheets that wait to be rehearsed stop nothing: the ones before are good until then.
    """
    with stores.reading() as main:
        now = of_rows(rows(main))
        has_published = main.scalar(select(PurposeKey.id).limit(1)) is not None
    if now.missing:
        raise SheetsMissing
    if now.unproved and not has_published:
        raise NotRehearsed
