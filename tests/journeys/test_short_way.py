"""On an old phone it is not far to the first question, and nothing of what must be said is hidden for good."""

import pytest
from playwright.sync_api import expect

from tests.browser import OLD_PHONE
from tests.journeys.steps import press
from tests.live import OpenBrowser
from tests.tally import Tell

START = "/en/calls/support-needs/"
SCREEN = OLD_PHONE["height"]
#: Where a button ends: from the top of what the page says, and from the top of the page.
ENDS = """(button) => {
    const top = document.querySelector('main').getBoundingClientRect().top;
    const bottom = button.getBoundingClientRect().bottom;
    return [bottom - top, bottom + scrollY];
}"""


def test_begin_is_within_two_screens(open_browser: OpenBrowser, tell: Tell) -> None:
    # Given an old phone
    person = open_browser(phone=True)
    person.go(START)
    # Then Begin is at the end of the second screen of what is said, at the latest
    begin = person.page.get_by_role("button", name="Begin")
    said, whole = begin.evaluate(ENDS)
    # And "Go on" comes at the end of the first
    press(person, "Begin")
    further, _ = person.page.get_by_role("button", name="Go on").evaluate(ENDS)
    tell(
        "screens of 320 x 568 to a button",
        f"Begin {said / SCREEN:.1f} ({whole / SCREEN:.1f} with the top and the demo's notice), "
        f"Go on {further / SCREEN:.1f}",
    )
    assert said <= 2 * SCREEN
    assert further <= SCREEN


@pytest.mark.parametrize("scripts", [True, False])
def test_the_rest_opens_with_a_press_or_a_key(open_browser: OpenBrowser, scripts: bool) -> None:
    person = open_browser(phone=True, scripts=scripts)
    person.go(START)
    rest = person.page.get_by_role("heading", name="If you stop half-way")
    expect(rest).to_be_hidden()
    person.page.locator("summary", has_text="Read more").focus()
    person.page.keyboard.press("Enter")
    expect(rest).to_be_visible()
    assert not person.scrolls_sideways()


def test_every_number_of_a_help_line_is_a_press_away(open_browser: OpenBrowser) -> None:
    person = open_browser(phone=True)
    for path in ("/en/", "/ar/", "/en/support", "/en/nowhere"):
        person.go(path)
        links = person.page.locator("footer a[href^='tel:']")
        expect(links).to_have_count(3)
        assert links.evaluate_all("all => all.map(one => one.getAttribute('href'))") == [
            "tel:08000121700",
            "tel:116123",
            "tel:999",
        ]
