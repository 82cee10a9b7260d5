"""Exporting the contacts of those who said yes, for one purpose, with a reason and a fresh second factor."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Row, and_, exists, func, insert, select
from sqlalchemy.orm import Session, aliased

from webapp.models import Consent, Export, ExportedSubmission, Part, Submission
from webapp.rules import clock
from webapp.rules.consent import lets_reach
from webapp.rules.contact import APP, CONTACT_TIMES, THROUGH_HELPER, SafeContact, safe_contact
from webapp.rules.form_definition import ConsentWording, FormDefinition
from webapp.rules.kinds import kind_of
from webapp.rules.languages import LANGUAGES
from webapp.rules.references import reference
from webapp.services import audit, consents, coordinators, disclosure, stores
from webapp.services.calls import Call
from webapp.services.contact_files import ContactRow, write_csv, write_xlsx
from webapp.services.coordinators import Holder
from webapp.services.crossing_out import ListToCrossOut, lists_to_cross_out

__all__ = ["ListToCrossOut", "lists_to_cross_out"]

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
        outside_permission=False,
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
    # Until the first of them is deleted here, as was promised: no list may be used for longer.
    export.delete_by = min((part.due_on for part, *_ in found), default=None)
    main.add(export)
    main.flush()
    listed = [
        {
            "export_id": export.id,
            "submission_id": submission.id,
            "consent_n": n,
            "part_id": part.id,
        }
        for part, submission, n, _ in found
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
            rows[one.submission.id] = _row(form, one.submission, contact) if contact else None
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


def _row(form: FormDefinition, submission: Submission, contact: SafeContact) -> ContactRow:
    language = LANGUAGES.get(submission.language)
    return ContactRow(
        reference=reference(submission.id),
        language=language.english_name if language else submission.language,
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
