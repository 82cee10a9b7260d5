"""Leave now is explained once, before the first question, and always on the safety page."""

import pytest
from flask import Flask

from tests.conftest import MakeApp
from tests.integration.public.booker import Booker, publish
from tests.integration.public.steps import OPEN_PAGES, START, TITLE, page_address, step_address
from tests.pages import words as words_of
from tests.people import begin
from tests.visitor import Visitor

TOLD = "How to leave fast"
#: What no participant should have to find out by themselves.
MUST_SAY = (
    "Leave now",
    "Shift",
    "keeps a list",
    "bill",
    "looks at your screen",
    "the whole list",
)
#: What is said of that before the first question, in three lines.
AT_ONCE = ("Leave now", "are deleted", "keeps a list", "may see your screen")
#: What a visitor who wants to know more finds, one press away.
EACH_BROWSER = ("History", "Chrome", "iPhone")


def press_begin(visitor: Visitor) -> None:
    visitor.get(START)
    visitor.press("Begin")


def test_it_is_told_before_the_first_question(page_visitor: Visitor) -> None:
    # When a participant begins for the first time
    press_begin(page_visitor)
    # Then they are told how to leave, and what that cannot hide, on a page that names no call
    assert page_visitor.path == step_address("leaving")
    assert page_visitor.page.h1 == TOLD
    for words in AT_ONCE:
        assert words in page_visitor.page.text
    assert len(list(page_visitor.page.only("main").iter("li"))) == 3
    assert TITLE not in page_visitor.page.html
    # And go on to the first question
    page_visitor.press("Go on")
    assert page_visitor.path == page_address("first")


def test_all_the_rest_is_one_link_away(page_visitor: Visitor) -> None:
    press_begin(page_visitor)
    page_visitor.follow("More about being safe here")
    assert page_visitor.path == "/en/safety"
    assert page_visitor.page.by_id["list"].tag == "h2"
    for words in (*MUST_SAY, *EACH_BROWSER):
        assert words in page_visitor.page.text


def test_the_list_is_searched_for_our_address(make_page_app: MakeApp) -> None:
    # Given a service whose address is known
    visitor = Visitor(make_page_app(BASE_URL="http://localhost").test_client())
    visitor.get("/en/safety")
    # Then the page says what to look for: most of our titles do not name us
    (address, *_) = [words_of(one) for one in visitor.page.only("main").iter("bdi")]
    assert address == "localhost"


def test_it_is_told_once(page_app: Flask, page_visitor: Visitor) -> None:
    # Given a participant who has read it
    publish(page_app)
    begin(page_visitor)
    # When they begin again, or begin something else
    press_begin(page_visitor)
    assert page_visitor.path == page_address("first")
    page_visitor.get("/en/events/round-table/")
    page_visitor.press("Book a seat")
    # Then it is not in their way
    assert page_visitor.path == "/en/events/round-table/register"


def test_who_has_not_read_it_is_told_again(page_visitor: Visitor) -> None:
    press_begin(page_visitor)
    press_begin(page_visitor)
    assert page_visitor.page.h1 == TOLD


def test_it_is_told_before_a_booking(booker: Booker) -> None:
    # When a visitor wants a seat
    publish(booker.app)
    booker.get("/en/events/round-table/")
    booker.press("Book a seat")
    # Then they are told first
    assert booker.path == "/en/events/round-table/leaving"
    assert booker.page.h1 == TOLD
    booker.press("Go on")
    assert booker.path == "/en/events/round-table/register"


def test_nothing_is_set_before_a_visitor_begins(page_visitor: Visitor) -> None:
    # When a visitor only looks around
    for path in OPEN_PAGES:
        page_visitor.get(f"/en/{path}")
    # Then there is no cookie to remember them by
    assert page_visitor.client.get_cookie("hearth") is None


def test_without_a_visit_it_leads_to_the_start(page_visitor: Visitor) -> None:
    page_visitor.get(step_address("leaving"))
    assert page_visitor.path == START


@pytest.mark.parametrize("path", [*OPEN_PAGES, "nowhere"])
def test_the_safety_page_is_one_link_away(page_visitor: Visitor, path: str) -> None:
    # Given any page, also one that is not there
    page_visitor.get(f"/en/{path}")
    # Then the safety page is beside the way out
    page_visitor.follow("Safety")
    assert page_visitor.path == "/en/safety"
    for words in MUST_SAY:
        assert words in page_visitor.page.text
