"""A coordinator changes a published call in a real browser without scripts; whoever had begun finishes the old one."""

from tests import ways
from tests.browser import Person
from tests.journeys.conftest import NextCode
from tests.journeys.steps import fill, follow, path, press, press_first
from tests.live import OpenBrowser, Server

CALL = "/desk/calls/support-needs"
LABEL = "What would you tell the minister?"


def go_to_change(person: Person) -> None:
    """From the first question to the last page of the call's own, skipping what may be skipped."""
    person.page.locator("[name=adult][value=yes]").check()
    press(person, "Continue")
    while not path(person).endswith("/page/change"):
        press(person, "Skip this page")


def begin(person: Person) -> None:
    person.go("/en/calls/support-needs/")
    press_first(person)
    if path(person).endswith("/leaving"):
        press_first(person)


def test_a_call_is_changed_and_each_answers_the_version_they_have_read(
    open_browser: OpenBrowser, own_server: Server, next_own_code: NextCode
) -> None:
    # Given a person who has begun
    robin = open_browser(own_server.url, scripts=False)
    begin(robin)
    # When a coordinator rewords a question, sees old and new words side by side, and publishes with a reason
    ana = open_browser(own_server.url, scripts=False)
    ways.sign_in(ana, own_server.sign_in, next_own_code())
    ana.go(CALL)
    follow(ana, "Change this call")
    press(ana, "Change this call")
    draft = path(ana).partition("?")[0]
    ana.go(f"{draft}/question/change_words")
    fill(ana, label=LABEL)
    press(ana, "Save")
    ana.go(f"{draft}/check")
    row = ana.page.get_by_role("row").filter(has_text=LABEL).inner_text()
    assert "If you could change one or two things, what would they be?" in row
    ana.page.get_by_label("Better words").check()
    press(ana, "Publish the new version")
    assert "People who begin from now on answer the new version" in ana.page.inner_text("main")
    # Then who had begun is asked as before, and who begins now is asked the new question
    go_to_change(robin)
    assert "If you could change one or two things" in robin.page.inner_text("main")
    sam = open_browser(own_server.url, scripts=False)
    # (a page may be two seconds old)
    sam.page.wait_for_timeout(2_100)
    begin(sam)
    go_to_change(sam)
    assert LABEL in sam.page.inner_text("main")
    # And both versions stay readable at the desk, on a small phone too
    for address in (f"{CALL}/versions", f"{CALL}/versions/2", f"{draft}"):
        ana.go(address)
        assert ana.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
