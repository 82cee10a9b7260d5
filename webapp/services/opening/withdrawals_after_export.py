"""Withdrawals of consent after an export: who must be crossed out in each downloaded file, until that is confirmed.

Today and Contacts count them list by list, up to a bound, in a fixed number of statements. The page of one list shows
them a page at a time (keyset pagination), and its button confirms those that it showed. The rows of those shown are
checked; a list that fits on one page is checked whole, and longer ones by the worker, in turn (`lists_in_turn`). A
participant whose rows were put in, changed or removed by hand, perhaps so that a withdrawal is not seen, must be
crossed out.

A list that was made for a member is asked back when that member leaves: then every line of it must be crossed out.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from webapp.models import (
    Call,
    Coordinator,
    CrossedOut,
    Export,
    ExportedSubmission,
    FormVersion,
)
from webapp.rules import clock
from webapp.rules.bounded_counts import MOST, counted
from webapp.rules.looks import LookKind
from webapp.rules.references import reference
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.infrastructure.row_authentication import TOLERANT
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import export_selection, lists_for_members, looks
from webapp.services.opening.line_changes import LINE, Change, changes_of, some_of, ticked
from webapp.services.opening.lines_in_question import InQuestion, in_question
from webapp.services.opening.list_facts import name_of, title_of
from webapp.services.opening.lists_for_members import Rule
from webapp.services.opening.looks import Crossing

#: So many people are on one page.
PER_PAGE: Final = 50
#: So many lines in question are looked at by one statement.
AT_ONCE: Final = 100


@dataclass(frozen=True)
class ListToCrossOut:
    """An exported list in which participants must be crossed out, unconfirmed so far; `people`: up to a bound."""

    export_id: UUID
    call_id: UUID
    reference: str
    title: dict[str, str]
    made_on: date
    made_by: str
    people: int


@dataclass(frozen=True)
class Place:
    """Where a page of those to cross out begins: after one participant of the list, or before one; not both."""

    after: UUID | None = None
    before: UUID | None = None


START: Final = Place()


@dataclass(frozen=True)
class Span:
    """What a page covered of a list, in the order of ids, both ends included; None: from its beginning, to its end."""

    first: UUID | None = None
    last: UUID | None = None

    def has(self, person: UUID) -> bool:
        """Whether this participant's place in the list is in it."""
        return (self.first is None or person >= self.first) and (
            self.last is None or person <= self.last
        )

    def lines(self) -> Iterator[ColumnElement[bool]]:
        """The same as SQL conditions on `ExportedSubmission`."""
        if self.first is not None:
            yield ExportedSubmission.submission_id >= self.first
        if self.last is not None:
            yield ExportedSubmission.submission_id <= self.last


EVERYONE: Final = Span()


@dataclass(frozen=True)
class ChangesPage:
    """Some of those who must be crossed out in one list, in the order of ids.

    `newer`, `older`: the participants before and after whom there are more, if there are. `people`: how many there are
    on all pages, up to a bound.
    """

    changes: tuple[Change, ...]
    people: int
    newer: UUID | None = None
    older: UUID | None = None

    @property
    def span(self) -> Span:
        """What it covers: a participant who withdraws later and whose place is in it would have been shown."""
        return Span(self.newer, self.older)


def lists_to_cross_out() -> tuple[ListToCrossOut, ...]:
    """The lists with participants to cross out, the newest first, in a fixed number of statements."""
    with stores.reading() as main:
        rows = main.execute(_lists(_rule(main), in_question(main)), execution_options=TOLERANT)
        return tuple(_list(*row) for row in rows if row.people)


def _list(export: Export, form: FormVersion, made_by: Coordinator, people: int) -> ListToCrossOut:
    return ListToCrossOut(
        export.id,
        export.call_id,
        reference(export.id),
        title_of(form),
        export.made_on,
        name_of(made_by),
        counted(people, MOST),
    )


def _rule(main: Session) -> Rule:
    """The rule for all lists, of which few are for a member."""
    members = select(Export.recipient_id).where(Export.recipient_id.is_not(None)).distinct()
    return lists_for_members.rule_of(main, main.scalars(members).all())


def _lists(rule: Rule, asked: InQuestion) -> Select[Any]:
    """The lists with lines in question, and how many of these must be crossed out: one more than the bound at most."""
    made = aliased(Export)
    some = some_of(rule, asked.lines(made.id)).correlate(made).limit(MOST + 1).subquery()
    people = select(func.count()).select_from(some).scalar_subquery()
    current = and_(FormVersion.owner_id == Call.id, FormVersion.number == Call.form_version)
    return (
        select(made, FormVersion, Coordinator, people.label("people"))
        .join(Coordinator, Coordinator.id == made.coordinator_id)
        .join(Call, Call.id == made.call_id)
        .join(FormVersion, current)
        .where(asked.exports(made.id))
        .order_by(made.made_on.desc(), made.id)
    )


