"""Erasing: what is sealed is shredded by deleting its erasure secret, in an order that no crash can undo.

1. In `main`, one transaction: the sealed rows go, a tombstone for each stays. 2. Its id goes to the tombstone file, so
that a restored backup can be told what must not come back. 3. In `erasure`, the secrets go. 4. The tombstones are
marked done. Whatever a crash leaves between the steps, `finish_waiting` completes.
"""

import logging
import os
import stat
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from webapp.extensions import current_settings
from webapp.models import (
    Consent,
    EntryDraft,
    ErasureSecret,
    Event,
    EventCount,
    EventMessage,
    NewsWish,
    OutboxMessage,
    OwnCopy,
    Part,
    Registration,
    RegistrationPart,
    ReturnDraft,
    Submission,
    Tombstone,
)
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.services.answers.own_copies import LOOKS, Held, NothingHeld, find_held
from webapp.services.infrastructure import audit, clock_guard, stores
from webapp.settings import WrongSetting

log = logging.getLogger("hearth.erasure")

BATCH = 500
#: Every kind of row with an envelope that an erasure secret protects.
Shreddable = Part | OwnCopy | RegistrationPart | ReturnDraft | EntryDraft | EventMessage
#: Every column that names the erasure secret of something kept. A test compares this with the tables: a column that
#: is missing here would have its secrets swept away.
KEPT = (
    Part.secret_id,
    OwnCopy.secret_id,
    RegistrationPart.secret_id,
    Registration.mail_secret_id,
    OutboxMessage.secret_id,
    ReturnDraft.secret_id,
    EventMessage.secret_id,
    Event.marks_secret_id,
    NewsWish.secret_id,
    EntryDraft.secret_id,
)
PROTECTING = (*KEPT, Tombstone.secret_id)
ORPHAN_AGE = timedelta(days=2)


@dataclass(frozen=True)
class ErasureResult:
    """`complete` is true once nothing can open what was erased; a page says "erased" only then."""

    complete: bool


def erase_held(held: Held) -> ErasureResult:
    """Erase everything that a participant's code leads to, the answers about equality included.

    Only their newest own copy knows which answers about equality are theirs. So whoever corrected since `held` was
    read is looked for once more. Where their code leads nowhere now, another tab or the worker was faster; or they got
    a new code at this very moment, and what they asked for with the old one is done all the same.
    """
    for look in range(LOOKS):
        if _erase(held, at_last=look == LOOKS - 1):
            break
        try:
            held = find_held(held.code)
        except NothingHeld:
            _erase(held, at_last=True)
            break
    return ErasureResult(finish_now())


def is_there(submission_id: UUID) -> bool:
    """Whether anything of this person is held. A code that opens nothing may be one that was replaced."""
    with stores.reading() as main:
        return main.get(Submission, submission_id) is not None


def _erase(held: Held, *, at_last: bool) -> bool:
    """Erase what was read. False when something else is held now; `at_last` it goes all the same: a copy that we did
    not write must not keep anybody from being erased."""
    with stores.writing() as main:
        # Two tabs may want the same; whoever comes second finds nobody, and that is no error.
        if not lock_submissions(main, [held.submission_id]):
            return True
        mine = select(OwnCopy.id).where(OwnCopy.submission_id == held.submission_id)
        if not at_last and set(main.scalars(mine)) != held.copies:
            return False
        _shred_person(main, held)
        audit.note(main, AuditEvent.SUBMISSION_ERASED, held.submission_id)
        return True


def lock_submissions(main: Session, submission_ids: Iterable[UUID]) -> list[UUID]:
    """Lock these submissions until the transaction ends, and return those that there are.

    Everybody who changes, opens, exports or erases locks the submission first, several in the order of their ids,
    and what belongs to it afterwards: so nobody meets half a person, and no two wait for each other.
    """
    query = select(Submission.id).where(Submission.id.in_(list(submission_ids)))
    return list(main.scalars(query.order_by(Submission.id).with_for_update()))


