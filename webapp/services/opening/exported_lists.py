"""Exports as the desk shows them: the purpose of each, and which participants must be crossed out in it since."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    func,
    literal,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.orm import Session

from webapp.models import (
    Call,
    Consent,
    Coordinator,
    CrossedOut,
    Export,
    ExportedSubmission,
    FormVersion,
    ListFinding,
    Part,
    Submission,
)
from webapp.rules import clock
from webapp.rules.bounded_counts import MOST_IN_INDEX, counted
from webapp.rules.references import reference
from webapp.services.infrastructure import row_verification, stores
from webapp.services.infrastructure.row_authentication import TOLERANT
from webapp.services.infrastructure.row_verification import Checked
from webapp.services.keys import organisations
from webapp.services.opening import export_selection, withdrawals_after_export
from webapp.services.opening.line_changes import HELPER, LINE, WAYS
from webapp.services.opening.list_facts import form_of, name_of, title_of
from webapp.services.opening.withdrawals_after_export import (
    PER_PAGE,
    START,
    ChangesPage,
    ListToCrossOut,
    Place,
)


@dataclass(frozen=True)
class Crossed:
    """A participant, by reference, whom a coordinator has crossed out in all copies of the file."""

    reference: str
    kind: str
    on: date
    by: str


@dataclass(frozen=True)
class CrossedPlace:
    """A place among those who were crossed out, for keyset pagination: a page begins after it, or ends before it."""

    submission_id: UUID
    kind: str
    is_end: bool = False


@dataclass(frozen=True)
class CrossedPage:
    """Some of those who were crossed out; `newer`, `older`: the places beyond which there are more, if there are."""

    rows: tuple[Crossed, ...] = ()
    newer: CrossedPlace | None = None
    older: CrossedPlace | None = None


@dataclass(frozen=True)
class ExportView:
    """One export as the desk shows it, with how many have withdrawn or corrected something since.

    `permission`: the consent's words, as the call has them now. `delete_by`: the day on which contact details in it
    are deleted here, as was promised. `people`, `concerned`: how many are in it, and how many people's lines may not be
    used as they are; up to a bound.
    """

    id: UUID
    call_id: UUID
    title: dict[str, str]
    purpose: str
    permission: str
    reason: str
    outside_permission: bool
    file_format: str
    made_on: date
    made_by: str
    delete_by: date | None
    people: int
    concerned: int
    #: The member that the list was made for; empty for one that stays with the host.
    passed_on_to: str = ""

    @property
    def reference(self) -> str:
        """Its short name: on its page, in its file and in the file's name."""
        return reference(self.id)

    @property
    def is_over(self) -> bool:
        """Whether the day has come on which contact details in it are deleted here: no copy may be left anywhere."""
        return self.delete_by is not None and self.delete_by <= clock.today()


@dataclass(frozen=True, kw_only=True)
class ExportPage(ExportView):
    """The page of one export: some of those who withdrew or corrected something since. Each is listed once.

    `withdrawn_since`: those who may not be reached for this any more. `ways_changed_since`: those who still say yes,
    but told of other ways since. `helper_withdrawn_since`: those who may not be reached through their helper any more,
    while the rest of their line holds. `crossed_out`: those who were ticked off already; they are in none of the
    others until something new happens. `left_out`: those whom no list for this purpose has now, because rows of theirs
    were put in, changed or removed by hand (references).
    """

    page: ChangesPage
    crossed: CrossedPage
    left_out: tuple[str, ...]

    @property
    def seen(self) -> str:
        """A digest of who must be crossed out on this page, for the button that says it is done."""
        return withdrawals_after_export.shown(self.page.changes)

    @property
    def crossed_out(self) -> tuple[Crossed, ...]:
        return self.crossed.rows

    @property
    def withdrawn_since(self) -> tuple[str, ...]:
        return self._references(LINE)

    @property
    def ways_changed_since(self) -> tuple[UUID, ...]:
        return tuple(one.submission_id for one in self.page.changes if one.kind == WAYS)

    @property
    def helper_withdrawn_since(self) -> tuple[str, ...]:
        return self._references(HELPER)

    def _references(self, kind: str) -> tuple[str, ...]:
        return tuple(
            sorted(reference(one.submission_id) for one in self.page.changes if one.kind == kind)
        )


