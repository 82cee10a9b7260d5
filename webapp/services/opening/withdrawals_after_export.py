"""Who must be crossed out in the files that were downloaded, list by list, until a coordinator says that it is done.

A file that has left Hearth cannot be called back. So each export keeps whose contact part was in it, and what happened
to these people since is worked out in SQL, for one export or for all of them, in one query.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    case,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from webapp.models import (
    Call,
    Consent,
    Coordinator,
    CrossedOut,
    Export,
    ExportedSubmission,
    FormVersion,
    Part,
    Submission,
)
from webapp.rules import clock
from webapp.rules.contact.questions import THROUGH_HELPER
from webapp.rules.references import reference
from webapp.services.answers import consents
from webapp.services.calls.published_calls import parsed
from webapp.services.infrastructure import audit, stores

#: What must be crossed out: the whole line, because nobody may reach them; the line, because their ways changed; or
#: their helper alone.
LINE, WAYS, HELPER = "line", "ways", "helper"


@dataclass(frozen=True)
class Change:
    """What must be crossed out about one person in one list. Nobody is named twice."""

    submission_id: UUID
    kind: str
    part_id: UUID | None


@dataclass(frozen=True)
class ListToCrossOut:
    """A downloaded list in which people must be crossed out, and nobody has said yet that it is done."""

    export_id: UUID
    reference: str
    title: dict[str, str]
    made_on: date
    made_by: str
    people: int


class ChangedMeanwhile(Exception):
    """More must be crossed out than the page showed: nothing was ticked off."""


def lists_to_cross_out() -> tuple[ListToCrossOut, ...]:
    """The lists that still have somebody to cross out, the newest first: one query, and nothing is opened."""
    change = _changes().subquery()
    concerned = (
        select(change.c.export_id, func.count().label("people"))
        .where(change.c.kind.is_not(None))
        .group_by(change.c.export_id)
        .subquery()
    )
    with stores.reading() as main:
        rows = main.execute(
            select(
                Export.id,
                FormVersion.definition,
                Export.made_on,
                Coordinator.name,
                concerned.c.people,
            )
            .join(concerned, concerned.c.export_id == Export.id)
            .join(Coordinator, Coordinator.id == Export.coordinator_id)
            .join(Call, Call.id == Export.call_id)
            .join(
                FormVersion,
                and_(FormVersion.owner_id == Call.id, FormVersion.number == Call.form_version),
            )
            .order_by(Export.made_on.desc(), Export.id)
        ).all()
    return tuple(
        ListToCrossOut(
            export_id, reference(export_id), parsed(definition).title, made_on, made_by, people
        )
        for export_id, definition, made_on, made_by, people in rows
    )


def changes_in(main: Session, export_ids: Iterable[UUID]) -> dict[UUID, tuple[Change, ...]]:
    """What must still be crossed out in each of these lists, in the order of ids, inside the caller's transaction."""
    wanted = list(export_ids)
    found: dict[UUID, list[Change]] = {export_id: [] for export_id in wanted}
    change = _changes(ExportedSubmission.export_id.in_(wanted)).subquery()
    for export_id, submission_id, kind, part_id in main.execute(_pending(change)):
        found[export_id].append(Change(submission_id, kind, part_id))
    return {export_id: tuple(changes) for export_id, changes in found.items()}


def shown(changes: Iterable[Change]) -> str:
    """A digest of what a page shows, so that ticking it off can be held to exactly that. It is no secret."""
    lines = sorted(f"{one.submission_id} {one.kind} {one.part_id}" for one in changes)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def tick_off(export_id: UUID, seen: str, *, actor: UUID) -> None:
    """Note that everybody the page showed is crossed out. `seen`: the digest of what it showed (`shown`).

    Idempotent: where nothing is left to cross out, pressing again changes nothing. Raises `LookupError`, and
    `ChangedMeanwhile` where somebody changed their mind after the page was made: they must be seen first.
    """
    with stores.writing() as main:
        # Locked: two coordinators may press at the same moment.
        locked = select(Export.id).where(Export.id == export_id).with_for_update()
        if main.scalar(locked) is None:
            raise LookupError(export_id)
        changes = changes_in(main, [export_id])[export_id]
        if not changes:
            return
        if shown(changes) != seen:
            raise ChangedMeanwhile
        for change in changes:
            main.merge(_row(export_id, change, actor))
        audit.enter(main, actor, "crossed out in a list", export_id)


