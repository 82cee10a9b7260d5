"""The list of people to reach: only who said yes, only ways they called safe, and never a copy on the disk."""

import csv
import io
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import msoffcrypto
import openpyxl
import pytest
import time_machine
from flask import Flask
from msoffcrypto.exceptions import InvalidKeyError

from tests.factories import (
    DEMO_CALL,
    TO_CALL,
    Sent,
    answers_for,
    demo_form,
    signed_in,
    submit_one,
    told_by,
)
from tests.sharing import OWNER, end_membership, list_now, new_member, says_yes
from tests.turned import the_worker_kept_running
from webapp.rules import clock
from webapp.rules.csv_safety import phone_cell
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.reasons import Reason
from webapp.rules.references import reference
from webapp.services.answers import consents, corrections, own_copies
from webapp.services.answers.consents import Subject
from webapp.services.answers.corrections import Correction
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call
from webapp.services.forms import publishing
from webapp.services.infrastructure import audit
from webapp.services.infrastructure.workbooks import PasswordTooShort
from webapp.services.keys import organisation_changes
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import (
    contact_exports,
    disclosure,
    export_purposes,
    exported_lists,
    withdrawals_after_export,
)
from webapp.services.opening.contact_exports import ContactFile
from webapp.services.opening.export_purposes import NotAnExportPurpose
from webapp.services.retention import expiry

pytestmark = pytest.mark.usefixtures("inside")

PASSWORD = "correct horse battery"


@pytest.fixture
def holder(founded: Founded) -> Holder:
    return signed_in(founded)


def export(
    holder: Holder, founded: Founded, call: Call, purpose: str = "contact_me", **options: Any
) -> ContactFile:
    """An export."""
    # The reason is what the consent says.
    usual = {"contact_me": TO_CALL, "invite": Reason("invite"), "share": Reason("share")}
    options = {
        "reason": usual.get(purpose, Reason(f"purpose:{purpose}")),
        "file_format": "csv",
        "password": "",
        **options,
    }
    return contact_exports.export_consented(holder, call, purpose=purpose, **options)


def read(file: ContactFile) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))


def test_only_those_who_said_yes_to_this_purpose_are_in_the_list(
    call: Call, holder: Holder, founded: Founded
) -> None:
    # Given people who said yes to different things
    both = submit_one(call, given={"contact_me": True, "invite": True})
    one = submit_one(call, given={"contact_me": True})
    submit_one(call, given={"quote": True})
    submit_one(call, given={})
    # When a list is made for each purpose
    # Then each holds exactly its own, and the numbers on the page are the same
    expected = {"contact_me": [both, one], "invite": [both]}
    offered = {offer.purpose: offer.people for offer in export_purposes.purposes_for(call)}
    for purpose, people in expected.items():
        rows = read(export(holder, founded, call, purpose))
        assert {row["Reference"] for row in rows} == {
            reference(person.submission_id) for person in people
        }
        assert offered[purpose] == len(people)
    # And there is no list for what is not about contact, nor for sharing with nobody in particular
    for purpose in ("quote", "share"):
        assert purpose not in offered
        with pytest.raises(NotAnExportPurpose):
            export(holder, founded, call, purpose)


def test_a_list_for_a_member_has_only_people_whose_yes_covers_it_and_says_for_whom_it_is(
    call: Call, holder: Holder, founded: Founded
) -> None:
    # Given a member that was on the list of one of two people
    submit_one(call, given={"share": True})
    member_id = organisation_changes.add(OWNER, "Harbour House")
    covered = says_yes(call=call, given={"share": True})
    (offer,) = [one for one in export_purposes.purposes_for(call) if one.purpose == "share"]
    assert offer.recipient is not None
    assert (offer.recipient.name, offer.people) == ("Harbour House", 1)
    # When the list is made for it
    file = export(holder, founded, call, "share", recipient=offer.recipient)
    # Then that person alone is in it, and its page and the record name the member
    assert [row["Reference"] for row in read(file)] == [reference(covered.submission_id)]
    view = exported_lists.find_export(file.export_id)
    assert (view.passed_on_to, view.people) == ("Harbour House", 1)
    detail = audit.recent(1)[0].detail
    assert detail is not None
    assert str(member_id) in detail.as_text()
    sheet = export(
        holder,
        founded,
        call,
        "share",
        recipient=offer.recipient,
        file_format="xlsx",
        password=PASSWORD,
    )
    book = unlock_book(sheet.content, PASSWORD)
    facts = {row[0].value: row[1].value for row in book["About this list"]}
    assert facts["For the member"] == "Harbour House"
    # And no other list is for a member
    with pytest.raises(NotAnExportPurpose):
        export(holder, founded, call, "contact_me", recipient=offer.recipient)


