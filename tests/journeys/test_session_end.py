"""In a real browser: the desk warns before a session ends, and staying loses no word (WCAG 2.2.1)."""

import pytest
from playwright.sync_api import Browser, expect

from tests import browser as browsers
from tests import ways
from tests.journeys.conftest import NextCode
from tests.journeys.steps import fill, press, twenty_minutes_later
from tests.live import Server

MINUTES = 60
TYPED = "Harbour House"


def test_the_warning_comes_is_announced_and_put_off_in_place(
    browser: Browser, own_server: Server, next_own_code: NextCode
) -> None:
    with browsers.person_at(browser, own_server.url) as owner:
        ways.sign_in(owner, own_server.sign_in, next_own_code())
        # Given a page whose clock can be turned, and words on it
        page = owner.page
        page.clock.install()
        owner.go("/desk/organisations")
        fill(owner, name=TYPED)
        status, stay = page.locator(".ending [role=status]"), page.locator(".ending button")
        expect(status).to_have_text("")
        expect(stay).to_be_hidden()
        # When most of the quarter of an hour has passed
        page.clock.fast_forward(11 * MINUTES * 1000)
        expect(status).to_have_text("")
        page.clock.fast_forward(2 * MINUTES * 1000)
        # Then the page says so, where a screen reader hears it, and the words stay
        expect(status).to_contain_text("You have done nothing for a while. At")
        expect(stay).to_be_visible()
        assert stay.evaluate("one => one.getBoundingClientRect().bottom <= innerHeight")
        # When they stay, by keyboard
        page.locator("[name=name]").focus()
        stay.focus()
        page.keyboard.press("Enter")
        expect(status).to_contain_text("You stay signed in until")
        expect(stay).to_be_hidden()
        expect(page.locator("[name=name]")).to_be_focused()
        assert page.input_value("[name=name]") == TYPED
        # Then it says no more, and comes again when it is due
        page.clock.fast_forward(MINUTES * 1000)
        expect(status).to_have_text("")
        page.clock.fast_forward(12 * MINUTES * 1000)
        expect(stay).to_be_visible()
        # And at the end it says what to do; what was typed is still there
        page.clock.fast_forward(4 * MINUTES * 1000)
        expect(status).to_contain_text("Your time is over")
        assert page.input_value("[name=name]") == TYPED


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])
def test_without_scripts_the_warning_comes_as_well(
    browser: Browser, own_server: Server, next_own_code: NextCode, phone: bool
) -> None:
    with browsers.person_at(browser, own_server.url, scripts=False, phone=phone) as owner:
        ways.sign_in(owner, own_server.sign_in, next_own_code())
        # Given time that runs fast, and words on a page
        page = owner.page
        clock = owner.context.new_cdp_session(page)
        clock.send("Animation.enable")
        owner.go("/desk/organisations")
        fill(owner, name=TYPED)
        stay = page.locator(".ending button")
        expect(stay).to_be_hidden()
        clock.send("Animation.setPlaybackRate", {"playbackRate": 1000})
        # Then the warning comes, and its button opens a page of its own
        expect(stay).to_be_visible()
        with owner.context.expect_page() as coming:
            stay.click()
        other = coming.value
        expect(other.locator("h1")).to_have_text("You stay signed in")
        other.close()
        # And nothing that was typed is lost
        assert page.input_value("[name=name]") == TYPED


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_what_comes_too_late_is_carried_through_signing_in(
    browser: Browser, own_server: Server, next_own_code: NextCode, scripts: bool
) -> None:
    name = f"{TYPED} {scripts}"
    with browsers.person_at(browser, own_server.url, scripts=scripts) as owner:
        ways.sign_in(owner, own_server.sign_in, next_own_code())
        owner.go("/desk/organisations")
        fill(owner, name=name)
        twenty_minutes_later(own_server)
        press(owner, "Add this organisation")
        known = own_server.sign_in
        fill(
            owner,
            sign_in_name=known["sign_in_name"],
            passphrase=known["passphrase"],
            code=next_own_code(),
        )
        press(owner, "Sign in and go on")
        press(owner, "Go on with it")
        assert name in owner.page.inner_text("main")
