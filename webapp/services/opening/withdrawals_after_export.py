"""Withdrawals of consent after an export: who must be crossed out in each downloaded file, until that is confirmed.

A file that has left Hearth cannot be recalled. So each export stores whose contact part was in it, and what these
participants withdrew or corrected since is computed in SQL, for one export or for all, in one query. The page of one
list and the button there check each row as well (`checked_changes`): a participant whose rows were put in, changed or
removed by hand, perhaps so that a withdrawal is not seen, must be crossed out.

A list that was made for a member is asked back when that member leaves: then every line of it must be crossed out.
"""

import hashlib
from collections.abc import Iterable, Sequence, Set
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
    union_all,
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
from webapp.rules.looks import LookKind
from webapp.rules.references import reference
from webapp.services.answers import consents
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.infrastructure.existence import is_any
from webapp.services.infrastructure.row_authentication import TOLERANT
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import export_selection, lists_for_members, looks
from webapp.services.opening.list_facts import name_of, title_of
from webapp.services.opening.lists_for_members import Rule
from webapp.services.opening.looks import Crossing

#: What must be crossed out: the whole line, because no consent stands; the line, because the safe ways changed; or the
#: helper alone.
LINE, WAYS, HELPER = "line", "ways", "helper"


@dataclass(frozen=True)
class Change:
    """What must be crossed out about one participant in one list. Each is listed once."""

    submission_id: UUID
    kind: str
    part_id: UUID | None


@dataclass(frozen=True)
class ListToCrossOut:
    """An exported list in which participants must be crossed out, unconfirmed so far."""

    export_id: UUID
    call_id: UUID
    reference: str
    title: dict[str, str]
    made_on: date
    made_by: str
    people: int


def lists_to_cross_out() -> tuple[ListToCrossOut, ...]:
    """The lists with participants to cross out, the newest first: one query (two where a list is for a member)."""
    with stores.reading() as main:
        rows = main.execute(_lists(lists_for_members.any_yes), execution_options=TOLERANT).all()
        if any(export.recipient_id for export, *_ in rows):
            rule = lists_for_members.rule_for(main, [export for export, *_ in rows])
            rows = main.execute(_lists(rule), execution_options=TOLERANT).all()
    return tuple(
        ListToCrossOut(
            export.id,
            export.call_id,
            reference(export.id),
            title_of(form),
            export.made_on,
            name_of(made_by),
            people,
        )
        for export, form, made_by, people in rows
        if people
    )


def _lists(rule: Rule) -> Select[Export, FormVersion, Coordinator, int | None]:
    """The lists with participants to cross out, and all that were made for a member."""
    change = _changes(rule).subquery()
    concerned = (
        select(change.c.export_id, func.count().label("people"))
        .where(change.c.kind.is_not(None))
        .group_by(change.c.export_id)
        .subquery()
    )
    current = and_(FormVersion.owner_id == Call.id, FormVersion.number == Call.form_version)
    return (
        select(Export, FormVersion, Coordinator, concerned.c.people)
        .outerjoin(concerned, concerned.c.export_id == Export.id)
        .join(Coordinator, Coordinator.id == Export.coordinator_id)
        .join(Call, Call.id == Export.call_id)
        .join(FormVersion, current)
        .where(or_(concerned.c.people.is_not(None), Export.recipient_id.is_not(None)))
        .order_by(Export.made_on.desc(), Export.id)
    )


def changes_in(main: Session, exports: Iterable[Export]) -> dict[UUID, tuple[Change, ...]]:
    """What must still be crossed out in each of these lists, in the order of ids, inside the caller's transaction."""
    made = list(exports)
    found: dict[UUID, list[Change]] = {export.id: [] for export in made}
    rule = lists_for_members.rule_for(main, made)
    change = _changes(rule, ExportedSubmission.export_id.in_(found)).subquery()
    for export_id, submission_id, kind, part_id in main.execute(_pending(change)):
        found[export_id].append(Change(submission_id, kind, part_id))
    return {export_id: tuple(changes) for export_id, changes in found.items()}


def checked_changes(main: Session, export: Export) -> tuple[Change, ...]:
    """The same for one list, with those whose rows are false or do not add up: their line must be crossed out."""
    listed = not_crossed_out(main, export)
    return with_false(main, export, export_selection.false_people(main, listed).keys())


def with_false(main: Session, export: Export, false: Set[UUID]) -> tuple[Change, ...]:
    """The same where it is known already whose rows are false."""
    found = changes_in(main, [export])[export.id]
    added = false - {one.submission_id for one in found if one.kind == LINE}
    kept = [one for one in found if one.submission_id not in added]
    lines = [Change(one, LINE, None) for one in added]
    return tuple(sorted([*kept, *lines], key=lambda one: one.submission_id))


def not_crossed_out(main: Session, export: Export) -> Sequence[UUID]:
    """Those in this list whose line was not crossed out yet."""
    crossed_out = exists().where(
        CrossedOut.export_id == export.id,
        CrossedOut.submission_id == ExportedSubmission.submission_id,
        CrossedOut.kind == LINE,
    )
    listed = select(ExportedSubmission.submission_id).where(
        ExportedSubmission.export_id == export.id, ~crossed_out
    )
    return main.scalars(listed).all()


