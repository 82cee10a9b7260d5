"""Submissions with their sealed parts, participants' own copies, append-only consents, and tombstones."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    TextClause,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from webapp.canonical_types import (
    CanonicalBytes,
    CanonicalInteger,
    CanonicalString,
    CanonicalUuid,
)
from webapp.extensions import Model
from webapp.models.authenticated import Authenticated
from webapp.models.state_columns import in_list, state_column
from webapp.rules.looks import LookKind
from webapp.rules.roles import Role

PEOPLE = {"sqlite_with_rowid": False}
PARTS = "('contact', 'testimony', 'equality')"
TYPED_BY = "('self', 'helper', 'coordinator')"


def _partial(name: str, *columns: str, where: TextClause) -> Index:
    """A partial index: what most submissions never have costs no one who sends answers anything."""
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


class SetAside(Authenticated, Model):
    """A bulk act of moderation: submissions that a coordinator put aside as not genuine, together, and can put back."""

    __tablename__ = "set_asides"

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    call_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("calls.id"))
    coordinator_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("coordinators.id"))
    made_on: Mapped[date]
    people: Mapped[int]
    #: Put back: the submissions are in the lists again.
    undone_on: Mapped[date | None]


class Submission(Authenticated, Model):
    """One participant's submission to one form version: metadata only, by day. The answers are sealed in its parts."""

    __tablename__ = "submissions"
    __table_args__ = (
        CheckConstraint(f"typed_by IN {TYPED_BY}", name="typed_by"),
        # All that the list of a call shows, filters and counts by, so that none of it reads the rows.
        Index(
            "ix_submissions_listed",
            "call_id",
            "received_on",
            "id",
            "set_aside_id",
            "first_opened_on",
            "language",
            "typed_by",
            "answers_changed_on",
            "contact_changed_on",
            "do_not_contact_on",
        ),
        _partial(
            "ix_submissions_unread",
            *("call_id", "received_on", "id"),
            where=text("first_opened_on IS NULL AND set_aside_id IS NULL"),
        ),
        _partial(
            "ix_submissions_set_aside_id",
            "set_aside_id",
            where=text("set_aside_id IS NOT NULL"),
        ),
        _partial(
            "ix_submissions_answers_changed_on",
            "answers_changed_on",
            where=text("answers_changed_on IS NOT NULL"),
        ),
        _partial(
            "ix_submissions_contact_changed_on",
            "contact_changed_on",
            where=text("contact_changed_on IS NOT NULL"),
        ),
        _partial(
            "ix_submissions_do_not_contact_on",
            "do_not_contact_on",
            where=text("do_not_contact_on IS NOT NULL"),
        ),
        PEOPLE,
    )

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    call_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("calls.id"))
    form_version: Mapped[int]
    language: Mapped[str] = mapped_column(CanonicalString(10))
    received_on: Mapped[date]
    #: None until a coordinator opens it, and again once the answers were changed.
    first_opened_on: Mapped[date | None]
    #: Who typed it. The words are the participant's own in each case.
    typed_by: Mapped[str] = mapped_column(CanonicalString(12))
    answers_changed_on: Mapped[date | None]
    contact_changed_on: Mapped[date | None]
    #: They asked not to be contacted, whatever consents stand. The record says who entered it.
    do_not_contact_on: Mapped[date | None]
    #: The last day on which a coordinator changed something for them: *My choices* tells them.
    changed_for_them_on: Mapped[date | None]
    #: The bulk act that put it aside as not genuine: it is in no list until it is put back.
    set_aside_id: Mapped[UUID | None] = mapped_column(CanonicalUuid, ForeignKey("set_asides.id"))
    #: How many consents there are: one that was put in or taken out by hand is seen.
    consent_count: Mapped[int]

    @property
    def contact_told_on(self) -> date:
        """The day on which the contact details that are held were said to be safe."""
        return contact_told_on(self)


def contact_told_on(row: Any) -> date:
    """The same of a row of `submissions` that was read without an object."""
    day: date = row.contact_changed_on or row.received_on
    return day


class Part(Authenticated, Model):
    """One sealed piece of a submission. An equality part names no submission: it must not be linkable to a person."""

    __tablename__ = "parts"
    __table_args__ = (
        CheckConstraint(f"purpose IN {PARTS}", name="purpose"),
        CheckConstraint(
            "(purpose = 'equality') = (submission_id IS NULL)", name="equality_stands_alone"
        ),
        UniqueConstraint("submission_id", "purpose"),
        # What is due is read in this order; how much of a kind is due is counted in it.
        Index("ix_parts_due", "due_on", "call_id", "purpose", "id", "submission_id"),
        # What is still sealed to an older epoch is counted in it.
        Index("ix_parts_epoch", "call_id", "purpose", "epoch"),
        PEOPLE,
    )

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    call_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("calls.id"))
    submission_id: Mapped[UUID | None] = mapped_column(CanonicalUuid, ForeignKey("submissions.id"))
    purpose: Mapped[str] = mapped_column(CanonicalString(20))
    epoch: Mapped[int]
    form_version: Mapped[int]
    secret_id: Mapped[UUID] = mapped_column(CanonicalUuid, unique=True)
    envelope: Mapped[bytes] = mapped_column(CanonicalBytes)
    due_on: Mapped[date]

    @property
    def owner_id(self) -> UUID:
        """The owner of the purpose keys that it is sealed to: its call."""
        return self.call_id

    @property
    def bound_to(self) -> UUID:
        """The owner in its associated data: its submission, or the call for an equality part, which has none."""
        return self.submission_id or self.call_id


