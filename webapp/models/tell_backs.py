"""What people are told became of a call: the month that was promised, and the page, by language. Nothing in it is about
one person, and nothing of it goes when answers do."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from webapp.canonical_types import CanonicalString, CanonicalText, CanonicalUuid
from webapp.extensions import Model
from webapp.models.authenticated import Authenticated


class TellBack(Authenticated, Model):
    """The promise of one call, as months like 2027-03: by when people are told, and what was said at first.

    A call that was published before there were promises has none, until a coordinator names a month.
    """

    __tablename__ = "tell_backs"

    call_id: Mapped[UUID] = mapped_column(
        CanonicalUuid, ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True
    )
    by_month: Mapped[str] = mapped_column(CanonicalString(7))
    first_month: Mapped[str] = mapped_column(CanonicalString(7))


class TellBackText(Authenticated, Model):
    """What the page of a call says in one language. `version` counts its corrections (optimistic locking)."""

    __tablename__ = "tell_back_texts"
    __table_args__ = (CheckConstraint("version >= 1", name="version"),)

    call_id: Mapped[UUID] = mapped_column(
        CanonicalUuid, ForeignKey("tell_backs.call_id", ondelete="CASCADE"), primary_key=True
    )
    language: Mapped[str] = mapped_column(CanonicalString(10), primary_key=True)
    version: Mapped[int]
    heard: Mapped[str] = mapped_column(CanonicalText)
    asked: Mapped[str] = mapped_column(CanonicalText)
    since: Mapped[str] = mapped_column(CanonicalText)
    changed_by: Mapped[UUID] = mapped_column(CanonicalUuid)
    changed_on: Mapped[date]
