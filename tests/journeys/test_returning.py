"""Half a form today and the rest another day, in another browser, without scripts and without an account."""

from playwright.sync_api import expect

from tests.browser import Person
from tests.journeys.steps import (
    TITLE,
    answers_here,
    come_back,
    fill,
    follow,
    go_on_from_leaving,
    page_address,
    path,
    press,
    press_first,
    send,
    shown_code,
    step_address,
)
from tests.live import OpenBrowser

WORDS = "I will say more when I am rested."


def test_half_a_form_today_and_the_rest_another_day(open_browser: OpenBrowser) -> None:
    # Given a participant who writes a little on an old phone, with scripts turned off
    first = open_browser(scripts=False, phone=True)
    first.go("/")
    follow(first, TITLE)
    press(first, "Begin")
    go_on_from_leaving(first)
    fill(first, adult="yes")
    press_first(first)
    first.go(page_address("change"))
    fill(first, change_words=WORDS)
    # When they are tired, stop, and take a return code
    press(first, "Stop for now")
    assert path(first) == step_address("pause")
    press(first, "Give me a return code")
    code = shown_code(first)
    first.page.reload()
    assert shown_code(first) == code
    # Then a print of it shows the code, and nothing of what it opens
    first.page.emulate_media(media="print")
    assert "".join(first.page.locator("body").inner_text().split()) == f"Yourcode{code}"
    first.page.emulate_media(media="screen")
    press(first, "I have kept it")
    # And nothing of it stays in this browser
    assert first.context.cookies() == []
    # When they come back in another one
    second = open_browser(scripts=False)
    come_back(second, code.lower())
    # Then they go on where they stopped, and nothing is lost
    assert path(second) == page_address("change")
    expect(second.page.locator("[name=change_words]")).to_have_value(WORDS)
    finish(second)
    expect(second.page.get_by_text(WORDS)).to_be_visible()
    # And what they send can be seen with its own code
    receipt = send(second, "quote")
    assert receipt != code
    press(second, "I have kept my code")
    come_back(second, receipt)
    second.go("/en/choices/answers")
    expect(second.page.get_by_text(WORDS)).to_be_visible()
    # And the return code opens nothing any more
    third = open_browser(scripts=False)
    come_back(third, code)
    expect(third.page.get_by_role("alert")).to_contain_text("We hold nothing under this code")


def finish(person: Person) -> None:
    """Answer what is not answered yet, up to "check your answers"."""
    while not path(person).endswith("/check"):
        if "/page/" in path(person) and not path(person).endswith("/page/change"):
            fill(person, **answers_here(person))
        press_first(person)
