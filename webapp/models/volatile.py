"""The volatile store: encrypted server-side sessions and rate limits, which may be lost and are gone within hours."""

from datetime import date
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from webapp.canonical_types import (
    CanonicalBigInteger,
    CanonicalBytes,
    CanonicalUuid,
)
from webapp.extensions import Model
from webapp.models.table_options import VACUUMED_AT_ONCE


class PublicVisit(Model):
    """An encrypted server-side session at the public door, with a version column (optimistic locking).

    Times are epoch seconds, rounded to the minute.
    """

    __bind_key__ = "volatile"
    __tablename__ = "public_visits"
    __table_args__ = (
        Index("ix_public_visits_expires_at", "expires_at"),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[bytes] = mapped_column(CanonicalBytes(32), primary_key=True)
    version: Mapped[int]
    sealed: Mapped[bytes] = mapped_column(CanonicalBytes)
    expires_at: Mapped[int] = mapped_column(CanonicalBigInteger)
    ends_at: Mapped[int] = mapped_column(CanonicalBigInteger)


class DeskVisit(Model):
    """An encrypted server-side session at the desk; its coordinator is in the clear, to list and end their own.

    `session_id` is that of its keyring: it stays when the secret, and with it the row, is a new one. Both are
    authenticated with the content.
    """

    __bind_key__ = "volatile"
    __tablename__ = "desk_visits"
    __table_args__ = (
        Index("ix_desk_visits_expires_at", "expires_at"),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[bytes] = mapped_column(CanonicalBytes(32), primary_key=True)
    version: Mapped[int]
    sealed: Mapped[bytes] = mapped_column(CanonicalBytes)
    expires_at: Mapped[int] = mapped_column(CanonicalBigInteger)
    ends_at: Mapped[int] = mapped_column(CanonicalBigInteger)
    coordinator_id: Mapped[UUID | None] = mapped_column(CanonicalUuid, index=True)
    session_id: Mapped[UUID | None] = mapped_column(CanonicalUuid)


class SessionKeyring(Model):
    """The purpose keys that one desk session reaches, sealed under a key which is in that session's Visit alone.

    `ends_at` (epoch seconds) only says when the worker may delete it: without its Visit, which is authenticated and
    ends no later, no key to it is left. `note` says what the list of sessions shows of this one, sealed under a key
    that all sessions of its coordinator have; None where there was nothing to note.
    """

    __bind_key__ = "volatile"
    __tablename__ = "session_keyrings"
    __table_args__ = ({"sqlite_with_rowid": False},)

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    coordinator_id: Mapped[UUID] = mapped_column(CanonicalUuid, index=True)
    ends_at: Mapped[int] = mapped_column(CanonicalBigInteger)
    sealed: Mapped[bytes] = mapped_column(CanonicalBytes)
    note: Mapped[bytes | None] = mapped_column(CanonicalBytes)


class RateBucket(Model):
    """A token bucket of the rate limits, named by a MAC under a key of the doors and a salt of the day.

    `full_at` is the moment at which it will have all its tokens, in thousandths of a second since 1970: the beginning
    of a whole minute, and the time that a token takes for each one that is missing.
    """

    __bind_key__ = "volatile"
    __tablename__ = "rate_buckets"
    __table_args__ = (
        Index("ix_rate_buckets_full_at", "full_at"),
        {"sqlite_with_rowid": False},
    )

    key: Mapped[bytes] = mapped_column(CanonicalBytes(32), primary_key=True)
    full_at: Mapped[int] = mapped_column(CanonicalBigInteger)


class DailySalt(Model):
    """The salt in the names of today's buckets: yesterday's cannot be linked to a network, with any key."""

    __bind_key__ = "volatile"
    __tablename__ = "daily_salts"
    __table_args__ = ({"postgresql_with": VACUUMED_AT_ONCE},)

    day: Mapped[date] = mapped_column(primary_key=True)
    salt: Mapped[bytes] = mapped_column(CanonicalBytes(32))
