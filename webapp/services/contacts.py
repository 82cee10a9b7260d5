"""Exporting the contacts of those who said yes, for one purpose, with a reason and a fresh second factor."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Row, and_, exists, func, insert, select
from sqlalchemy.orm import Session, aliased

from webapp.models import Consent, Coordinator, Export, ExportedSubmission, Part, Submission
from webapp.rules import clock
from webapp.rules.consent import lets_reach
from webapp.rules.contact import APP, CONTACT_TIMES, THROUGH_HELPER, SafeContact, safe_contact
from webapp.rules.form_definition import ConsentWording, FormDefinition
from webapp.rules.kinds import kind_of
from webapp.rules.references import reference
from webapp.rules.spoken import named
from webapp.services import audit, calls, consents, coordinators, disclosure, stores
from webapp.services.calls import Call
from webapp.services.contact_files import ContactRow, write_csv, write_xlsx
from webapp.services.coordinators import Holder

FileFormat = Literal["xlsx", "csv"]
MIMETYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}
SHORTEST_PASSWORD = 12


class NotAnExportPurpose(LookupError):
    """This call asks for no such consent, or one that does not use contact details."""


class PasswordTooShort(ValueError):
    """A spreadsheet file needs a password of at least 12 characters."""


@dataclass(frozen=True)
class ExportPurpose:
    """One purpose that contacts may be exported for, and for how many people it stands."""

    purpose: str
    text: str
    people: int


@dataclass(frozen=True)
class ContactFile:
    """A file to download. It exists in memory only."""

    file_name: str
    mimetype: str
    content: bytes = field(repr=False)
    export_id: UUID


@dataclass(frozen=True)
class Chosen:
    """One person whose consent stood when an export was made; `through_helper`: that consent stood, too."""

    part: Part
    submission: Submission
    through_helper: bool


@dataclass(frozen=True)
class ExportView:
    """One export as the desk shows it, with everybody who changed their mind since. Nobody is named twice.

    `withdrawn_since`: those who may not be reached for this any more. `ways_changed_since`: those who still say yes,
    but told of other ways on the day of the export or later. `helper_withdrawn_since`: those who may not be reached
    through their helper any more, while the rest of their line holds.
    """

    id: UUID
    title: dict[str, str]
    purpose: str
    reason: str
    file_format: str
    made_on: date
    made_by: str
    people: int
    withdrawn_since: tuple[str, ...]
    ways_changed_since: tuple[UUID, ...]
    helper_withdrawn_since: tuple[str, ...]

    @property
    def concerned(self) -> int:
        """How many people's lines in the file may not be used as they are."""
        since = (self.withdrawn_since, self.ways_changed_since, self.helper_withdrawn_since)
        return sum(map(len, since))


def purposes_for(call: Call) -> tuple[ExportPurpose, ...]:
    """The purposes of a call that use contact details, with how many people there are whose consent stands.

    A consent about reaching somebody never stands without a safe way: it is not kept, or taken back with the way. So
    this counts only people who can be reached, without opening anything.
    """
    with stores.reading() as main:
        rows = main.execute(
            select(Consent.purpose, func.count())
            .join(
                Part, and_(Part.submission_id == Consent.submission_id, Part.purpose == "contact")
            )
            .where(Part.call_id == call.id, consents.stands(Consent))
            .group_by(Consent.purpose)
        )
        people: dict[str, int] = {purpose: number for purpose, number in rows}  # noqa: C416
    return tuple(
        ExportPurpose(consent.purpose, consent.text["en"], people.get(consent.purpose, 0))
        for consent in _exportable(call)
    )


def _exportable(call: Call) -> list[ConsentWording]:
    """Consents that let coordinators have contact details."""
    return [consent for consent in call.form.consents if lets_reach(consent)]