def _shred_person(main: Session, held: Held) -> None:
    person = held.submission_id
    shred_parts(main, main.scalars(select(Part).where(Part.submission_id == person)).all())
    shred_parts(main, main.scalars(select(OwnCopy).where(OwnCopy.submission_id == person)).all())
    if held.equality is not None:
        found = select(Part).where(Part.id == held.equality.part_id).with_for_update()
        shred_parts(main, main.scalars(found).all())
    _remove_submission(main, person)


def shred_parts(main: Session, rows: Sequence[Shreddable]) -> None:
    """Delete sealed rows and leave a tombstone for each, inside the caller's transaction."""
    for row in rows:
        # One may be there that we did not write: it must not keep anybody from being erased.
        main.merge(
            Tombstone(id=row.id, erased_on=clock.today(), secret_id=row.secret_id, done=False)
        )
        main.delete(row)
    main.flush()


def forget_mails(main: Session, subject_id: UUID) -> None:
    """Mails about somebody who is erased are not sent, and nothing is kept to send them."""
    for message in main.scalars(
        select(OutboxMessage).where(OutboxMessage.subject_id == subject_id)
    ):
        if message.secret_id is not None:
            shred_secret(main, message.secret_id)
        main.delete(message)


def _remove_submission(main: Session, submission_id: UUID) -> None:
    forget_mails(main, submission_id)
    main.execute(delete(Consent).where(Consent.submission_id == submission_id))
    removed: Any = main.execute(delete(Submission).where(Submission.id == submission_id))
    if removed.rowcount:
        main.merge(Tombstone(id=submission_id, erased_on=clock.today(), secret_id=None, done=False))
        main.flush()


def shred_registration(main: Session, row: Registration) -> None:
    """Delete a registration with everything sealed for it, inside the caller's transaction. That there was one in its
    state is counted; the caller has locked its event."""
    _count(main, row)
    mine = select(RegistrationPart).where(RegistrationPart.registration_id == row.id)
    shred_parts(main, main.scalars(mine).all())
    forget_mails(main, row.id)
    main.merge(
        Tombstone(id=row.id, erased_on=clock.today(), secret_id=row.mail_secret_id, done=False)
    )
    main.delete(row)
    main.flush()


def _count(main: Session, row: Registration) -> None:
    counted = main.get(EventCount, (row.event_id, row.state), with_for_update=True)
    if counted is None:
        counted = EventCount(event_id=row.event_id, state=row.state, people=0)
        main.add(counted)
    counted.people += 1
    main.flush()


def forget_address(main: Session, row: Registration) -> None:
    """Wipe what was kept to write to a registrant, inside the caller's transaction."""
    if row.mail_secret_id is not None:
        shred_secret(main, row.mail_secret_id)
        row.mail_envelope, row.mail_secret_id = None, None
        row.address_mark = None


def shred_secret(main: Session, secret_id: UUID) -> None:
    """Note that one erasure secret must go, for a value that was wiped from its row."""
    main.add(Tombstone(id=uuid4(), erased_on=clock.today(), secret_id=secret_id, done=False))


def remove_empty_submissions(main: Session, submission_ids: Iterable[UUID]) -> None:
    """Remove what is left of submissions none of whose parts is kept any more."""
    for submission_id in submission_ids:
        kept = select(Part.id).where(Part.submission_id == submission_id).limit(1)
        copied = select(OwnCopy.id).where(OwnCopy.submission_id == submission_id).limit(1)
        if main.scalar(kept) is None and main.scalar(copied) is None:
            _remove_submission(main, submission_id)


def finish_now() -> bool:
    """Delete what waits to be deleted. False when a store or the tombstone file cannot be reached now: then the worker
    goes on, and whoever asked is not told that what they did went wrong."""
    try:
        finish_waiting()
    except (stores.StoreUnavailable, OSError) as error:
        log.warning("erasing waits for the worker: %s", type(error).__name__)
        return False
    return True


def finish_waiting() -> int:
    """Delete the secrets of everything that has a tombstone, and mark it done. Returns how many."""
    finished = 0
    while True:
        with stores.reading() as main:
            waiting = main.execute(
                select(Tombstone.id, Tombstone.secret_id)
                .where(Tombstone.done.is_(False))
                .limit(BATCH)
            ).all()
        if not waiting:
            return finished
        _remember([row.id for row in waiting])
        with stores.writing("erasure") as erasure:
            secrets = _unprotected({row.secret_id for row in waiting if row.secret_id})
            erasure.execute(delete(ErasureSecret).where(ErasureSecret.id.in_(secrets)))
        with stores.writing() as main:
            ids = [row.id for row in waiting]
            main.execute(
                update(Tombstone).where(Tombstone.id.in_(ids)).values(done=True, secret_id=None)
            )
        finished += len(waiting)


