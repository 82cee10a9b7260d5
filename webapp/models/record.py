"""The record: who opened or exported what, and why. Random ids only, never what was inside."""

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, LargeBinary, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Model


class AuditEntry(Model):
    """One link of the HMAC chain. `at` is epoch seconds rounded to the minute, or to the day for the public door."""

    __tablename__ = "audit_entries"

    n: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[int] = mapped_column(BigInteger)
    actor: Mapped[str] = mapped_column(String(40))
    tag: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID | None] = mapped_column(Uuid)
    reason: Mapped[str] = mapped_column(String(200))
    mac: Mapped[bytes] = mapped_column(LargeBinary(32))


class AuditHead(Model):
    """The end of the chain: one row, locked by whoever adds a link."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(BigInteger)
    mac: Mapped[bytes] = mapped_column(LargeBinary(32))


class AuditNote(Model):
    """What happened at the public door, waiting for the worker to link it. Day only; the door can only insert."""

    __tablename__ = "audit_notes"
    __table_args__ = ({"sqlite_with_rowid": False},)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    on: Mapped[date]
    tag: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID] = mapped_column(Uuid)


class Export(Model):
    """One download of consented contacts."""

    __tablename__ = "exports"
    __table_args__ = (CheckConstraint("file_format IN ('xlsx', 'csv')", name="file_format"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    call_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("calls.id"))
    coordinator_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("coordinators.id"))
    purpose: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(String(200))
    file_format: Mapped[str] = mapped_column(String(10))
    made_on: Mapped[date]


class ExportedSubmission(Model):
    """Whose consent, at which number, an export rested on: later withdrawals can then be listed."""

    __tablename__ = "exported_submissions"
    __table_args__ = ({"sqlite_with_rowid": False},)

    export_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("exports.id"), primary_key=True)
    submission_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, index=True)
    consent_n: Mapped[int]
