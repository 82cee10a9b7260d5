"""Drafts of calls at the desk: begun, changed in numbered versions, undone, published, thrown away.

Optimistic locking: each change names the version that its page showed. Where another coordinator has saved meanwhile it
raises `ChangedMeanwhile`, which says who changed what; an edit is a function of the content, so it can be tried again
on the newest version without taking the other's back. Nothing here holds a participant's data.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, aliased

from webapp.models import Call, CallDraft, CallDraftVersion, VersionDraft
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.forms.call_draft import CallDraftContent
from webapp.rules.forms.definition_json import read_as, write_definition
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.infrastructure.row_authentication import TOLERANT, is_genuine
from webapp.services.keys import coordinators

#: So many versions can be undone; older ones are deleted.
KEPT_VERSIONS: Final = 100
MOST_DRAFTS: Final = 100
LARGEST_CONTENT: Final = 400_000
LONGEST_CHANGE: Final = 200
Edit = Callable[[CallDraftContent], CallDraftContent]


class NoSuchDraft(LookupError):
    """No draft has this id: it was thrown away, or never was."""


class AlreadyPublished(Exception):
    """The call was published from this draft. Nothing was changed."""


class FixedInVersion(Exception):
    """A published call's address stays, and its last day and month have pages of their own. Nothing was changed."""


class TooManyDrafts(Exception):
    """There is no room for another draft until one is thrown away."""


class DraftTooLarge(Exception):
    """The form has more words than a draft may have. Nothing was changed."""


@dataclass(frozen=True)
class Change:
    """One change of a draft, for people: who made it, what it was, on which day. `who` is empty for one who left."""

    who: str
    what: str
    on: date


class ChangedMeanwhile(EditConflict):
    """The draft was changed since the page was shown. `changes` are those, oldest first; none where one was undone."""

    def __init__(self, newest: int, changes: tuple[Change, ...]) -> None:
        super().__init__(newest)
        self.newest, self.changes = newest, changes


@dataclass(frozen=True)
class VersionOf:
    """The published call that a draft is a new version of. `based_on` is the version that it was begun from,
    `published_as` the number that it was published under."""

    call_id: UUID
    slug: str
    based_on: int
    published_as: int | None


@dataclass(frozen=True)
class Draft:
    """One draft as it stands. `address` is that of the call that was published from it, `of` the call that it is a new
    version of, if it is one."""

    id: UUID
    version: int
    content: CallDraftContent
    last: Change
    can_undo: bool
    address: str | None
    of: VersionOf | None = None

    @property
    def title(self) -> str:
        """The call's title, in English."""
        return self.content.form.title["en"]


def begin(
    content: CallDraftContent, *, what: str, actor: UUID, draft_id: UUID | None = None
) -> UUID:
    """A new draft with this content. Returns its id. Idempotent by `draft_id` (idempotency key), where the form that
    asked for it gave one. Raises `TooManyDrafts`, `DraftTooLarge`."""
    draft_id = draft_id or uuid4()
    with stores.writing() as main:
        if main.get(CallDraft, draft_id) is None:
            add(main, draft_id, content, what=what, actor=actor)
    return draft_id


def add(
    main: Session, draft_id: UUID, content: CallDraftContent, *, what: str, actor: UUID
) -> None:
    """The same inside the caller's transaction, for an id that is new. Raises `TooManyDrafts`, `DraftTooLarge`."""
    if (main.scalar(select(func.count()).select_from(CallDraft)) or 0) >= MOST_DRAFTS:
        raise TooManyDrafts
    main.add(CallDraft(id=draft_id, version=1, newest=1))
    main.flush()
    main.add(_version(draft_id, 1, None, content, what, actor))
    main.flush()


def listed() -> tuple[list[Draft], int]:
    """Every draft, those that are not published first; and how many were left out because their rows are false."""
    names, changed = coordinators.names(), aliased(Call)
    with stores.reading() as main:
        rows = main.execute(
            select(CallDraft, CallDraftVersion, Call, VersionDraft, changed)
            .join(
                CallDraftVersion,
                (CallDraftVersion.draft_id == CallDraft.id)
                & (CallDraftVersion.number == CallDraft.version),
            )
            .outerjoin(Call, Call.id == CallDraft.id)
            .outerjoin(VersionDraft, VersionDraft.draft_id == CallDraft.id)
            .outerjoin(changed, changed.id == VersionDraft.call_id)
            .execution_options(**TOLERANT)
        ).all()
    good = [row for row in rows if all(part is None or is_genuine(part) for part in row)]
    found = [
        _draft(draft, version, call, False, names, _version_of(mark, changes))
        for draft, version, call, mark, changes in good
    ]
    return sorted(found, key=lambda one: (one.address is not None, one.title)), len(rows) - len(
        good
    )


def find(draft_id: UUID) -> Draft:
    """The draft as it stands. Raises `NoSuchDraft`, `RowForged`."""
    names = coordinators.names()
    with stores.reading() as main:
        draft = _row(main, draft_id)
        version = main.get_one(CallDraftVersion, (draft_id, draft.version))
        call, mark = main.get(Call, draft_id), main.get(VersionDraft, draft_id)
        is_open = call is None and (mark is None or mark.published_as is None)
        can_undo = is_open and _is_there(main, draft_id, version.before)
        of = _version_of(mark, main.get(Call, mark.call_id) if mark else None)
    return _draft(draft, version, call, can_undo, names, of)


def content_of(draft_id: UUID, number: int) -> CallDraftContent | None:
    """The content of one version; None for one that is not kept any more. Raises `RowForged`."""
    with stores.reading() as main:
        found = main.get(CallDraftVersion, (draft_id, number))
    return read_as(CallDraftContent, found.content) if found else None


