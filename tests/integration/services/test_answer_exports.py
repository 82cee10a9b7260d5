"""The answers to a call as a file: all of them, with a codebook, in three formats; nothing in it leads to a person."""

import json
import tracemalloc
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from tests.answer_readers import (
    AMHARIC,
    HOSTILE,
    PASSWORD,
    by_name,
    plain_of,
    printable,
    rows_of,
    tables,
)
from tests.factories import DEMO_CALL, Sent, answers_for, signed_in, submit_one
from tests.second_version import ANA, NEW_WORDS, publish_second_version
from webapp.models import AuditEntry, Consent, FormVersion, Look, Part, SetAside, Submission
from webapp.models import Call as CallRow
from webapp.rules import clock
from webapp.rules.audit_details import OfDownload
from webapp.rules.audit_events import AuditEvent
from webapp.rules.forms.answer_columns import FormInUse
from webapp.rules.forms.form_editing import edited
from webapp.rules.forms.routing import prune
from webapp.rules.looks import LookKind
from webapp.rules.reasons import DANGER, REPORT, NotWhatItIsFor, Reason
from webapp.rules.references import reference
from webapp.services.answers import consents, erasing, looks, own_copies
from webapp.services.answers.consents import Subject
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call
from webapp.services.forms import call_drafts, call_versions
from webapp.services.infrastructure import audit, limits, look_check, stores
from webapp.services.infrastructure.row_authentication import RowForged
from webapp.services.infrastructure.workbooks import PasswordTooShort
from webapp.services.keys import session_keyrings
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import answer_downloads, answer_exports, disclosure
from webapp.services.opening.answer_exports import AnswerFormat, Asked, NothingToDownload
from webapp.services.opening.answer_files import ABOUT_ROWS, AboutAnswers, AnswerFile
from webapp.services.opening.disclosure import SignInAgainToOpen
from webapp.services.opening.streamed_file import StreamedFile
from webapp.vault.envelope import DoesNotOpen

pytestmark = pytest.mark.usefixtures("inside")
WHY = Reason(REPORT.key)
FORMATS: tuple[AnswerFormat, ...] = ("csv", "xlsx", "json")


@pytest.fixture
def holder(founded: Founded) -> Holder:
    return signed_in(founded)


def export(holder: Holder, call: Call, kind: AnswerFormat = "json", **changes: Any) -> StreamedFile:
    password = PASSWORD if kind == "xlsx" else ""
    return answer_exports.export_answers(
        holder, call, replace(Asked(WHY, kind, password), **changes)
    )


def wrote(call: Call, words: str, **options: Any) -> Sent:
    """A person with these words in every free text of the call's own questions."""
    said = {
        q.key: words for q in call.form.questions if q.part == "testimony" and not q.choice_keys
    }
    return submit_one(call, answers={**answers_for(call.form), **said}, **options)


def words_key(call: Call) -> str:
    """A question for words of one's own that everyone of these comes to."""
    answers = prune(call.form, answers_for(call.form))
    return next(
        q.key
        for q in call.form.questions
        if q.part == "testimony" and q.kind == "long_text" and q.key in answers
    )


# What is in it


def test_nothing_of_contact_or_equality_is_in_any_file_and_nothing_leads_to_the_submission(
    call: Call, holder: Holder
) -> None:
    # Given answers with a word of its own in each part
    keys = {
        part: [q.key for q in call.form.questions if q.part == part]
        for part in ("contact", "equality")
    }
    answers = answers_for(call.form)
    for key in keys["contact"]:
        if call.form.question(key).kind in {"text", "long_text"}:
            answers[key] = "canarycontact"
    answers |= {"email": "canarymail@example.org"}
    sent = submit_one(call, answers=answers)
    for kind in FORMATS:
        # When they are downloaded
        file = export(holder, call, kind)
        content = b"\n".join(plain_of(file).values()).decode(errors="replace")
        # Then neither their words nor their questions are there
        assert "canary" not in content
        for key in (*keys["contact"], *keys["equality"]):
            assert f'"{key}"' not in content
            assert f">{key}<" not in content
        # And no id or reference of theirs, nor a day on which they came
        with stores.reading() as main:
            ids = [sent.submission_id, *main.scalars(select(Part.id))]
        for one in ids:
            assert str(one) not in content
            assert one.hex not in content
            assert reference(one) not in content
        assert "received" not in content
        assert reference(sent.submission_id) not in file.file_name


def test_each_file_has_numbers_and_an_order_of_its_own(call: Call, holder: Holder) -> None:
    key = words_key(call)
    for number in range(12):
        wrote(call, f"Person {number}")
    orders = set()
    for _ in range(3):
        rows = rows_of(export(holder, call))
        assert [row["_row"] for row in rows] == list(range(1, 13))
        orders.add(tuple(row["answers"][key] for row in rows))
    # (12! orders: two alike would be no chance)
    assert len(orders) == 3


