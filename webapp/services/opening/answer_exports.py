"""Download of the answers to a whole call: audited before decryption, after step-up authentication.

Only parts for `testimony` are opened, with the keys of that purpose alone, so that no contact detail and no answer
about equality is even in memory. Rows come in an order that is shuffled for each file, under numbers of that file
alone: neither leads to a submission at the desk, to a list of contacts, or to the same person in another file.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from secrets import SystemRandom
from typing import Final, Literal
from uuid import UUID, uuid4, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import FormVersion
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.consent import QUOTING
from webapp.rules.forms.answer_columns import PART, FormInUse, Said, said_in
from webapp.rules.forms.codebook import FixedWords
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.reasons import DOWNLOADING, Reason, for_record
from webapp.rules.references import reference
from webapp.services.calls.published_calls import Call, parsed
from webapp.services.infrastructure import limits, stores
from webapp.services.infrastructure.workbooks import SHORTEST_PASSWORD, PasswordTooShort
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import answer_selection, answers_csv, answers_json, disclosure, looks
from webapp.services.opening import answers_spreadsheet as spreadsheet
from webapp.services.opening.answer_downloads import was_entered
from webapp.services.opening.answer_files import AboutAnswers, AnswerFile, AnswerRow
from webapp.services.opening.answer_selection import ChosenAnswers, Selection
from webapp.services.opening.looks import Download, Why
from webapp.services.opening.missing_keys import Attempt, entered_as_tried
from webapp.services.opening.streamed_file import Piece, StreamedFile, after
from webapp.services.sealed.parts import ReadPart, read_in_batches

AnswerFormat = Literal["xlsx", "csv", "json"]
ENDINGS: Final = {"xlsx": "xlsx", "csv": "zip", "json": "json"}
MIMETYPES: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "application/zip",
    "json": "application/json",
}
_RANDOM: Final = SystemRandom()


class NothingToDownload(LookupError):
    """Nobody's answers are there: nothing was opened, and nothing entered."""


@dataclass(frozen=True)
class Asked:
    """What a person asked for. `press`: the key of the form; `confirmed_at`: the step-up that it stands on."""

    reason: Reason
    file_format: AnswerFormat
    password: str = ""
    press: UUID | None = None
    confirmed_at: int = 0


def export_answers(
    holder: Holder, call: Call, asked: Asked, fixed: FixedWords | None = None
) -> StreamedFile:
    """All answers to a call that are genuine, not put aside and not erased, with their codebook.

    The entry in the record, and the look for each person, are stored before anything is opened. Idempotent: a button
    that is pressed twice is entered once, and gives a file of the same people twice. `fixed`: words that are the same
    in every form, in other languages than English. The caller has checked that the step-up is fresh.

    Raises `NotWhatItIsFor`, `PasswordTooShort`, `NothingToDownload`, `NotAuthorisedToOpen`, `SignInAgainToOpen`,
    `RowForged`, `TooMany`.
    """
    recorded = for_record(asked.reason, DOWNLOADING)
    if asked.file_format == "xlsx" and len(asked.password) < SHORTEST_PASSWORD:
        raise PasswordTooShort
    forms = _forms(call)
    what = holder.coordinator_id.hex, call.id.hex, asked.file_format, recorded
    download_id = uuid5(asked.press or uuid4(), repr((asked.confirmed_at, *what)))
    download = Download(download_id, call.id, asked.file_format)
    found = _store(holder, download, Why(recorded, asked.reason.key))
    about = AboutAnswers(
        reference=reference(download.id),
        title=call.form.title["en"],
        told=told_in(forms),
        quoting=said_in(forms, _quoting),
        reason=recorded,
        made_by=holder.name,
        made_on=clock.today(),
        delete_by=min(one.due_on for one in found.chosen),
        left_out=found.left_out,
    )
    file = AnswerFile(forms, fixed or {}, about)
    pieces = _written(file, asked, _open_rows(holder, call.id, file, found.chosen))
    # What does not open is found out before anything is sent, where an error has a page.
    first = next(pieces)
    return StreamedFile(
        file_name=f"data-{about.made_on.isoformat()}-{about.reference}.{ENDINGS[asked.file_format]}",
        mimetype=MIMETYPES[asked.file_format],
        people=len(found.chosen),
        pieces=after(first, pieces),
    )