def page_of(main: Session, export: Export, place: Place = START) -> ChangesPage:
    """Those who must be crossed out in one list, a page at a time, inside the caller's transaction.

    With those whose rows are false or do not add up: their whole line must be crossed out.
    """
    few = not_crossed_out(main, export, PER_PAGE + 1)
    if len(few) <= PER_PAGE:
        return _whole(main, export, few)
    rule, lines = lists_for_members.rule_for(main, [export]), in_question(main).lines(export.id)
    read = _next(main, export, rule, [lines], place)
    if (place.before and len(read) <= PER_PAGE) or (place.after and not read):
        # The beginning of the list is a whole page, and past its end nothing is shown.
        return page_of(main, export)
    shown = _ordered(read[:PER_PAGE])
    some = some_of(rule, lines).limit(MOST + 1).subquery()
    people = main.scalar(select(func.count()).select_from(some)) or 0
    is_more, is_first = len(read) > PER_PAGE, place == START
    return ChangesPage(
        _checked(main, shown),
        counted(people, MOST),
        newer=None if is_first else shown[0].submission_id,
        older=shown[-1].submission_id if place.before or is_more else None,
    )


def _whole(main: Session, export: Export, listed: Sequence[UUID]) -> ChangesPage:
    """All of a list that fits on a page."""
    rule = lists_for_members.rule_for(main, [export])
    lines = ExportedSubmission.submission_id.in_(listed), ExportedSubmission.export_id == export.id
    changes = {one.submission_id: one for one in _changes(main, rule, *lines)}
    false = export_selection.false_people(main, listed)
    changes |= {one: Change(one, LINE, None) for one in false}
    return ChangesPage(_ordered(changes.values()), len(changes))


def _within(main: Session, export: Export, span: Span) -> tuple[Change, ...]:
    """Those whom a page that covered this would show now, and one more if there are more."""
    few = not_crossed_out(main, export, PER_PAGE + 1)
    if len(few) <= PER_PAGE:
        return tuple(
            one for one in _whole(main, export, few).changes if span.has(one.submission_id)
        )
    rule, lines = lists_for_members.rule_for(main, [export]), in_question(main).lines(export.id)
    return _checked(main, _next(main, export, rule, [lines, *span.lines()], START))


def _next(
    main: Session, export: Export, rule: Rule, lines: Sequence[ColumnElement[bool]], place: Place
) -> list[Change]:
    """Those next to a place, one more than a page has, the nearest first.

    What is in question is read from indexes, some at a time, and what that means is asked of these lines alone.
    """
    found: list[Change] = []
    while len(found) <= PER_PAGE:
        ids = _in_question_next(main, lines, place)
        changes = _changes(
            main,
            rule,
            ExportedSubmission.export_id == export.id,
            ExportedSubmission.submission_id.in_(ids),
        )
        by_person = {one.submission_id: one for one in changes}
        found += [by_person[one] for one in ids if one in by_person]
        if len(ids) < AT_ONCE:
            break
        place = Place(before=ids[-1]) if place.before else Place(after=ids[-1])
    return found[: PER_PAGE + 1]


def _in_question_next(
    main: Session, lines: Sequence[ColumnElement[bool]], place: Place
) -> Sequence[UUID]:
    person = ExportedSubmission.submission_id
    query = (
        select(person)
        .join(Export, Export.id == ExportedSubmission.export_id)
        .where(*lines, ~ticked(LINE))
        .limit(AT_ONCE)
    )
    if place.before is not None:
        ordered = query.where(person < place.before).order_by(person.desc())
    elif place.after is not None:
        ordered = query.where(person > place.after).order_by(person)
    else:
        ordered = query.order_by(person)
    return main.scalars(ordered).all()


def _changes(main: Session, rule: Rule, *lines: ColumnElement[bool]) -> Iterator[Change]:
    for row in main.execute(changes_of(rule, *lines)):
        if row.kind is not None:
            yield Change(row.submission_id, row.kind, row.part_id)


def _ordered(changes: Iterable[Change]) -> tuple[Change, ...]:
    return tuple(sorted(changes, key=lambda one: one.submission_id))


def _checked(main: Session, shown: Sequence[Change]) -> tuple[Change, ...]:
    """The same, where of those whose rows are false the whole line must be crossed out."""
    false = export_selection.false_people(main, [one.submission_id for one in shown])
    return tuple(
        Change(one.submission_id, LINE, None)
        if one.submission_id in false and one.kind != LINE
        else one
        for one in shown
    )


def not_crossed_out(main: Session, export: Export, most: int) -> Sequence[UUID]:
    """So many of those in this list whose line was not crossed out yet."""
    listed = (
        select(ExportedSubmission.submission_id)
        .where(ExportedSubmission.export_id == export.id, ~ticked(LINE))
        .limit(most)
    )
    return main.scalars(listed).all()


def shown(changes: Iterable[Change]) -> str:
    """A version of what a page shows, for optimistic locking: a digest that is no secret."""
    lines = sorted(f"{one.submission_id} {one.kind} {one.part_id}" for one in changes)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def tick_off(export_id: UUID, seen: str, *, holder: Holder, span: Span = EVERYONE) -> None:
    """Confirm that all whom one page showed are crossed out. `seen`: the digest of what it showed (`shown`); `span`:
    what it covered.

    Idempotent: where nothing of that is left to cross out, pressing again changes nothing. Raises `LookupError`, and
    `EditConflict` where a participant of that page withdrew after it was made: the coordinator must see that first.
    """
    with stores.writing() as main:
        # Locked: two coordinators may press at the same moment.
        locked = select(Export).where(Export.id == export_id).with_for_update()
        export = main.scalars(locked).one_or_none()
        if export is None:
            raise LookupError(export_id)
        changes = _within(main, export, span)
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
