"""Coordinators, their roles, the key slots that unlock their private keys, and the keys that answers are sealed to."""

from datetime import date
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.canonical_types import (
    CanonicalBigInteger,
    CanonicalBytes,
    CanonicalString,
    CanonicalUuid,
)
from webapp.extensions import Model
from webapp.models.authenticated import Authenticated
from webapp.models.state_columns import in_list, state_column
from webapp.models.submissions import PEOPLE
from webapp.rules.roles import OF_ORGANISATION, WHOLE, Role


class Coordinator(Authenticated, Model):
    """An account at the desk, with a key of its own. The private half exists only in the key slots.

    The row of a person who has left stays, for the names in the record: `left_on` says since when, and nothing unlocks.
    """

    __tablename__ = "coordinators"

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("organisations.id"))
    sign_in_name: Mapped[str] = mapped_column(CanonicalString(60), unique=True)
    name: Mapped[str] = mapped_column(CanonicalString(120))
    public_key: Mapped[bytes] = mapped_column(CanonicalBytes)
    public_key_mac: Mapped[bytes] = mapped_column(CanonicalBytes(32))
    totp_envelope: Mapped[bytes] = mapped_column(CanonicalBytes)
    # Against replay: the time step of the last TOTP code accepted (RFC 6238 5.2). No code is accepted twice.
    totp_last_step: Mapped[int] = mapped_column(CanonicalBigInteger)
    created_on: Mapped[date]
    left_on: Mapped[date | None]