def test_a_list_for_a_member_that_leaves_is_crossed_out_whole(
    call: Call, holder: Holder, founded: Founded
) -> None:
    # Given lists for two members, and one that stays here
    harbour, lantern = new_member("Harbour House", "Hana"), new_member("Lantern", "Lou")
    sent = says_yes(call=call, given={"contact_me": True, "share": True})
    offers = [one for one in export_purposes.purposes_for(call) if one.purpose == "share"]
    for_members = {
        one.recipient.organisation_id: export(
            holder, founded, call, "share", recipient=one.recipient
        ).export_id
        for one in offers
        if one.recipient
    }
    export(holder, founded, call)
    assert withdrawals_after_export.lists_to_cross_out() == ()
    # When one of them leaves
    end_membership(harbour)
    # Then everyone in its list is to be crossed out, and nobody in another
    theirs = for_members[harbour.id]
    (to_cross_out,) = withdrawals_after_export.lists_to_cross_out()
    assert (to_cross_out.export_id, to_cross_out.people) == (theirs, 1)
    view = exported_lists.find_export(theirs)
    assert view.withdrawn_since == (reference(sent.submission_id),)
    assert exported_lists.find_export(for_members[lantern.id]).concerned == 0
    # And until that is done, a yes that does not name it changes nothing
    held = own_copies.find_held(sent.receipt)
    for granted in (False, True):
        who = Subject(held.submission_id, held.call_id, held.form, "en", list_now())
        consents.change(who, "share", granted)
    assert [one.export_id for one in withdrawals_after_export.lists_to_cross_out()] == [theirs]
    withdrawals_after_export.tick_off(theirs, view.seen, holder=holder)
    assert withdrawals_after_export.lists_to_cross_out() == ()


def test_a_list_for_a_member_says_nothing_of_a_helper(
    call: Call, holder: Holder, founded: Founded
) -> None:
    # Given two people with a helper through whom we may reach them, of whom one has no other way
    organisation_changes.add(OWNER, "Harbour House")
    helper = {"helper_name": "Hel Per", "helper_email": "helper@example.org"}
    given = {"contact_me": True, "share": True, "through_helper": True}
    both, alone = (
        says_yes(call=call, given=given, answers=answers_for(call.form, safe_ways=[way], **helper))
        for way in ("email", "none")
    )
    # When a list is made for a member, and one for us
    (offer,) = [one for one in export_purposes.purposes_for(call) if one.purpose == "share"]
    for_member = export(holder, founded, call, "share", recipient=offer.recipient)
    for_us = export(holder, founded, call)
    # Then the helper is in ours alone, and who has no way of their own is in no list for a member
    assert {row["Reference"] for row in read(for_us)} == {
        reference(both.submission_id),
        reference(alone.submission_id),
    }
    assert [row["Reference"] for row in read(for_member)] == [reference(both.submission_id)]
    assert b"helper@example.org" in for_us.content
    assert b"helper@example.org" not in for_member.content
    assert b"Hel Per" not in for_member.content


@pytest.mark.parametrize(
    ("ways", "has"),
    [
        (["email"], {"E-mail"}),
        (["text"], {"Phone"}),
        (["call"], {"Phone"}),
        (["email", "call"], {"E-mail", "Phone"}),
        (["app"], {"Messages by app: number or name"}),
        (["app", "text"], {"Phone", "Messages by app: number or name"}),
    ],
    ids=lambda value: ", ".join(sorted(value)),
)
def test_a_way_that_is_not_safe_is_in_no_file(
    call: Call, holder: Holder, founded: Founded, ways: list[str], has: set[str]
) -> None:
    # Given a participant who filled in every field, and then said which ways are safe
    answers = answers_for(call.form, safe_ways=ways, app="signal")
    submit_one(call, answers=answers)
    # When the list is made
    file = export(holder, founded, call)
    # Then only those ways are in it, and the others' details are not in its bytes
    (row,) = read(file)
    by_app = "Messages by app: number or name"
    fields = {"E-mail": "email", "Phone": "phone", by_app: "app_name"}
    assert {name for name in fields if row[name]} == has
    for name, key in fields.items():
        words = str(answers[key])
        written = words if name == "E-mail" else phone_cell(words)
        assert (written.encode() in file.content) == (name in has)
    assert row["Calls safe?"] == ("" if "Phone" not in has else "yes" if "call" in ways else "no")
    assert row["Messages by app: which app"] == ("Signal" if by_app in has else "")


