"""A browser that keeps no cookie is told so at the first step, and never led round in a circle."""

from urllib.parse import unquote, urljoin, urlsplit

import pytest
from flask import Flask

from tests.conftest import MakeApp
from tests.factories import code_for, publish_demo_event, submit_one
from tests.integration.public.steps import HELPING, START
from tests.pages import CheckedClient, words
from tests.people import begin
from tests.visitor import Visitor
from webapp.services.keys.bootstrap import Founded

REFUSED = "Your browser did not keep our cookie"


def without_cookies(app: Flask) -> Visitor:
    """A visitor whose browser throws every cookie away."""
    return Visitor(CheckedClient(app, app.response_class, use_cookies=False))


def links(visitor: Visitor) -> dict[str, str]:
    (main,) = visitor.page.all("main")
    return {words(one): one.get("href", "") for one in main.iter("a")}


@pytest.mark.parametrize("button", ["Begin", HELPING])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_who_begins_without_cookies_is_told_why_and_what_to_do(
    page_app: Flask, button: str, language: str
) -> None:
    # Given a browser that keeps no cookie
    visitor = without_cookies(page_app)
    visitor.get(START.replace("/en/", f"/{language}/"))
    # When a visitor begins
    if language == "en":
        visitor.press(button)
        # Then the page says what happened and why, and that nothing was sent
        assert visitor.page.h1 == REFUSED
        assert "Nothing was sent" in visitor.page.text
        # And what to do: try again, on paper, in another way
        found = links(visitor)
        assert found["Try again"] == START
        assert found["A form to print"] == f"{START}paper"
        assert found["Other ways to take part"] == f"{START}ways"
        assert "How to reach us:" in visitor.page.text
    else:
        visitor.press_first()
    assert visitor.status == 403
    assert visitor.path.endswith("/leaving")


def test_who_books_without_cookies_is_told(page_app: Flask) -> None:
    with page_app.app_context():
        publish_demo_event()
    visitor = without_cookies(page_app)
    visitor.get("/en/events/round-table/")
    visitor.press_first()
    assert visitor.page.h1 == REFUSED
    assert links(visitor)["Try again"] == "/en/events/round-table/"
    assert links(visitor)["A form to print"] == "/en/events/round-table/paper"


def test_a_right_code_without_cookies_shows_no_empty_page(page_app: Flask) -> None:
    with page_app.app_context():
        code = submit_one().receipt
    visitor = without_cookies(page_app)
    visitor.get("/en/choices")
    visitor.press_first(code=code)
    assert visitor.page.h1 == REFUSED
    assert links(visitor)["Try again"] == "/en/choices"
    # And the code is nowhere in the page or its address
    assert code not in visitor.page.html
    assert code not in visitor.address


def test_a_coordinator_whose_browser_keeps_no_cookie_is_told(
    page_app: Flask, page_founded: Founded
) -> None:
    visitor = without_cookies(page_app)
    visitor.get("/desk/sign-in")
    owner = page_founded.owner
    visitor.press(
        "Sign in",
        sign_in_name=owner.sign_in_name,
        passphrase=owner.passphrase,
        code=code_for(page_founded),
    )
    assert visitor.page.h1 == "Your browser did not keep the cookie that signs you in"
    assert links(visitor)["Sign in"] == "/desk/sign-in"


@pytest.mark.parametrize("base", ["http://localhost", "https://take-part.example.org"])
def test_with_cookies_no_mark_stays_in_an_address(make_page_app: MakeApp, base: str) -> None:
    # Given an ordinary browser, over TLS or on this machine
    app = make_page_app(BASE_URL=base)
    visitor = Visitor(app.test_client(), base)
    visitor.get(START)
    # When a helper begins, then they are where they wanted, at its own address
    visitor.press(HELPING)
    assert visitor.status == 200
    assert visitor.address.endswith("/leaving?helping=yes")
    # And a visitor who begins again needs no mark at all
    visitor.get(START)
    answer = visitor.client.post(
        f"{START}begin", base_url=base, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert "first" not in answer.headers["Location"]


def test_a_marked_address_of_another_day_says_nothing_untrue(page_visitor: Visitor) -> None:
    # Given a visitor who kept our cookie
    begin(page_visitor)
    # When they open an address with the mark, then they get the page itself
    page_visitor.get(f"{START}page/first?first")
    assert page_visitor.status == 200
    assert page_visitor.address == f"{START}page/first"


@pytest.mark.parametrize("odd", ["a%0D%0AX-Evil:%20yes", "a%3Fb", "a%23b", "a%25b"])
def test_the_mark_goes_from_an_odd_address_and_nothing_else_does(
    page_visitor: Visitor, odd: str
) -> None:
    begin(page_visitor)
    answer = page_visitor.client.get(f"/en/calls/{odd}/?first")
    assert answer.status_code == 303
    assert unquote(answer.headers["Location"]) == unquote(f"/en/calls/{odd}/") + "#content"
    assert "X-Evil" not in answer.headers


@pytest.mark.parametrize("path", ["//evil.example/?first", "/\\evil.example?first", "/en/x?first"])
def test_the_mark_leads_nowhere_else(page_visitor: Visitor, path: str) -> None:
    begin(page_visitor)
    location = page_visitor.client.get(path).headers.get("Location", "/")
    assert urlsplit(urljoin("http://localhost/", location)).netloc == "localhost"
    assert "\\" not in location
