"""Encrypted drafts (save and return): of a participant's answers, and of answers that a coordinator enters."""

from datetime import date
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from webapp.canonical_types import (
    CanonicalBytes,
    CanonicalUuid,
)
from webapp.extensions import Model


class ReturnDraft(Model):
    """A participant's encrypted draft, found and opened with their return code alone (a bearer capability).

    Nothing else is in the clear, not even which call it belongs to: only the code's holder has a use for it, and the
    worker only needs the day. Saving again makes a new row with a new secret.
    """

    __tablename__ = "return_drafts"
    __table_args__ = (Index("ix_return_drafts_due_on", "due_on"), {"sqlite_with_rowid": False})

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    lookup: Mapped[bytes] = mapped_column(CanonicalBytes(32), unique=True)
    secret_id: Mapped[UUID] = mapped_column(CanonicalUuid, unique=True)
    envelope: Mapped[bytes] = mapped_column(CanonicalBytes)
    due_on: Mapped[date]


class EntryDraft(Model):
    """An encrypted draft that one coordinator enters for one participant, opened with the coordinator's own key alone.

    Nothing else is in the clear: neither who enters it nor for which call. `lookup` is the same for all drafts of one
    coordinator, so a thief of the database learns how many drafts a coordinator has, about how long each is and when it
    was last saved. Autosave seals each version anew under the same secret; `version` is bound into the envelope.
    """

    __tablename__ = "entry_drafts"
    __table_args__ = (
        Index("ix_entry_drafts_lookup", "lookup"),
        Index("ix_entry_drafts_due_on", "due_on"),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    lookup: Mapped[bytes] = mapped_column(CanonicalBytes(32))
    version: Mapped[int]
    secret_id: Mapped[UUID] = mapped_column(CanonicalUuid, unique=True)
    envelope: Mapped[bytes] = mapped_column(CanonicalBytes)
    due_on: Mapped[date]
