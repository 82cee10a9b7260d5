"""The work lists of key rotation: which calls and events are to get new purpose keys, and which records follow them."""

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.canonical_types import CanonicalString, CanonicalUuid
from webapp.extensions import Model
from webapp.models.authenticated import Authenticated


class KeyRotation(Authenticated, Model):
    """A new epoch for the purpose keys of one call or event: asked for, and made since `done_on`.

    Written with what makes it necessary, and settled with the keys, so that a crash loses none. Those that were asked
    for together have one `asked_id`. At most one of a call or event waits: one new epoch is enough for several reasons.
    """

    __tablename__ = "key_rotations"
    __table_args__ = (
        Index(
            "uq_key_rotations_waiting",
            "owner_id",
            unique=True,
            sqlite_where=text("done_on IS NULL"),
            postgresql_where=text("done_on IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    asked_id: Mapped[UUID] = mapped_column(CanonicalUuid)
    owner_id: Mapped[UUID] = mapped_column(CanonicalUuid)
    asked_by: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("coordinators.id"))
    asked_on: Mapped[date]
    done_on: Mapped[date | None]


class Resealing(Authenticated, Model):
    """The records of one purpose of a call or event are re-encrypted to its newest epoch: asked for, over since
    `done_on`.

    The records themselves say what is left to do, by their epochs. This row says that it was begun, why, with how many
    records, and in the end how many were left as they are because they do not open. At most one of a purpose waits.
    """

    __tablename__ = "resealings"
    __table_args__ = (
        Index(
            "uq_resealings_waiting",
            "owner_id",
            "purpose",
            unique=True,
            sqlite_where=text("done_on IS NULL"),
            postgresql_where=text("done_on IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(CanonicalUuid)
    purpose: Mapped[str] = mapped_column(CanonicalString(20))
    asked_by: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("coordinators.id"))
    asked_on: Mapped[date]
    reason: Mapped[str] = mapped_column(CanonicalString(200))
    records: Mapped[int]
    left_as_they_are: Mapped[int | None]
    done_on: Mapped[date | None]
