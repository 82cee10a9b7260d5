"""What a list is for follows from its permission; its file says so; and one press makes one list."""

from functools import partial
from uuid import uuid4

import pytest
from flask import Flask

from tests.factories import TO_CALL, submit_one
from tests.integration.at_once import at_once
from tests.integration.services.test_contacts import PASSWORD, export, holder, read, unlock_book
from tests.integration.tables import everything
from webapp.rules.audit_details import OfPurpose
from webapp.rules.reasons import NotWhatItIsFor, Reason
from webapp.services.answers import consents, own_copies
from webapp.services.answers.consents import Subject
from webapp.services.calls.published_calls import Call
from webapp.services.desk_home import overview
from webapp.services.desk_home.concern_kinds import Kind
from webapp.services.infrastructure import audit
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import contact_exports, disclosure, exported_lists
from webapp.services.opening.contact_exports import ContactFile
from webapp.services.opening.contact_files import ABOUT, LOOK_FIRST

__all__ = ["holder"]
pytestmark = pytest.mark.usefixtures("inside")


def test_one_contact_opens_only_for_what_they_gave_permission_for(
    call: Call, holder: Holder
) -> None:
    # Given a participant who said that we may ask about what they wrote, and nothing else
    sent = submit_one(call, given={"contact_me": True})
    # When a coordinator wants to invite them, or says why without words
    for refused in (Reason("invite"), Reason("share"), Reason("other"), Reason("report")):
        with pytest.raises(NotWhatItIsFor):
            disclosure.open_contact(holder, sent.submission_id, refused)
    # Then nothing opens, and the record has no opening
    assert "contact opened" not in {line.tag for line in audit.recent()}
    # But for what they said, in danger, and with words that all can read, it does
    for reason, recorded in (
        (Reason("ask"), "To ask about what they wrote"),
        (Reason("danger"), "Someone may be in danger"),
        (Reason("other", "They asked us to"), "Outside the permission’s words: They asked us to"),
    ):
        assert disclosure.open_contact(holder, sent.submission_id, reason).contact
        assert audit.recent(1)[0].reason == recorded
    outside = [one for one in overview.today().concerns if one.kind is Kind.OPENED_OUTSIDE]
    assert [one.count for one in outside] == [1]


def test_a_permission_taken_back_takes_its_reason_along(call: Call, holder: Holder) -> None:
    # Given a participant who said yes to two things, and takes one back
    sent = submit_one(call, given={"contact_me": True, "invite": True})
    disclosure.open_contact(holder, sent.submission_id, Reason("invite"))
    held = own_copies.find_held(sent.receipt)
    consents.change(Subject(held.submission_id, held.call_id, held.form, "en"), "invite", False)
    # Then no coordinator can open for that any more, and still for the other
    with pytest.raises(NotWhatItIsFor):
        disclosure.open_contact(holder, sent.submission_id, Reason("invite"))
    assert disclosure.open_contact(holder, sent.submission_id, Reason("ask")).contact


@pytest.mark.parametrize("reason", [Reason("ask"), Reason("invite"), Reason("danger")])
def test_a_list_is_made_only_for_what_its_permission_says(
    call: Call, holder: Holder, founded: Founded, reason: Reason
) -> None:
    # Given people who may be asked about what they wrote, of whom some may be shared
    submit_one(call, given={"contact_me": True, "share": True})
    # When a list of one permission is asked for with the reason of another
    with pytest.raises(NotWhatItIsFor):
        export(holder, founded, call, "share", reason=reason)
    # Then there is none, and the code still counts
    assert exported_lists.recent_exports() == ()
    assert export(holder, founded, call, "share").export_id


def test_a_file_says_what_it_may_be_used_for(call: Call, holder: Holder, founded: Founded) -> None:
    # Given a list in both kinds of file
    submit_one(call, given={"invite": True})
    sheet = export(holder, founded, call, "invite", file_format="xlsx", password=PASSWORD)
    plain = export(holder, founded, call, "invite")
    # Then the first sheet is the list, its headings in row 1, as a mail merge wants it
    book = unlock_book(sheet.content, PASSWORD)
    assert book.sheetnames == ["List", "About this list"]
    assert book.active is book["List"]
    assert book["List"]["A1"].value == "Reference"
    # And the second one says which list it is, what for, whose, and until when
    facts = {row[0].value: row[1].value for row in book["About this list"]}
    view = exported_lists.find_export(sheet.export_id)
    assert view.delete_by is not None
    wording = next(one for one in call.form.consents if one.purpose == "invite")
    assert facts == {
        "List": view.reference,
        "People in it": "1",
        "What they gave permission for": f"“{wording.text['en']}”",
        "Why it was downloaded": "To invite them to a meeting",
        "Downloaded by": "Ana",
        "Downloaded on": f"{view.made_on.day} {view.made_on:%B %Y}",
        "Delete it by": f"{view.delete_by.day} {view.delete_by:%B %Y}",
        "Before you use it": LOOK_FIRST,
    }
    # And a plain list says the same beside each person, after everything else: no line stands before its headings
    (row,) = read(plain)
    other = exported_lists.find_export(plain.export_id)
    assert list(row)[-6:] == list(ABOUT)
    assert [row[name] for name in ABOUT] == [
        other.reference,
        wording.text["en"],
        "Ana",
        other.made_on.isoformat(),
        view.delete_by.isoformat(),
        LOOK_FIRST,
    ]
    # And no two of a day have one name
    assert sheet.file_name.partition(".")[0] != plain.file_name.partition(".")[0]


def test_two_presses_at_the_same_moment_make_one_list(
    inside: Flask, call: Call, holder: Holder, founded: Founded
) -> None:
    # Given a form, whose button is pressed twice so fast that both presses are at work together
    submit_one(call)
    press = uuid4()
    pressed = partial(
        contact_exports.export_consented,
        holder,
        call,
        purpose="contact_me",
        reason=TO_CALL,
        file_format="csv",
        password="",
        press=press,
    )
    files = at_once(inside, pressed, pressed, pressed)
    # Then each gets the list, and there is one
    assert all(isinstance(file, ContactFile) for file in files), files
    assert len({(file.export_id, file.content) for file in files}) == 1
    assert len(everything()["exports"]) == 1
    assert [(line.tag, line.detail) for line in audit.recent()].count(
        ("contacts exported", OfPurpose("contact_me"))
    ) == 1
    # And the same form after another step-up makes another list
    later = contact_exports.export_consented(
        holder,
        call,
        purpose="contact_me",
        reason=TO_CALL,
        file_format="csv",
        password="",
        press=press,
        confirmed_at=1,
    )
    assert later.export_id not in {file.export_id for file in files}
