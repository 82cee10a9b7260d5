"""Exporting the contacts of those who said yes, for one purpose, with a reason and a fresh second factor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID, uuid4, uuid5

from sqlalchemy import ColumnElement, Row, and_, exists, func, insert, select
from sqlalchemy.orm import Session, aliased

from webapp.models import Consent, Export, ExportedSubmission, Part, Submission
from webapp.rules import clock
from webapp.rules.consent import lets_reach, uses_of, uses_of_export
from webapp.rules.contact.questions import APP, CONTACT_TIMES, THROUGH_HELPER
from webapp.rules.contact.safe_channels import SafeContact, safe_contact
from webapp.rules.forms.form_definition import ConsentWording, FormDefinition
from webapp.rules.forms.kinds import kind_of
from webapp.rules.languages.spoken_languages import named
from webapp.rules.reasons import OTHER, OUTSIDE, Reason, Use, for_record
from webapp.rules.references import reference
from webapp.services.answers import consents
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import audit, stores
from webapp.services.keys import coordinators
from webapp.services.keys.coordinators import Holder, WrongCode
from webapp.services.opening import disclosure
from webapp.services.opening.contact_files import AboutList, ContactRow, write_csv, write_xlsx
from webapp.services.opening.withdrawals_after_export import ListToCrossOut, lists_to_cross_out

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
    """One purpose that contacts may be exported for, what its consent lets us do, and for how many people it stands."""

    purpose: str
    text: str
    use: Use
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
            .join(Submission, Submission.id == Consent.submission_id)
            .where(Part.call_id == call.id, consents.stands(Consent), consents.may_be_contacted())
            .group_by(Consent.purpose)
        )
        people: dict[str, int] = {purpose: number for purpose, number in rows}  # noqa: C416
    return tuple(
        ExportPurpose(
            consent.purpose,
            consent.text["en"],
            uses_of(consent)[0],
            people.get(consent.purpose, 0),
        )
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
    reason: Reason,
    code: str,
    file_format: FileFormat,
    password: str,
    press: UUID | None = None,
) -> ContactFile:
    """The safe contacts of everybody whose consent for this purpose stands now.

    The export and its record are stored before anything is opened. Idempotent by `press`, which the form carries: a
    button pressed twice, with one code, makes one list and gives it twice.

    Raises `NotAnExportPurpose`, `NotWhatItIsFor`, `PasswordTooShort`, `WrongCode`, `NotAuthorisedToOpen`, `TooMany`.
    """
    wording = next((one for one in _exportable(call) if one.purpose == purpose), None)
    if wording is None:
        raise NotAnExportPurpose(purpose)
    recorded = for_record(reason, uses_of_export(wording), other=OUTSIDE)
    if file_format == "xlsx" and len(password) < SHORTEST_PASSWORD:
        raise PasswordTooShort
    asked = Export(
        id=uuid5(press or uuid4(), code.replace(" ", "")),
        call_id=call.id,
        coordinator_id=holder.coordinator_id,
        purpose=purpose,
        reason=recorded,
        file_format=file_format,
        made_on=clock.today(),
        outside_permission=reason.key == OTHER.key,
    )
    export, chosen = _store(holder, asked, code)
    rows = _open_rows(holder, call.form, chosen, purpose)
    return _file(export, _about(holder, export, wording, len(rows)), rows, password)


def _store(holder: Holder, asked: Export, code: str) -> tuple[Export, list[Chosen]]:
    """Use up the code, choose, and enter the record, in one transaction: so a doubled press finds all of it, or none.

    Raises `WrongCode`.
    """
    coordinators.count_guess(holder)
    try:
        with stores.writing() as main:
            coordinators.spend_code(main, holder, code)
            chosen = _choose(main, asked)
            # Last, in one go: everybody else locks the end of the record after the submissions.
            audit.enter(
                main, holder.coordinator_id, "second factor confirmed", holder.coordinator_id
            )
            # A tag has room for 40 letters, and a purpose may have as many.
            tag = f"contacts exported, {asked.purpose}"[:40]
            audit.enter(main, holder.coordinator_id, tag, asked.id, asked.reason)
            return asked, chosen
    except WrongCode:
        if (found := _pressed_twice(holder, asked, code)) is not None:
            return found
        coordinators.note_wrong_code(holder)
        raise


def _pressed_twice(holder: Holder, asked: Export, code: str) -> tuple[Export, list[Chosen]] | None:
    """The list that the same press with the same code has just made, of those whose consent still stands."""
    with stores.reading() as main:
        made = main.get(Export, asked.id)
        if made is None or not coordinators.is_the_last_code(main, holder, code):
            return None
        if _what(made) != _what(asked):
            return None
        listed = select(ExportedSubmission.submission_id).where(
            ExportedSubmission.export_id == made.id
        )
        return made, _each(_consented(main, made.call_id, made.purpose, Submission.id.in_(listed)))


def _what(export: Export) -> tuple[object, ...]:
    return export.coordinator_id, export.call_id, export.purpose, export.file_format


def _about(holder: Holder, export: Export, wording: ConsentWording, people: int) -> AboutList:
    return AboutList(
        reference=reference(export.id),
        permission=wording.text["en"],
        reason=export.reason,
        made_by=holder.name,
        made_on=export.made_on,
        delete_by=export.delete_by,
        people=people,
    )


def _file(export: Export, about: AboutList, rows: list[ContactRow], password: str) -> ContactFile:
    """The file, with a name that tells it from the others of a day and says nothing of what is in it."""
    as_sheet = export.file_format == "xlsx"
    content = write_xlsx(rows, about, password) if as_sheet else write_csv(rows, about)
    name = f"list-{export.made_on.isoformat()}-{about.reference}.{export.file_format}"
    return ContactFile(name, MIMETYPES[export.file_format], content, export.id)


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
            consents.may_be_contacted(),
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