def find_export(
    export_id: UUID, place: Place = START, crossed: CrossedPlace | None = None
) -> ExportPage:
    """One export, with a page of those to cross out now and one of those who were. Raises `LookupError`."""
    checked = row_verification.newest()
    with stores.reading() as main:
        found = _exports(main, 1, Export.id == export_id)
        if not found:
            raise LookupError(export_id)
        made: Export = found[0][0]
        page = withdrawals_after_export.page_of(main, made, place)
        (view,) = _views(main, found, {export_id: page.people})
        return ExportPage(
            **vars(view),
            page=page,
            crossed=_crossed_out(main, export_id, crossed),
            left_out=_left_out(main, made, checked),
        )


def _left_out(main: Session, made: Export, checked: Checked | None) -> tuple[str, ...]:
    """Whom no list for this purpose has: all of a call with few people, otherwise those whom the worker found."""
    of_call = select(Submission.id).where(Submission.call_id == made.call_id).limit(PER_PAGE + 1)
    people = main.scalars(of_call).all()
    if len(people) > PER_PAGE:
        people = [*_found_in_list(main, made), *_found_by_check(main, checked)]
    false = {
        one: person
        for one, person in export_selection.false_people(main, set(people)).items()
        if person.submission.call_id == made.call_id
    }
    return tuple(sorted(map(reference, export_selection.left_out(false, made.purpose))))


def _found_in_list(main: Session, made: Export) -> Sequence[UUID]:
    found = select(ListFinding.submission_id).where(
        ListFinding.export_id == made.id, ListFinding.is_false
    )
    return main.scalars(found.limit(PER_PAGE)).all()


def _found_by_check(main: Session, checked: Checked | None) -> Sequence[UUID]:
    """Those of whom the daily check names a row: it names a bounded number."""
    rows = checked.rows if checked else ()
    parts = [id_of(row.key) for row in rows if row.table == Part.__tablename__]
    owners = select(Part.submission_id).where(Part.id.in_([one for one in parts if one]))
    about = (Submission.__tablename__, Consent.__tablename__)
    people = [id_of(row.key.partition(" ")[0]) for row in rows if row.table in about]
    return [one for one in (*people, *main.scalars(owners)) if one is not None]


def id_of(key: str) -> UUID | None:
    """The id in the key of a row; None where it is malformed."""
    try:
        return UUID(key)
    except ValueError:
        return None


def call_of(export_id: UUID) -> UUID:
    """The call whose contacts are in an export: what a role is held for. Raises `LookupError`."""
    with stores.reading() as main:
        call_id = main.scalar(select(Export.call_id).where(Export.id == export_id))
    if call_id is None:
        raise LookupError(export_id)
    return call_id


def recent_exports(
    limit: int = 20, *, to_cross_out: Iterable[ListToCrossOut] | None = None
) -> tuple[ExportView, ...]:
    """The newest exports. `to_cross_out`: those in which someone is to be crossed out, where that is known already."""
    if to_cross_out is None:
        to_cross_out = withdrawals_after_export.lists_to_cross_out()
    concerned = {one.export_id: one.people for one in to_cross_out}
    with stores.reading() as main:
        return _views(main, _exports(main, limit), concerned)


Found = Row[Export, Coordinator, FormVersion, int]


def _exports(main: Session, limit: int, *only: ColumnElement[bool]) -> Sequence[Found]:
    """Exports with who made them, the form that their call asks now, and how many people are in them, up to a bound."""
    some: Select[Any] = (
        select(literal_column("1"))
        .where(ExportedSubmission.export_id == Export.id)
        .correlate(Export)
        .limit(MOST_IN_INDEX + 1)
    )
    people = select(func.count()).select_from(some.subquery()).scalar_subquery()
    current = and_(FormVersion.owner_id == Call.id, FormVersion.number == Call.form_version)
    return main.execute(
        select(Export, Coordinator, FormVersion, people)
        .join(Coordinator, Coordinator.id == Export.coordinator_id)
        .join(Call, Call.id == Export.call_id)
        .join(FormVersion, current)
        .where(*only)
        .order_by(Export.made_on.desc(), Export.id)
        .limit(limit)
        .execution_options(**TOLERANT)
    ).all()


