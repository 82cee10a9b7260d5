"""Drafts of calls that coordinators write at the desk, in numbered versions. They hold no participant's data."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.canonical_types import CanonicalInteger, CanonicalString, CanonicalText, CanonicalUuid
from webapp.extensions import Model
from webapp.models.authenticated import Authenticated


class CallDraft(Authenticated, Model):
    """A call that is being written. A call that was published from it has the same id.

    `version` is the version that stands now: undoing makes it an earlier one. `newest` is the highest number that was
    given, so that a number always means the same content (optimistic locking).
    """

    __tablename__ = "call_drafts"

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    version: Mapped[int]
    newest: Mapped[int]


class CallDraftVersion(Authenticated, Model):
    """One immutable version of a draft: its content as JSON, what was changed in it, by whom, and in which version.

    `before` is the version that it was made from; None for the first.
    """

    __tablename__ = "call_draft_versions"
    __table_args__ = (CheckConstraint("number >= 1", name="number"),)

    draft_id: Mapped[UUID] = mapped_column(
        CanonicalUuid, ForeignKey("call_drafts.id"), primary_key=True
    )
    number: Mapped[int] = mapped_column(CanonicalInteger, primary_key=True, autoincrement=False)
    before: Mapped[int | None]
    content: Mapped[str] = mapped_column(CanonicalText)
    change: Mapped[str] = mapped_column(CanonicalString(200))
    changed_by: Mapped[UUID] = mapped_column(CanonicalUuid)
    changed_on: Mapped[date]


class VersionDraft(Authenticated, Model):
    """That a draft is the next version of a published call. `based_on` is the version that it was begun from;
    `published_as` the number that it was published under, None before.

    A table of its own, so that the row of a draft stays as it was, and its MAC holds for older code.
    """

    __tablename__ = "version_drafts"
    __table_args__ = (
        # One open draft for each call: who begins another is led to it.
        Index(
            "uq_version_drafts_open",
            "call_id",
            unique=True,
            sqlite_where=text("published_as IS NULL"),
            postgresql_where=text("published_as IS NULL"),
        ),
    )

    draft_id: Mapped[UUID] = mapped_column(
        CanonicalUuid, ForeignKey("call_drafts.id", ondelete="CASCADE"), primary_key=True
    )
    call_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("calls.id", ondelete="CASCADE"))
    based_on: Mapped[int]
    published_as: Mapped[int | None]
