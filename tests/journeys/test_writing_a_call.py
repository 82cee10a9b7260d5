"""A coordinator writes a call in a real browser without scripts, and publishes it; a person answers it, and reads later
what became of it."""

import io
from datetime import timedelta

from babel.messages.pofile import read_po, write_po

from tests import ways
from tests.browser import Person
from tests.factories import told_by
from tests.journeys.conftest import NextCode
from tests.journeys.steps import fill, follow, path, press, press_first
from tests.live import OpenBrowser, Server
from webapp.rules import clock

#: Pages of a draft, below its address.
PAGES = (
    "",
    "/start-page",
    "/address",
    "/add-page",
    "/page/next-time",
    "/question/felt_safe",
    "/preview/next-time",
    "/check",
    "/languages",
)
#: The same once Arabic was begun.
IN_ARABIC = (
    "/languages/ar",
    "/languages/ar/words/next-time",
    "/languages/ar/file",
    "/preview/next-time?language=ar",
)
#: What is told about a call, below its address at the desk; the form that is filled in last.
AFTER = ("", "/month", "/in/en")


def translated(file: str) -> str:
    """A translator's file with words of their own in every entry."""
    catalog = read_po(io.StringIO(file))
    for entry in catalog:
        if entry.id:
            entry.string = f"عربي {entry.id}"
    done = io.BytesIO()
    write_po(done, catalog)
    return done.getvalue().decode()


def wrong_on(person: Person, address: str) -> list[str]:
    """What is wrong with a page on a phone 320 px wide."""
    person.go(address)
    person.look(phone=True)
    return [*person.violations(), *(["scrolls sideways"] if person.scrolls_sideways() else [])]


def test_from_an_empty_list_to_an_answer(
    open_browser: OpenBrowser, own_server: Server, next_own_code: NextCode
) -> None:
    ana = open_browser(own_server.url, scripts=False)
    ways.sign_in(ana, own_server.sign_in, next_own_code())
    # Given no drafts
    ana.go("/desk/designer")
    assert "There are no drafts yet." in ana.page.inner_text("main")
    # When a coordinator starts a call from a template
    follow(ana, "Start a call")
    ana.page.get_by_label("Feedback after an event").check()
    press(ana, "Start")
    draft = path(ana).partition("?")[0]
    # And writes a question, with its answers
    follow(ana, "Add a question: Next time")
    ana.page.get_by_label("One answer from a list").check()
    press(ana, "Add")
    follow(ana, "Edit: Write your question here")
    fill(ana, label="Would you come again?", choices="Yes, gladly\nPerhaps\nNo")
    press(ana, "Save")
    # And moves a page, looks at it as people will see it, and takes the move back
    ana.page.get_by_role("button", name="Up: Next time").click()
    press(ana, "Undo")
    follow(ana, "Preview: Next time")
    assert "Would you come again?" in ana.page.inner_text("main")
    assert ana.page.get_by_label("Perhaps").is_disabled()
    # And mends what the check finds
    ana.go(f"{draft}/check")
    ana.page.get_by_role("link", name="Mend this").first.click()
    last = clock.today() + timedelta(days=30)
    month = f"{told_by(last).first_day:%m/%Y}"
    day = {"day": str(last.day), "month": str(last.month), "year": str(last.year)}
    fill(ana, slug="our-evening", told_by=month, **day)
    press(ana, "Save")
    follow(ana, "Words of the start page")
    follow(ana, "How was the meeting?")
    # And has it translated into Arabic, by a file, and read by an interpreter
    ana.go(f"{draft}/languages")
    ana.page.get_by_role("button", name="Begin: Arabic").click()
    follow(ana, "Give a translator a file, or take one in")
    got = ana.page.request.get(f"{own_server.url}{draft}/languages/ar/file/download")
    fill(ana, file=translated(got.text()))
    press(ana, "Take it in")
    ana.go(f"{draft}/languages/ar")
    fill(ana, by="Interpreter")
    press(ana, "All of it was reviewed")
    ana.go(f"{draft}/check")
    # And publishes
    press(ana, "Publish this call")
    assert "Published. The call is open now." in ana.page.inner_text("main")
    # Then a person answers the question
    robin = open_browser(own_server.url, scripts=False)
    robin.go("/en/calls/our-evening/")
    assert "How was the meeting?" in robin.page.inner_text("h1")
    press_first(robin)
    for _ in range(4):
        if robin.page.get_by_label("Yes, gladly").count():
            break
        press_first(robin)
    robin.page.get_by_label("Yes, gladly").check()
    press_first(robin)
    assert "Yes, gladly" in robin.page.inner_text("main")
    # And another in Arabic, where no word of the call is English
    amal = open_browser(own_server.url, scripts=False)
    amal.go("/ar/calls/our-evening/")
    assert amal.page.get_attribute("html", "dir") == "rtl"
    assert amal.page.inner_text("h1") == "عربي How was the meeting?"
    press_first(amal)
    for _ in range(4):
        if amal.page.get_by_label("عربي Yes, gladly").count():
            break
        press_first(amal)
    amal.page.get_by_label("عربي Yes, gladly").check()
    press_first(amal)
    assert "عربي Yes, gladly" in amal.page.inner_text("main")
    # When the coordinator tells people what became of it, on the way that the call's page shows
    ana.go("/desk/calls/our-evening")
    follow(ana, "Tell people what became of it")
    follow(ana, "Write it in English")
    fill(ana, heard="People liked it.", asked="A second evening.", since="Nothing yet: no room.")
    press(ana, "See how it looks")
    press(ana, "Publish it")
    assert "Published. Anyone can read it now." in ana.page.inner_text("main")
    # Then a person reads it without a code, on a small phone that was never here
    sam = open_browser(own_server.url)
    wrong = {code: wrong_on(sam, f"/{code}/after/our-evening") for code in ("ar", "en")}
    assert "Nothing yet: no room." in sam.page.inner_text("main")
    assert {page: words for page, words in wrong.items() if words} == {}
    assert sam.page.context.cookies() == []


def test_every_page_of_a_draft_is_accessible_on_a_small_phone(
    open_browser: OpenBrowser, own_server: Server, next_own_code: NextCode
) -> None:
    ana = open_browser(own_server.url)
    ways.sign_in(ana, own_server.sign_in, next_own_code())
    ana.go("/desk/designer/start")
    ana.page.get_by_label("Feedback after an event").check()
    press(ana, "Start")
    draft = path(ana).partition("?")[0]
    # (with a word that is longer than a line)
    ana.go(f"{draft}/page/next-time")
    fill(ana, title="Nextmeetings" * 6)
    press(ana, "Save")
    ana.go(f"{draft}/languages")
    ana.page.get_by_role("button", name="Begin: Arabic").click()
    wrong = {page: wrong_on(ana, f"{draft}{page}") for page in (*PAGES, *IN_ARABIC)}
    wrong |= {
        f"after{page}": wrong_on(ana, f"/desk/calls/support-needs/after{page}") for page in AFTER
    }
    fill(ana, heard="People liked it.", asked="A second evening.", since="Nothing yet: no room.")
    press(ana, "See how it looks")
    wrong["told"] = ana.violations()
    assert {page: words for page, words in wrong.items() if words} == {}