@pytest.mark.parametrize("change", [{"contact_wanted": "no"}, {"safe_ways": ["none"]}])
def test_a_participant_without_a_safe_way_is_not_in_the_list(
    call: Call, holder: Holder, founded: Founded, change: dict[str, Any]
) -> None:
    # Given a participant who agreed, but wants no contact or has no safe way
    submit_one(call, answers=answers_for(call.form, **change))
    # Then the list is empty
    assert read(export(holder, founded, call)) == []


def test_the_spreadsheet_opens_with_its_password_alone(
    call: Call, holder: Holder, founded: Founded
) -> None:
    # Given a list as a spreadsheet
    sent = submit_one(call)
    file = export(holder, founded, call, file_format="xlsx", password=PASSWORD)
    # Then nothing in it can be read as it is
    assert str(sent.answers["email"]).encode() not in file.content
    # And it opens with the password, not with another one
    with pytest.raises(InvalidKeyError):
        unlock(file.content, PASSWORD + "x")
    rows = [[cell.value for cell in row] for row in unlock(file.content, PASSWORD)]
    assert rows[1][:2] == [reference(sent.submission_id), sent.answers["name_to_use"]]
    assert sent.answers["email"] in rows[1]
    with pytest.raises(PasswordTooShort):
        export(holder, founded, call, file_format="xlsx", password="short")


def unlock(content: bytes, password: str) -> Any:
    return unlock_book(content, password).active


def unlock_book(content: bytes, password: str) -> Any:
    plain, locked = io.BytesIO(), msoffcrypto.OfficeFile(io.BytesIO(content))
    locked.load_key(password=password)
    locked.decrypt(plain)
    return openpyxl.load_workbook(plain)


LONG = "Send a text first. If a man answers, say it is a wrong number. Never ring on Fridays. " * 3


def test_the_spreadsheet_shows_all_of_every_cell(
    call: Call, holder: Holder, founded: Founded
) -> None:
    # Given two people, of whom one wrote much about what keeps them safe
    for note in ("-", LONG):
        submit_one(call, answers=answers_for(call.form, contact_notes=note, contact_times=[]))
    # When the list is made as a spreadsheet
    file = export(holder, founded, call, file_format="xlsx", password=PASSWORD)
    sheet = unlock(file.content, PASSWORD)
    # Then each row is as high as its words need: LibreOffice would show one line and cut the rest
    heights = [sheet.row_dimensions[number].height for number in (1, 2, 3)]
    note = next(cell for cell in sheet[1] if cell.value == "To keep in mind").column
    by_note = {sheet.cell(number, note).value: heights[number - 1] for number in (2, 3)}
    lines = len(LONG) / sheet.column_dimensions[sheet.cell(1, note).column_letter].width
    assert by_note[LONG.strip()] >= 15 * lines > by_note["-"]
    assert all(cell.alignment.wrap_text for row in sheet for cell in row)
    # And on paper no line of a person runs over two sheets, and each sheet says what its columns are
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    # One page wide (1 is what is meant where the file says nothing), and as many high as it takes
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.print_title_rows == "$1:$1"
    # And the name stays in sight, beside the number and what is safe about it
    assert sheet.freeze_panes == "C2"
    assert [cell.value for cell in sheet[1]][:6] == [
        "Reference",
        "Name to use",
        "Phone",
        "Text messages safe?",
        "Calls safe?",
        "Voicemail safe?",
    ]


def test_what_must_not_be_done_stands_out_in_the_spreadsheet(
    call: Call, holder: Holder, founded: Founded
) -> None:
    # Given a participant who may be called, and whom no text may reach
    submit_one(call, answers=answers_for(call.form, safe_ways=["call"]))
    file = export(holder, founded, call, file_format="xlsx", password=PASSWORD)
    sheet = unlock(file.content, PASSWORD)
    # Then "no" is marked, also on a grey printer, and "yes" is not
    cells = {sheet.cell(1, cell.column).value: cell for cell in sheet[2]}
    assert (cells["Text messages safe?"].value, cells["Calls safe?"].value) == ("no", "yes")
    assert cells["Text messages safe?"].font.bold
    assert not cells["Calls safe?"].font.bold


