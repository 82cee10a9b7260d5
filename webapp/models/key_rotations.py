"""The work list of key rotation: which calls and events are to get new purpose keys, and which got them."""

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.canonical_types import CanonicalUuid
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
