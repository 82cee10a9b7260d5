"""Crypto-shredding: the erasure store, with the keys whose deletion makes sealed values unreadable for ever."""

from datetime import date
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.canonical_types import (
    CanonicalBytes,
    CanonicalUuid,
)
from webapp.extensions import Model
from webapp.models.table_options import VACUUMED_AT_ONCE


class ErasureSecret(Model):
    """A crypto-shredding key, made for one sealing and never used again. Missing means erased."""

    __bind_key__ = "erasure"
    __tablename__ = "erasure_secrets"
    __table_args__ = ({"sqlite_with_rowid": False, "postgresql_with": VACUUMED_AT_ONCE},)

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    secret: Mapped[bytes] = mapped_column(CanonicalBytes(32))
    made_on: Mapped[date]


class PurposeKeySeal(Model):
    """Key wrapping: the private half of a purpose key, sealed to one holder's public key."""

    __bind_key__ = "erasure"
    __tablename__ = "purpose_key_seals"
    __table_args__ = (
        UniqueConstraint("purpose_key_id", "holder_id"),
        {"sqlite_with_rowid": False, "postgresql_with": VACUUMED_AT_ONCE},
    )

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    purpose_key_id: Mapped[UUID] = mapped_column(CanonicalUuid)
    holder_id: Mapped[UUID] = mapped_column(CanonicalUuid)
    envelope: Mapped[bytes] = mapped_column(CanonicalBytes)
    #: None for one from before there were days: a seal of no key is litter two days after it was made.
    made_on: Mapped[date | None]
