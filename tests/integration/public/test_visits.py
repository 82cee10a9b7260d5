"""Visits that end, tokens, and posts that no page of ours sent."""

import pytest
import time_machine
from flask import Flask

from tests.conftest import MakeApp
from tests.integration.public.booker import publish
from tests.integration.public.steps import (
    CALL,
    START,
    answer_to,
    errors,
    kept,
    later,
    page_address,
    rows_in,
    send_answers,
    step_address,
    value_of,
    walk_to,
)
from tests.people import begin, come_back
from tests.visitor import Visitor
from webapp.rules import clock

TOO_LATE = {"hours": 2, "minutes": 15}
WAITED = "More than 2 hours went by"
AWAY = "You were away for more than 2 hours"


# The clock


@pytest.mark.parametrize("step", ["page/change", "check", "more", "agree", "done"])
def test_a_page_of_an_expired_visit_leads_to_the_start(page_visitor: Visitor, step: str) -> None:
    # Given a participant who answered something and went away
    walk_to(page_visitor, "change")
    page_visitor.press("Continue", change_words="More time.")
    # When they look again after more than two hours
    with later(**TOO_LATE):
        page_visitor.get(step_address(step))
        # Then they are at the start, and what they said is gone
        assert page_visitor.path == START
        walk_to(page_visitor, "change")
        assert value_of(page_visitor, "change_words") == ""


@pytest.mark.parametrize(
    ("address", "beginning"),
    [
        (page_address("change"), START),
        ("/en/events/round-table/register", "/en/events/round-table/"),
        ("/en/choices/held", "/en/choices"),
    ],
)
def test_who_was_away_too_long_is_told_so_once(
    page_app: Flask, page_visitor: Visitor, address: str, beginning: str
) -> None:
    # Given a participant whose Visit is over, and who still has its cookie
    publish(page_app)
    begin(page_visitor)
    with later(**TOO_LATE):
        # When they look at a page of it
        page_visitor.get(address)
        # Then the beginning says why they are there, what is gone and what is not
        assert page_visitor.path == beginning
        assert AWAY in page_visitor.page.text
        assert "your code still works" in page_visitor.page.text
        # And no Visit was made by looking; from the next step on it is not said again
        assert rows_in(page_app, "public_visits") == 0
        page_visitor.press_first()
        assert AWAY not in page_visitor.page.text


@pytest.mark.parametrize("address", [page_address("change"), "/en/choices/held"])
def test_who_was_never_here_is_told_nothing_of_it(page_visitor: Visitor, address: str) -> None:
    # Given a visitor who was not away: no cookie, or a Visit that lasts but holds nothing for this page
    page_visitor.get(address)
    assert AWAY not in page_visitor.page.text
    page_visitor.get("/en/choices")
    page_visitor.press_first(code="K7QF")
    page_visitor.get(address)
    assert AWAY not in page_visitor.page.text