def _views(
    main: Session, found: Sequence[Found], concerned: Mapping[UUID, int]
) -> tuple[ExportView, ...]:
    names = _names(main) if any(export.recipient_id for export, _, _, _ in found) else {}
    forms = _all_versions(main, {form.owner_id for _, _, form, _ in found if form.number > 1})
    return tuple(
        ExportView(
            id=export.id,
            call_id=export.call_id,
            title=title_of(form),
            purpose=export.purpose,
            permission=words_of(forms.get(export.call_id, [form]), export),
            reason=export.reason,
            outside_permission=export.outside_permission,
            file_format=export.file_format,
            made_on=export.made_on,
            made_by=name_of(made_by),
            delete_by=export.delete_by,
            people=counted(people, MOST_IN_INDEX),
            concerned=concerned.get(export.id, 0),
            passed_on_to=names.get(export.recipient_id, ""),
        )
        for export, made_by, form, people in found
    )


def _names(main: Session) -> Mapping[UUID | None, str]:
    return {one.id: one.name for one in organisations.read(main).everyone}


def _all_versions(main: Session, call_ids: Collection[UUID]) -> dict[UUID, list[FormVersion]]:
    """The forms of calls that had several, the newest first."""
    query = select(FormVersion).where(FormVersion.owner_id.in_(call_ids))
    found: dict[UUID, list[FormVersion]] = {}
    if call_ids:
        rows = main.scalars(query.order_by(FormVersion.number.desc()).execution_options(**TOLERANT))
        for row in rows:
            found.setdefault(row.owner_id, []).append(row)
    return found


def words_of(versions: Sequence[FormVersion], export: Export) -> str:
    """The words of a list's consent in English, as the call asked when it was made; empty where no version asks for it,
    or the form is false. `versions`: the newest first."""
    then = [one for one in versions if one.published_on <= export.made_on]
    for form in map(form_of, (*then, *versions)):
        wording = form.consent(export.purpose) if form else None
        if wording:
            return wording.text["en"]
    return ""


def _crossed_out(main: Session, export_id: UUID, place: CrossedPlace | None) -> CrossedPage:
    """Those who were crossed out, a page at a time, in the order of ids."""
    key = (CrossedOut.submission_id, CrossedOut.kind)
    is_end = place is not None and place.is_end
    query = (
        select(CrossedOut, Coordinator)
        .join(Coordinator, Coordinator.id == CrossedOut.coordinator_id)
        .where(CrossedOut.export_id == export_id)
        .order_by(*(one.desc() if is_end else one.asc() for one in key))
        .limit(PER_PAGE + 1)
        .execution_options(**TOLERANT)
    )
    if place is not None:
        limit = tuple_(literal(place.submission_id, key[0].type), literal(place.kind, key[1].type))
        query = query.where(tuple_(*key) < limit if is_end else tuple_(*key) > limit)
    read = main.execute(query).all()
    if (is_end and len(read) <= PER_PAGE) or (place is not None and not read):
        # The beginning of the list is a whole page, and past its end nothing is shown.
        return _crossed_out(main, export_id, None)
    shown = read[:PER_PAGE][::-1] if is_end else read[:PER_PAGE]
    places = [CrossedPlace(row.submission_id, row.kind) for row, _ in shown]
    return CrossedPage(
        tuple(
            Crossed(reference(row.submission_id), row.kind, row.crossed_on, name_of(by))
            for row, by in shown
        ),
        newer=replace(places[0], is_end=True) if place is not None else None,
        older=places[-1] if is_end or len(read) > PER_PAGE else None,
    )