def _forms(call: Call) -> tuple[FormInUse, ...]:
    """Every version of the call's form. Raises `RowForged`."""
    versions = select(FormVersion).where(FormVersion.owner_id == call.id)
    with stores.reading() as main:
        rows = main.scalars(versions.order_by(FormVersion.number)).all()
        return tuple(FormInUse(row.number, parsed(row.definition)) for row in rows)


def told(call: Call) -> tuple[Said, ...]:
    """What people were told about who reads their answers, in each version. Raises `RowForged`."""
    return told_in(_forms(call))


def told_in(forms: Sequence[FormInUse]) -> tuple[Said, ...]:
    """The same of these versions."""
    return said_in(forms, lambda form: form.start.readers["en"])


def _quoting(form: FormDefinition) -> str | None:
    found = form.consent(QUOTING)
    return None if found is None else found.text["en"]


def _store(holder: Holder, download: Download, why: Why) -> Selection:
    """Select, enter the record and leave the looks in one transaction: a second press finds all of it, or nothing."""
    with stores.reading() as main:
        is_second_press = was_entered(main, holder, download)
        read = answer_selection.choose(main, download.call_id)
    if not is_second_press:
        limits.take_for("answer-files", holder.coordinator_id.hex)
    attempt = Attempt(AuditEvent.ANSWERS_FILE_TRIED, download.call_id, why.recorded)
    with entered_as_tried(holder, attempt), stores.writing() as main:
        found = answer_selection.still(main, read)
        # Under the lock on those who are in both: the other press of two at one moment may have been first.
        if was_entered(main, holder, download):
            return _of_first_press(main, download, found)
        if not found.chosen:
            raise NothingToDownload
        disclosure.require_keys_of(main, holder, _keys_for(download.call_id, found.chosen))
        _enter(main, holder, download, why, found)
        return found


def _enter(main: Session, holder: Holder, download: Download, why: Why, found: Selection) -> None:
    # Lock order, against deadlocks: the end of the audit log is locked last, after the submissions.
    people = [one.submission_id for one in found.chosen]
    delete_by = min(one.due_on for one in found.chosen)
    looks.enter_download(main, holder, download, why, people, delete_by)


def _of_first_press(main: Session, download: Download, found: Selection) -> Selection:
    """Only people who were told of this file."""
    told = looks.left_by(main, download, [one.submission_id for one in found.chosen])
    chosen = tuple(one for one in found.chosen if one.submission_id in told)
    if not chosen:
        raise NothingToDownload
    return Selection(chosen, found.left_out)


def _keys_for(call_id: UUID, chosen: Sequence[ChosenAnswers]) -> set[disclosure.Key]:
    return {(call_id, PART, one.epoch) for one in chosen}


def _open_rows(
    holder: Holder, call_id: UUID, file: AnswerFile, chosen: Sequence[ChosenAnswers]
) -> Iterator[tuple[int, list[AnswerRow]]]:
    """Decrypt those selected, a batch at a time, in an order that is shuffled anew for each file.

    The order of ids would be the same in two files, and line by line each person could be joined. Answers that were
    replaced since they were selected are read again, as they are now.
    """
    waiting = list(chosen)
    _RANDOM.shuffle(waiting)
    for _ in range(disclosure.LOOKS):
        by_part = {one.part_id: (place, one) for place, one in enumerate(waiting)}
        keys = _keys_for(call_id, waiting)
        for opened in disclosure.open_read(holder, keys, _held(waiting), len(waiting)):
            people = [(*by_part.pop(part.id), part.form_version, said) for part, said in opened]
            # Parts are read in the order of their ids.
            people.sort(key=lambda one: one[0])
            rows = [file.row(one.language, one.may_quote, v, said) for _, one, v, said in people]
            yield len(rows), rows
        if not by_part:
            break
        again = [one.submission_id for _, one in by_part.values()]
        waiting = list(answer_selection.choose_again(again))
        _RANDOM.shuffle(waiting)


def _held(chosen: Sequence[ChosenAnswers]) -> Iterator[list[ReadPart]]:
    return read_in_batches([one.part_id for one in chosen], disclosure.BATCH)


def _written(
    file: AnswerFile, asked: Asked, batches: Iterator[tuple[int, list[AnswerRow]]]
) -> Iterator[Piece]:
    match asked.file_format:
        case "csv":
            return answers_csv.write_zip(file, batches)
        case "json":
            return answers_json.write_json(file, batches)
        case "xlsx":
            return spreadsheet.write_spreadsheet(file, batches, asked.password)
