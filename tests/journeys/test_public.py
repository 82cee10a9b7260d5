"""A participant answers, comes back, takes something back and erases it all: without scripts, and by keyboard alone."""

import pytest
from playwright.sync_api import expect

from tests.journeys.keyboard import enter, press_key, tab_to
from tests.journeys.steps import (
    CALL,
    TITLE,
    answer_everything,
    begin,
    come_back,
    fill,
    follow,
    page_address,
    path,
    press,
    press_first,
    send,
    shown_code,
)
from tests.live import OpenBrowser
from tests.people import NO_CONTACT


def test_the_whole_way_without_scripts(open_browser: OpenBrowser) -> None:
    # Given a participant on an old phone, with scripts turned off
    person = open_browser(scripts=False, phone=True)
    # When they find the call and answer it
    person.go("/")
    follow(person, TITLE)
    press(person, "Begin")
    answer_everything(person)
    code = send(person, "contact_me", "quote")
    # Then they have a code, and close the page
    press(person, "I have kept my code")
    assert person.context.cookies() == []
    # When they come back with it
    come_back(person, code.lower())
    assert path(person) == "/en/choices/held"
    follow(person, "How we may reach you")
    expect(person.page.get_by_text("robin@example.org")).to_be_visible()
    # Then they can take one thing back
    follow(person, "What you gave us permission for")
    expect(person.page.get_by_role("button", name="Take back my permission")).to_have_count(2)
    press(person, "Take back my permission")
    expect(person.page.get_by_role("button", name="Take back my permission")).to_have_count(1)
    expect(person.page.get_by_role("status")).to_contain_text("You took back your permission")
    # And erase it all
    follow(person, "Back")
    follow(person, "Delete everything")
    press(person, "Yes, delete everything")
    expect(person.page.get_by_role("heading", level=1)).to_have_text("Everything is deleted")
    # And the code opens nothing any more
    come_back(person, code)
    expect(person.page.get_by_role("alert")).to_contain_text("We hold nothing under this code")


def test_the_whole_way_by_keyboard_alone(open_browser: OpenBrowser) -> None:
    # Given a participant who uses no mouse
    person = open_browser()
    person.go("/")
    # Then the first thing they reach is the way out, the second the content
    press_key(person, "Tab")
    assert person.focused().startswith("Leave now")
    press_key(person, "Tab")
    assert person.focused() == "Skip to the content"
    enter(person, "main a", TITLE)
    enter(person, "main button", "Begin")
    enter(person, "main button", "Go on")
    # When they press Enter without an answer
    enter(person, "main button", "Continue")
    # Then what is wrong has the focus, and leads to the first answer
    assert person.page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    press_key(person, "Tab")
    press_key(person, "Enter")
    assert person.focused() == "adult"
    # When they answer, skip what they want to skip, and write
    press_key(person, "Space")
    enter(person, "main button", "Continue")
    while not path(person).endswith("/change"):
        enter(person, "main button", "Skip this page")
    tab_to(person, "textarea")
    person.page.keyboard.type("More time.")
    enter(person, "main button", "Continue")
    tab_to(person, "[name='contact_wanted']")
    press_key(person, "Space")
    enter(person, "main button", "Continue")
    tab_to(person, "[name='safe_ways'][value='text']")
    press_key(person, "Space")
    enter(person, "main button", "Continue")
    tab_to(person, "[name='phone']")
    person.page.keyboard.type("07700 900123")
    # An arrow chooses the next answer.
    tab_to(person, "[name='phone_shared']")
    press_key(person, "Space")
    press_key(person, "ArrowDown")
    enter(person, "main button", "Continue")
    enter(person, "main button", "Skip this page")
    # Then they can look through it
    expect(person.page.get_by_text("More time.")).to_be_visible()
    expect(person.page.locator("dl")).to_contain_text(["07700 900123"])
    enter(person, "main button", "Continue")
    tab_to(person, "[name='consent'][value='quote']")
    press_key(person, "Space")
    enter(person, "main button", "Send")
    # Contact was wanted and no box for it ticked: they are asked once
    enter(person, "main button", NO_CONTACT)
    code = shown_code(person)
    enter(person, "main button", "I have kept my code")
    # And come back: Enter in the field is enough
    enter(person, "nav a", "My choices")
    tab_to(person, "[name='code']")
    person.page.keyboard.type(code)
    press_key(person, "Enter", goes_on=True)
    enter(person, "main a", "What you gave us permission for")
    enter(person, "main button", "Take back my permission")
    expect(person.page.get_by_role("status")).to_contain_text("You took back your permission")
    enter(person, "nav a", "Back")
    enter(person, "main a", "Delete everything")
    enter(person, "main button", "Yes, delete everything")
    expect(person.page.get_by_role("heading", level=1)).to_have_text("Everything is deleted")


