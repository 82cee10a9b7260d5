"""Member organisations of the coalition with their periods, and invitations of people to the desk."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.canonical_types import CanonicalBytes, CanonicalString, CanonicalText, CanonicalUuid
from webapp.extensions import Model
from webapp.models.authenticated import Authenticated
from webapp.models.state_columns import in_list, state_column
from webapp.rules.organisations import Standing


class Organisation(Authenticated, Model):
    """A member of the coalition, now or in the past. The host runs this instance."""

    __tablename__ = "organisations"

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    name: Mapped[str] = mapped_column(CanonicalString(120), unique=True)


class OrganisationPeriod(Authenticated, Model):
    """From when to when an organisation was a member, the host or the chair. At most one of a kind goes on.

    `ended_on` is the last day; None while it goes on.
    """

    __tablename__ = "organisation_periods"
    __table_args__ = (
        CheckConstraint(f"standing IN {in_list(Standing)}", name="standing"),
        CheckConstraint("ended_on IS NULL OR ended_on >= began_on", name="order"),
        Index(
            "uq_organisation_periods_going_on",
            "organisation_id",
            "standing",
            unique=True,
            sqlite_where=text("ended_on IS NULL"),
            postgresql_where=text("ended_on IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("organisations.id"))
    standing: Mapped[Standing] = mapped_column(state_column(Standing))
    began_on: Mapped[date]
    ended_on: Mapped[date | None]


class Invitation(Authenticated, Model):
    """An invitation to the desk: a link that works once, for one person of one organisation.

    `lookup` is derived one way from the link's secret, so that the row opens no invitation. `roles` is the canonical
    JSON of the roles that wait for the person. The row is deleted when it is used, taken back or over.

    With `account_id` it resets an account that is there already, whose roles stay. `account_key_mac` is that of the
    account's public key on the day of the link: the account gets another key by it, so it works once, even if the row
    is put back.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint("(account_id IS NULL) = (account_key_mac IS NULL)", name="account"),
    )

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    lookup: Mapped[bytes] = mapped_column(CanonicalBytes(32), unique=True)
    organisation_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("organisations.id"))
    name: Mapped[str] = mapped_column(CanonicalString(120))
    roles: Mapped[str] = mapped_column(CanonicalText)
    made_by: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("coordinators.id"))
    made_on: Mapped[date]
    last_day: Mapped[date]
    account_id: Mapped[UUID | None] = mapped_column(
        CanonicalUuid, ForeignKey("coordinators.id"), unique=True
    )
    account_key_mac: Mapped[bytes | None] = mapped_column(CanonicalBytes(32))
