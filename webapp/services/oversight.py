"""What all coordinators should know that one of them did: counted from the record, nothing is opened."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select

from webapp.models import AuditEntry
from webapp.rules import clock
from webapp.rules.reasons import DANGER, OUTSIDE
from webapp.services import stores

OUTSIDE_DAYS: Final = 30
DANGER_DAYS: Final = 7
#: Fewer in a week are usual. These have no limit, so more must be seen: somebody may use the word to get around it.
MANY_IN_DANGER: Final = 5
_OPENINGS: Final = ("answers opened", "contact opened", "registration opened")


@dataclass(frozen=True)
class Lately:
    """`outside_permission`: contact details used for a reason that no permission has, in 30 days.

    `in_danger`: openings because someone may be in danger, in 7 days; 0 while they are few.
    """

    outside_permission: int
    in_danger: int


def lately() -> Lately:
    """Count both in one query."""
    used = or_(AuditEntry.tag == "contact opened", AuditEntry.tag.startswith("contacts exported"))
    outside = func.count().filter(
        _since(OUTSIDE_DAYS), used, AuditEntry.reason.startswith(OUTSIDE, autoescape=True)
    )
    in_danger = func.count().filter(
        _since(DANGER_DAYS),
        AuditEntry.tag.in_(_OPENINGS),
        AuditEntry.reason.startswith(DANGER.words, autoescape=True),
    )
    with stores.reading() as main:
        found, danger = main.execute(select(outside, in_danger).where(_since(OUTSIDE_DAYS))).one()
    return Lately(found, danger if danger >= MANY_IN_DANGER else 0)


def _since(days: int) -> ColumnElement[bool]:
    return AuditEntry.at >= int((clock.now() - timedelta(days=days)).timestamp())
