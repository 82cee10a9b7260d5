"""What somebody finds before they begin."""

import pytest
from flask import Flask

from tests.conftest import MakeApp
from tests.integration.public.steps import OPEN_PAGES, START, TITLE, later, rows_in
from tests.pages import words
from tests.people import begin
from tests.visitor import Visitor

DEMO = "This is a demo. Nobody reads what you write here."
#: What everybody must know before the first question, as headings.
TOLD = (
    "Who we are",
    "What we ask",
    "Who reads it",
    "Money for your time",
    "When we must tell somebody",
    "Your support stays the same",
    "If you are in danger now",
    "If you stop half-way",
    "Other ways to take part",
    "If you need to leave fast",
)


REACH_US = "01632 960002, Monday to Friday, 10 to 4"


@pytest.mark.parametrize("path", ["accessibility", "privacy", "calls/support-needs/ways"])
def test_how_to_reach_us_is_said_where_somebody_may_want_to(
    make_page_app: MakeApp, path: str
) -> None:
    # Given operators who have said how people reach them
    visitor = Visitor(make_page_app(REACH_US=REACH_US).test_client())
    visitor.get(f"/en/{path}")
    assert f"How to reach us: {REACH_US}" in visitor.page.text
    # And operators who have not: then there is no line that leads nowhere
    visitor = Visitor(make_page_app().test_client())
    visitor.get(f"/en/{path}")
    assert "How to reach us" not in visitor.page.text


def test_a_demo_says_so_on_every_page(make_page_app: MakeApp) -> None:
    # Given a demo, where nobody reads what is written
    visitor = Visitor(make_page_app(DEMO="yes").test_client())
    for path in (*OPEN_PAGES, "calls/support-needs/paper"):
        # Then every page says it, the form on paper and the first step too
        visitor.get(f"/en/{path}")
        assert DEMO in visitor.page.text
    begin(visitor)
    assert DEMO in visitor.page.text


def test_what_is_no_demo_never_says_so(page_visitor: Visitor) -> None:
    for path in OPEN_PAGES:
        page_visitor.get(f"/en/{path}")
        assert DEMO not in page_visitor.page.text


@pytest.mark.parametrize("language", ["en", "ar"])
def test_looking_leaves_nothing_behind(
    page_app: Flask, page_visitor: Visitor, language: str
) -> None:
    # When somebody only looks
    for path in OPEN_PAGES:
        page_visitor.get(f"/{language}/{path}")
        # Then there is no cookie
        assert page_visitor.status == 200
        assert page_visitor.response.headers.getlist("Set-Cookie") == []
    # And nothing about them anywhere
    assert rows_in(page_app, "public_visits") == 0


def test_head_says_the_same_without_the_page(page_visitor: Visitor) -> None:
    for path in OPEN_PAGES:
        # When a program asks only for the head
        whole = page_visitor.client.get(f"/en/{path}")
        head = page_visitor.client.head(f"/en/{path}")
        # Then it gets just that
        assert head.status_code == whole.status_code == 200
        assert head.get_data() == b""
        assert head.headers["Content-Length"] == whole.headers["Content-Length"]


def test_the_start_says_what_must_be_known_before_the_first_question(page_visitor: Visitor) -> None:
    # When somebody reads the start page
    page_visitor.get(START)
    # Then every fact has a heading of its own, and something under it
    for heading in TOLD:
        (section,) = [one for one in page_visitor.page.all("section") if words(one[0]) == heading]
        assert len(words(section)) > len(heading) + 40
    # And how long it takes, and until when it is open
    assert "about 10 minutes" in page_visitor.page.text
    assert "Open until" in page_visitor.page.text


def test_the_first_page_says_who_we_are_not(page_visitor: Visitor) -> None:
    page_visitor.get("/")
    assert page_visitor.path == "/en/"
    assert "We are not the government and not the police." in page_visitor.page.text


def test_help_is_in_the_same_place_on_every_page(page_visitor: Visitor) -> None:
    # When somebody looks at every page
    foots = set()
    for path in OPEN_PAGES:
        (foot,) = page_visitor.get(f"/en/{path}").all("footer")
        foots.add(words(foot))
    # Then the foot is the same, with somebody to talk to and the day it was checked
    (foot_words,) = foots
    assert "Modern Slavery Helpline: 08000 121 700" in foot_words
    assert "We last checked these on 21 November 2026" in foot_words


def test_without_an_open_call_the_first_page_is_still_kind(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # When the call is over
    with later(days=120):
        page_visitor.get("/en/")
    # Then it is not offered, and the way back with a code is
    assert TITLE not in page_visitor.page.text
    assert "Nothing is open right now" in page_visitor.page.text
    assert "Come back with your code" in page_visitor.page.text