def test_columns_about_helpers_are_in_sight_only_where_a_participant_has_one(
    call: Call, holder: Holder, founded: Founded
) -> None:
    # Given a list of people who told of no helper
    submit_one(call)

    def hidden() -> set[str]:
        file = export(holder, founded, call, file_format="xlsx", password=PASSWORD)
        sheet = unlock(file.content, PASSWORD)
        return {
            str(cell.value)
            for cell in sheet[1]
            if sheet.column_dimensions[cell.column_letter].hidden
        }

    # (nor of words that nobody agreed to but those that the list names)
    others = {"They agreed to other words"}
    assert (
        hidden() == {f"THROUGH A HELPER: {what}" for what in ("name", "e-mail", "phone")} | others
    )
    # When a participant is in it who has one
    helped(call, "contact_me", "through_helper")
    # Then all of it shows
    assert hidden() == others


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("+44 7700 900456", "+44 7700 900456"),
        ("+447700900456", "+44 7700900456"),
        ("07700900456", "07700 900456"),
        ("+33 612 345 678", "+33 612 345678"),
    ],
)
def test_phones_in_a_plain_list_are_numbers_that_can_be_dialled(
    call: Call, holder: Holder, founded: Founded, typed: str, written: str
) -> None:
    # Given a participant who wrote their number in one of the ways that people do
    submit_one(call, answers=answers_for(call.form, safe_ways=["text"], phone=typed))
    # When another program reads the plain list
    (row,) = read(export(holder, founded, call))
    # Then there is no apostrophe in front, and no spreadsheet makes a number of it
    assert row["Phone"] == written


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_no_cell_is_taken_for_a_formula(
    call: Call, holder: Holder, founded: Founded, file_format: str
) -> None:
    # Given people whose names to use would call a program in a spreadsheet
    for start in ("=", "+", "-", "@", "\t=", " ="):
        submit_one(call, answers=answers_for(call.form, name_to_use=f"{start}cmd|' /C calc'!A0"))
    file = export(holder, founded, call, file_format=file_format, password=PASSWORD)
    # Then each is text
    if file_format == "csv":
        names = [row["Name to use"] for row in read(file)]
        assert len(names) == 6
        assert not [name for name in names if name[0] in "=+-@\t\r"]
    else:
        cells = [row[1] for row in unlock(file.content, PASSWORD)]
        assert len(cells) == 7
        assert {cell.data_type for cell in cells} == {"s"}


