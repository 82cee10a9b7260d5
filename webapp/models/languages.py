"""Translation reviews and notes, and which languages the desk offers. No personal data of participants."""

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from webapp.canonical_types import (
    CanonicalBytes,
    CanonicalString,
    CanonicalUuid,
)
from webapp.extensions import Model


class TextReview(Model):
    """An approved translation. `wording` is a hash of the exact words: a changed text has no review."""

    __tablename__ = "text_reviews"

    language: Mapped[str] = mapped_column(CanonicalString(10), primary_key=True)
    wording: Mapped[bytes] = mapped_column(CanonicalBytes(32), primary_key=True)
    #: A role, not a person.
    reviewed_by: Mapped[str] = mapped_column(CanonicalString(60))
    reviewed_on: Mapped[date]
    coordinator_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("coordinators.id"))
    mac: Mapped[bytes] = mapped_column(CanonicalBytes(32))


class TextNote(Model):
    """A reviewer's remark on a translation. `text` is a hash of the English words, `wording` of the words meant."""

    __tablename__ = "text_notes"
    __table_args__ = (Index("ix_text_notes_language", "language"),)

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    language: Mapped[str] = mapped_column(CanonicalString(10))
    text: Mapped[bytes] = mapped_column(CanonicalBytes(32))
    wording: Mapped[bytes] = mapped_column(CanonicalBytes(32))
    note: Mapped[str] = mapped_column(CanonicalString(300))
    written_on: Mapped[date]
    coordinator_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("coordinators.id"))
    mac: Mapped[bytes] = mapped_column(CanonicalBytes(32))


class LanguageOffer(Model):
    """A language that the desk offers, or did. `words` is a hash of all texts that had to be reviewed for it."""

    __tablename__ = "language_offers"

    language: Mapped[str] = mapped_column(CanonicalString(10), primary_key=True)
    words: Mapped[bytes] = mapped_column(CanonicalBytes(32))
    offered: Mapped[bool]
    changed_on: Mapped[date]
    mac: Mapped[bytes] = mapped_column(CanonicalBytes(32))
