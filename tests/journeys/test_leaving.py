"""Leave now in a real browser, and then Back, many times: nothing typed, and nothing that says what this site is."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Error, Playwright, Response, expect

from tests import browser as browsers
from tests.browser import Person
from tests.journeys.leaving import (
    NAME,
    PLACES,
    SECRET,
    SHIFT,
    TELLING,
    arrived,
    at_a_booking_without_address,
    at_a_question,
    at_the_code,
    leave,
    leave_by_keyboard,
    leave_offline,
    leave_offline_by_keyboard,
    nothing_is_shown,
    visits,
)
from tests.journeys.steps import (
    CALL,
    begin,
    follow,
    page_address,
    path,
    press,
    press_first,
    shown_code,
    step_address,
)
from tests.live import Server

#: How a participant leaves, and whether their browser runs scripts.
WAYS: dict[str, tuple[Callable[[Person, str], None], bool]] = {
    "by the link, with scripts": (leave, True),
    "by the link, without scripts": (leave, False),
    "by Shift three times": (leave_by_keyboard, True),
}
#: This way is gone in Chromium as people have it, with whatever it keeps in whatever part; the others in its bare
#: engine, which has the same history and the same caches for less than a third of the work.
IN_A_WHOLE_BROWSER = "by the link, with scripts"
MOST_BACK = 8


@pytest.fixture
def reader(browser: Browser, own_server: Server) -> Iterator[Person]:
    """A participant whose browser runs scripts."""
    with browsers.person_at(browser, own_server.url) as one:
        yield one


def nothing_behind(person: Person, *, but_not: str | None = None) -> None:
    """Press Back as often as it goes, then forward again: nothing of ours is shown anywhere."""
    for turn in (person.page.go_back, person.page.go_forward):
        for _ in range(MOST_BACK):
            if not _was_there(person, turn):
                break
            if person.page.url.startswith(person.base):
                nothing_is_shown(person)
            assert but_not is None or but_not not in person.page.content()


def _was_there(person: Person, turn: Callable[[], Response | None]) -> bool:
    """Go one page back or forward; whether there was one."""
    try:
        return turn() is not None
    except Error as error:
        # A page that answered a form itself: the browser shows its own question, whether to send it again.
        if "ERR_CACHE_MISS" not in error.message:
            raise
        person.page.wait_for_timeout(300)
        return True


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("place", PLACES)
def test_leaving_at_every_step_leaves_nothing(
    request: pytest.FixtureRequest, own_server: Server, elsewhere: str, place: str, way: str
) -> None:
    leave_so, scripts = WAYS[way]
    kind = "whole_browser" if way == IN_A_WHOLE_BROWSER else "browser"
    browser: Browser = request.getfixturevalue(kind)
    before = visits(own_server)
    with browsers.person_at(browser, own_server.url, scripts=scripts) as person:
        # Given a participant somewhere, with something that no other person may see
        PLACES[place](person)
        address = path(person)
        code = shown_code(person) if place == "the code" else None
        kept = {one["name"]: one["value"] for one in person.context.cookies(person.base)}
        # When they leave
        leave_so(person, elsewhere)
        # Then Back and forward show nothing of it, however often they are pressed
        nothing_behind(person, but_not=code)
        # And neither does the address, out of the browser's list
        person.go(address)
        nothing_is_shown(person)
        # And the cookie says nothing
        (cookie,) = person.context.cookies(person.base)
        assert cookie["value"] == "left"
    # And what was not sent is gone from the store
    assert visits(own_server) == before
    # And the cookie of before, had an attacker copied it, opens nothing
    with browsers.person_at(browser, own_server.url, scripts=scripts) as other:
        other.context.add_cookies(
            [{"name": name, "value": value, "url": other.base} for name, value in kept.items()]
        )
        other.go(page_address("change"))
        assert SECRET not in other.page.content()
        assert path(other).removesuffix("?away=") == "/en/calls/support-needs/"


def test_every_page_of_the_way_is_in_the_browsers_list(
    playwright: Playwright, own_server: Server, elsewhere: str, tmp_path: Path
) -> None:
    # Given a participant with a browser that keeps a list, who writes and leaves
    context = browsers.launch_with_profile(playwright, tmp_path)
    person = Person(context.pages[0], context, own_server.url)
    at_a_question(person)
    leave(person, elsewhere)
    context.close()
    # When an abuser opens the list
    with sqlite3.connect(tmp_path / "Default" / "History") as listed:
        pages = listed.execute("SELECT url, title FROM urls").fetchall()
    listed.close()
    ours = [urlsplit(url).path for url, _ in pages if url.startswith(own_server.url)]
    # Then it shows that they were here, and on which pages: no page says that we can hide that
    assert {f"/en/calls/{CALL}/", page_address("health"), page_address("change")} <= set(ours)
    # And neither an address nor a title says what it is about, or what they wrote
    for url, title in pages:
        assert not [words for words in TELLING if words.lower() in f"{url} {title}".lower()], title


def test_keeping_the_code_leaves_nothing_behind(person: Person) -> None:
    # Given a participant who has kept their code, and goes on to book a seat, and has kept that link, too
    at_the_code(person)
    code = shown_code(person)
    press(person, "I have kept my code")
    at_a_booking_without_address(person)
    press_first(person)
    press(person, "I have kept it")
    # When the next person presses Back as often as it goes, and forward again
    for turn in (person.page.go_back, person.page.go_forward):
        for _ in range(2 * MOST_BACK):
            if not _was_there(person, turn):
                break
            # Then they see nothing of it, in no page and in no field
            seen = person.page.content()
            for field in person.page.locator("input:not([type=hidden]), textarea").all():
                seen += field.input_value()
            assert not [words for words in (SECRET, NAME, code) if words in seen]


def test_coming_back_in(person: Person, elsewhere: str) -> None:
    # Given a participant who left
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


def test_another_sites_link_leads_away_and_loses_nothing(
    reader: Person, own_server: Server, elsewhere: str
) -> None:
    # Given a participant who has answered, and now looks at another site in the same browser
    at_a_question(reader)
    press(reader, "Continue")
    before = visits(own_server)
    reader.page.goto(elsewhere)
    # When a link there leads to where "Leave now" does
    with reader.page.expect_response("**/leave") as answered, reader.page.expect_navigation():
        reader.page.evaluate("address => { location.href = address }", f"{own_server.url}/leave")
    assert answered.value.status == 303
    arrived(reader, elsewhere)
    # Then nothing of ours is shown, and what they wrote is there
    assert visits(own_server) == before
    reader.go(step_address("check"))
    expect(reader.page.get_by_text(SECRET).first).to_be_visible()
    # Until they leave themselves
    leave(reader, elsewhere)
    assert visits(own_server) == before - 1


def test_shift_leaves_from_a_page_that_shows_nothing(reader: Person, elsewhere: str) -> None:
    # Given a participant who left and pressed Back
    reader.go("/en/")
    leave(reader, elsewhere)
    reader.go("/en/")
    # When they press Shift three times there, too
    leave_by_keyboard(reader, elsewhere)
    # Then they are away again
    arrived(reader, elsewhere)


@pytest.mark.parametrize(
    "keys",
    [
        ["Shift+A", "Shift+B", "Shift+C", "Shift+D"],
        ["Shift", "Shift", "a", "Shift"],
        ["Alt+Shift", "Alt+Shift", "Alt+Shift"],
        ["Shift+ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowLeft"],
    ],
    ids=["capital letters", "a letter between", "another keyboard", "choosing words"],
)
def test_writing_never_leaves(reader: Person, keys: list[str]) -> None:
    # Given a participant who writes
    at_a_question(reader)
    reader.page.focus("textarea")
    # When they use Shift as writers do
    for key in keys:
        reader.page.keyboard.press(key)
    # Then they are still there, and so is what they wrote
    reader.page.wait_for_timeout(300)
    assert path(reader) == page_address("change")
    assert SECRET[:-3] in reader.page.input_value("textarea")


def test_shift_three_times_slowly_is_not_leaving(reader: Person) -> None:
    reader.go("/en/")
    for _ in range(3):
        reader.page.keyboard.press(SHIFT)
        reader.page.wait_for_timeout(1100)
    assert path(reader) == "/en/"


@pytest.mark.parametrize("way", [leave_offline, leave_offline_by_keyboard])
def test_leaving_without_a_network(
    reader: Person, own_server: Server, way: Callable[[Person], None]
) -> None:
    # Given a participant who is writing when the network goes
    before = visits(own_server)
    at_a_question(reader)
    reader.context.set_offline(True)
    # When they leave
    way(reader)
    # Then the page is empty
    assert SECRET not in reader.page.locator("html").inner_text()
    # And when the network is back, neither Back nor the address shows anything
    reader.context.set_offline(False)
    reader.page.go_back()
    nothing_is_shown(reader)
    nothing_behind(reader)
    reader.go(page_address("health"))
    nothing_is_shown(reader)
    # And nothing of it is left, here or there
    (cookie,) = reader.context.cookies(reader.base)
    assert cookie["value"] == "left"
    assert visits(own_server) == before


def test_leaving_empties_the_page_at_once(reader: Person) -> None:
    # Given a network that takes its time: nothing comes back
    at_a_question(reader)
    reader.page.route("**/leave", lambda route: route.fulfill(status=204))
    # When a participant leaves
    with reader.page.expect_request("**/leave"):
        reader.page.get_by_role("link", name="Leave now").click(no_wait_after=True)
    # Then there is nothing to be seen already
    assert SECRET not in reader.page.content()
    assert reader.page.evaluate("document.documentElement.childElementCount") == 0
