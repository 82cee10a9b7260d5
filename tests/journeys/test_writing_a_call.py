"""A coordinator writes a call in a real browser without scripts, and publishes it; a person answers it, and reads later
what became of it."""

from datetime import timedelta

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
)
#: What is told about a call, below its address at the desk; the form that is filled in last.
AFTER = ("", "/month", "/in/en")


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
    day = clock.today() + timedelta(days=30)
    month = f"{told_by(day).first_day:%m/%Y}"
    fill(ana, slug="our-evening", last=f"{day:%d/%m/%Y}", told_by=month)
    press(ana, "Save")
    follow(ana, "Words of the start page")
    follow(ana, "How was the meeting?")
    follow(ana, "Check and publish")
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
    wrong = {page: wrong_on(ana, f"{draft}{page}") for page in PAGES}
    wrong |= {
        f"after{page}": wrong_on(ana, f"/desk/calls/support-needs/after{page}") for page in AFTER
    }
    fill(ana, heard="People liked it.", asked="A second evening.", since="Nothing yet: no room.")
    press(ana, "See how it looks")
    wrong["told"] = ana.violations()
    assert {page: words for page, words in wrong.items() if words} == {}
