"""Recovery rehearsal: proof that each pair of sheets opens the recovery key, with its day under the row's MAC.

An operator's command. Once all pairs of a newer key are proved, the key before is put away.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from uuid import UUID

from sqlalchemy import select

from webapp.models import RecoveryPair
from webapp.rules import clock
from webapp.rules.audit_details import OfSheets
from webapp.rules.audit_events import AuditEvent
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.row_authentication import TOLERANT_LOCK, genuine
from webapp.services.keys import recovery_renewal, recovery_sheets
from webapp.services.keys.recovery_sheets import TypedSheet
from webapp.services.keys.recovery_state import PAIRS, Pair


@dataclass(frozen=True)
class Rehearsed:
    """The pairs that opened now, those of this set that were never proved, and how many older keys were put away."""

    proved: tuple[Pair, ...]
    left: tuple[Pair, ...]
    put_away: int


def rehearse(sheets: Sequence[TypedSheet]) -> Rehearsed:
    """Open the recovery key with each pair of these sheets of one set, and note the day. Nothing else is opened.

    Raises what `recovery_sheets.open_seed` raises, before anything is noted; `NotHeldYet` when the key before must
    stay.
    """
    pairs = tuple(combinations(sorted(sheets, key=lambda sheet: sheet.number), 2))
    numbers = tuple((one.number, other.number) for one, other in pairs)
    key_id = sheets[0].recovery_key_id
    with stores.writing() as main:
        audit.enter(
            main, audit.OPERATOR, AuditEvent.RECOVERY_SHEETS_TYPED, detail=_of_sheets(numbers)
        )
    for one, other in pairs:
        recovery_sheets.open_seed(one, other)
    left = _note(key_id, numbers)
    return Rehearsed(numbers, left, 0 if left else recovery_renewal.put_away_before(key_id))


def _note(key_id: UUID, numbers: tuple[Pair, ...]) -> tuple[Pair, ...]:
    """Note the day of each pair; returns those that were never proved."""
    of_key = select(RecoveryPair).where(RecoveryPair.recovery_key_id == key_id)
    with stores.writing() as main:
        locked = main.scalars(of_key.with_for_update(), execution_options=TOLERANT_LOCK)
        rows = {row.sheets: row for row in genuine(locked)}
        for sheets in numbers:
            rows[sheets].proved_on = clock.today()
        audit.enter(main, audit.OPERATOR, AuditEvent.RECOVERY_REHEARSED, detail=_of_sheets(numbers))
        proved = {sheets for sheets, row in rows.items() if row.proved_on}
    return tuple(one for one in PAIRS if one not in proved)


def _of_sheets(numbers: tuple[Pair, ...]) -> OfSheets:
    return OfSheets(", ".join(f"{one}+{other}" for one, other in numbers))
