"""What the script adds in a newer browser. The journeys without scripts show that none of it is needed."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, expect

from tests import browser as browsers
from tests.browser import Person
from tests.journeys.leaving import SECRET, adult, at_a_question, at_the_code, leave
from tests.journeys.steps import begin, fill, page_address, path, press, press_first, shown_code
from tests.live import Server


@pytest.fixture
def reader(browser: Browser, live_server: Server) -> Iterator[Person]:
    """A participant whose browser runs scripts, and lets a page copy."""
    with browsers.person_at(
        browser, live_server.url, permissions=["clipboard-read", "clipboard-write"]
    ) as one:
        yield one


def test_the_code_can_be_hidden_and_copied(reader: Person) -> None:
    # Given a participant with their code
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
    # When a participant presses twice
    reader.page.get_by_role("button", name="Continue").dblclick(no_wait_after=True)
    reader.page.wait_for_url("**/contact*")
    # Then it is sent once
    assert len([one for one in asked if one.request.method == "POST"]) == 1


def test_without_a_network_nothing_is_lost(reader: Person) -> None:
    # Given a participant who writes while the network goes
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
    # When a participant begins to write, nothing new is said
    before = room.inner_text()
    fill(reader, change_words="A few words.")
    reader.page.wait_for_timeout(1200)
    assert room.inner_text() == before
    # And near the end it is, politely, when they pause
    fill(reader, change_words="x" * (limit - 7))
    expect(room).to_have_text("Letters left: 7")
    assert room.get_attribute("aria-live") == "polite"
    fill(reader, change_words="x" * (limit + 3))
    expect(room).to_have_text("Too long. Letters to delete: 3")
    # And what the server does not count, at both ends, is not counted
    fill(reader, change_words=f" {'x' * (limit + 4)} \n")
    expect(room).to_have_text("Too long. Letters to delete: 4")
    press(reader, "Continue")
    expect(reader.page.get_by_role("alert")).to_contain_text("Make this 4 letters shorter")


def test_what_would_be_lost_on_the_way_is_not_sent(reader: Person) -> None:
    # Given a participant who pastes a book into a box
    adult(reader)
    reader.go(page_address("change"))
    form = reader.page.locator("form[data-most]")
    most = int(form.get_attribute("data-most") or 0)
    posts: list[str] = []
    reader.page.on("request", lambda one: posts.append(one.url) if one.method == "POST" else None)
    book = "\U0001e900" * (most + 12_345)
    reader.page.locator("[name='change_words']").evaluate(
        "(area, book) => { area.value = book; area.dispatchEvent(new Event('input', {bubbles: true})); }",
        book,
    )
    # When they pause, and press Continue, and Back
    reader.page.wait_for_timeout(1200)
    for button in ("Continue", "Back"):
        reader.page.get_by_role("button", name=button, exact=True).click()
        # Then nothing is sent, they are told how much is too long, and all of it is still there
        note = reader.page.locator("[data-note]")
        expect(note).to_contain_text("too long to send, so we sent nothing")
        expect(note).to_contain_text("Letters to delete: 12345")
        assert posts == []
        assert path(reader) == page_address("change")
    assert len(reader.page.input_value("[name='change_words']")) == len(book)
    # And once it is as long as a page may be, it is sent, and comes back whole with the right number
    fill(reader, change_words="\U0001e900" * most)
    press(reader, "Continue")
    expect(reader.page.get_by_role("alert")).to_contain_text("Make this 50,000 letters shorter")
    assert len(reader.page.input_value("[name='change_words']")) == most


@pytest.mark.parametrize(
    ("language", "left", "over"),
    [
        ("en", "Letters left: 7", "Too long. Letters to delete: 3"),
        ("ar", "الأحرف المتبقية: 7", "طويل جدًا. عدد الأحرف التي يجب حذفها: 3"),
    ],
)
def test_a_screen_reader_tells_how_much_room_is_left(
    reader: Person, language: str, left: str, over: str
) -> None:
    # Given a participant at a question with a limit, whose screen reader knows the page by its tree
    begin(reader, language)
    fill(reader, adult="yes")
    press_first(reader)
    reader.go(page_address("change", language))
    limit = int(reader.page.locator("textarea").get_attribute("data-limit") or 0)
    assert f"{limit:,}" in described(reader)
    # When they write, and are near the end, or behind it
    for length, words in ((limit - 7, left), (limit + 3, over)):
        reader.page.locator("textarea").fill("ش" * length)
        expect(reader.page.locator("p[data-room]")).to_have_text(words)
        # Then it is said when the reader has nothing else to say, whole, in the language of the page
        assert live_words(reader) == [("polite", words)]
        # And again with the field, whenever they come to it
        assert words in described(reader)
    room = reader.page.locator("p[data-room]")
    direction = room.evaluate("one => getComputedStyle(one).direction")
    assert direction == ("rtl" if language == "ar" else "ltr")


def tree(person: Person) -> list[dict[str, Any]]:
    """The page as a screen reader gets it from the browser."""
    session = person.context.new_cdp_session(person.page)
    nodes: list[dict[str, Any]] = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return nodes


def described(person: Person) -> str:
    """What is said with the field when it gets the focus."""
    (field,) = (one for one in tree(person) if one.get("role", {}).get("value") == "textbox")
    words: str = field["description"]["value"]
    return words


def live_words(person: Person) -> list[tuple[str, str]]:
    """Whatever is said by itself when it changes: how urgently, and its words."""
    nodes = {one["nodeId"]: one for one in tree(person)}
    found = []
    for node in nodes.values():
        urgency = [
            one["value"]["value"] for one in node.get("properties", []) if one["name"] == "live"
        ]
        if urgency:
            parts = (nodes[one]["name"]["value"] for one in node["childIds"])
            found.append((urgency[0], "".join(parts)))
    return found


def test_no_other_server_is_asked_for_anything(reader: Person, elsewhere: str) -> None:
    # Given a participant who used the script
    at_a_question(reader)
    assert reader.outside == []
    leave(reader, elsewhere)
    # Then only leaving led elsewhere
    assert all(address.startswith(elsewhere) for address in reader.outside)
