"""The worker's persistent state: its last trusted clock, and its last check of all rows. Both are authenticated."""

from datetime import date

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.canonical_types import (
    CanonicalBigInteger,
    CanonicalBytes,
    CanonicalText,
)
from webapp.extensions import Model
from webapp.models.authenticated import Authenticated


class WorkerClock(Model):
    """The last time that the worker trusted its clock, and what an operator or coordinator has confirmed since.

    One row, with a MAC over all of it: see `services.infrastructure.clock_guard`. Times are epoch seconds.
    """

    __tablename__ = "worker_clock"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    ran_at: Mapped[int] = mapped_column(CanonicalBigInteger)
    #: What the worker's own clock said when it last stopped deleting; nothing while it deletes.
    doubted_at: Mapped[int | None] = mapped_column(CanonicalBigInteger)
    #: So many rows may be deleted at once until that day, because an operator or coordinator confirmed it.
    allowed: Mapped[int]
    allowed_until: Mapped[date | None]
    #: So many sets of answers and registrations have lost their erasure secret, and wait for an operator.
    unreadable: Mapped[int]
    mac: Mapped[bytes] = mapped_column(CanonicalBytes(32))


class RowCheck(Authenticated, Model):
    """What the newest check of all authenticated rows found: how many are false, and in JSON the first of them.

    One row. See `services.infrastructure.row_verification`.
    """

    __tablename__ = "row_checks"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    checked_on: Mapped[date]
    false_rows: Mapped[int]
    #: Table, key and reference of each: random ids and no personal data.
    named: Mapped[str] = mapped_column(CanonicalText)
