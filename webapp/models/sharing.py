"""Sharing of contact details with member organisations: frozen lists of members, shares, and what is sealed of them."""

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.canonical_types import CanonicalBytes, CanonicalText, CanonicalUuid
from webapp.extensions import Model
from webapp.models.authenticated import Authenticated
from webapp.models.submissions import PEOPLE


class MemberList(Authenticated, Model):
    """The members of the coalition from one moment on, immutable: the list that a consent to share was given with.

    `members` is the canonical JSON of periods of membership, each with its organisation and the name of then. A consent
    covers periods and not organisations, so a member that left and came back later is not covered.
    """

    __tablename__ = "member_lists"

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    made_on: Mapped[date]
    members: Mapped[str] = mapped_column(CanonicalText)


class Share(Authenticated, Model):
    """The contact details of one participant were shared with one member organisation, until `ended_on`.

    It stays for *My choices* when the sharing ends, and goes with the submission. `period_id` is the membership that
    the consent covered.
    """

    __tablename__ = "shares"
    __table_args__ = (
        Index("ix_shares_submission", "submission_id"),
        Index(
            "uq_shares_going_on",
            "submission_id",
            "organisation_id",
            unique=True,
            sqlite_where=text("ended_on IS NULL"),
            postgresql_where=text("ended_on IS NULL"),
        ),
        # The list that an organisation reads, in its order.
        Index(
            "ix_shares_listed",
            *("organisation_id", "period_id", "shared_on", "id"),
            sqlite_where=text("ended_on IS NULL"),
            postgresql_where=text("ended_on IS NULL"),
        ),
        PEOPLE,
    )

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    submission_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("submissions.id"))
    organisation_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("organisations.id"))
    period_id: Mapped[UUID] = mapped_column(CanonicalUuid)
    shared_on: Mapped[date]
    ended_on: Mapped[date | None]


class SharedContact(Authenticated, Model):
    """What an organisation reads: the safe ways to reach one participant, sealed to the organisation's key.

    It opens with its own erasure secret and that of the part that it was taken from (`part_id`) together.
    """

    __tablename__ = "shared_contacts"
    __table_args__ = (
        Index("ix_shared_contacts_part", "part_id"),
        Index("ix_shared_contacts_organisation", "organisation_id"),
        # For the end of what one person shares; and all that is counted, so that no sealed value is read for a count.
        Index(
            "ix_shared_contacts_person",
            "submission_id",
            "organisation_id",
            "share_id",
            "part_id",
            "epoch",
        ),
        PEOPLE,
    )

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    share_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("shares.id"), unique=True)
    submission_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("submissions.id"))
    organisation_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("organisations.id"))
    part_id: Mapped[UUID] = mapped_column(CanonicalUuid)
    epoch: Mapped[int]
    form_version: Mapped[int]
    secret_id: Mapped[UUID] = mapped_column(CanonicalUuid, unique=True)
    envelope: Mapped[bytes] = mapped_column(CanonicalBytes)
