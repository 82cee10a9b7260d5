"""What the script adds in a newer browser. The journeys without scripts show that none of it is needed."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route, expect

from tests import browser as browsers
from tests.browser import Person
from tests.journeys.leaving import SECRET, adult, at_a_question, at_the_code, leave
from tests.journeys.steps import fill, page_address, path, press, shown_code
from tests.live import Server


@pytest.fixture
def reader(browser: Browser, own_server: Server) -> Iterator[Person]:
    """Somebody whose browser runs scripts, and lets a page copy."""
    with browsers.somebody(
        browser, own_server.url, permissions=["clipboard-read", "clipboard-write"]
    ) as one:
        yield one


def test_the_code_can_be_hidden_and_copied(reader: Person) -> None:
    # Given somebody with their code
    at_the_code(reader)
    code = shown_code(reader)
    # When they hide it
    reader.page.get_by_role("button", name="Hide").click()
    # Then it is not there to be seen, until they want it
    expect(reader.page.locator("[data-code]")).not_to_be_visible()
    reader.page.get_by_role("button", name="Show").click()
    expect(reader.page.locator("[data-code]")).to_be_visible()
    # And when they copy it, they are told, and have the code and nothing else
    reader.page.get_by_role("button", name="Copy").click()
    expect(reader.page.locator("[data-told]")).to_have_text("Copied.")
    assert reader.page.evaluate("navigator.clipboard.readText()") == code


def test_the_print_shows_the_code_alone(reader: Person) -> None:
    at_the_code(reader)
    code = shown_code(reader)
    reader.page.emulate_media(media="print")
    printed = reader.page.locator("body").inner_text().split()
    assert "".join(printed) == f"Yourcode{code}"


def test_a_double_press_sends_once(reader: Person) -> None:
    # Given a slow network
    at_a_question(reader)
    asked: list[Route] = []
    reader.page.route("**/page/change*", lambda route: (asked.append(route), route.continue_()))
    # When somebody presses twice
    reader.page.get_by_role("button", name="Continue").dblclick(no_wait_after=True)
    reader.page.wait_for_url("**/contact*")
    # Then it is sent once
    assert len([one for one in asked if one.request.method == "POST"]) == 1


def test_without_a_network_nothing_is_lost(reader: Person) -> None:
    # Given somebody who writes while the network goes
    at_a_question(reader)
    reader.context.set_offline(True)
    # When they press the button
    reader.page.get_by_role("button", name="Continue").click()
    # Then they are told kindly, and what they wrote is still there
    expect(reader.page.get_by_role("alert")).to_contain_text("What you wrote is still here")
    assert reader.page.input_value("textarea") == SECRET
    # And when the network is back, the same button works
    reader.context.set_offline(False)
    expect(reader.page.get_by_role("alert")).to_contain_text("You are online again")
    press(reader, "Continue")
    assert path(reader) != page_address("change")


def test_room_is_told_only_near_the_end(reader: Person) -> None:
    # Given a question with a limit
    adult(reader)
    reader.go(page_address("change"))
    area = reader.page.locator("textarea[data-limit]")
    limit = int(area.get_attribute("data-limit") or 0)
    room = reader.page.locator("p[data-room]")
    # When somebody begins to write, nothing new is said
    before = room.inner_text()
    fill(reader, change_words="A few words.")
    reader.page.wait_for_timeout(1200)
    assert room.inner_text() == before
    # And near the end it is, politely, when they pause
    fill(reader, change_words="x" * (limit - 7))
    expect(room).to_have_text("Letters left: 7")
    assert room.get_attribute("aria-live") == "polite"
    fill(reader, change_words="x" * (limit + 3))
    expect(room).to_have_text("Too long. Letters to take out: 3")


def test_nothing_is_asked_of_anybody_else(reader: Person, elsewhere: str) -> None:
    # Given somebody who used the script
    at_a_question(reader)
    assert reader.outside == []
    leave(reader, elsewhere)
    # Then only leaving led elsewhere
    assert all(address.startswith(elsewhere) for address in reader.outside)