def test_from_right_to_left_on_a_phone_in_the_dark(open_browser: OpenBrowser) -> None:
    # Given a participant who reads Arabic, on a phone, at night
    person = open_browser(phone=True, dark=True, language="ar", scripts=False)
    # When they answer
    begin(person, "ar")
    assert person.page.evaluate("getComputedStyle(document.body).direction") == "rtl"
    radio = person.page.locator("[name='adult']").first.bounding_box()
    assert radio is not None and radio["x"] > 160
    answer_everything(person)
    code = send(person, "contact_me")
    # Then the code is still read from left to right
    assert person.page.locator(".code").get_attribute("dir") == "ltr"
    # And they come back with it
    come_back(person, code, "ar")
    assert path(person) == "/ar/choices/held"
    # And the dark is dark
    ground = person.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert sum(map(int, ground.removeprefix("rgb(").removesuffix(")").split(","))) < 150


#: The digits of what is on the page, as they stand from left to right, line by line.
DIGITS_AS_SEEN = """words => {
  const seen = [], walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) [...walk.currentNode.data].forEach((letter, at) => {
    if (!/[0-9]/.test(letter)) return;
    const range = new Range();
    range.setStart(walk.currentNode, at); range.setEnd(walk.currentNode, at + 1);
    const { top, left } = range.getBoundingClientRect();
    seen.push([Math.round(top), left, letter]);
  });
  return seen.sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(one => one[2]).join('');
}"""


@pytest.mark.parametrize("phone", [True, False])
def test_a_number_to_ring_reads_the_same_in_every_language(
    open_browser: OpenBrowser, phone: bool
) -> None:
    # When a participant under 18 is told in Arabic whom to ring
    person = open_browser(phone=phone, language="ar", scripts=False)
    person.go("/ar/calls/support-needs/stop")
    # Then the digits stand in the order in which they are rung
    seen = person.page.evaluate(DIGITS_AS_SEEN)
    for number in ("08001111", "08000121700", "999"):
        assert number in seen


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize(("width", "size"), [(320, "130%"), (640, "200%"), (1280, "400%")])
def test_letters_can_be_much_bigger(
    open_browser: OpenBrowser, language: str, width: int, size: str
) -> None:
    # Given a participant with low vision
    person = open_browser(language=language)
    person.page.set_viewport_size({"width": width, "height": 800})
    begin(person, language)
    fill(person, adult="yes")
    press_first(person)
    for address in ("", f"calls/{CALL}/", f"calls/{CALL}/page/assessment", "choices", "privacy"):
        person.go(f"/{language}/{address}")
        person.page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
        # Then nothing is cut off at the side
        assert not person.scrolls_sideways(), address


def test_back_and_again_never_sends_twice(open_browser: OpenBrowser) -> None:
    # Given a participant with their code
    person = open_browser()
    begin(person)
    fill(person, adult="yes")
    press(person, "Continue")
    person.go("/en/calls/support-needs/check")
    code = send(person)
    # When they go back, and load the page again
    person.page.go_back()
    assert shown_code(person) == code
    person.page.reload()
    # Then the browser asks nothing, and it is the same code
    assert shown_code(person) == code


def test_what_was_typed_is_there_after_a_mistake(open_browser: OpenBrowser) -> None:
    # Given a participant whose answer is far too long
    person = open_browser(scripts=False)
    begin(person)
    fill(person, adult="yes")
    press(person, "Continue")
    person.go(page_address("change"))
    words = "Some words that matter. " * 60
    fill(person, change_words=words)
    press(person, "Continue")
    # Then they are told, and it is all there
    expect(person.page.get_by_role("alert")).to_contain_text("letters shorter")
    expect(person.page.locator("[name='change_words']")).to_have_value(words)
    assert person.page.title().startswith("Please look again")