def test_hostile_words_come_back_whole_and_are_no_formula(call: Call, holder: Holder) -> None:
    key = words_key(call)
    said = {HOSTILE.replace("\0", "").replace("\7", ""), AMHARIC[:900]}
    sent = [wrote(call, words) for words in said]
    # Then JSON and the spreadsheet have what was stored, exactly
    stored = {str(one.answers[key]) for one in sent}
    assert {row["answers"][key] for row in rows_of(export(holder, call))} == stored
    sheet = by_name(tables(export(holder, call, "xlsx"))[0])
    assert {row[key] for row in sheet} == stored
    # And CSV has it with a quote before what could run
    cells = {row[key] for row in by_name(tables(export(holder, call, "csv"))[0])}
    assert not [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@"))]
    assert {cell.replace("'", "") for cell in cells} == set(map(printable, stored))


def test_versions_of_a_form_are_together_without_loss(call: Call, holder: Holder) -> None:
    # Given people who answered three versions: a question went, another came, and its choices changed
    gone = words_key(call)
    versions = [
        call,
        publish_next(call, gone, ["bus", "car"]),
        publish_next(call, "taken", ["car", "train"]),
    ]
    taken = [None, ["bus"], ["train", "car"]]
    for version, ways in zip(versions, taken, strict=True):
        submit_one(version, answers=answers_for(version.form, taken=ways), language="ti")
    # When they are downloaded
    newest = versions[-1]
    data, codebook = (by_name(table) for table in tables(export(holder, newest, "csv")))
    one, two, three = sorted(data, key=lambda row: row["_form_version"])
    # Then each has what their version asked, in its column; an empty cell is no answer, and a 0 is one
    names = ("_form_version", gone, "taken.bus", "taken.car", "taken.train")
    assert [one[name] for name in names] == ["1", f"My words on {gone}.", "", "", ""]
    assert [two[name] for name in names] == ["2", "", "1", "0", ""]
    assert [three[name] for name in names] == ["3", "", "", "1", "1"]
    # And the codebook says in which versions each stood, in which words, and how many answered or chose it
    told = {(line["column"], line["code"], line["form versions"]): line for line in codebook}
    assert told[gone, "", "1"]["count"] == "1"
    assert told["taken.bus", "bus", "2"]["count"] == "1"
    assert [told["taken.car", "car", number]["count"] for number in "23"] == ["0", "1"]
    assert [told["", "", number]["words: English"] for number in "23"] == ["How do you travel?"] * 2
    assert told["_language", "ti", ""]["words: English"] == "Tigrinya"
    # And JSON has the very answers
    (last,) = [row for row in rows_of(export(holder, newest)) if row["_form_version"] == 3]
    assert last["answers"]["taken"] == ["car", "train"]
    # And no other question of the part is without a column
    asked = {q.key for version in versions for q in version.form.questions if q.part == "testimony"}
    assert asked == {name.partition(".")[0] for name in one} - set(ABOUT_ROWS)


def publish_next(call: Call, instead_of: str, choices: list[str]) -> Call:
    """The next version of a call's form: in place of one question, one that takes several choices."""
    now = published_calls.find_by_id(call.id)
    data = json.loads(now.form.model_dump_json())
    asked = {
        "key": "taken",
        "kind": "choices",
        "part": "testimony",
        "label": {"en": "How do you travel?"},
        "choices": [{"key": key, "label": {"en": key.title()}} for key in choices],
    }
    for page in data["pages"]:
        page["questions"] = [
            asked if one["key"] == instead_of else one for one in page["questions"]
        ]
    number, form = now.form_version + 1, json.dumps(data)
    with stores.writing() as main:
        row = main.scalars(select(CallRow).where(CallRow.id == call.id).with_for_update()).one()
        today = clock.today()
        main.add(FormVersion(owner_id=call.id, number=number, definition=form, published_on=today))
        main.flush()
        row.form_version = number
    return published_calls.find_by_id(call.id)


def test_who_may_be_quoted_is_said_as_it_stands_at_the_download(call: Call, holder: Holder) -> None:
    key = words_key(call)
    for words, given in (("Yes", {"quote": True}), ("No", {}), ("Not any more", {"quote": True})):
        sent = wrote(call, words, given=given)
    held = own_copies.find_held(sent.receipt)
    consents.change(Subject(held.submission_id, call.id, held.form, "en"), "quote", False)

    rows = rows_of(export(holder, call))

    assert {row["answers"][key]: bool(row["_may_quote"]) for row in rows} == {
        "Yes": True,
        "No": False,
        "Not any more": False,
    }


def test_the_file_says_what_the_people_of_each_version_were_told(
    call: Call, holder: Holder
) -> None:
    # Given an answer, and then a version with other words about quoting and other readers
    wrote(call, "first")
    old = call.form.consent("quote")
    readers = call.form.start.readers["en"]
    publish_second_version()
    change_readers("A newspaper reads your answers.")
    now = published_calls.find_by_id(call.id)
    wrote(now, "third")

    about = json.loads(export(holder, now).content)["about"]

    # Then every promise stands with the versions that made it
    told = "What people were told about who reads their answers, in "
    assert about[f"{told}version 3"] == "“A newspaper reads your answers.”"
    assert about[f"{told}versions 1, 2"] == f"“{readers}”"
    agreed = "What people agreed to where _may_quote is 1, in "
    assert old is not None
    assert about[f"{agreed}version 1"] == f"“{old.text['en']}”"
    assert about[f"{agreed}versions 2, 3"] == f"“{NEW_WORDS}”"


def change_readers(words: str) -> None:
    """Publish another version in which other people read the answers."""
    draft_id = call_versions.begin(DEMO_CALL, actor=ANA)

    def edit(content: Any) -> Any:
        start = content.form.start.model_copy(update={"readers": {"en": words}})
        return content.with_form(edited(content.form, start=start))

    draft = call_drafts.find(draft_id)
    call_drafts.change(draft_id, draft.version, edit, what="Changed it", actor=ANA)
    call_versions.publish(call_drafts.find(draft_id), actor=ANA, reason="Other readers")


# Who is in it


def test_who_was_erased_put_aside_or_forged_is_in_no_file(call: Call, holder: Holder) -> None:
    key = words_key(call)
    people = {
        name: wrote(call, name) for name in ("here", "erased", "aside", "row", "consent", "part")
    }
    assert erasing.erase_held(own_copies.find_held(people["erased"].receipt)).complete
    with stores.writing() as main:
        act = SetAside(
            id=uuid4(),
            call_id=call.id,
            coordinator_id=holder.coordinator_id,
            made_on=clock.today(),
            people=1,
        )
        main.add(act)
        main.flush()
        main.get_one(Submission, people["aside"].submission_id).set_aside_id = act.id
    forge(Submission, Submission.id == people["row"].submission_id, language="ti")
    theirs = Consent.submission_id == people["consent"].submission_id
    forge(Consent, theirs, changed_on=clock.today() - timedelta(days=1))
    forge(Part, Part.submission_id == people["part"].submission_id, epoch=1, due_on=clock.today())

    file = export(holder, call)
    content = json.loads(file.content)

    assert [row["answers"][key] for row in content["rows"]] == ["here"]
    assert file.people == 1
    # (the file says how many it had to leave out)
    assert content["about"]["Left out, because their rows are false"] == "3"


def forge(table: Any, condition: Any, **values: Any) -> None:
    """Change a row by hand, as who can write to the database but has no key."""
    with stores.writing() as main:
        main.execute(update(table).where(condition).values(**values))


def test_a_forged_form_gives_no_file(call: Call, holder: Holder) -> None:
    submit_one(call)
    forge(
        FormVersion, FormVersion.owner_id == call.id, definition=call.form.model_dump_json(indent=1)
    )
    with pytest.raises(RowForged):
        export(holder, call)


@pytest.mark.parametrize(
    ("module", "name"),
    [(limits, "take_for"), (answer_exports, "_held")],
    ids=["while rows are read", "after it was entered"],
)
def test_who_goes_meanwhile_is_in_no_file(
    module: Any, name: str, monkeypatch: pytest.MonkeyPatch, call: Call, holder: Holder
) -> None:
    key = words_key(call)
    wrote(call, "Stays")
    goes = wrote(call, "Goes")
    step = getattr(module, name)

    def erased_first(*what: Any) -> Any:
        monkeypatch.setattr(module, name, step)
        assert erasing.erase_held(own_copies.find_held(goes.receipt)).complete
        return step(*what)

    monkeypatch.setattr(module, name, erased_first)

    assert [row["answers"][key] for row in rows_of(export(holder, call))] == ["Stays"]


# The record, and what people are told


def test_the_record_has_it_before_anything_is_opened(
    call: Call, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        submit_one(call)
    entered = []
    real = disclosure.open_batches

    def noted(*what: Any) -> Any:
        entered.append((audit.recent(1)[0], _looks()))
        return real(*what)

    monkeypatch.setattr(disclosure, "open_batches", noted)
    file = export(holder, call, reason=Reason("other", "The annual review"))
    ((line, count),) = entered
    assert (line.event, line.subject_id) == (AuditEvent.ANSWERS_DOWNLOADED, call.id)
    assert line.reason == "The annual review"
    assert isinstance(line.detail, OfDownload)
    assert (line.detail.people, count) == (3, 3)
    # And it is listed with the reference that the file has
    (past,) = answer_downloads.recent(call.id)
    assert (past.people, past.made_by, past.reason) == (3, "Ana", "The annual review")
    assert past.reference in file.file_name


def _looks() -> int:
    with stores.reading() as main:
        return len(main.scalars(select(Look).where(Look.delete_by.is_not(None))).all())


def test_each_person_is_told_and_the_daily_check_finds_it_right(call: Call, holder: Holder) -> None:
    sent = submit_one(call)
    export(holder, call)
    (look,) = looks.find(own_copies.find_held(sent.receipt)).looks
    with stores.reading() as main:
        due = main.scalars(select(Part.due_on).where(Part.purpose == "testimony")).one()
    assert (look.on, look.kind, look.reason) == (clock.today(), LookKind.ANSWERS, REPORT.key)
    assert look.file_until == due
    assert look_check.wrong() == {}
    # A look that no download tells of is noticed
    with stores.writing() as main:
        row = main.scalars(select(Look)).one()
        other = {
            name: getattr(row, name)
            for name in ("submission_id", "looked_on", "kind", "role", "delete_by")
        }
        made_up = Look(id=uuid4(), **other)
        main.add(made_up)
        main.flush()
        put_in = made_up.id
    assert look_check.wrong() == {put_in: sent.submission_id}


def test_pressed_twice_it_is_entered_once(call: Call, holder: Holder) -> None:
    submit_one(call)
    press = uuid4()
    first = export(holder, call, press=press)
    # (who answers in between is in the next file)
    submit_one(call)
    again = export(holder, call, press=press)
    assert (first.people, again.people) == (1, 1)
    assert len(answer_downloads.recent(call.id)) == 1
    # With another reason it is another file
    assert export(holder, call, press=press, reason=Reason("check")).people == 2
    assert len(answer_downloads.recent(call.id)) == 2


# What is refused


def test_without_the_key_nothing_is_opened_and_nobody_is_told(call: Call, holder: Holder) -> None:
    submit_one(call)
    session_keyrings.throw_away(holder)
    with pytest.raises(SignInAgainToOpen):
        export(holder, call)
    line = audit.recent(1)[0]
    assert (line.event, line.subject_id) == (AuditEvent.ANSWERS_FILE_TRIED, call.id)
    assert _looks() == 0


def test_what_cannot_be_is_refused(call: Call, holder: Holder) -> None:
    with pytest.raises(NothingToDownload):
        export(holder, call)
    submit_one(call)
    for reason in (Reason(DANGER.key), Reason("other"), Reason("invite")):
        with pytest.raises(NotWhatItIsFor):
            export(holder, call, reason=reason)
    with pytest.raises(PasswordTooShort):
        export(holder, call, "xlsx", password="too short")
    with stores.reading() as main:
        tags = main.scalars(select(AuditEntry.tag)).all()
    assert AuditEvent.ANSWERS_DOWNLOADED.value not in tags


def test_answers_that_were_damaged_end_the_file(call: Call, holder: Holder) -> None:
    sent = submit_one(call)
    with stores.writing() as main:
        part = main.scalars(
            select(Part).where(
                Part.submission_id == sent.submission_id, Part.purpose == "testimony"
            )
        ).one()
        part.envelope = part.envelope[:-1] + bytes([part.envelope[-1] ^ 1])
    with pytest.raises(DoesNotOpen):
        export(holder, call)


# How it comes


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_it_is_sent_while_it_is_opened_and_stops_with_who_takes_it(
    kind: AnswerFormat, call: Call, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disclosure, "BATCH", 2)
    for _ in range(5):
        submit_one(call)
    file = export(holder, call, kind)
    assert [piece.opened for piece in file.pieces] == [2, 4, 5, 5]
    # One that is not taken to its end opens nothing further
    file = export(holder, call, kind)
    assert next(file.pieces).opened == 2
    file.pieces.close()
    assert list(file.pieces) == []


def test_memory_does_not_grow_with_the_people(call: Call, holder: Holder) -> None:
    """What a row costs while a file is sent: its selection, and nothing of its answers."""
    form = call.form
    about = AboutAnswers("ABC", "Title", (), (), "why", "Ana", clock.today(), clock.today(), 0)
    key = words_key(call)

    def peak(batches: int, kind: AnswerFormat) -> int:
        file = AnswerFile([FormInUse(1, form)], {}, about)
        rows = (
            (50, [file.row("en", True, 1, {key: uuid4().hex * 40}) for _ in range(50)])
            for _ in range(batches)
        )
        tracemalloc.start()
        for _ in answer_exports._written(file, Asked(WHY, kind, PASSWORD), rows):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    for kind in ("csv", "json"):
        peak(2, kind)
        assert peak(40, kind) < 1.5 * peak(4, kind)