class RoleGrant(Authenticated, Model):
    """A role that a coordinator has, for everything or within one call or event (role-based access control).

    `scope_id` is the call or event; of a recipient, the organisation. Taking a role back deletes the row; the record
    says when it was given and taken.
    """

    __tablename__ = "role_grants"
    __table_args__ = (
        CheckConstraint(
            f"role IN {in_list(Role)}",
            name="role",
        ),
        CheckConstraint(f"role NOT IN {in_list(sorted(WHOLE))} OR scope_id IS NULL", name="whole"),
        CheckConstraint(
            f"role NOT IN {in_list(sorted(OF_ORGANISATION))} OR scope_id IS NOT NULL",
            name="of_organisation",
        ),
        UniqueConstraint("coordinator_id", "role", "scope_id"),
        Index(
            "uq_role_grants_everywhere",
            "coordinator_id",
            "role",
            unique=True,
            sqlite_where=text("scope_id IS NULL"),
            postgresql_where=text("scope_id IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    coordinator_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("coordinators.id"))
    role: Mapped[Role] = mapped_column(state_column(Role, 20))
    scope_id: Mapped[UUID | None] = mapped_column(CanonicalUuid)
    given_on: Mapped[date]


class EndedDeskVisit(Model):
    """A desk session that was signed out, replaced or rotated: a row of it that is put back (a replay) is refused.

    It stands in another store than the sessions, and says no person and no time. `through` is the last version of the
    row that is over: after a rotation, the next version is the copy for a double submit.
    """

    __tablename__ = "ended_desk_visits"
    __table_args__ = ({"sqlite_with_rowid": False},)

    id: Mapped[bytes] = mapped_column(CanonicalBytes(32), primary_key=True)
    through: Mapped[int] = mapped_column(CanonicalBigInteger, primary_key=True)
    ended_on: Mapped[date]


class FailedSignIns(Model):
    """How many sign-ins failed on one day under one coordinator's name, or (id 0) under names that are nobody's.

    `knew_passphrase` of these came with the right passphrase, from a browser that had never signed in.
    """

    __tablename__ = "failed_sign_ins"
    __table_args__ = ({"sqlite_with_rowid": False},)

    on_day: Mapped[date] = mapped_column(primary_key=True)
    who: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    attempts: Mapped[int]
    knew_passphrase: Mapped[int]


class Slot(Model):
    """A LUKS-style key slot: a coordinator's private key, encrypted under a passphrase or a recovery code."""

    __tablename__ = "slots"
    __table_args__ = (
        CheckConstraint("kind IN ('passphrase', 'recovery_code')", name="kind"),
        UniqueConstraint("coordinator_id", "kind"),
    )

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    coordinator_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("coordinators.id"))
    kind: Mapped[str] = mapped_column(CanonicalString(20))
    salt: Mapped[bytes] = mapped_column(CanonicalBytes)
    parameters: Mapped[str] = mapped_column(CanonicalString(80))
    envelope: Mapped[bytes] = mapped_column(CanonicalBytes)


class PurposeKey(Model):
    """A public key for one purpose and epoch of a call or an event, and the MAC that authenticates it."""

    __tablename__ = "purpose_keys"
    __table_args__ = (
        CheckConstraint("epoch >= 1", name="epoch"),
        UniqueConstraint("owner_id", "purpose", "epoch"),
    )

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(CanonicalUuid)
    purpose: Mapped[str] = mapped_column(CanonicalString(20))
    epoch: Mapped[int]
    public_key: Mapped[bytes] = mapped_column(CanonicalBytes)
    mac: Mapped[bytes] = mapped_column(CanonicalBytes(32))
    #: Loaded with the key in one statement by `services.keys.purpose_keys`, never lazily.
    holders: Mapped[list["PurposeKeyHolder"]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, lazy="raise"
    )

    @property
    def holder_ids(self) -> frozenset[UUID]:
        """The coordinators and recovery keys that the private half was sealed to."""
        return frozenset(holder.holder_id for holder in self.holders)


class PurposeKeyHolder(Model):
    """One holder of a purpose key: a coordinator, or the coalition's recovery key. The key's MAC covers all of them."""

    __tablename__ = "purpose_key_holders"
    __table_args__ = (
        CheckConstraint("(coordinator_id IS NULL) <> (recovery_key_id IS NULL)", name="one_holder"),
        UniqueConstraint("purpose_key_id", "coordinator_id"),
        UniqueConstraint("purpose_key_id", "recovery_key_id"),
    )

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    purpose_key_id: Mapped[UUID] = mapped_column(
        CanonicalUuid, ForeignKey("purpose_keys.id", ondelete="CASCADE")
    )
    coordinator_id: Mapped[UUID | None] = mapped_column(
        CanonicalUuid, ForeignKey("coordinators.id")
    )
    recovery_key_id: Mapped[UUID | None] = mapped_column(
        CanonicalUuid, ForeignKey("recovery_keys.id")
    )

    @property
    def holder_id(self) -> UUID:
        """Whose public key the private half was sealed to: `PurposeKeySeal.holder_id` in the erasure store."""
        holder = self.coordinator_id or self.recovery_key_id
        if holder is None:
            raise ValueError("a holder that is neither a coordinator nor a recovery key")
        return holder


class RecoveryKey(Model):
    """The public half of the coalition's recovery key (key escrow). Any two of three printed sheets open the other.

    For a while there may be two: the newer one, and the one before until all sheets of the newer one were rehearsed.
    """

    __tablename__ = "recovery_keys"

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    epoch: Mapped[int] = mapped_column(unique=True)
    public_key: Mapped[bytes] = mapped_column(CanonicalBytes)
    mac: Mapped[bytes] = mapped_column(CanonicalBytes(32))


class RecoveryPair(Authenticated, Model):
    """The recovery key's seed, sealed for two of the three sheets, and the day on which that pair was rehearsed.

    The marks recognise a typed sheet; they open nothing.
    """

    __tablename__ = "recovery_pairs"
    __table_args__ = (
        CheckConstraint(
            "first_sheet >= 1 AND first_sheet < second_sheet AND second_sheet <= 3",
            name="two_of_three",
        ),
        UniqueConstraint("recovery_key_id", "first_sheet", "second_sheet"),
    )

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    recovery_key_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("recovery_keys.id"))
    first_sheet: Mapped[int]
    second_sheet: Mapped[int]
    first_mark: Mapped[bytes] = mapped_column(CanonicalBytes(32))
    second_mark: Mapped[bytes] = mapped_column(CanonicalBytes(32))
    envelope: Mapped[bytes] = mapped_column(CanonicalBytes)
    made_on: Mapped[date]
    proved_on: Mapped[date | None]

    @property
    def sheets(self) -> tuple[int, int]:
        """The numbers of the two sheets that open it."""
        return self.first_sheet, self.second_sheet

    @property
    def marks(self) -> dict[bytes, int]:
        """The number of each sheet, by its mark."""
        return {self.first_mark: self.first_sheet, self.second_mark: self.second_sheet}


class NewsWish(Model):
    """A coordinator's notification setting: how often, and to which address, which is sealed to the mailer.

    Only days are kept: the news of all days from `news_from` to `told_through` were in the last mail, or were no news.
    With 0 for `every_days` there is no mail about news. `noticed_n` is the newest entry of the record that was looked
    at for acts that they are always told about.
    """

    __tablename__ = "news_wishes"
    __table_args__ = (CheckConstraint("every_days IN (0, 1, 7)", name="every_days"), PEOPLE)

    coordinator_id: Mapped[UUID] = mapped_column(
        CanonicalUuid, ForeignKey("coordinators.id"), primary_key=True
    )
    every_days: Mapped[int]
    secret_id: Mapped[UUID] = mapped_column(CanonicalUuid, unique=True)
    envelope: Mapped[bytes] = mapped_column(CanonicalBytes)
    news_from: Mapped[date]
    told_through: Mapped[date]
    mailed_on: Mapped[date | None]
    #: When the record's code was last mailed, or the day before it was asked for; None where it was not.
    code_mailed_on: Mapped[date | None]
    noticed_n: Mapped[int]