class WaitingPart(Model):
    """An equality part that waits to be written into `parts`, in a batch with others: a mix in the sense of Chaum.

    The row as it will stand there is sealed to the worker, its id and its secret's id included. So neither the place of
    this row among submissions, nor a copy of the database from now beside one from later, leads to a part. `lookup` is
    a keyed hash of the part's id, by which its owner's code finds it.
    """

    __tablename__ = "waiting_parts"
    __table_args__ = (PEOPLE,)

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    call_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("calls.id"))
    lookup: Mapped[bytes] = mapped_column(CanonicalBytes(32), unique=True)
    #: The data key, sealed to the worker, and the row under it.
    sealed_key: Mapped[bytes] = mapped_column(CanonicalBytes)
    envelope: Mapped[bytes] = mapped_column(CanonicalBytes)
    #: The day that the part's secret has in `erasure`: the first of a month. The part waits until then at most.
    secret_made_on: Mapped[date]
    due_on: Mapped[date]


class OwnCopy(Authenticated, Model):
    """The participant's own sealed copy of one part, found and opened with their code alone.

    There is one for each part, so that each lives no longer than the part that it copies.
    """

    __tablename__ = "own_copies"
    __table_args__ = (
        CheckConstraint(f"purpose IN {PARTS}", name="purpose"),
        UniqueConstraint("lookup", "purpose"),
        Index("ix_own_copies_submission", "submission_id"),
        Index("ix_own_copies_due", "due_on", "id", "purpose", "submission_id"),
        PEOPLE,
    )

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    lookup: Mapped[bytes] = mapped_column(CanonicalBytes(32))
    submission_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("submissions.id"))
    purpose: Mapped[str] = mapped_column(CanonicalString(20))
    secret_id: Mapped[UUID] = mapped_column(CanonicalUuid, unique=True)
    envelope: Mapped[bytes] = mapped_column(CanonicalBytes)
    due_on: Mapped[date]


class Consent(Authenticated, Model):
    """An append-only grant or withdrawal of consent. Of one submission and purpose, the highest number stands."""

    __tablename__ = "consents"
    __table_args__ = (
        CheckConstraint("n >= 1", name="n"),
        # SQLite uses a partial index only where a statement has its very condition: there, a boolean is compared.
        Index(
            "ix_consents_granted",
            "purpose",
            "member_list_id",
            "submission_id",
            sqlite_where=text("granted = 1"),
            postgresql_where=text("granted"),
        ),
        Index(
            "ix_consents_withdrawn",
            "changed_on",
            sqlite_where=text("granted = 0"),
            postgresql_where=text("NOT granted"),
        ),
        PEOPLE,
    )

    submission_id: Mapped[UUID] = mapped_column(
        CanonicalUuid, ForeignKey("submissions.id"), primary_key=True
    )
    purpose: Mapped[str] = mapped_column(CanonicalString(40), primary_key=True)
    n: Mapped[int] = mapped_column(CanonicalInteger, primary_key=True, autoincrement=False)
    granted: Mapped[bool]
    statement_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("consent_statements.id"))
    changed_on: Mapped[date]
    #: The list of members that was shown with the words, where a consent is about sharing; it covers no one else.
    member_list_id: Mapped[UUID | None] = mapped_column(
        CanonicalUuid, ForeignKey("member_lists.id")
    )


class Look(Authenticated, Model):
    """Access transparency: a person's data was opened, for that person to read in *My choices*. Append-only.

    By day, with a role and the key of a reason, and no coordinator. The id is derived from what the record and the
    lists say of it, under a key, so that one that is missing is noticed (`services.infrastructure.look_ids`).
    """

    __tablename__ = "looks"
    __table_args__ = (
        CheckConstraint(f"kind IN {in_list(LookKind)}", name="kind"),
        CheckConstraint(f"role IN {in_list(Role)}", name="role"),
        PEOPLE,
    )

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    submission_id: Mapped[UUID] = mapped_column(
        CanonicalUuid, ForeignKey("submissions.id"), index=True
    )
    looked_on: Mapped[date]
    kind: Mapped[LookKind] = mapped_column(state_column(LookKind))
    role: Mapped[Role] = mapped_column(state_column(Role, 20))
    #: The key of the reason (`rules.reasons`); None where the kind of look is the reason.
    reason: Mapped[str | None] = mapped_column(CanonicalString(60))
    #: Of a list: the consent that it rests on, and until when all copies are deleted.
    purpose: Mapped[str | None] = mapped_column(CanonicalString(40))
    delete_by: Mapped[date | None]
    #: Of what was crossed out: the look of the list.
    list_look_id: Mapped[UUID | None] = mapped_column(CanonicalUuid)
    #: Of a list that was made for a member organisation: which. Of what a person opened who is not of the host: whose
    #: person that was.
    recipient_id: Mapped[UUID | None] = mapped_column(CanonicalUuid, ForeignKey("organisations.id"))


class Tombstone(Authenticated, Model):
    """A tombstone: this id was erased. Until `done`, its crypto-shredding key may still have to be deleted."""

    __tablename__ = "tombstones"
    __table_args__ = (
        CheckConstraint("NOT done OR secret_id IS NULL", name="done"),
        Index(
            "ix_tombstones_waiting",
            "id",
            sqlite_where=text("done = 0"),
            postgresql_where=text("NOT done"),
        ),
        # Who was erased in the last days is asked for lists that were downloaded.
        Index("ix_tombstones_erased_on", "erased_on", "id"),
        PEOPLE,
    )

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    erased_on: Mapped[date]
    secret_id: Mapped[UUID | None] = mapped_column(CanonicalUuid)
    done: Mapped[bool]