def _unprotected(secret_ids: set[UUID]) -> set[UUID]:
    """Those that nothing kept needs any more. A tombstone that says otherwise was not written by us: who can write to
    the main store alone must not be able to destroy what the erasure store protects."""
    with stores.reading() as main:
        for column in KEPT:
            needed = select(column).where(column.in_(secret_ids))
            secret_ids = secret_ids - set(main.scalars(needed))
    return secret_ids


def _remember(ids: Iterable[UUID]) -> None:
    """Write ids to the tombstone file and wait until the disk has all of them.

    Raises `OSError`, like that of a full disk: then no secret may go yet, and the next try writes them all again.
    """
    descriptor = _tombstone_file()
    try:
        lines = "".join(f"{erased.hex}\n" for erased in ids).encode()
        # An earlier try may have ended in the middle of a line; ours must not make one wrong id of two.
        waiting = memoryview(lines if _ends_a_line(descriptor) else b"\n" + lines)
        while waiting:
            # A disk that is nearly full takes a part, and says so only by how much it took.
            waiting = waiting[os.write(descriptor, waiting) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _ends_a_line(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"


def _tombstone_file() -> int:
    """The tombstone file, open at its end. Whichever process comes first makes it.

    Public door, desk and worker may be three users: where the folder's group may write, it may write here as well,
    whatever the umask of the first process says. Otherwise the file is for its owner alone.
    """
    path = current_settings().tombstone_file
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return os.open(path, os.O_RDWR | os.O_APPEND)
    folder = path.parent.stat()
    if folder.st_mode & stat.S_IWGRP:
        # A group that this process is not in cannot be given; then the file stays for its owner.
        with suppress(PermissionError):
            os.fchown(descriptor, -1, folder.st_gid)
            os.fchmod(descriptor, 0o660)
    return descriptor


def remembered(ids: set[UUID]) -> set[UUID]:
    """Those of these ids that the tombstone file has: they were erased, whatever a restored database says."""
    path = current_settings().tombstone_file
    if not ids or not path.exists():
        return set()
    wanted = {one.hex: one for one in ids}
    with path.open(encoding="ascii", errors="replace") as lines:
        return {wanted[line.strip()] for line in lines if line.strip() in wanted}


def check_tombstone_file() -> None:
    """Raise `WrongSetting` when this process could not write to the tombstone file: nothing could be erased at once."""
    path = current_settings().tombstone_file
    where, needed = (
        (path, os.R_OK | os.W_OK) if os.access(path, os.F_OK) else (path.parent, os.W_OK | os.X_OK)
    )
    if not os.access(where, needed):
        raise WrongSetting(
            f"INSTANCE must be a folder whose {path.name} this process can write to; docs/operating.md says how for"
            " three processes that are three users"
        )


def sweep_orphans() -> int:
    """Delete secrets over two days old that protect nothing: a crash came before their part was stored.

    By a clock that jumped, the secret of an answer that is just being stored would be old. Raises `ClockDoubted`.
    """
    old = clock_guard.sure().today - ORPHAN_AGE
    with stores.reading("erasure") as erasure:
        candidates = erasure.scalars(
            select(ErasureSecret.id).where(ErasureSecret.made_on < old)
        ).all()
    swept = 0
    for start in range(0, len(candidates), BATCH):
        swept += _sweep(set(candidates[start : start + BATCH]))
    return swept


def _sweep(candidates: set[UUID]) -> int:
    with stores.reading() as main:
        for column in PROTECTING:
            candidates -= set(main.scalars(select(column).where(column.in_(candidates))))
    if candidates:
        with stores.writing("erasure") as erasure:
            erasure.execute(delete(ErasureSecret).where(ErasureSecret.id.in_(candidates)))
    return len(candidates)