def export_consented(
    holder: Holder,
    call: Call,
    *,
    purpose: str,
    reason: str,
    code: str,
    file_format: FileFormat,
    password: str,
) -> ContactFile:
    """The safe contacts of everybody whose consent for this purpose stands now.

    The export and its record are stored before anything is opened. Raises `NotAnExportPurpose`, `PasswordTooShort`,
    `WrongCode`, `NotAuthorisedToOpen`.
    """
    if purpose not in {consent.purpose for consent in _exportable(call)}:
        raise NotAnExportPurpose(purpose)
    if file_format == "xlsx" and len(password) < SHORTEST_PASSWORD:
        raise PasswordTooShort
    coordinators.confirm_second_factor(holder, code)
    export = Export(
        id=uuid4(),
        call_id=call.id,
        coordinator_id=holder.coordinator_id,
        purpose=purpose,
        reason=reason,
        file_format=file_format,
        made_on=clock.today(),
    )
    with stores.writing() as main:
        chosen = _choose(main, export)
        # A tag has room for 40 letters, and a purpose may have as many.
        tag = f"contacts exported, {purpose}"[:40]
        audit.enter(main, holder.coordinator_id, tag, export.id, reason)
    rows = _open_rows(holder, call.form, chosen, purpose)
    content = write_xlsx(rows, password) if file_format == "xlsx" else write_csv(rows)
    name = f"list-{clock.today().isoformat()}.{file_format}"
    return ContactFile(name, MIMETYPES[file_format], content, export.id)


def _choose(main: Session, export: Export) -> list[Chosen]:
    """Choose and lock, in SQL, exactly those whose consent stands; write down on which number it rested."""
    # A withdrawal locks the submission first too, so that it is either before this export or after it.
    main.execute(
        select(Submission.id)
        .where(Submission.call_id == export.call_id)
        .order_by(Submission.id)
        .with_for_update()
    ).all()
    found = _consented(main, export.call_id, export.purpose)
    main.add(export)
    main.flush()
    listed = [
        {"export_id": export.id, "submission_id": submission.id, "consent_n": n}
        for _, submission, n, _ in found
    ]
    if listed:
        main.execute(insert(ExportedSubmission), listed)
    return _each(found)


def _consented(
    main: Session, call_id: UUID, purpose: str, *only: ColumnElement[bool]
) -> Sequence[Row[Part, Submission, int, bool]]:
    """The contact parts of those whose consent for this purpose stands now, and the consent's number."""
    return main.execute(
        select(Part, Submission, Consent.n, _stands_too(THROUGH_HELPER))
        .join(Submission, Submission.id == Part.submission_id)
        .join(Consent, Consent.submission_id == Submission.id)
        .where(
            Submission.call_id == call_id,
            Part.purpose == "contact",
            consents.stands(Consent, purpose),
            *only,
        )
        .order_by(Submission.id)
    ).all()


def _stands_too(purpose: str) -> ColumnElement[bool]:
    """The SQL condition that another consent of the same submission stands."""
    other = aliased(Consent)
    return exists().where(other.submission_id == Submission.id, consents.stands(other, purpose))


def _each(found: Sequence[Row[Part, Submission, int, bool]]) -> list[Chosen]:
    return [Chosen(part, submission, bool(through)) for part, submission, _, through in found]


def _open_rows(
    holder: Holder, form: FormDefinition, chosen: list[Chosen], purpose: str
) -> list[ContactRow]:
    """Open those chosen. Who corrected their details since then is looked for again, and gets in with the new ones."""
    rows: dict[UUID, ContactRow | None] = {}
    waiting = chosen
    for _ in range(disclosure.LOOKS):
        by_part = {one.part.id: one for one in waiting}
        for part, answers in disclosure.open_parts(holder, [one.part for one in waiting]):
            one = by_part[part.id]
            contact = safe_contact(answers, through_helper=one.through_helper)
            rows[one.submission.id] = (
                _row(form, one.submission, contact, answers) if contact else None
            )
        missing = [one.submission for one in waiting if one.submission.id not in rows]
        if not missing:
            break
        waiting = _chosen_again(missing, purpose)
    return [row for _, row in sorted(rows.items()) if row is not None]


def _chosen_again(missing: list[Submission], purpose: str) -> list[Chosen]:
    """The contact parts of these people as they are now, if their consent still stands."""
    these = Submission.id.in_([submission.id for submission in missing])
    with stores.reading() as main:
        return _each(_consented(main, missing[0].call_id, purpose, these))


def _row(
    form: FormDefinition, submission: Submission, contact: SafeContact, answers: Mapping[str, Any]
) -> ContactRow:
    return ContactRow(
        reference=reference(submission.id),
        language=named(answers, submission.language),
        confirmed_on=submission.contact_told_on,
        typed_by=submission.typed_by,
        contact=contact,
        times=times_in_words(form, contact),
        app=app_in_words(form, contact),
    )


