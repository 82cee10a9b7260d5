"""The main job, end to end: one participant erases, one says no, one says yes, and only the last is in the file."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager

import msoffcrypto
import openpyxl
import pytest
from playwright.sync_api import Browser

from tests import browser as browsers
from tests import ways
from tests.browser import Person
from tests.journeys.conftest import NextCode, codes
from tests.journeys.steps import begin, come_back, fill, follow, path, press, press_first, send
from tests.live import Server

REACH = {
    "adult": "yes",
    "had_assessment": "no",
    "contact_wanted": "yes",
    "safe_ways": ["text"],
    "phone_shared": "no",
    "voicemail": "yes",
    "phone_say_who": "no",
    "contact_times": ["weekends"],
    "contact_notes": "=cmd|' /C calc'!A0",
}
YES = ("contact_me", "invite")


@pytest.fixture(scope="module")
def own_code(own_server: Server) -> NextCode:
    """The next unused code at the server of this module."""
    return codes(own_server)


@contextmanager
def fresh(browser: Browser, server: Server) -> Iterator[Person]:
    with browsers.person_at(browser, server.url, scripts=False) as person:
        yield person


def answer(person: Person, name: str, phone: str, *consents: str) -> str:
    """One person answers and sends."""
    said = {**REACH, "name_to_use": name, "phone": phone}
    begin(person)
    while not path(person).endswith("/check"):
        names = {
            field.get_attribute("name") for field in person.page.locator("main form [name]").all()
        }
        fill(person, **{key: value for key, value in said.items() if key in names})
        press_first(person)
    return send(person, *consents)


def open_workbook(content: bytes, password: str) -> list[tuple[str, ...]]:
    """The rows of a spreadsheet with a password, as another program reads them."""
    locked = msoffcrypto.OfficeFile(io.BytesIO(content))
    assert locked.is_encrypted()
    locked.load_key(password=password)
    plain = io.BytesIO()
    locked.decrypt(plain)
    book = openpyxl.load_workbook(plain)
    assert book.active is not None
    return [
        tuple("" if value is None else str(value) for value in row)
        for row in book.active.iter_rows(values_only=True)
    ]


def test_the_list_holds_exactly_who_said_yes(
    browser: Browser, own_server: Server, own_code: NextCode
) -> None:
    # Given three people: one who erased everything, one who agreed to other things, one who agreed
    with fresh(browser, own_server) as gone:
        code = answer(gone, "Gone", "07700 900001", *YES)
        come_back(gone, code)
        follow(gone, "Delete everything")
        press(gone, "Yes, delete everything")
    with fresh(browser, own_server) as shy:
        answer(shy, "Shy", "07700 900002", "quote")
    with fresh(browser, own_server) as willing:
        code = answer(willing, "Willing", "07700 900003", *YES)
    with browsers.person_at(browser, own_server.url) as coordinator:
        # When a coordinator signs in and downloads the list of one purpose
        ways.sign_in(coordinator, own_server.sign_in, own_code())
        assert "2 people" in coordinator.page.inner_text("main")
        coordinator.go("/desk/contacts")
        password = coordinator.page.inner_text("code")
        file = ways.download(coordinator, who="support-needs:contact_me", file_format="xlsx")
        # Then the file needs the password that was shown, and holds that person alone
        heads, *people = open_workbook(file, password)
        assert len(people) == 1
        person = dict(zip(heads, people[0], strict=True))
        assert person["Name to use"] == "Willing"
        assert person["Phone"].replace(" ", "").endswith("7700900003")
        # And only the ways that are safe
        assert person["Text messages safe?"] == "yes"
        assert person["Calls safe?"] == "no"
        assert person["Voicemail safe?"] == "no"
        assert person["E-mail"] == ""
        for other in (b"Shy", b"Gone", b"900003", b"Willing"):
            assert other not in file
        # When the participant takes their yes back
        with fresh(browser, own_server) as again:
            come_back(again, code)
            follow(again, "What you gave us permission for")
            press(again, "Take back my permission")
        # Then the list says whom to cross out, and the next one does not hold them
        coordinator.go("/desk/contacts")
        coordinator.page.click("main th a")
        coordinator.page.wait_for_url("**/desk/exports/*")
        assert person["Reference"] in coordinator.page.inner_text("main .notice")
        coordinator.go("/desk/contacts")
        csv_file = ways.download(coordinator, who="support-needs:invite")
    rows = list(csv.reader(io.StringIO(csv_file.decode("utf-8-sig"))))
    # And the other purpose still stands, with nothing that a spreadsheet would run
    assert len(rows) == 2
    assert not any(cell.startswith(("=", "+", "@")) for cell in rows[1])


def test_the_password_cannot_be_changed_by_a_slip(
    browser: Browser, own_server: Server, own_code: NextCode
) -> None:
    # Given a list to download, and a browser without scripts, as always at the desk
    with fresh(browser, own_server) as willing:
        answer(willing, "Willing", "07700 900004", *YES)
    with browsers.person_at(browser, own_server.url, scripts=False) as coordinator:
        ways.sign_in(coordinator, own_server.sign_in, own_code())
        coordinator.go("/desk/contacts")
        page = coordinator.page
        before = page.locator("main tbody tr").count()
        password = page.inner_text("code")
        # When a coordinator clicks on the words and types
        page.click("code")
        page.keyboard.type("oops")
        # Then they are as they were, and the one click chose all of them, to be copied
        assert page.inner_text("code") == password
        assert page.evaluate("getSelection().toString()") == password
        # When the button is pressed twice, as impatient people do
        fill(coordinator, who="support-needs:contact_me")
        with page.expect_download() as coming:
            page.locator("main form button").first.dblclick()
        # Then the file opens with the words that were on the page
        file = coming.value
        _, *people = open_workbook(file.path().read_bytes(), password)
        assert "Willing" in {row[1] for row in people}
        # And there is one list, under the name that the file has
        coordinator.go("/desk/contacts")
        (row,) = [
            row.inner_text()
            for row in page.locator("main tbody tr").all()
            if row.locator("th").inner_text() in file.suggested_filename
        ]
        assert "Contact me" in row
        assert page.locator("main tbody tr").count() == before + 1
        # When they choose a password of their own, then that one opens the file
        fill(
            coordinator,
            who="support-needs:contact_me",
            file_format="own",
            password="a password of my own",
        )
        with page.expect_download() as coming:
            page.locator("main form button").first.click()
        assert open_workbook(coming.value.path().read_bytes(), "a password of my own")


def test_a_list_that_takes_long_says_so_and_can_be_stopped(
    browser: Browser, own_server: Server, own_code: NextCode
) -> None:
    # Given someone to reach, and a coordinator on a line so slow that even a short list takes a while
    with fresh(browser, own_server) as willing:
        answer(willing, "Willing", "07700 900005", *YES)
    with browsers.person_at(browser, own_server.url) as coordinator:
        ways.sign_in(coordinator, own_server.sign_in, own_code())
        coordinator.go("/desk/contacts")
        page = coordinator.page
        fill(coordinator, who="support-needs:contact_me", file_format="csv")
        slow = page.context.new_cdp_session(page)
        slow.send("Network.enable")
        slow.send("Network.emulateNetworkConditions", NARROW)
        # When they press the button
        download, said = (
            page.get_by_role("button", name="Download the list"),
            page.locator(".making"),
        )
        download.click()
        # Then the page says that the list is being made, and offers to stop
        stop = said.get_by_role("button", name="Stop")
        stop.wait_for()
        assert "Making the list. Please wait." in said.inner_text()
        assert coordinator.violations() == []
        # When they stop it, then nothing is saved, and the page says what is left
        stop.click()
        page.get_by_text("Stopped, and no file was saved").wait_for()
        assert not stop.is_visible()
        # And on a better line the same button saves the list
        slow.send("Network.emulateNetworkConditions", {**NARROW, "downloadThroughput": -1})
        with page.expect_download() as coming:
            download.click()
        page.get_by_text("The list is with your downloads.").wait_for()
        assert coming.value.suggested_filename.endswith(".csv")
        assert "Willing" in coming.value.path().read_text("utf-8-sig")
        # And where there is something to mend, the page says what, as it does without the script
        fill(coordinator, who="support-needs:contact_me", file_format="own", password="short")
        download.click()
        page.get_by_role("alert").wait_for()
        assert "Use a password with at least 12 letters" in page.inner_text("[role=alert]")


#: Bytes a second: a list of one person takes several.
NARROW = {"offline": False, "latency": 0, "downloadThroughput": 300, "uploadThroughput": -1}
