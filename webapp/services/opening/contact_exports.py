"""Export of contacts for one consented purpose: audited before decryption, after step-up authentication."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from uuid import UUID, uuid4, uuid5

from sqlalchemy.exc import IntegrityError

from webapp.models import Export
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.consent import SHARING, uses_of_export
from webapp.rules.contact.safe_channels import safe_contact
from webapp.rules.forms.form_definition import ConsentWording, FormDefinition
from webapp.rules.languages.spoken_languages import named
from webapp.rules.reasons import OTHER, OUTSIDE, Reason, for_record
from webapp.rules.references import reference
from webapp.services.answers import consent_statements
from webapp.services.calls import form_versions
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.workbooks import SHORTEST_PASSWORD, PasswordTooShort
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import disclosure, looks
from webapp.services.opening.contact_csv import csv_head, csv_rows
from webapp.services.opening.contact_files import AboutList, ContactRow
from webapp.services.opening.contact_spreadsheet import write_xlsx
from webapp.services.opening.contact_words import app_in_words, times_in_words
from webapp.services.opening.export_purposes import NotAnExportPurpose, Recipient, exportable
from webapp.services.opening.export_selection import (
    Chosen,
    choose,
    choose_again,
    chosen_before,
    store_chosen,
)
from webapp.services.opening.looks import Why
from webapp.services.opening.missing_keys import Attempt, entered_as_tried
from webapp.services.opening.streamed_file import Piece, StreamedFile, after
from webapp.services.sealed.parts import ReadPart, read_in_batches

FileFormat = Literal["xlsx", "csv"]
MIMETYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}


@dataclass(frozen=True, kw_only=True)
class ContactFile(StreamedFile):
    """A list of contacts to download, and the export that its page at the desk is found by."""

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
    about = _about(holder, export, wording, len(chosen))
    if recipient is not None:
        about = replace(about, passed_on_to=recipient.name)
    pieces = _pieces(
        export, about, _open_rows(holder, _Asked(call, wording), chosen, export), password
    )
    # What does not open is found out before anything is sent, where an error has a page.
    first = next(pieces)
    name = f"list-{export.made_on.isoformat()}-{about.reference}.{file_format}"
    return ContactFile(
        file_name=name,
        mimetype=MIMETYPES[file_format],
        export_id=export.id,
        people=len(chosen),
        pieces=after(first, pieces),
    )


def _store(holder: Holder, asked: Export, why: Why) -> tuple[Export, list[Chosen]]:
    """Select, and enter the audit log, in one transaction: a second press finds both, or none."""
    if (found := _pressed_twice(asked)) is not None:
        return found
    attempt = Attempt(AuditEvent.LIST_TRIED, asked.call_id, why.recorded)
    with stores.reading() as main:
        read = choose(main, asked)
    try:
        with entered_as_tried(holder, attempt), stores.writing() as main:
            chosen = store_chosen(main, asked, read)
            disclosure.require_keys_of(main, holder, _keys_for(asked, chosen))
            # Lock order, against deadlocks: the end of the audit log is locked last, after the submissions.
            looks.enter_export(main, holder, asked, why, [one.submission_id for one in chosen])
            return asked, chosen
    except IntegrityError:
        # The other press of two at one moment was first.
        if (found := _pressed_twice(asked)) is None:
            raise
        return found


def _keys_for(export: Export, chosen: Iterable[Chosen]) -> set[disclosure.Key]:
    return {(export.call_id, "contact", one.epoch) for one in chosen}


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


def _pieces(
    export: Export, about: AboutList, batches: Iterator[tuple[int, list[ContactRow]]], password: str
) -> Iterator[Piece]:
    """The file as it is made. A plain list is sent while it is; a spreadsheet is locked as a whole, at the end."""
    opened = 0
    everybody: list[ContactRow] = []
    as_sheet = export.file_format == "xlsx"
    begun = b"" if as_sheet else csv_head()
    for read, rows in batches:
        opened += read
        if as_sheet:
            everybody += rows
            yield Piece(opened, b"")
        else:
            yield Piece(opened, begun + csv_rows(rows, about))
            begun = b""
    if as_sheet:
        about = replace(about, people=len(everybody))
        yield Piece(opened, write_xlsx(everybody, about, password))
    elif begun:
        yield Piece(opened, begun)


def _open_rows(
    holder: Holder, asked: "_Asked", chosen: Sequence[Chosen], export: Export
) -> Iterator[tuple[int, list[ContactRow]]]:
    """Decrypt those selected, a batch at a time: how many were looked at, and the rows of those with a safe way.

    A part that was replaced since they were selected is read again, as it is now.
    """
    waiting = list(chosen)
    for _ in range(disclosure.LOOKS):
        by_part = {one.part_id: one for one in waiting}
        for opened in disclosure.open_read(
            holder, _keys_for(export, waiting), _held(waiting), len(waiting)
        ):
            people = [(by_part.pop(part.id), answers) for part, answers in opened]
            rows = [_row(asked, one, answers) for one, answers in people]
            yield len(people), [row for row in rows if row is not None]
        if not by_part:
            break
        waiting = choose_again([one.submission_id for one in by_part.values()], export)


def _held(chosen: Sequence[Chosen]) -> Iterator[list[ReadPart]]:
    """The parts of these people as they are stored now, so many at a time that their envelopes need little memory."""
    return read_in_batches([one.part_id for one in chosen], disclosure.BATCH)


class _Asked:
    """What people of a list were asked: each in the version of the form that they answered."""

    def __init__(self, call: Call, wording: ConsentWording) -> None:
        self._call = call
        self._listed = wording.text["en"]
        self._words = consent_statements.words_in_english(call.id, wording.purpose)

    def form(self, one: Chosen) -> FormDefinition:
        """The form that this person answered."""
        return form_versions.at_or_newest(self._call, one.form_version).form

    def other_words(self, one: Chosen) -> str:
        """The words that this person said yes to, in English; empty where they are those that the list names."""
        words = self._words.get(one.statement_id, "")
        return "" if words == self._listed else words


def _row(asked: _Asked, one: Chosen, answers: Mapping[str, Any]) -> ContactRow | None:
    contact = safe_contact(answers, through_helper=one.through_helper)
    if contact is None:
        return None
    form = asked.form(one)
    return ContactRow(
        reference=reference(one.submission_id),
        language=named(answers, one.language),
        confirmed_on=one.told_on,
        typed_by=one.typed_by,
        contact=contact,
        times=times_in_words(form, contact),
        app=app_in_words(form, contact),
        agreed_to=asked.other_words(one),
    )
