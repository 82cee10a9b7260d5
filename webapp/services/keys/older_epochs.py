"""Records that are still sealed to older epochs of their purpose keys, by call or event and purpose. Nothing is opened.

Answers about equality are not among them: the participant's own copy names the erasure secret of theirs, so that they
can erase it, and nobody at the desk can change that copy. They end with their retention day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from webapp.models import Part, PurposeKey, RegistrationPart

Record = Part | RegistrationPart
#: The table of the records of each purpose that can be sealed anew, and its column of calls or events.
TABLE_OF: Final[Mapping[str, type[Record]]] = MappingProxyType(
    {
        "contact": Part,
        "testimony": Part,
        "registrant": RegistrationPart,
        "needs": RegistrationPart,
        "room": RegistrationPart,
    }
)


@dataclass(frozen=True)
class Older:
    """How many records of one purpose are sealed to other epochs than the newest, and to which."""

    owner_id: UUID
    purpose: str
    records: int
    epochs: frozenset[int]
    newest: int

    @property
    def keys(self) -> frozenset[int]:
        """The epochs whose keys a person needs to seal these records anew, and to read them afterwards."""
        return self.epochs | {self.newest}


def owner_of(table: type[Record]) -> Any:
    """The column of the call or event that a record belongs to."""
    return table.call_id if table is Part else RegistrationPart.event_id


def of(owner_id: UUID, purpose: str, newest: int) -> ColumnElement[bool]:
    """The condition on the records of one purpose of a call or event that are sealed to an older epoch than this."""
    table = TABLE_OF[purpose]
    return and_(owner_of(table) == owner_id, table.purpose == purpose, table.epoch < newest)


def all_older(main: Session) -> tuple[Older, ...]:
    """Every purpose of a call or event that has such records. Two statements, however many there are."""
    found: dict[tuple[UUID, str, int], dict[int, int]] = {}
    for table in dict.fromkeys(TABLE_OF.values()):
        for owner_id, purpose, newest, epoch, records in _counted(main, table):
            found.setdefault((owner_id, purpose, newest), {})[epoch] = records
    return tuple(
        Older(owner_id, purpose, sum(by_epoch.values()), frozenset(by_epoch), newest)
        for (owner_id, purpose, newest), by_epoch in sorted(found.items())
    )


def _counted(main: Session, table: type[Record]) -> Any:
    purposes = [purpose for purpose, one in TABLE_OF.items() if one is table]
    newest = (
        select(PurposeKey.owner_id, PurposeKey.purpose, func.max(PurposeKey.epoch).label("epoch"))
        .where(PurposeKey.purpose.in_(purposes))
        .group_by(PurposeKey.owner_id, PurposeKey.purpose)
        .having(func.max(PurposeKey.epoch) > 1)
        .subquery()
    )
    owner = owner_of(table)
    columns = (owner, table.purpose, newest.c.epoch, table.epoch)
    older = and_(
        owner == newest.c.owner_id,
        table.purpose == newest.c.purpose,
        table.epoch < newest.c.epoch,
    )
    return main.execute(select(*columns, func.count()).join(newest, older).group_by(*columns)).all()