def test_what_was_just_typed_is_kept_when_the_visit_had_expired(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a participant who wrote for a long time
    walk_to(page_visitor, "change", had_assessment="no")
    old_cookie = page_visitor.client.get_cookie("hearth")
    with later(**TOO_LATE):
        # When they press Continue at last
        page_visitor.press("Continue", change_words="All that I wrote.")
        # Then they are told what happened, at the first question
        assert page_visitor.path == page_address("first")
        assert WAITED in page_visitor.page.text
        # And what they typed last is there when they come to it
        page_visitor.press("Continue", adult="yes")
        assert WAITED not in page_visitor.page.text
        page_visitor.get(page_address("change"))
        assert value_of(page_visitor, "change_words") == "All that I wrote."
        # And the rest is gone, with its cookie and its row
        page_visitor.get(page_address("assessment"))
        assert value_of(page_visitor, "had_assessment") == []
        assert page_visitor.client.get_cookie("hearth") != old_cookie
        assert rows_in(page_app, "public_visits") == 1


def test_even_a_mistake_is_kept_when_the_visit_had_expired(page_visitor: Visitor) -> None:
    # Given a participant who mistypes their address, too late
    walk_to(page_visitor, "email", contact_wanted="yes", safe_ways=["email"])
    with later(**TOO_LATE):
        page_visitor.press("Continue", email="robin.example.org")
        assert WAITED in page_visitor.page.text
        # When they come to that page again
        walk_to(page_visitor, "email", contact_wanted="yes", safe_ways=["email"])
        # Then it is there, with what to do
        assert value_of(page_visitor, "email") == "robin.example.org"
        assert len(errors(page_visitor)) == 1


def test_a_participant_under_18_is_stopped_also_when_the_visit_had_expired(
    page_app: Flask, page_visitor: Visitor
) -> None:
    begin(page_visitor)
    with later(**TOO_LATE):
        page_visitor.press("Continue", adult="no")
        assert "0800 1111" in page_visitor.page.text
        assert kept(page_app) == {}


@pytest.mark.parametrize("step", ["check", "more", "agree"])
def test_a_button_of_an_expired_visit_says_what_to_do(
    page_app: Flask, page_visitor: Visitor, step: str
) -> None:
    # Given a participant at a page whose button holds no words of theirs
    walk_to(page_visitor, "first")
    page_visitor.get(step_address("check"))
    if step == "agree":
        page_visitor.press("Continue")
    if step == "more":
        page_visitor.get(step_address("more"))
    with later(**TOO_LATE):
        # When they press it too late
        page_visitor.press_first()
        # Then a kind page says that nothing was sent, and why
        assert page_visitor.status == 403
        assert "more than 2 hours" in page_visitor.page.text
        assert "Nothing was sent" in page_visitor.page.text
        assert "your code still works" in page_visitor.page.text
        assert kept(page_app) == {}


def test_a_participant_who_goes_on_is_never_thrown_out(page_visitor: Visitor) -> None:
    # Given a slow participant, who needs nearly two hours for each page
    begin(page_visitor)
    start = clock.now()
    for hours, said in enumerate([{"adult": "yes"}, {"had_assessment": "no"}, {}, {}, {}], 1):
        with time_machine.travel(start.timestamp() + hours * 115 * 60):
            page_visitor.press("Continue", **said)
    # Then they still have all they said
    with time_machine.travel(start.timestamp() + 5 * 115 * 60):
        page_visitor.get(step_address("check"))
        assert answer_to(page_visitor, "Have you had this assessment?") == "No"


def test_my_choices_close_by_themselves(page_visitor: Visitor) -> None:
    # Given a participant who looked at what is held, and left the screen on
    come_back(page_visitor, send_answers(page_visitor, change_words="More time."))
    with later(**TOO_LATE):
        for address in ("held", "copy", "erase", "erased"):
            # When another person touches it later
            page_visitor.get(f"/en/choices/{address}")
            # Then the code is asked again
            assert page_visitor.path == "/en/choices"
            assert page_visitor.page.h1 == "Come back with your code"


@pytest.mark.parametrize("cookie", ["", "x", "left ", "A" * 43, "é" * 10, "../" * 50, "A" * 4000])
def test_a_cookie_that_leads_nowhere_is_no_visit(page_visitor: Visitor, cookie: str) -> None:
    # Given a cookie that we did not give out
    page_visitor.client.set_cookie("hearth", cookie)
    # Then it is as if there were none
    page_visitor.get(page_address("change"))
    assert page_visitor.path == START
    begin(page_visitor)
    assert page_visitor.path == page_address("first")


# Tokens


@pytest.mark.parametrize("token", [None, "", "wrong", "of another visit"])
def test_a_post_without_the_right_token_changes_nothing(
    page_app: Flask, page_visitor: Visitor, token: str | None
) -> None:
    # Given a participant in the middle of answering, and another participant with a Visit of their own
    walk_to(page_visitor, "change")
    if token == "of another visit":
        other = Visitor(page_app.test_client())
        begin(other)
        token = str(value_of(other, "csrf_token"))
    # When a post comes without their token
    page_visitor.post(page_visitor.path, {"change_words": "Not mine.", "csrf_token": token})
    # Then it is refused, and they lost nothing
    assert page_visitor.status == 403
    page_visitor.get(page_address("change"))
    assert value_of(page_visitor, "change_words") == ""


@pytest.mark.parametrize("step", ["check", "more", "agree", "done"])
def test_every_button_wants_the_token(page_visitor: Visitor, step: str) -> None:
    walk_to(page_visitor, "first")
    page_visitor.post(step_address(step), {"do": "answer"})
    assert page_visitor.status == 403


def test_my_choices_want_the_token(page_app: Flask, page_visitor: Visitor) -> None:
    come_back(page_visitor, send_answers(page_visitor))
    for address, data in (("consent", {"say-yes": "quote"}), ("erase", {}), ("close", {})):
        page_visitor.post(f"/en/choices/{address}", data)
        assert page_visitor.status == 403
    page_visitor.get("/en/choices/agreed")
    assert "Take back my permission" not in page_visitor.buttons()
    assert rows_in(page_app, "submissions") == 1


# Where a post comes from

POSTS = {
    "begin": f"/en/calls/{CALL}/begin",
    "a code": "/en/choices",
    "back in": "/back-in",
    "an answer": page_address("change"),
    "check": step_address("check"),
    "send": step_address("agree"),
    "consent": "/en/choices/consent",
    "erase": "/en/choices/erase",
}
FOREIGN: dict[str, dict[str, str | None]] = {
    "cross-site": {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    "cross-site without an origin": {"Sec-Fetch-Site": "cross-site", "Origin": None},
    "same-site": {"Sec-Fetch-Site": "same-site", "Origin": "http://other.localhost"},
    "an old browser, another origin": {"Sec-Fetch-Site": None, "Origin": "https://evil.example"},
    "an old browser, another port": {"Sec-Fetch-Site": None, "Origin": "http://localhost:8080"},
    "an old browser, another scheme": {"Sec-Fetch-Site": None, "Origin": "https://localhost"},
    "an origin that hides": {"Sec-Fetch-Site": None, "Origin": "null"},
    "a name that begins like ours": {
        "Sec-Fetch-Site": None, "Origin": "http://localhost.evil.example",
    },
    "another page": {
        "Sec-Fetch-Site": None, "Origin": None, "Referer": "https://evil.example/http://localhost/",
    },
    "no header at all": {"Sec-Fetch-Site": None, "Origin": None},
}  # fmt: skip


@pytest.mark.parametrize("post", ["begin", "a code", "back in", "an answer"])
def test_what_no_page_of_ours_sent_is_refused(
    page_app: Flask, page_visitor: Visitor, post: str
) -> None:
    # When another site, or an unknown one, makes a browser post to us
    data = {"code": "K7QF-2M9X-TC4R-8ZHD-W3NP-J6SQ", "change_words": "Not mine."}
    for how, headers in FOREIGN.items():
        page_visitor.post(POSTS[post], data, **headers)
        # Then it is refused, kindly, and nothing is begun
        assert page_visitor.status == 403, how
        assert "Nothing was sent" in page_visitor.page.text
        assert "your code still works" in page_visitor.page.text
        # And for the reason that it has, not for one that it might have had
        assert page_visitor.page.h1 == "We could not tell where that came from"
        assert "2 hours" not in page_visitor.page.text
        assert page_visitor.response.headers.getlist("Set-Cookie") == []
    assert rows_in(page_app, "public_visits") == 0


def test_over_tls_no_referrer_is_needed(make_page_app: MakeApp) -> None:
    # Given a participant whose browser tells no page where it came from
    app = make_page_app(BASE_URL="https://localhost", PROXY_HOPS="1")
    visitor = Visitor(app.test_client(), "https://localhost")
    begin(visitor)
    # When they answer
    visitor.press("Continue", adult="yes")
    # Then it is taken
    assert visitor.status == 200
    assert visitor.path == page_address("assessment")


def test_a_foreign_post_is_refused_even_with_the_right_token(page_visitor: Visitor) -> None:
    # Given a participant in the middle of answering whose token leaked
    walk_to(page_visitor, "change")
    token = value_of(page_visitor, "csrf_token")
    # When another site uses it
    for address in POSTS.values():
        page_visitor.post(address, {"csrf_token": token}, **FOREIGN["cross-site"])
        # Then it is of no use
        assert page_visitor.status == 403, address


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": None},
        {"Sec-Fetch-Site": None, "Origin": None, "Referer": f"http://localhost{START}"},
        {"Origin": None},
    ],
)
def test_older_browsers_can_begin(page_visitor: Visitor, headers: dict[str, str | None]) -> None:
    # Given a browser that sends less than today's do
    page_visitor.get(START)
    page_visitor.post(POSTS["begin"], {}, **headers)
    # Then it works
    page_visitor.press("Go on")
    assert page_visitor.path == page_address("first")