def test_an_export_is_in_the_record_before_anything_is_opened(
    call: Call, holder: Holder, founded: Founded, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an export that breaks off when it begins to open
    submit_one(call)

    def break_off(*what: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(disclosure, "open_read", break_off)
    with pytest.raises(RuntimeError):
        export(holder, founded, call, reason=Reason("ask", "about the table"))
    # Then it is in the record, with its reason, and on the page of exports
    entry, (view,) = audit.recent(1)[0], exported_lists.recent_exports()
    assert entry.reason == view.reason == "To ask about what they wrote: about the table"
    assert (entry.subject_id, view.people) == (view.id, 1)


def test_a_purpose_with_the_longest_name_can_be_exported(inside: Flask, founded: Founded) -> None:
    # Given a call whose consent has a name of 40 letters, as long as they may be
    purpose = "p" * 40
    data = demo_form().model_dump()
    data["consents"][0]["purpose"] = purpose
    closes_on = clock.today() + timedelta(days=9)
    publishing.publish_call(
        FormDefinition.model_validate(data),
        slug="long",
        closes_on=closes_on,
        tell_back_by=told_by(closes_on),
        actor=audit.OPERATOR,
    )
    long = published_calls.find_call("long")
    sent = submit_one(long, given={purpose: True})
    # When a coordinator signs in, and a participant's contact is exported for it
    file = export(signed_in(founded), founded, long, purpose)
    # Then it works on both databases
    assert read(file)[0]["Reference"] == reference(sent.submission_id)
    audit.verify()


# Where a contact may not lie


_watching: list[list[str]] = []


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if _watching and event == "open" and isinstance(args[0], str | bytes):
        mode, flags = args[1], args[2]
        writes = set(mode or "") & set("wax+") if isinstance(mode, str) else flags & 0o3
        if writes:
            _watching[-1].append(str(args[0]))
    elif _watching and event.startswith("tempfile."):
        _watching[-1].append(event)


@contextmanager
def files_written() -> Iterator[list[str]]:
    """Every file that Python opens for writing meanwhile."""
    if not getattr(sys, "_hearth_hook", False):
        sys.addaudithook(_hook)
        sys._hearth_hook = True  # type: ignore[attr-defined]
    _watching.append([])
    try:
        yield _watching[-1]
    finally:
        _watching.pop()


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_a_list_is_made_in_memory_alone(
    call: Call, holder: Holder, founded: Founded, file_format: str
) -> None:
    # Given an attacker who watches which files are written
    for _ in range(3):
        submit_one(call)
    with files_written() as watched:
        with tempfile.TemporaryFile():
            pass
        assert watched, "this would notice a temporary file"
        watched.clear()
        # When a list is made
        export(holder, founded, call, file_format=file_format, password=PASSWORD)
        # Then none is written: a deleted file can be read again
        assert [name for name in watched if "sqlite" not in name] == []


def test_the_name_of_the_file_says_nothing(call: Call, holder: Holder, founded: Founded) -> None:
    # Given a list
    file = export(holder, founded, call)
    # Then its name has a day and no purpose, call or organisation
    view = exported_lists.find_export(file.export_id)
    assert file.file_name == f"list-{clock.today().isoformat()}-{view.reference}.csv"
    assert DEMO_CALL not in file.file_name
    # And nothing of it shows in what Python would print in an error page
    assert "Reference" not in repr(file)


# What a list does not say any more


def corrected(sent: Sent, **changes: Any) -> None:
    """They change what they told us; None takes an answer out."""
    held = own_copies.find_held(sent.receipt)
    wanted = {**held.answers, **changes}
    kept = {key: answer for key, answer in wanted.items() if answer is not None}
    corrections.correct(sent.receipt, Correction(uuid4(), held.copies, kept, frozenset(), "en"))


def test_only_who_changed_since_the_list_is_named(
    call: Call, holder: Holder, founded: Founded
) -> None:
    # Given two people in a list, of whom one says on the next day that e-mail is not safe any more
    submit_one(call)
    sent = submit_one(call)
    old = export(holder, founded, call)
    assert exported_lists.find_export(old.export_id).ways_changed_since == ()
    with time_machine.travel(clock.now() + timedelta(days=1), tick=False):
        corrected(sent, safe_ways=["call"])
    # When another list is made a day later
    with time_machine.travel(clock.now() + timedelta(days=2), tick=False):
        new = export(holder, founded, call)
    # Then the old one names them, and the new one, which has what is safe now, has no one in it
    assert exported_lists.find_export(old.export_id).ways_changed_since == (sent.submission_id,)
    assert exported_lists.find_export(new.export_id).ways_changed_since == ()
    assert exported_lists.find_export(old.export_id).withdrawn_since == ()


def test_who_changes_on_the_day_of_the_list_is_named(
    call: Call, holder: Holder, founded: Founded
) -> None:
    # Given a participant in a list
    sent = submit_one(call)
    file = export(holder, founded, call)
    # When they change a way on the same day: no hour is kept, so it may have been before
    corrected(sent, phone="07700 900999")
    # Then they are named, for doubt never means safe
    view = exported_lists.find_export(file.export_id)
    assert view.ways_changed_since == (sent.submission_id,)


def test_whose_contact_was_erased_because_it_was_due_is_crossed_out(
    call: Call, holder: Holder, founded: Founded
) -> None:
    # Given a participant in a list
    sent = submit_one(call)
    file = export(holder, founded, call)
    # When the time is over for which they were told that their contact details are kept
    with time_machine.travel(clock.now() + timedelta(days=90 + 190), tick=False):
        the_worker_kept_running()
        expiry.erase_due()
    # Then their yes alone is no reason to go on using the file
    view = exported_lists.find_export(file.export_id)
    assert view.withdrawn_since == (reference(sent.submission_id),)


# Through a helper


SAM = {"helper_name": "Sam", "helper_email": "sam@example.org"}


def helped(call: Call, *said_yes_to: str, **changes: Any) -> Sent:
    """A participant who told of a helper and of an e-mail address that is not safe."""
    answers = answers_for(call.form, **{"safe_ways": ["none"], **SAM, **changes})
    return submit_one(
        call, answers=answers, given=dict.fromkeys(said_yes_to, True), typed_by="helper"
    )


def test_a_helper_is_in_the_file_only_with_a_yes_of_its_own(
    call: Call, holder: Holder, founded: Founded
) -> None:
    # Given people who all told of a helper, of whom one said yes to being reached that way
    helped(call, "contact_me")
    helped(call, "through_helper")
    both = helped(call, "contact_me", "through_helper")
    # When the list is made
    file = export(holder, founded, call)
    # Then only that one is in it, marked, and no way of their own that is not safe
    (row,) = read(file)
    assert row["Reference"] == reference(both.submission_id)
    assert row["THROUGH A HELPER: e-mail"] == "sam@example.org"
    assert (row["E-mail"], row["Phone"], row["Typed by"]) == ("", "", "a helper")
    # And there is no list of those who only said yes to the helper
    with pytest.raises(NotAnExportPurpose):
        export(holder, founded, call, "through_helper")


def test_a_helper_who_may_not_be_asked_is_not_in_the_file_at_all(
    call: Call, holder: Holder, founded: Founded
) -> None:
    # Given a participant with a safe way of their own, who told of a helper and then took that back
    sent = helped(call, "contact_me", "through_helper", safe_ways=["email"])
    held = own_copies.find_held(sent.receipt)
    subject = Subject(held.submission_id, held.call_id, held.form, "en")
    consents.change(subject, "through_helper", False)
    # When the list is made
    file = export(holder, founded, call)
    # Then they are in it, and the helper is not
    (row,) = read(file)
    assert row["E-mail"] == str(sent.answers["email"])
    assert b"sam@example.org" not in file.content


def test_who_takes_the_helper_back_later_is_named_on_the_exports_page(
    call: Call, holder: Holder, founded: Founded
) -> None:
    # Given a list with a participant's helper in it
    sent = helped(call, "contact_me", "through_helper")
    file = export(holder, founded, call)
    assert exported_lists.find_export(file.export_id).helper_withdrawn_since == ()
    # When they take that back, and still want to be contacted
    held = own_copies.find_held(sent.receipt)
    consents.change(
        Subject(held.submission_id, held.call_id, held.form, "en"), "through_helper", False
    )
    # Then the helper must be crossed out, and only the helper
    view = exported_lists.find_export(file.export_id)
    assert view.helper_withdrawn_since == (reference(sent.submission_id),)
    assert view.withdrawn_since == ()


def test_who_takes_the_helper_out_with_the_ways_is_named_once(
    call: Call, holder: Holder, founded: Founded
) -> None:
    # Given a list with a participant's own way and their helper's
    sent = helped(call, "contact_me", "through_helper", safe_ways=["email"])
    file = export(holder, founded, call)
    # When they take the helper's details out
    corrected(sent, helper_name=None, helper_email=None, helper_phone=None)
    # Then none of their line may be used: to cross out the helper alone would not be enough
    view = exported_lists.find_export(file.export_id)
    assert view.ways_changed_since == (sent.submission_id,)
    assert view.helper_withdrawn_since == ()
    # When they take their yes back, too
    held = own_copies.find_held(sent.receipt)
    consents.change(Subject(held.submission_id, held.call_id, held.form, "en"), "contact_me", False)
    # Then that alone is said
    view = exported_lists.find_export(file.export_id)
    assert view.withdrawn_since == (reference(sent.submission_id),)
    assert (view.ways_changed_since, view.helper_withdrawn_since) == ((), ())


def test_opening_one_contact_shows_the_helper_only_with_that_yes(
    call: Call, holder: Holder
) -> None:
    # Given two people who told of a helper
    without, with_yes = helped(call, "contact_me"), helped(call, "contact_me", "through_helper")
    # Then only the one who said yes to it can be reached that way
    assert disclosure.open_contact(holder, without.submission_id, TO_CALL).contact is None
    contact = disclosure.open_contact(holder, with_yes.submission_id, TO_CALL).contact
    assert contact and contact.helper and contact.helper.email == "sam@example.org"