def shown(changes: Iterable[Change]) -> str:
    """A version of what a page shows, for optimistic locking: a digest that is no secret."""
    lines = sorted(f"{one.submission_id} {one.kind} {one.part_id}" for one in changes)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def tick_off(export_id: UUID, seen: str, *, holder: Holder) -> None:
    """Confirm that all whom the page showed are crossed out. `seen`: the digest of what it showed (`shown`).

    Idempotent: where nothing is left to cross out, pressing again changes nothing. Raises `LookupError`, and
    `EditConflict` where a participant withdrew after the page was made: the coordinator must see that first.
    """
    with stores.writing() as main:
        # Locked: two coordinators may press at the same moment.
        locked = select(Export).where(Export.id == export_id).with_for_update()
        export = main.scalars(locked).one_or_none()
        if export is None:
            raise LookupError(export_id)
        changes = checked_changes(main, export)
        if not changes:
            return
        if shown(changes) != seen:
            raise EditConflict
        for change in changes:
            main.merge(_row(export_id, change, holder.coordinator_id))
        crossed = [Crossing(one.submission_id, LookKind(one.kind)) for one in changes]
        looks.enter_crossing_out(main, holder, export, crossed)


def _row(export_id: UUID, change: Change, actor: UUID) -> CrossedOut:
    return CrossedOut(
        export_id=export_id,
        submission_id=change.submission_id,
        kind=change.kind,
        part_id=change.part_id,
        crossed_on=clock.today(),
        coordinator_id=actor,
    )


def _pending(change: Subquery) -> Select[UUID, UUID, str, UUID | None]:
    return (
        select(change.c.export_id, change.c.submission_id, change.c.kind, change.c.part_id)
        .where(change.c.kind.is_not(None))
        .order_by(change.c.submission_id)
    )


def _changes(rule: Rule, *only: ColumnElement[bool]) -> Select[UUID, UUID, str | None, UUID | None]:
    """All participants in these lists, with what must be crossed out now, if anything.

    A line that was crossed out stays crossed out, even after a new consent: newer lists have it.
    """
    now = aliased(Part)
    kind = case(
        (_ticked(LINE), None),
        (_not_to_be_reached(rule), LINE),
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
        .where(*only, _may_have_changed())
    )


def _may_have_changed() -> ColumnElement[bool]:
    """The few of a list with a change of any kind: what it means is asked of them alone.

    And all of a list for a member, which may have left.
    """
    changed = union_all(
        select(Submission.id).where(Submission.contact_changed_on.is_not(None)),
        select(Submission.id).where(Submission.do_not_contact_on.is_not(None)),
        select(Consent.submission_id).where(~Consent.granted),
    )
    asked = aliased(Consent)
    decided = is_any(
        asked.submission_id == ExportedSubmission.submission_id, asked.purpose == Export.purpose
    )
    return or_(
        ExportedSubmission.submission_id.in_(changed),
        ~_contact_held(),
        # Deleted by hand: no consent is none.
        ~decided,
        Export.recipient_id.is_not(None),
    )


def _contact_held() -> ColumnElement[bool]:
    held = aliased(Part)
    return is_any(held.submission_id == ExportedSubmission.submission_id, held.purpose == "contact")


def _ticked(kind: str, part_id: InstrumentedAttribute[UUID] | None = None) -> ColumnElement[bool]:
    ticked = aliased(CrossedOut)
    conditions = [
        ticked.export_id == ExportedSubmission.export_id,
        ticked.submission_id == ExportedSubmission.submission_id,
        ticked.kind == kind,
    ]
    if part_id is not None:
        conditions.append(ticked.part_id == part_id)
    return is_any(*conditions)


def _not_to_be_reached(rule: Rule) -> ColumnElement[bool]:
    """The consent was withdrawn, the contact details were erased, or the participant asked not to be contacted.

    Of a list for a member also where the consent of now does not cover it: because it has left, for one.
    """
    consent = aliased(Consent)
    still_yes = is_any(
        consent.submission_id == ExportedSubmission.submission_id,
        consent.purpose == Export.purpose,
        consents.stands(consent),
        rule(consent),
    )
    return or_(~still_yes, ~_contact_held(), ~consents.may_be_contacted())


def _ways_changed(now: type[Part]) -> ColumnElement[bool]:
    """The contact details were corrected, and the file has the ones that were safe before.

    A way that is not safe any more would still be in the file. Lists made before the part was kept know only the day:
    a participant who corrected it on that day before the export is listed, too.
    """
    return and_(
        Submission.contact_changed_on >= Export.made_on,
        or_(ExportedSubmission.part_id.is_(None), ExportedSubmission.part_id != now.id),
    )


def _helper_taken_back() -> ColumnElement[bool]:
    """The consent to be reached through a helper was withdrawn on the day of the export or later.

    Only the day of a consent is stored, so one that was withdrawn on that day before the export is listed, too. No
    helper is in a list that was made for a member.
    """
    taken_back = aliased(Consent)
    return is_any(
        Export.recipient_id.is_(None),
        taken_back.submission_id == ExportedSubmission.submission_id,
        taken_back.purpose == THROUGH_HELPER,
        ~taken_back.granted,
        taken_back.changed_on >= Export.made_on,
    )
