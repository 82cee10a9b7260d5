"""Calls, the immutable versions of their forms, and versioned consent wordings."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.canonical_types import (
    CanonicalInteger,
    CanonicalString,
    CanonicalText,
    CanonicalUuid,
)
from webapp.extensions import Model
from webapp.models.authenticated import Authenticated
from webapp.models.state_columns import in_list, state_column
from webapp.rules.states import CallState


class Call(Authenticated, Model):
    """A published invitation to answer."""

    __tablename__ = "calls"
    __table_args__ = (CheckConstraint(f"state IN {in_list(CallState)}", name="state"),)

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    slug: Mapped[str] = mapped_column(CanonicalString(60), unique=True)
    state: Mapped[CallState] = mapped_column(state_column(CallState))
    closes_on: Mapped[date]
    form_version: Mapped[int]


class FormVersion(Authenticated, Model):
    """One immutable version of a form definition, as it was published: answers and consents refer to it."""

    __tablename__ = "form_versions"
    __table_args__ = (CheckConstraint("number >= 1", name="number"),)

    owner_id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    number: Mapped[int] = mapped_column(CanonicalInteger, primary_key=True, autoincrement=False)
    definition: Mapped[str] = mapped_column(CanonicalText)
    published_on: Mapped[date]


class PublishedVersion(Authenticated, Model):
    """Who published a version of a call's form, and why: `published_by` is a coordinator's id, or "operator".

    Calls that were published before there were later versions have no row for their first.
    """

    __tablename__ = "published_versions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["call_id", "number"],
            ["form_versions.owner_id", "form_versions.number"],
            ondelete="CASCADE",
        ),
    )

    call_id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    number: Mapped[int] = mapped_column(CanonicalInteger, primary_key=True, autoincrement=False)
    published_by: Mapped[str] = mapped_column(CanonicalString(40))
    reason: Mapped[str] = mapped_column(CanonicalString(200))


class ConsentStatement(Authenticated, Model):
    """One version of a consent's exact wording, in one language: what a participant agreed to."""

    __tablename__ = "consent_statements"
    __table_args__ = (UniqueConstraint("owner_id", "purpose", "version", "language"),)

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("calls.id"))
    purpose: Mapped[str] = mapped_column(CanonicalString(40))
    version: Mapped[int]
    language: Mapped[str] = mapped_column(CanonicalString(10))
    wording: Mapped[str] = mapped_column(CanonicalText)
