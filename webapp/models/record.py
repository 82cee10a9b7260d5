"""The audit log (a hash chain), and exports with what they rested on. Random ids only, never what was opened."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from webapp.canonical_types import (
    CanonicalBigInteger,
    CanonicalBytes,
    CanonicalString,
    CanonicalText,
    CanonicalUuid,
)
from webapp.extensions import Model
from webapp.models.authenticated import Authenticated


class AuditEntry(Model):
    """An audit log entry: one link of the HMAC hash chain.

    `at` is epoch seconds rounded to the minute, or to the day for the public door.
    `tag` is the value of an `AuditEvent`, `detail` the canonical JSON of its detail, `capacity` that of a coordinator's
    roles and organisation at that moment. None in entries made before that was kept, and in those of others.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_at", "at"),
        Index("ix_audit_entries_actor", "actor", "tag", "at"),
    )

    n: Mapped[int] = mapped_column(CanonicalBigInteger, primary_key=True, autoincrement=False)
    at: Mapped[int] = mapped_column(CanonicalBigInteger)
    actor: Mapped[str] = mapped_column(CanonicalString(40))
    tag: Mapped[str] = mapped_column(CanonicalString(40))
    subject_id: Mapped[UUID | None] = mapped_column(CanonicalUuid)
    reason: Mapped[str] = mapped_column(CanonicalString(200))
    detail: Mapped[str | None] = mapped_column(CanonicalText)
    capacity: Mapped[str | None] = mapped_column(CanonicalText)
    mac: Mapped[bytes] = mapped_column(CanonicalBytes(32))


class AuditHead(Model):
    """The head of the hash chain: one row, locked by every writer that appends a link."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(CanonicalBigInteger)
    mac: Mapped[bytes] = mapped_column(CanonicalBytes(32))


class RecordCheck(Model):
    """The worker's last verification of the audit log, and what a person has confirmed: one row, under a MAC.

    See `services.infrastructure.record_check`.
    """

    __tablename__ = "record_checks"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    checked_on: Mapped[date]
    entries: Mapped[int] = mapped_column(CanonicalBigInteger)
    #: What was found and waits for a person: the canonical JSON of a `RecordFinding`; None while there is nothing.
    found: Mapped[str | None] = mapped_column(CanonicalText)
    found_on: Mapped[date | None]
    #: Numbers of altered or removed entries that a person has confirmed, as `NumberRanges` writes them.
    known: Mapped[str] = mapped_column(CanonicalText)
    #: So many lines the file of noted heads had, and so many of them a person has set aside.
    noted: Mapped[int] = mapped_column(CanonicalBigInteger)
    set_aside: Mapped[int] = mapped_column(CanonicalBigInteger)
    mac: Mapped[bytes] = mapped_column(CanonicalBytes(32))


class AuditNote(Authenticated, Model):
    """An audit event of the public door, queued for the worker to link. Day only; the door's role may only insert."""

    __tablename__ = "audit_notes"
    __table_args__ = (
        Index("ix_audit_notes_on", "on", "subject_id"),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    on: Mapped[date]
    tag: Mapped[str] = mapped_column(CanonicalString(40))
    subject_id: Mapped[UUID] = mapped_column(CanonicalUuid)


class Export(Model):
    """One export of the contacts of participants who consented."""

    __tablename__ = "exports"
    __table_args__ = (CheckConstraint("file_format IN ('xlsx', 'csv')", name="file_format"),)

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    call_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("calls.id"))
    coordinator_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("coordinators.id"))
    purpose: Mapped[str] = mapped_column(CanonicalString(40))
    reason: Mapped[str] = mapped_column(CanonicalString(200))
    file_format: Mapped[str] = mapped_column(CanonicalString(10))
    made_on: Mapped[date]
    #: The coordinator gave a reason in their own words, and not the consent's purpose.
    outside_permission: Mapped[bool]
    #: The first day on which contact details in it are deleted here. None for an empty list.
    delete_by: Mapped[date | None]
    #: The member organisation that a list for sharing is passed on to: it has those whose yes covers it.
    recipient_id: Mapped[UUID | None] = mapped_column(CanonicalUuid, ForeignKey("organisations.id"))


class ExportedSubmission(Model):
    """The consent, with its number, on which one line of an export rested: later withdrawals can then be listed.

    `part_id`: the contact part that was in it. None in lists made before that was kept.
    """

    __tablename__ = "exported_submissions"
    __table_args__ = ({"sqlite_with_rowid": False},)

    export_id: Mapped[UUID] = mapped_column(
        CanonicalUuid, ForeignKey("exports.id"), primary_key=True
    )
    submission_id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True, index=True)
    consent_n: Mapped[int]
    part_id: Mapped[UUID | None] = mapped_column(CanonicalUuid)


class CrossedOut(Model):
    """A coordinator confirmed that a participant was crossed out in every copy of one export's file.

    `kind`: the whole line because they may not be contacted; the line because their ways changed; the helper alone.
    `part_id`: for changed ways, the newest contact part at that moment, so that a later change comes up again.
    """

    __tablename__ = "crossed_out"
    __table_args__ = (
        CheckConstraint("kind IN ('line', 'ways', 'helper')", name="kind"),
        {"sqlite_with_rowid": False},
    )

    export_id: Mapped[UUID] = mapped_column(
        CanonicalUuid, ForeignKey("exports.id"), primary_key=True
    )
    submission_id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    kind: Mapped[str] = mapped_column(CanonicalString(12), primary_key=True)
    part_id: Mapped[UUID | None] = mapped_column(CanonicalUuid)
    crossed_on: Mapped[date]
    coordinator_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("coordinators.id"))


class ListFinding(Model):
    """A line of an exported list that the worker found to be crossed out, when it last went through all lists.

    `is_false`: because rows of this participant were put in, changed or removed by hand.
    """

    __tablename__ = "list_findings"
    __table_args__ = ({"sqlite_with_rowid": False},)

    export_id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    submission_id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    is_false: Mapped[bool]


class ListRound(Authenticated, Model):
    """How far the worker has gone through the lines of all lists: one row.

    What was withdrawn or changed before `whole_since` is in the findings; pages look for what came later.
    """

    __tablename__ = "list_rounds"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    whole_since: Mapped[date]