def change(draft_id: UUID, based_on: int, edit: Edit, *, what: str, actor: UUID) -> None:
    """Make a new version: the one that stands, edited. Nothing happens where the edit changes nothing, so a second
    press of Save is no conflict with the first.

    Raises `NoSuchDraft`, `AlreadyPublished`, `ChangedMeanwhile`, `DraftTooLarge`, `FixedInVersion`, and what the edit
    raises.
    """
    names = coordinators.names()
    with stores.writing() as main:
        draft = _unpublished(main, draft_id)
        before = read_as(
            CallDraftContent, main.get_one(CallDraftVersion, (draft_id, draft.version)).content
        )
        if draft.version != based_on and not _changes_nothing(edit, before):
            raise _conflict(main, draft, based_on, names)
        after = edit(before)
        if after == before:
            return
        if main.get(VersionDraft, draft_id) and _around(after) != _around(before):
            raise FixedInVersion
        draft.newest += 1
        main.add(_version(draft_id, draft.newest, draft.version, after, what, actor))
        draft.version = draft.newest
        main.flush()
        main.execute(
            delete(CallDraftVersion).where(
                CallDraftVersion.draft_id == draft_id,
                CallDraftVersion.number <= draft.newest - KEPT_VERSIONS,
            )
        )


def undo(draft_id: UUID, based_on: int) -> None:
    """Go back to the version before the one that stands. Nothing happens at the first that is kept.

    Raises `NoSuchDraft`, `AlreadyPublished`, `ChangedMeanwhile`.
    """
    names = coordinators.names()
    with stores.writing() as main:
        draft = _unpublished(main, draft_id)
        if draft.version != based_on:
            raise _conflict(main, draft, based_on, names)
        before = main.get_one(CallDraftVersion, (draft_id, draft.version)).before
        if before is not None and _is_there(main, draft_id, before):
            draft.version = before


def throw_away(draft_id: UUID, *, actor: UUID) -> None:
    """Delete a draft with all its versions, and audit it under the draft's id. A call that was published from it stays.
    Idempotent."""
    with stores.writing() as main:
        main.execute(delete(VersionDraft).where(VersionDraft.draft_id == draft_id))
        main.execute(delete(CallDraftVersion).where(CallDraftVersion.draft_id == draft_id))
        gone: int = main.execute(  # type: ignore[attr-defined]
            delete(CallDraft).where(CallDraft.id == draft_id)
        ).rowcount
        if gone:
            audit.enter(main, actor, AuditEvent.CALL_DRAFT_DELETED, draft_id)


def _row(main: Session, draft_id: UUID, *, lock: bool = False) -> CallDraft:
    query = select(CallDraft).where(CallDraft.id == draft_id)
    found = main.scalars(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise NoSuchDraft(draft_id)
    return found


def _unpublished(main: Session, draft_id: UUID) -> CallDraft:
    """The locked row of a draft that may be changed."""
    draft, mark = _row(main, draft_id, lock=True), main.get(VersionDraft, draft_id)
    if main.get(Call, draft_id) or (mark and mark.published_as):
        raise AlreadyPublished
    return draft


def _around(content: CallDraftContent) -> tuple[object, ...]:
    """What a call has beside its form, and what no version of it changes."""
    return content.slug, content.closes_on, content.tell_back_by


def _changes_nothing(edit: Edit, content: CallDraftContent) -> bool:
    try:
        return edit(content) == content
    except LookupError:
        # What it edits was deleted meanwhile.
        return False


def _conflict(
    main: Session, draft: CallDraft, based_on: int, names: dict[str, str]
) -> ChangedMeanwhile:
    return ChangedMeanwhile(draft.version, _changes_since(main, draft.id, based_on, names))


def _changes_since(
    main: Session, draft_id: UUID, number: int, names: dict[str, str]
) -> tuple[Change, ...]:
    later = select(CallDraftVersion).where(
        CallDraftVersion.draft_id == draft_id, CallDraftVersion.number > number
    )
    rows = main.scalars(later.order_by(CallDraftVersion.number)).all()
    return tuple(_change(row, names) for row in rows)


def _is_there(main: Session, draft_id: UUID, number: int | None) -> bool:
    return number is not None and main.get(CallDraftVersion, (draft_id, number)) is not None


def _version(
    draft_id: UUID,
    number: int,
    before: int | None,
    content: CallDraftContent,
    what: str,
    actor: UUID,
) -> CallDraftVersion:
    written = write_definition(content).decode()
    if len(written) > LARGEST_CONTENT:
        raise DraftTooLarge
    return CallDraftVersion(
        draft_id=draft_id,
        number=number,
        before=before,
        content=written,
        change=what[:LONGEST_CHANGE],
        changed_by=actor,
        changed_on=clock.today(),
    )


def _change(row: CallDraftVersion, names: dict[str, str]) -> Change:
    return Change(names.get(str(row.changed_by), ""), row.change, row.changed_on)


def _draft(
    row: CallDraft,
    version: CallDraftVersion,
    call: Call | None,
    can_undo: bool,
    names: dict[str, str],
    of: VersionOf | None,
) -> Draft:
    content = read_as(CallDraftContent, version.content)
    address = call.slug if call else of.slug if of and of.published_as else None
    return Draft(row.id, row.version, content, _change(version, names), can_undo, address, of)


def _version_of(mark: VersionDraft | None, call: Call | None) -> VersionOf | None:
    if mark is None or call is None:
        return None
    return VersionOf(call.id, call.slug, mark.based_on, mark.published_as)
