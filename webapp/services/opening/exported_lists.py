"""Exports as the desk shows them: the purpose of each, and which participants must be crossed out in it since."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, func, select
from sqlalchemy.orm import Session

from webapp.models import Call, Coordinator, CrossedOut, Export, ExportedSubmission, FormVersion
from webapp.rules import clock
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.references import reference
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.row_authentication import TOLERANT
from webapp.services.keys import organisations
from webapp.services.opening import export_selection, withdrawals_after_export
from webapp.services.opening.list_facts import form_of, name_of, title_of
from webapp.services.opening.withdrawals_after_export import HELPER, LINE, WAYS, Change


@dataclass(frozen=True)
class Crossed:
    """A participant, by reference, whom a coordinator has crossed out in all copies of the file."""

    reference: str
    kind: str
    on: date
    by: str


@dataclass(frozen=True)
class ExportView:
    """One export as the desk shows it, with all who withdrew or corrected something since. Each is listed once.

    `permission`: the consent's words, as the call has them now. `delete_by`: the day on which contact details in it
    are deleted here, as was promised. `withdrawn_since`: those who may not be reached for this any more.
    `ways_changed_since`: those who still say yes, but told of other ways since. `helper_withdrawn_since`: those who may
    not be reached through their helper any more, while the rest of their line holds. `crossed_out`: those who were
    ticked off already; they are in none of the others until something new happens. `left_out`: those whom no list for
    this purpose has now, because rows of theirs were put in, changed or removed by hand (references).
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
    changes: tuple[Change, ...]
    crossed_out: tuple[Crossed, ...]
    left_out: tuple[str, ...] = ()
    #: The member that the list was made for; empty for one that stays with the host.
    passed_on_to: str = ""

    @property
    def reference(self) -> str:
        """Its short name: on its page, in its file and in the file's name."""
        return reference(self.id)

    @property
    def concerned(self) -> int:
        """How many people's lines in the file may not be used as they are."""
        return len(self.changes)

    @property
    def is_over(self) -> bool:
        """Whether the day has come on which contact details in it are deleted here: no copy may be left anywhere."""
        return self.delete_by is not None and self.delete_by <= clock.today()

    @property
    def seen(self) -> str:
        """A digest of who must be crossed out now, for the button that says it is done."""
        return withdrawals_after_export.shown(self.changes)

    @property
    def withdrawn_since(self) -> tuple[str, ...]:
        return self._references(LINE)

    @property
    def ways_changed_since(self) -> tuple[UUID, ...]:
        return tuple(sorted(one.submission_id for one in self.changes if one.kind == WAYS))

    @property
    def helper_withdrawn_since(self) -> tuple[str, ...]:
        return self._references(HELPER)

    def _references(self, kind: str) -> tuple[str, ...]:
        return tuple(
            sorted(reference(one.submission_id) for one in self.changes if one.kind == kind)
        )


def find_export(export_id: UUID) -> ExportView:
    """One export, with the participants who withdrew or corrected something since. Raises `LookupError`."""
    with stores.reading() as main:
        found = _exports(main, 1, Export.id == export_id)
        if not found:
            raise LookupError(export_id)
        made: Export = found[0][0]
        # One reading for both: who is in the list, and who might have been.
        decided = export_selection.decided(main, made.call_id, made.purpose)
        listed = withdrawals_after_export.not_crossed_out(main, made)
        false = export_selection.false_people(main, {*decided, *listed})
        changes = {
            export_id: withdrawals_after_export.with_false(main, made, false.keys() & {*listed})
        }
        away = export_selection.left_out(
            {one: false[one] for one in decided if one in false}, made.purpose
        )
        (view,) = _views(main, found, changes)
    return replace(view, left_out=tuple(sorted(map(reference, away))))


def call_of(export_id: UUID) -> UUID:
    """The call whose contacts are in an export: what a role is held for. Raises `LookupError`."""
    with stores.reading() as main:
        call_id = main.scalar(select(Export.call_id).where(Export.id == export_id))
    if call_id is None:
        raise LookupError(export_id)
    return call_id


def recent_exports(
    limit: int = 20, *, changed: Collection[UUID] | None = None
) -> tuple[ExportView, ...]:
    """The newest exports. `changed`: those in which someone is to be crossed out, where that is known already."""
    with stores.reading() as main:
        found = _exports(main, limit)
        made = [one for one, _, _, _ in found if changed is None or one.id in changed]
        return _views(main, found, withdrawals_after_export.changes_in(main, made))


Found = Row[Export, Coordinator, FormVersion, int]


def _exports(main: Session, limit: int, *only: ColumnElement[bool]) -> Sequence[Found]:
    """Exports with who made them, the form that their call asks now, and how many people are in them."""
    people = (
        select(func.count())
        .where(ExportedSubmission.export_id == Export.id)
        .correlate(Export)
        .scalar_subquery()
    )
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
    main: Session, found: Sequence[Found], changes: Mapping[UUID, tuple[Change, ...]]
) -> tuple[ExportView, ...]:
    crossed = _crossed_out(main, [export.id for export, _, _, _ in found])
    names = _names(main) if any(export.recipient_id for export, _, _, _ in found) else {}
    return tuple(
        ExportView(
            id=export.id,
            call_id=export.call_id,
            title=title_of(form),
            purpose=export.purpose,
            permission=words_of(form_of(form), export.purpose),
            reason=export.reason,
            outside_permission=export.outside_permission,
            file_format=export.file_format,
            made_on=export.made_on,
            made_by=name_of(made_by),
            delete_by=export.delete_by,
            people=people,
            changes=changes.get(export.id, ()),
            crossed_out=tuple(crossed.get(export.id, ())),
            passed_on_to=names.get(export.recipient_id, ""),
        )
        for export, made_by, form, people in found
    )


def _names(main: Session) -> Mapping[UUID | None, str]:
    return {one.id: one.name for one in organisations.read(main).everyone}


def words_of(form: FormDefinition | None, purpose: str) -> str:
    """The words of a consent in English; empty where the call does not ask for it any more, or the form is false."""
    wording = form.consent(purpose) if form else None
    return wording.text["en"] if wording else ""


def _crossed_out(main: Session, export_ids: Iterable[UUID]) -> dict[UUID, list[Crossed]]:
    rows = main.execute(
        select(CrossedOut, Coordinator)
        .join(Coordinator, Coordinator.id == CrossedOut.coordinator_id)
        .where(CrossedOut.export_id.in_(list(export_ids)))
        .order_by(CrossedOut.submission_id, CrossedOut.kind)
        .execution_options(**TOLERANT)
    )
    found: dict[UUID, list[Crossed]] = {}
    for row, by in rows:
        crossed = Crossed(reference(row.submission_id), row.kind, row.crossed_on, name_of(by))
        found.setdefault(row.export_id, []).append(crossed)
    return found