def _row(export_id: UUID, change: Change, actor: UUID) -> CrossedOut:
    return CrossedOut(
        export_id=export_id,
        submission_id=change.submission_id,
        kind=change.kind,
        part_id=change.part_id,
        crossed_on=clock.today(),
        coordinator_id=actor,
    )


# What happened since, in SQL


def _pending(change: Subquery) -> Select[UUID, UUID, str, UUID | None]:
    return (
        select(change.c.export_id, change.c.submission_id, change.c.kind, change.c.part_id)
        .where(change.c.kind.is_not(None))
        .order_by(change.c.submission_id)
    )


def _changes(*only: ColumnElement[bool]) -> Select[UUID, UUID, str | None, UUID | None]:
    """Everybody in these lists, with what must be crossed out now, if anything.

    A line that was crossed out stays crossed out, whatever they say later: they are in newer lists.
    """
    now = aliased(Part)
    kind = case(
        (_ticked(LINE), None),
        (_not_to_be_reached(), LINE),
        (and_(_ways_changed(now), ~_ticked(WAYS, now.id)), WAYS),
        (and_(_helper_taken_back(), ~_ticked(HELPER)), HELPER),
    )
    return (
        select(
            ExportedSubmission.export_id,
            ExportedSubmission.submission_id,
            kind.label("kind"),
            now.id.label("part_id"),
        )
        .join(Export, Export.id == ExportedSubmission.export_id)
        .outerjoin(Submission, Submission.id == ExportedSubmission.submission_id)
        .outerjoin(
            now,
            and_(now.submission_id == ExportedSubmission.submission_id, now.purpose == "contact"),
        )
        .where(*only)
    )


def _ticked(kind: str, part_id: InstrumentedAttribute[UUID] | None = None) -> ColumnElement[bool]:
    ticked = aliased(CrossedOut)
    conditions = [
        ticked.export_id == ExportedSubmission.export_id,
        ticked.submission_id == ExportedSubmission.submission_id,
        ticked.kind == kind,
    ]
    if part_id is not None:
        conditions.append(ticked.part_id == part_id)
    return exists().where(*conditions)


def _not_to_be_reached() -> ColumnElement[bool]:
    """Withdrawn later, their contact details are not held any more, or they asked not to be contacted at all."""
    consent, held = aliased(Consent), aliased(Part)
    still_yes = exists().where(
        consent.submission_id == ExportedSubmission.submission_id,
        consent.purpose == Export.purpose,
        consents.stands(consent),
    )
    still_held = exists().where(
        held.submission_id == ExportedSubmission.submission_id, held.purpose == "contact"
    )
    return or_(~still_yes, ~still_held, ~consents.may_be_contacted())


def _ways_changed(now: type[Part]) -> ColumnElement[bool]:
    """They corrected how they may be reached, and the file has what was safe before.

    A way that is not safe any more would still be in the file. Lists made before the part was kept know only the day:
    whoever corrected it on that day before the export is named, too.
    """
    return and_(
        Submission.contact_changed_on >= Export.made_on,
        or_(ExportedSubmission.part_id.is_(None), ExportedSubmission.part_id != now.id),
    )


def _helper_taken_back() -> ColumnElement[bool]:
    """They took back, on the day of the export or later, that a helper may be asked for them.

    Only the day of a consent is kept, so somebody who took it back on that day before the export is named, too.
    """
    taken_back = aliased(Consent)
    return exists().where(
        taken_back.submission_id == ExportedSubmission.submission_id,
        taken_back.purpose == THROUGH_HELPER,
        ~taken_back.granted,
        taken_back.changed_on >= Export.made_on,
    )
