"""In a real browser: a coordinator enters answers for a participant by phone and from paper. Nothing is typed twice."""

import pytest
from playwright.sync_api import Browser, expect

from tests import browser as browsers
from tests import ways
from tests.journeys.conftest import NextCode
from tests.journeys.keyboard import enter, press_key, tab_to
from tests.journeys.steps import (
    come_back,
    draft_of,
    fill,
    follow,
    path,
    press,
    shown_code,
    twenty_minutes_later,
)
from tests.live import OpenBrowser, Server

BEGIN = "/desk/calls/support-needs/on-behalf"
PAUSE = 1500  # milliseconds; the script waits 900
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])


@SCRIPTS
def test_a_phone_call_with_a_pause_of_twenty_minutes_loses_no_word(
    browser: Browser, own_server: Server, next_own_code: NextCode, scripts: bool
) -> None:
    with browsers.person_at(browser, own_server.url, scripts=scripts) as desk:
        # Given a caller on the phone, and words that were typed while they spoke
        ways.sign_in(desk, own_server.sign_in, next_own_code())
        desk.go(BEGIN)
        fill(desk, how="phone")
        press(desk, "Begin")
        fill(desk, adult="yes")
        press(desk, "Continue")
        desk.go(f"{draft_of(desk)}/page/health")
        fill(desk, feeling="worse", health_words="She waited")
        if scripts:
            expect(desk.page.get_by_text("Kept.", exact=True)).to_be_visible()
        # When the caller weeps for 20 minutes, and then says more
        twenty_minutes_later(own_server)
        fill(desk, health_words="She waited for a year")
        if scripts:
            expect(desk.page.get_by_text("Not kept yet.")).to_be_visible()
        press(desk, "Continue")
        # Then the coordinator signs in where they are
        expect(desk.page.get_by_text("Nothing is lost.")).to_be_visible()
        known = own_server.sign_in
        fill(
            desk,
            sign_in_name=known["sign_in_name"],
            passphrase=known["passphrase"],
            code=next_own_code(),
        )
        press(desk, "Sign in and go on")
        # And every word is there
        expect(desk.page.locator("[name=health_words]")).to_have_value("She waited for a year")
        expect(desk.page.locator("[name=feeling]:checked")).to_have_value("worse")
        if scripts:
            assert desk.violations() == []


def test_a_closed_window_loses_no_word(
    browser: Browser, own_server: Server, next_own_code: NextCode
) -> None:
    # Given words that were typed a moment ago
    with browsers.person_at(browser, own_server.url) as desk:
        ways.sign_in(desk, own_server.sign_in, next_own_code())
        desk.go(BEGIN)
        fill(desk, how="paper", spoken="Romanian")
        press(desk, "Begin")
        desk.go(f"{draft_of(desk)}/page/change")
        fill(desk, change_words="The window closed")
        desk.page.wait_for_timeout(PAUSE)
    # When the browser was closed, and the coordinator signs in in another one
    with browsers.person_at(browser, own_server.url) as again:
        ways.sign_in(again, own_server.sign_in, next_own_code())
        again.go("/desk/entering")
        again.page.locator("tr", has_text="On paper").get_by_role("link").first.click()
        # Then they are on the page where they were, with every word
        expect(again.page.locator("[name=change_words]")).to_have_value("The window closed")


def test_a_whole_phone_call_by_keyboard(
    open_browser: OpenBrowser, live_server: Server, next_code: NextCode
) -> None:
    # Given a coordinator without a mouse
    desk = open_browser(scripts=True)
    ways.sign_in(desk, live_server.sign_in, next_code())
    desk.go(BEGIN)
    tab_to(desk, "#how-0")
    press_key(desk, "Space")
    tab_to(desk, "#spoken")
    # When everything is typed by keys: Enter in a line of text goes on, as the button does
    press_key(desk, "Enter", goes_on=True)
    tab_to(desk, "#adult-none")
    # From "No answer", where one begins, the arrow keys choose
    press_key(desk, "ArrowDown")
    expect(desk.page.locator("#adult-0")).to_be_checked()
    enter(desk, "button", "Continue")
    assert path(desk).endswith("/page/assessment")
    # And a page far away is reached by the line of pages
    enter(desk, "button.turning", "Hearing from us")
    tab_to(desk, "#contact_wanted-none")
    press_key(desk, "ArrowDown")
    enter(desk, "button", "Continue")
    tab_to(desk, "#name_to_use")
    desk.page.keyboard.type("Robin")
    tab_to(desk, "[name=safe_ways][value=call]")
    press_key(desk, "Space")
    enter(desk, "button", "Continue")
    tab_to(desk, "#phone")
    desk.page.keyboard.type("07700 900123")
    enter(desk, "button.turning", "Read back and send")
    tab_to(desk, "#consent-contact_me")
    press_key(desk, "Space")
    tab_to(desk, "#agreed-0")
    press_key(desk, "Space")
    enter(desk, "button", "Send for this person")
    # Then it is sent, and the participant comes back with their code
    code = shown_code(desk)
    enter(desk, "button", "I have passed it on")
    person = open_browser(scripts=False, phone=True)
    come_back(person, code)
    person.go("/en/choices/reach")
    expect(person.page.get_by_text("07700 900123")).to_be_visible()


def test_a_coordinator_enters_a_form_from_paper(
    open_browser: OpenBrowser, live_server: Server, next_code: NextCode
) -> None:
    # Given a coordinator at the desk with a form on paper, without scripts
    desk = open_browser(scripts=False)
    ways.sign_in(desk, live_server.sign_in, next_code())
    desk.go("/desk/calls/support-needs")
    follow(desk, "Enter answers for someone")
    fill(desk, how="paper")
    press(desk, "Begin")
    draft = draft_of(desk)
    fill(desk, adult="yes")
    press(desk, "Continue")
    desk.go(f"{draft}/page/change")
    fill(desk, change_words="Shorter forms.")
    press(desk, "Continue")
    fill(desk, contact_wanted="yes")
    press(desk, "Continue")
    fill(desk, safe_ways=["call"])
    press(desk, "Continue")
    # When a slip is made, everything typed is still there
    fill(desk, phone="their number")
    press(desk, "Continue")
    expect(desk.page.get_by_role("alert")).to_contain_text("phone number with digits")
    fill(desk, phone="07700 900123")
    press(desk, "Continue")
    # And every page fits a narrow screen
    desk.look(phone=True)
    for page in ("change", "phone", "the-people"):
        desk.go(f"{draft}/page/{page}")
        assert not desk.scrolls_sideways()
    # And once all is read back, it is sent with what the participant agreed to
    desk.go(f"{draft}/check")
    assert not desk.scrolls_sideways()
    fill(desk, consent=["contact_me"], agreed="ticked")
    press(desk, "Send for this person")
    code = shown_code(desk)
    press(desk, "I have passed it on")
    # Then the participant sees it with their code
    person = open_browser(scripts=False, phone=True)
    come_back(person, code)
    person.go("/en/choices/answers")
    expect(person.page.get_by_text("Shorter forms.")).to_be_visible()