def app_in_words(form: FormDefinition, contact: SafeContact) -> str:
    """Which app they meant, as the form puts it in English; empty when they did not say, or gave no such way."""
    if contact.app is None or not contact.app.app:
        return ""
    question = form.question(APP)
    return kind_of(question).export(contact.app.app, question)


def times_in_words(form: FormDefinition, contact: SafeContact) -> str:
    """The safe times as the form puts them in English; empty when none were given."""
    if not contact.times:
        return ""
    question = form.question(CONTACT_TIMES)
    return kind_of(question).export(list(contact.times), question)


def find_export(export_id: UUID) -> ExportView:
    """One export, with the people who changed their mind since. Raises `LookupError`."""
    with stores.reading() as main:
        export = main.get(Export, export_id)
        if export is None:
            raise LookupError(export_id)
        return _view(main, export)


def recent_exports(limit: int = 20) -> tuple[ExportView, ...]:
    """The newest exports."""
    with stores.reading() as main:
        exports = main.scalars(
            select(Export).order_by(Export.made_on.desc(), Export.id).limit(limit)
        ).all()
        return tuple(_view(main, export) for export in exports)


def _view(main: Session, export: Export) -> ExportView:
    call = calls.call_with_id(main, export.call_id)
    made_by = main.get_one(Coordinator, export.coordinator_id).name
    people = main.scalar(
        select(func.count())
        .select_from(ExportedSubmission)
        .where(ExportedSubmission.export_id == export.id)
    )
    withdrawn = _withdrawn_since(main, export)
    changed = _ways_changed_since(main, export) - withdrawn
    helper = _helper_withdrawn_since(main, export) - withdrawn - changed
    return ExportView(
        id=export.id,
        title=call.form.title,
        purpose=export.purpose,
        reason=export.reason,
        file_format=export.file_format,
        made_on=export.made_on,
        made_by=made_by,
        people=people or 0,
        withdrawn_since=_references(withdrawn),
        ways_changed_since=tuple(sorted(changed)),
        helper_withdrawn_since=_references(helper),
    )


def _references(submission_ids: Set[UUID]) -> tuple[str, ...]:
    return tuple(sorted(map(reference, submission_ids)))


def _withdrawn_since(main: Session, export: Export) -> set[UUID]:
    """Those in the file who must be crossed out: withdrawn later, or their contact details are not held any more."""
    stands_now = aliased(Consent)
    still_yes = (
        select(stands_now.submission_id)
        .where(
            stands_now.submission_id == ExportedSubmission.submission_id,
            consents.stands(stands_now, export.purpose),
        )
        .exists()
    )
    still_held = exists().where(
        Part.submission_id == ExportedSubmission.submission_id, Part.purpose == "contact"
    )
    gone = select(ExportedSubmission.submission_id).where(
        ExportedSubmission.export_id == export.id, ~and_(still_yes, still_held)
    )
    return set(main.scalars(gone))


def _ways_changed_since(main: Session, export: Export) -> set[UUID]:
    """Those who corrected, on the day of the export or later, how they may be reached.

    A way that is not safe any more would still be in the file. Only the day is kept: whoever corrected it on that day
    before the export is named, too.
    """
    since = (
        select(ExportedSubmission.submission_id)
        .join(Submission, Submission.id == ExportedSubmission.submission_id)
        .where(
            ExportedSubmission.export_id == export.id,
            Submission.contact_changed_on >= export.made_on,
        )
    )
    return set(main.scalars(since))


def _helper_withdrawn_since(main: Session, export: Export) -> set[UUID]:
    """Those who took back, on the day of the export or later, that a helper may be asked for them.

    Only the day of a consent is kept, so somebody who took it back on that day before the export is named, too.
    """
    taken_back = aliased(Consent)
    since = (
        select(ExportedSubmission.submission_id)
        .join(taken_back, taken_back.submission_id == ExportedSubmission.submission_id)
        .where(
            ExportedSubmission.export_id == export.id,
            taken_back.purpose == THROUGH_HELPER,
            ~taken_back.granted,
            taken_back.changed_on >= export.made_on,
        )
    )
    return set(main.scalars(since))
