"""Export of contacts for one consented purpose: audited before decryption, after step-up authentication."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from uuid import UUID, uuid4, uuid5

from sqlalchemy.exc import IntegrityError

from webapp.models import Export, Submission
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.consent import SHARING, uses_of_export
from webapp.rules.contact.safe_channels import (
    SafeContact,
    safe_contact,
)
from webapp.rules.forms.form_definition import ConsentWording, FormDefinition
from webapp.rules.languages.spoken_languages import named
from webapp.rules.reasons import OTHER, OUTSIDE, Reason, for_record
from webapp.rules.references import reference
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import stores
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import disclosure, looks
from webapp.services.opening.contact_csv import write_csv
from webapp.services.opening.contact_files import AboutList, ContactRow
from webapp.services.opening.contact_spreadsheet import write_xlsx
from webapp.services.opening.contact_words import app_in_words, times_in_words
from webapp.services.opening.export_purposes import NotAnExportPurpose, Recipient, exportable
from webapp.services.opening.export_selection import Chosen, choose, choose_again, chosen_before
from webapp.services.opening.looks import Why
from webapp.services.opening.missing_keys import Attempt, entered_as_tried

FileFormat = Literal["xlsx", "csv"]
MIMETYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}
SHORTEST_PASSWORD = 12


class PasswordTooShort(ValueError):
    """A spreadsheet file needs a password of at least 12 characters."""


@dataclass(frozen=True)
class ContactFile:
    """A file to download. It exists in memory only."""

    file_name: str
    mimetype: str
    content: bytes = field(repr=False)
    export_id: UUID


def export_consented(
    holder: Holder,
    call: Call,
    *,
    purpose: str,
    reason: Reason,
    file_format: FileFormat,
    password: str,
    press: UUID | None = None,
    confirmed_at: int = 0,
    recipient: Recipient | None = None,
) -> ContactFile:
    """The safe contacts of all participants whose consent for this purpose stands now.

    A list for sharing is for one member, the `recipient`, and has only people whose consent covers that member.

    The export and its audit entry are stored before anything is opened. Idempotent by `press`, the key that the form
    carries, by what is asked for, and by `confirmed_at`, the step-up that it stands on: a button pressed twice makes
    one list and gives it twice; with anything changed, or after another step-up, the same page makes another list. The
    caller has checked that the step-up is fresh.

    Raises `NotAnExportPurpose`, `NotWhatItIsFor`, `PasswordTooShort`, `NotAuthorisedToOpen`, `TooMany`.
    """
    wording = next((one for one in exportable(call) if one.purpose == purpose), None)
    if wording is None or (purpose == SHARING) != (recipient is not None):
        raise NotAnExportPurpose(purpose)
    recorded = for_record(reason, uses_of_export(wording), other=OUTSIDE)
    if file_format == "xlsx" and len(password) < SHORTEST_PASSWORD:
        raise PasswordTooShort
    to = recipient.organisation_id.hex if recipient else ""
    what = holder.coordinator_id.hex, call.id.hex, purpose, to, file_format, recorded
    asked = Export(
        id=uuid5(press or uuid4(), repr((confirmed_at, *what))),
        call_id=call.id,
        coordinator_id=holder.coordinator_id,
        purpose=purpose,
        reason=recorded,
        file_format=file_format,
        made_on=clock.today(),
        outside_permission=reason.key == OTHER.key,
        recipient_id=recipient.organisation_id if recipient else None,
    )
    export, chosen = _store(holder, asked, Why(recorded, reason.key))
    rows = _open_rows(holder, call.form, chosen, export)
    about = _about(holder, export, wording, len(rows))
    if recipient is not None:
        about = replace(about, passed_on_to=recipient.name)
    return _file(export, about, rows, password)


def _store(holder: Holder, asked: Export, why: Why) -> tuple[Export, list[Chosen]]:
    """Select, and enter the audit log, in one transaction: a second press finds both, or none."""
    if (found := _pressed_twice(asked)) is not None:
        return found
    try:
        attempt = Attempt(AuditEvent.LIST_TRIED, asked.call_id, why.recorded)
        with entered_as_tried(holder, attempt), stores.writing() as main:
            chosen = choose(main, asked)
            disclosure.require_keys(main, holder, [one.part for one in chosen])
            # Lock order, against deadlocks: the end of the audit log is locked last, after the submissions.
            looks.enter_export(main, holder, asked, why, [one.submission.id for one in chosen])
            return asked, chosen
    except IntegrityError:
        # The other press of two at one moment was first.
        if (found := _pressed_twice(asked)) is None:
            raise
        return found


def _pressed_twice(asked: Export) -> tuple[Export, list[Chosen]] | None:
    """The list that the same press has just made, of those whose consent still stands."""
    with stores.reading() as main:
        made = main.get(Export, asked.id)
        return None if made is None else (made, chosen_before(main, made))


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


def _open_rows(
    holder: Holder, form: FormDefinition, chosen: list[Chosen], export: Export
) -> list[ContactRow]:
    """Decrypt those selected. A part that was replaced since then is read again in its new version."""
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
        waiting = choose_again(missing, export)
    return [row for _, row in sorted(rows.items()) if row is not None]


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
