"""Leave now in a real browser, and then Back, many times: nothing typed, and nothing that says what this site is."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests import browser as browsers
from tests.browser import Person
from tests.journeys.steps import begin, come_back, fill, follow, page_address, path, press, send
from tests.live import Server

SECRET = "I was afraid of my landlord."
TELLING = (SECRET, "support needs", "Hearth", "answer", "Helpline", "What should change")
LEAVE = "Leave now"


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def person(
    request: pytest.FixtureRequest, browser: Browser, own_server: Server
) -> Iterator[Person]:
    """Somebody who will leave our host, on purpose."""
    with browsers.somebody(browser, own_server.url, scripts=request.param) as one:
        yield one


def leave(person: Person, elsewhere: str) -> None:
    person.page.get_by_role("link", name=LEAVE).click()
    person.page.wait_for_url(elsewhere)
    assert person.page.title() == "Weather"


def nothing_is_shown(person: Person) -> None:
    """What stands on the page, what is typed in its fields, and what the tab says."""
    seen = person.page.content() + person.page.title()
    for field in person.page.locator("input, textarea").all():
        seen += field.input_value()
    for word in TELLING:
        assert word not in seen, f"{word!r} at {person.page.url}"


def test_leaving_a_question_and_pressing_back(person: Person, elsewhere: str) -> None:
    # Given somebody who has kept an answer, gone on, and is writing another
    begin(person)
    fill(person, adult="yes")
    press(person, "Continue")
    person.go(page_address("health"))
    fill(person, health_words=SECRET)
    press(person, "Continue")
    person.go(page_address("change"))
    fill(person, change_words=SECRET)
    # When they leave
    leave(person, elsewhere)
    # Then Back shows nothing of it, however often somebody presses it
    for _ in range(8):
        if person.page.go_back() is None:
            break
        nothing_is_shown(person)
    # And forward, and a new look at each address
    for _ in range(8):
        if person.page.go_forward() is None:
            break
        if person.page.url.startswith(person.base):
            nothing_is_shown(person)
    for address in (page_address("change"), page_address("health"), "/en/", "/en/choices"):
        person.go(address)
        nothing_is_shown(person)
    # And the cookie says nothing
    (cookie,) = person.context.cookies(person.base)
    assert cookie["value"] == "left"


def test_leaving_a_page_with_a_mistake(person: Person, elsewhere: str) -> None:
    # Given somebody whose answer was not taken
    begin(person)
    fill(person, adult="yes")
    press(person, "Continue")
    person.go(page_address("change"))
    fill(person, change_words=SECRET * 60)
    press(person, "Continue")
    expect(person.page.get_by_role("alert")).to_be_visible()
    # When they leave
    leave(person, elsewhere)
    # Then Back shows nothing, and does not ask to send anything again
    for _ in range(5):
        if person.page.go_back() is None:
            break
        nothing_is_shown(person)


def test_leaving_what_is_held(person: Person, elsewhere: str) -> None:
    # Given somebody who looks at what is held under their code
    begin(person)
    fill(person, adult="yes")
    press(person, "Continue")
    person.go(page_address("change"))
    fill(person, change_words=SECRET)
    press(person, "Continue")
    person.go("/en/calls/support-needs/check")
    code = send(person)
    come_back(person, code)
    expect(person.page.get_by_text(SECRET)).to_be_visible()
    # When they leave
    leave(person, elsewhere)
    # Then Back shows neither that nor the code
    for _ in range(8):
        if person.page.go_back() is None:
            break
        nothing_is_shown(person)
        assert code not in person.page.content()


def test_coming_back_in(person: Person, elsewhere: str) -> None:
    # Given somebody who left
    begin(person)
    leave(person, elsewhere)
    person.go("/en/")
    # When they want to come back
    press(person, "Open this site")
    # Then everything works again
    assert path(person) == "/en/"
    follow(person, "My choices")
    assert path(person) == "/en/choices"
    begin(person)
    assert path(person) == page_address("first")


def test_leaving_an_error_page(person: Person, elsewhere: str) -> None:
    # Given somebody on a page that is not there
    person.go("/en/nowhere")
    leave(person, elsewhere)
    # Then Back shows nothing
    person.page.go_back()
    nothing_is_shown(person)
