"""Drafts of data entry on behalf of a participant, with autosave: they outlast the coordinator's session, for days.

A draft is no submission, and not in the audit log: it has no id of a participant or call in the clear. Only the key of
the coordinator who began it finds and opens it. It goes when the person has their code, when it is thrown away, or on
its day; each time its erasure secret is deleted (crypto-shredding), in the order that `services.sealed.shredding`
keeps.

Autosave keeps a draft many times a minute, so all versions of one draft share one erasure secret: a tombstone and a
line in a file for each pause in typing would keep a typing pattern for ever. When the answers are sent, the secret
is changed, and no older version opens any more.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.models import EntryDraft, ErasureSecret
from webapp.rules import clock
from webapp.rules.retention import draft_due_on
from webapp.services.answers import own_copies
from webapp.services.calls.form_versions import FIRST
from webapp.services.infrastructure import disk_space, stores
from webapp.services.keys.coordinators import Holder
from webapp.services.sealed import shredding, tombstones
from webapp.services.sealed.parts import as_bytes, new_secret
from webapp.services.sealed.shredding import ErasureResult
from webapp.vault import entry_drafts
from webapp.vault.contexts import ENTRY_DRAFT, Context
from webapp.vault.envelope import DoesNotOpen, TooLong

#: So many drafts one coordinator may have at once.
MOST = 40
#: Optimistic locking: how often a write is tried again after another tab wrote first.
TRIES = 8


class NoSuchDraft(LookupError):
    """This coordinator has no such draft: it was sent, thrown away, is over, or belongs to a colleague."""


class TooManyDrafts(Exception):
    """This coordinator has as many drafts as one may have."""


class TooMuchToKeep(Exception):
    """More than one envelope holds (about 520,000 bytes). What was kept before still is."""


@dataclass(frozen=True)
class Draft:
    """Answers to one call as far as they were entered.

    `submission_id` and `receipt` are made once, with the draft: they make sending idempotent. `told_on` is the day on
    which the answers reached us; `spoken` the person's language, as the coordinator named it; `form_version` is what
    is asked, also after a newer one was published. `typed` and `at` are by page: what stands there, and when it was
    written by the clock of that device. `looked_at` are the pages that say what is wrong. When `sent`, nothing is left
    but the code.
    """

    slug: str
    submission_id: str
    receipt: str = field(repr=False)
    begun_on: str
    how: str
    told_on: str
    spoken: str
    form_version: int = FIRST
    page: str | None = None
    typed: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict, repr=False)
    at: Mapping[str, int] = field(default_factory=dict)
    looked_at: Sequence[str] = ()
    agreed: Sequence[Sequence[str]] | None = None
    sent: bool = False


@dataclass(frozen=True)
class Waiting:
    """A draft that its coordinator opened, and the day on which it will go."""

    id: UUID
    draft: Draft
    until: date


def new_draft(
    slug: str, *, how: str, told_on: date, spoken: str, form_version: int = FIRST
) -> Draft:
    """An empty draft, with the id and the code that the person will have."""
    return Draft(
        slug=slug,
        submission_id=uuid4().hex,
        receipt=own_copies.new_receipt(),
        begun_on=clock.today().isoformat(),
        how=how,
        told_on=told_on.isoformat(),
        spoken=spoken,
        form_version=form_version,
    )


def begin(holder: Holder, draft: Draft, once: UUID) -> UUID:
    """Keep a new draft, for this coordinator alone. Idempotent by `once`, which becomes its id, unless it was used up.

    Raises `TooManyDrafts`, `StoreUnavailable`, and `LittleRoom` on a disk that is nearly full.
    """
    lookup, secret = holder.keys.entry_lookup, new_secret()
    with stores.reading() as main:
        there, gone = main.get(EntryDraft, once), tombstones.is_erased(main, once)
    if there is not None and there.lookup == lookup:
        return once
    if how_many(holder) >= MOST:
        raise TooManyDrafts
    disk_space.ensure_room_to_begin()
    row = EntryDraft(
        id=uuid4() if there or gone else once, lookup=lookup, version=1, secret_id=secret.id
    )
    row.envelope = _seal(holder, row.id, 1, secret.secret, draft)
    row.due_on = draft_due_on(clock.today())
    with stores.writing("erasure") as secrets:
        secrets.add(secret)
    # A second press at the same moment finds the first one's row; the secret that is left over is swept.
    with suppress(IntegrityError), stores.writing() as main:
        main.add(row)
    return row.id


def how_many(holder: Holder) -> int:
    """How many drafts this coordinator has."""
    with stores.reading() as main:
        mine = select(func.count()).select_from(EntryDraft)
        kept = mine.where(
            EntryDraft.lookup == holder.keys.entry_lookup, EntryDraft.due_on > clock.today()
        )
        return main.scalar(kept) or 0


def find(holder: Holder, draft_id: UUID) -> Waiting:
    """One draft of this coordinator. Raises `NoSuchDraft`."""
    return _opened(holder, *_look_up(holder, draft_id))


def all_of(holder: Holder) -> tuple[Waiting, ...]:
    """Every draft of this coordinator, the one begun first at the top. One that does not open is left out."""
    with stores.reading() as main:
        rows = main.scalars(
            select(EntryDraft).where(
                EntryDraft.lookup == holder.keys.entry_lookup, EntryDraft.due_on > clock.today()
            )
        ).all()
    with stores.reading("erasure") as store:
        wanted = [row.secret_id for row in rows]
        secrets = {
            one.id: one.secret
            for one in store.scalars(select(ErasureSecret).where(ErasureSecret.id.in_(wanted)))
        }
    found = []
    for row in rows:
        try:
            found.append(_opened(holder, row, secrets.get(row.secret_id)))
        except NoSuchDraft:
            continue
    return tuple(sorted(found, key=lambda one: (one.draft.begun_on, one.id)))


def change(holder: Holder, draft_id: UUID, changed: Callable[[Draft], Draft]) -> Draft:
    """Keep a draft as `changed` makes it out of what is kept now: no lost update between two tabs.

    Optimistic locking by version; `changed` may be called more than once. Raises `NoSuchDraft`, `TooMuchToKeep`,
    `StoreUnavailable`, and `LittleRoom` on a disk where nothing new is stored; what was kept before still is.
    """
    for _ in range(TRIES):
        row, secret = _look_up(holder, draft_id)
        draft = _opened(holder, row, secret).draft
        new = changed(draft)
        if new == draft:
            return draft
        disk_space.ensure_room_to_store()
        envelope = _seal(holder, row.id, row.version + 1, secret, new)
        with stores.writing() as main:
            if _replace(main, row, {"envelope": envelope}):
                return new
    raise stores.StoreUnavailable("main")


def keep_code_alone(holder: Holder, draft_id: UUID) -> None:
    """The answers are stored: of the draft nothing stays but the code, until it was passed on.

    Under a new secret; the old one is deleted, and with it every version that held answers. Raises `NoSuchDraft`,
    `StoreUnavailable`.
    """
    secret = new_secret()
    with stores.writing("erasure") as secrets:
        secrets.add(secret)
    for _ in range(TRIES):
        row, old = _look_up(holder, draft_id)
        draft = _opened(holder, row, old).draft
        if draft.sent:
            return
        envelope = _seal(holder, row.id, row.version + 1, secret.secret, _emptied(draft))
        with stores.writing() as main:
            if _replace(main, row, {"envelope": envelope, "secret_id": secret.id}):
                shredding.shred_secret(main, row.secret_id)
                break
    else:
        raise stores.StoreUnavailable("main")
    shredding.finish_now()


def throw_away(holder: Holder, draft_id: UUID) -> ErasureResult:
    """Erase a draft (crypto-shredding). Idempotent: a draft that is gone is no error."""
    with stores.writing() as main:
        mine = select(EntryDraft).where(
            EntryDraft.id == draft_id, EntryDraft.lookup == holder.keys.entry_lookup
        )
        shredding.shred_parts(main, main.scalars(mine.with_for_update()).all())
    return ErasureResult(shredding.finish_now())


def _emptied(draft: Draft) -> Draft:
    return Draft(
        slug=draft.slug,
        submission_id=draft.submission_id,
        receipt=draft.receipt,
        begun_on=draft.begun_on,
        how=draft.how,
        told_on=draft.told_on,
        spoken="",
        form_version=draft.form_version,
        sent=True,
    )


def _look_up(holder: Holder, draft_id: UUID) -> tuple[EntryDraft, bytes]:
    for _ in range(own_copies.LOOKS):
        with stores.reading() as main:
            row = main.scalar(
                select(EntryDraft).where(
                    EntryDraft.id == draft_id,
                    EntryDraft.lookup == holder.keys.entry_lookup,
                    EntryDraft.due_on > clock.today(),
                )
            )
        if row is None:
            break
        with stores.reading("erasure") as secrets:
            secret = secrets.get(ErasureSecret, row.secret_id)
        if secret is not None:
            return row, secret.secret
        # Another tab sent it between our two questions: then there is a version under a new secret now.
    raise NoSuchDraft(draft_id)


def _opened(holder: Holder, row: EntryDraft, secret: bytes | None) -> Waiting:
    try:
        content = entry_drafts.open_entry(
            row.envelope,
            key=holder.keys.entry_key,
            secret=secret,
            context=_context(holder, row.id, row.version),
        )
    except DoesNotOpen:
        # Erased at this moment, or written by an attacker: there is nothing of this coordinator's.
        raise NoSuchDraft(row.id) from None
    return Waiting(row.id, Draft(**json.loads(content)), row.due_on)


def _seal(holder: Holder, draft_id: UUID, version: int, secret: bytes, draft: Draft) -> bytes:
    try:
        return entry_drafts.seal_entry(
            as_bytes(asdict(draft)),
            key=holder.keys.entry_key,
            secret=secret,
            context=_context(holder, draft_id, version),
        )
    except TooLong:
        raise TooMuchToKeep from None


def _replace(main: Session, row: EntryDraft, values: dict[str, Any]) -> bool:
    """Optimistic locking: write the next version, unless another tab wrote first. Its day is counted anew."""
    done: Any = main.execute(
        update(EntryDraft)
        .where(EntryDraft.id == row.id, EntryDraft.version == row.version)
        .values(version=row.version + 1, due_on=draft_due_on(clock.today()), **values)
    )
    return bool(done.rowcount)


def _context(holder: Holder, draft_id: UUID, version: int) -> Context:
    return Context(ENTRY_DRAFT, owner_id=holder.coordinator_id, row_id=draft_id, epoch=version)