# The cookie


def test_the_cookie_is_a_random_word_and_goes_with_the_browser(page_visitor: Visitor) -> None:
    # When a participant begins
    answered = page_visitor.client.post(f"{START}begin")
    (cookie,) = answered.headers.getlist("Set-Cookie")
    # Then the cookie has no end of its own, and says nothing
    value = cookie.partition("=")[2].partition(";")[0]
    assert len(value) == 43
    assert "expires" not in cookie.lower() and "max-age" not in cookie.lower()
    assert "samesite=lax" in cookie.lower() and "httponly" in cookie.lower()


def test_handing_in_a_code_changes_the_cookie(page_visitor: Visitor) -> None:
    # Given a participant with a Visit
    code = send_answers(page_visitor)
    before = page_visitor.client.get_cookie("hearth")
    # When they hand in a code
    come_back(page_visitor, code)
    # Then an attacker who knew the old cookie has nothing
    after = page_visitor.client.get_cookie("hearth")
    assert before and after and before.value != after.value
    page_visitor.client.set_cookie("hearth", before.value)
    page_visitor.get("/en/choices/held")
    assert page_visitor.path == "/en/choices"


def test_answers_that_wait_survive_a_look_at_my_choices(page_visitor: Visitor) -> None:
    # Given a participant in the middle of a second form
    code = send_answers(page_visitor)
    walk_to(page_visitor, "change")
    page_visitor.press("Continue", change_words="More time.")
    # When they look at what they sent earlier
    come_back(page_visitor, code)
    # Then they can go on
    page_visitor.get(page_address("change"))
    assert value_of(page_visitor, "change_words") == "More time."
