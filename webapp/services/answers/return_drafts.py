"""Save and return: unfinished answers, sealed under a return code that the participant keeps (a bearer capability).

A draft is no submission. It has no id of a participant or call, and is not in the audit log: only its code finds it,
and only its code opens it. It goes when the answers are sent, when it is replaced, when its holder throws it away, or
on its day; each time its erasure secret is deleted, in the order that `services.sealed.shredding` keeps.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.extensions import current_settings
from webapp.models import ErasureSecret, ReturnDraft
from webapp.rules import clock
from webapp.rules.forms.kinds import Answer
from webapp.rules.retention import draft_due_on
from webapp.services.infrastructure import disk_space, stores
from webapp.services.sealed import shredding
from webapp.services.sealed.parts import as_bytes, new_secret
from webapp.services.sealed.shredding import ErasureResult
from webapp.vault import return_codes
from webapp.vault.contexts import RETURN_DRAFT, Context
from webapp.vault.envelope import LARGEST, DoesNotOpen, TooLong
from webapp.vault.return_codes import ReturnLabels

#: How often a reader looks again after a race with a writer on another device.
TRIES = 3


class TooMuchToKeep(Exception):
    """More than may wait under a code (about 262,000 bytes). What waited under the code before still does."""


@dataclass(frozen=True)
class Draft:
    """Unfinished answers to one call, as the participant left them.

    `answers` and `typed` are by page: what was accepted, and what was only typed. `marks` are what the Visit notes
    about this call beside them.
    """

    slug: str
    form_version: int
    language: str
    answers: Mapping[str, Mapping[str, Answer]]
    typed: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)
    marks: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Waiting:
    """A draft that its code opened, and the day on which it will go."""

    draft: Draft
    until: date


def new_code() -> str:
    """A fresh return code. It looks like a receipt, and opens nothing that a receipt opens."""
    return return_codes.new_return_code()


def keep(code: str, draft: Draft) -> date:
    """Seal unfinished answers under a code, in place of what waited there. Returns the day on which they will go.

    The last to stop wins. Raises `TooMuchToKeep` and `StoreUnavailable`; what waited before then still does, and at
    worst a secret remains that protects nothing, for the worker to sweep.
    """
    disk_space.ensure_room_to_store()
    row, secret = _seal(_labels(code), draft)
    with stores.writing("erasure") as secrets:
        secrets.add(secret)
    try:
        _replace(code, row)
    except IntegrityError:
        # Another device stopped under this code for the first time, at the same moment: this one comes after it.
        _replace(code, row)
    shredding.finish_now()
    return row.due_on


def is_long(draft: Draft) -> bool:
    """Whether it takes more room than usual answers need."""
    return len(as_bytes(asdict(draft))) > LARGEST


def _replace(code: str, row: ReturnDraft) -> None:
    with stores.writing() as main:
        discard(main, code)
        main.add(row)


def _seal(labels: ReturnLabels, draft: Draft) -> tuple[ReturnDraft, ErasureSecret]:
    secret = new_secret()
    row = ReturnDraft(
        id=uuid4(),
        lookup=labels.lookup,
        secret_id=secret.id,
        due_on=draft_due_on(clock.today()),
    )
    try:
        row.envelope = return_codes.seal_draft(
            as_bytes(asdict(draft)),
            copy_key=labels.copy,
            secret=secret.secret,
            context=_context(row),
        )
    except TooLong:
        raise TooMuchToKeep from None
    return row, secret


def find(code: str) -> Waiting | None:
    """What waits under a code; None for one that is unknown, erased or past its day. The answer never says which."""
    labels = _labels(code)
    for _ in range(TRIES):
        row, secret = _look_up(labels.lookup)
        if row is None:
            return None
        if secret is not None:
            return _open(row, secret.secret, labels.copy)
        # Another device replaced it between our two questions: then the newer one is there now.
    return None


def _look_up(lookup: bytes) -> tuple[ReturnDraft | None, ErasureSecret | None]:
    with stores.reading() as main:
        row = main.scalar(
            select(ReturnDraft).where(
                ReturnDraft.lookup == lookup, ReturnDraft.due_on > clock.today()
            )
        )
    with stores.reading("erasure") as secrets:
        # Against a timing attack, asked even where nothing was found: a wrong code takes as long as a right one.
        secret = secrets.get(ErasureSecret, row.secret_id if row is not None else uuid4())
    return row, secret


def _open(row: ReturnDraft, secret: bytes, copy_key: bytes) -> Waiting | None:
    try:
        content = return_codes.open_draft(
            row.envelope, copy_key=copy_key, secret=secret, context=_context(row)
        )
    except DoesNotOpen:
        # An attacker with write access moved it here from another row: nothing of this participant is in it.
        return None
    return Waiting(Draft(**json.loads(content)), row.due_on)


def discard(main: Session, code: str) -> None:
    """Take out what waits under a code, inside the caller's transaction: whatever replaces it and this are one.

    The secret is deleted afterwards, by `erasure.finish_now` or by the worker.
    """
    mine = select(ReturnDraft).where(ReturnDraft.lookup == _labels(code).lookup)
    shredding.shred_parts(main, main.scalars(mine.with_for_update()).all())


def throw_away(code: str) -> ErasureResult:
    """Erase what waits under a code, because its holder wants that. Nothing there is no error."""
    with stores.writing() as main:
        discard(main, code)
    return ErasureResult(shredding.finish_now())


def _labels(code: str) -> ReturnLabels:
    return return_codes.labels(code, current_settings().receipt_salt)


def _context(row: ReturnDraft) -> Context:
    # No submission owns it: it is bound to its own row.
    return Context(RETURN_DRAFT, owner_id=row.id, row_id=row.id)
