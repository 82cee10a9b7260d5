"""Rows without an erasure secret: an older backup of `main` was restored, with rows that were crypto-shredded since.

They cannot be decrypted, but they would be counted, listed and exported. What the tombstone file names was erased for
certain and is removed again. What it does not name is removed only while it is a small share of all rows: an erasure
store that is empty, or another instance's, must not make the worker delete everything.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.extensions import current_settings
from webapp.models import (
    EntryDraft,
    ErasureSecret,
    EventMessage,
    OwnCopy,
    Part,
    RegistrationPart,
    ReturnDraft,
    SharedContact,
)
from webapp.rules.audit_events import AuditEvent
from webapp.services.answers import erasing, submission_locks
from webapp.services.events import waiting_list
from webapp.services.events.registrations import NoSuchRegistration
from webapp.services.infrastructure import audit, clock_guard, stores
from webapp.services.infrastructure.row_authentication import TOLERANT
from webapp.services.infrastructure.stored_keys import as_stored
from webapp.services.sealed import ended_shares, shredding, tombstone_file

BATCH = 500
#: Every kind of row that is worthless without its secret.
KINDS: tuple[type[Any], ...] = (
    Part,
    OwnCopy,
    RegistrationPart,
    ReturnDraft,
    EntryDraft,
    EventMessage,
    SharedContact,
)


class TooManyUnreadable(Exception):
    """So many rows lack their secret that the erasure store itself may be the wrong one. None of them was removed."""

    def __init__(self, count: int) -> None:
        super().__init__(str(count))
        self.count = count


@dataclass
class Look:
    """What was found of one kind or of all: how many rows there are, and which have no secret."""

    held: int = 0
    missing: dict[type[Any], set[UUID]] = field(
        default_factory=lambda: {kind: set() for kind in KINDS}
    )

    @property
    def ids(self) -> set[UUID]:
        """The rows without a secret, of all kinds."""
        return set().union(*self.missing.values())


def remove(*, actor: str = audit.WORKER, confirmed: bool = False) -> int:
    """Remove every row that lost its secret, and the orphans that this leaves. Returns how many rows.

    Idempotent. `confirmed` by an operator, however many they are; otherwise raises
    `TooManyUnreadable` after what the tombstone file names has gone. Raises `StoreUnavailable`.
    """
    found = _look()
    erased = tombstone_file.listed(found.ids)
    unnamed = found.ids - erased
    is_much = bool(unnamed) and _is_much(len(unnamed), found)
    going = erased if is_much and not confirmed else found.ids
    _remove(found, going, actor)
    waiting = len(found.ids - going)
    clock_guard.note_unreadable(waiting)
    if waiting:
        raise TooManyUnreadable(waiting)
    return len(going)


def delete_again() -> int:
    """After an older `erasure` was put back: delete again the secrets of everything that the tombstone file names.

    The rows that `main` has of it go as every row without a secret (`remove`). A secret that was replaced (resealing)
    is named as well, while the row lives on: where `main` is from before, that row still needs it, and it stays.
    Returns how many secrets went. Raises `StoreUnavailable`.
    """
    erased = tombstone_file.everything()
    by_row, needed = set[UUID](), set[UUID]()
    for kind in KINDS:
        for batch in _batches(kind):
            for row_id, secret in batch.items():
                # Until December 2026 the file had the ids of rows alone: their secrets are found by them.
                (by_row if row_id in erased else needed).add(secret)
    going, gone = sorted((erased - needed) | by_row), 0
    for start in range(0, len(going), BATCH):
        these = ErasureSecret.id.in_(going[start : start + BATCH])
        with stores.writing("erasure") as erasure_store:
            gone += len(
                erasure_store.scalars(
                    delete(ErasureSecret).where(these).returning(ErasureSecret.id)
                ).all()
            )
    return gone


def unreadable() -> int:
    """How many rows have lost their secret, for an operator who decides about them."""
    return len(_look().ids)


def unreadable_and_unnamed() -> int:
    """The same without those that the tombstone file names, which were deleted while a backup was made."""
    return len(_look().ids - tombstone_file.everything())


def _is_much(unnamed: int, found: Look) -> bool:
    nothing_opens = len(found.ids) == found.held
    return nothing_opens or unnamed * 100 > found.held * current_settings().erase_share


def _look() -> Look:
    found = Look()
    for kind in KINDS:
        for batch in _batches(kind):
            found.held += len(batch)
            # The rows were read first, and a secret is always there before its row: so none is missed.
            found.missing[kind] |= _without_secret(batch)
    return found


def _batches(kind: type[Any]) -> Iterator[dict[UUID, UUID]]:
    """The secret's id of every row, by the row's id (keyset pagination)."""
    stored = as_stored(kind.id)
    query = select(stored, kind.id, kind.secret_id).order_by(stored).limit(BATCH)
    after: Any = None
    while True:
        with stores.reading() as main:
            rows = main.execute(query if after is None else query.where(stored > after)).all()
        if not rows:
            return
        # A row with a malformed id is false, and found as such; no secret was lost.
        ids = [(row.id, row.secret_id) for row in rows]
        yield {one: secret for one, secret in ids if _is_id(one) and _is_id(secret)}
        after = rows[-1].stored_id


def _without_secret(batch: dict[UUID, UUID]) -> set[UUID]:
    with stores.reading("erasure") as erasure_store:
        there = set(
            erasure_store.scalars(
                select(ErasureSecret.id).where(ErasureSecret.id.in_(list(batch.values())))
            )
        )
    return {row_id for row_id, secret_id in batch.items() if secret_id not in there}


def _is_id(value: Any) -> bool:
    return isinstance(value, UUID)


def _remove(found: Look, going: set[UUID], actor: str) -> None:
    steps: dict[type[Any], Callable[[set[UUID], str], None]] = {
        Part: _remove_parts,
        OwnCopy: _remove_copies,
        RegistrationPart: _remove_registrations,
        ReturnDraft: partial(_remove_words, ReturnDraft),
        EntryDraft: partial(_remove_words, EntryDraft),
        EventMessage: partial(_remove_words, EventMessage),
        SharedContact: _remove_shared,
    }
    for kind, step in steps.items():
        ids = sorted(found.missing[kind] & going)
        for start in range(0, len(ids), BATCH):
            step(set(ids[start : start + BATCH]), actor)
    if going:
        shredding.finish_waiting()


def _removal_of(part: Part) -> tuple[UUID, AuditEvent]:
    if part.submission_id is None:
        return part.call_id, AuditEvent.RESTORED_EQUALITY_REMOVED
    return part.submission_id, AuditEvent.RESTORED_SUBMISSION_REMOVED


def _remove_parts(ids: set[UUID], actor: str) -> None:
    with stores.writing() as main:
        owners = _lock_owners(main, Part, ids)
        parts = _still_there(main, Part, ids)
        # Answers about equality name no person: then it is the call.
        removals = sorted({_removal_of(part) for part in parts})
        shredding.shred_parts(main, parts)
        erasing.remove_empty_submissions(main, owners)
        # Lock order: the head of the record last.
        for subject, event in removals:
            audit.enter(main, actor, event, subject)


def _remove_copies(ids: set[UUID], actor: str) -> None:
    """Not in the record: each goes with the part that it copied."""
    with stores.writing() as main:
        owners = _lock_owners(main, OwnCopy, ids)
        shredding.shred_parts(main, _still_there(main, OwnCopy, ids))
        erasing.remove_empty_submissions(main, owners)


def _remove_registrations(ids: set[UUID], actor: str) -> None:
    """A registration goes when nothing of it opens; its seat is given on. Otherwise an older answer goes alone."""
    with stores.reading() as main:
        named = select(RegistrationPart.registration_id).where(RegistrationPart.id.in_(ids))
        people = sorted(set(main.scalars(named)))
    for registration_id in people:
        with suppress(NoSuchRegistration), stores.writing() as main:
            waiting_list.lock_with_event(main, registration_id)
            _remove_registration(main, registration_id, ids, actor)


def _remove_registration(main: Session, registration_id: UUID, ids: set[UUID], actor: str) -> None:
    mine = select(RegistrationPart).where(RegistrationPart.registration_id == registration_id)
    parts = main.scalars(mine.execution_options(**TOLERANT)).all()
    gone = [part for part in parts if part.id in ids]
    if len(gone) < len(parts):
        shredding.shred_parts(main, gone)
    else:
        waiting_list.take_out(main, registration_id)
        audit.enter(main, actor, AuditEvent.RESTORED_REGISTRATION_REMOVED, registration_id)


def _remove_words(kind: type[Any], ids: set[UUID], actor: str) -> None:
    """Drafts, and messages to everyone at an event. Not in the record: they are about no person by an id."""
    with stores.writing() as main:
        shredding.shred_parts(main, _still_there(main, kind, ids))


def _remove_shared(ids: set[UUID], actor: str) -> None:
    """Not in the record: it was ended before, by the person or with a membership."""
    with stores.writing() as main:
        _lock_owners(main, SharedContact, ids)
        ended_shares.end(main, SharedContact.id.in_(ids))


def _lock_owners(main: Session, kind: type[Any], ids: set[UUID]) -> list[UUID]:
    named = select(kind.submission_id).where(kind.id.in_(ids), kind.submission_id.is_not(None))
    return submission_locks.lock_submissions(main, set(main.scalars(named)))


def _still_there(main: Session, kind: type[Any], ids: set[UUID]) -> list[Any]:
    these = select(kind).where(kind.id.in_(ids)).order_by(kind.id).with_for_update()
    return list(main.scalars(these.execution_options(**TOLERANT)))
