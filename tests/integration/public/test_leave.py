"""Leave now: nothing of the visit stays, and nothing says what this site is until a visitor asks."""

import pytest
from flask import Flask

from tests.integration.public.steps import (
    CALL,
    OPEN_PAGES,
    START,
    TITLE,
    lose,
    page_address,
    rows_in,
    send_answers,
    step_address,
    value_of,
    walk_to,
)
from tests.people import begin, come_back
from tests.visitor import Visitor

AWAY = "https://www.bbc.co.uk/weather"
#: What would tell the person who presses Back what this site is about.
TELLING = (TITLE, "Hearth", "Helpline", "Samaritans", "code", "answer", "police", "government")
LOOKED_AT = (
    "/",
    *(f"/en/{path}" for path in OPEN_PAGES),
    f"/ar/calls/{CALL}/",
    *(page_address(key) for key in ("first", "health", "email")),
    *(step_address(step) for step in ("check", "more", "agree", "done", "stop")),
    *(f"/en/choices/{step}" for step in ("held", "erase", "erased", "copy")),
    "/en/nothing",
    "/xx/",
    "/en/calls/no-such-call/",
    f"/en/calls/{CALL}/begin",
)


def leave(visitor: Visitor) -> None:
    """Use the link that is on every page."""
    answer = visitor.client.get("/leave")
    assert answer.status_code == 303
    assert answer.headers["Location"] == AWAY


def nothing_is_shown(visitor: Visitor) -> None:
    assert [one.get("action") for one in visitor.page.all("form")] == ["/back-in"]
    # And nothing is in the address
    assert visitor.address == "/"
    assert visitor.page.all("a", "header", "footer", "nav") == []
    for word in TELLING:
        assert word not in visitor.page.html


@pytest.mark.parametrize("where", ["a question", "the code", "what is held"])
def test_leaving_ends_the_visit(page_app: Flask, page_visitor: Visitor, where: str) -> None:
    # Given a participant on some page
    if where == "a question":
        walk_to(page_visitor, "change", had_assessment="yes")
    else:
        code = send_answers(page_visitor)
        if where == "what is held":
            come_back(page_visitor, code)
    # When they leave
    answer = page_visitor.client.get("/leave")
    # Then the row is gone, the cookie says nothing, and the browser is told to forget
    assert rows_in(page_app, "public_visits") == 0
    cookie = page_visitor.client.get_cookie("hearth")
    assert cookie is not None and cookie.value == "left"
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Location"] == AWAY
    # And the redirect itself names nothing
    for word in TELLING:
        assert word not in answer.get_data(as_text=True)


def test_leaving_works_before_anything_was_begun(page_visitor: Visitor) -> None:
    page_visitor.get("/en/")
    leave(page_visitor)
    page_visitor.get("/en/")
    nothing_is_shown(page_visitor)


def test_after_leaving_every_address_shows_nothing(page_visitor: Visitor) -> None:
    # Given a participant who left
    walk_to(page_visitor, "change")
    leave(page_visitor)
    # When an abuser presses Back, or looks into the list of pages
    for address in LOOKED_AT:
        page_visitor.get(address)
        # Then there is nothing to see
        nothing_is_shown(page_visitor)


@pytest.mark.parametrize(
    "address",
    [page_address("change"), f"{START}begin", "/en/choices", step_address("agree"), "/en/nothing"],
)
def test_after_leaving_a_page_that_is_still_open_sends_nothing(
    page_app: Flask, page_visitor: Visitor, address: str
) -> None:
    # Given two tabs, and a participant who left in one
    walk_to(page_visitor, "change")
    token = value_of(page_visitor, "csrf_token")
    leave(page_visitor)
    # When something is pressed in the other, or Back asks to send again
    page_visitor.post(address, {"csrf_token": token, "change_words": "Mine.", "code": "x"})
    # Then nothing is shown, and no Visit comes back
    nothing_is_shown(page_visitor)
    assert rows_in(page_app, "public_visits") == 0


def test_coming_back_in_shows_pages_again_and_nothing_of_before(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a participant who left
    walk_to(page_visitor, "change")
    page_visitor.press("Continue", change_words="Mine.")
    leave(page_visitor)
    page_visitor.get("/en/")
    # When they want to come back
    page_visitor.press("Open this site")
    # Then the site is there, without a cookie
    assert page_visitor.path == "/en/"
    assert page_visitor.client.get_cookie("hearth") is None
    # And nothing they typed
    begin(page_visitor)
    page_visitor.get(page_address("change"))
    assert value_of(page_visitor, "change_words") == ""


def test_the_old_cookie_opens_nothing_after_leaving(page_visitor: Visitor) -> None:
    # Given a participant who left, and a cookie that was copied before
    walk_to(page_visitor, "change")
    copied = page_visitor.client.get_cookie("hearth")
    assert copied is not None
    leave(page_visitor)
    # When it is put back
    page_visitor.client.set_cookie("hearth", copied.value)
    # Then it leads nowhere
    page_visitor.get(page_address("change"))
    assert page_visitor.path == START


def test_leaving_never_waits_for_a_lost_store(page_app: Flask, page_visitor: Visitor) -> None:
    # Given a participant in the middle of answering, when the store of Visits is lost
    walk_to(page_visitor, "change")
    lose(page_app, "volatile")
    # When they leave
    leave(page_visitor)
    # Then they are away, and Back shows nothing
    page_visitor.get(page_address("change"))
    nothing_is_shown(page_visitor)


def test_after_leaving_every_address_leads_to_one_that_says_nothing(page_visitor: Visitor) -> None:
    # Given a participant who left
    leave(page_visitor)
    # When their browser asks for a page of before, in any way
    for ask in (page_visitor.client.get, page_visitor.client.head, page_visitor.client.post):
        answer = ask(page_address("health"))
        # Then it is sent on, and carries no place on that page along
        assert (answer.status_code, answer.headers["Location"]) == (303, "/#content")
    # And what the page there needs is served
    page_visitor.get("/")
    (sheet,) = [one for one in page_visitor.page.all("link") if one.get("rel") == "stylesheet"]
    with page_visitor.client.get(sheet.get("href", "")) as answer:
        assert answer.status_code == 200


def test_after_leaving_the_page_speaks_the_language_of_the_device(page_visitor: Visitor) -> None:
    leave(page_visitor)
    answer = page_visitor.client.get("/", headers={"Accept-Language": "ar"})
    assert answer.headers["Content-Language"] == "ar"
    assert 'lang="ar"' in answer.get_data(as_text=True)


# Without a network: the script could only note it in the browser


def close(visitor: Visitor) -> None:
    """What the script does when a participant leaves."""
    visitor.client.set_cookie("page", "closed")


@pytest.mark.parametrize("address", LOOKED_AT)
def test_leaving_without_a_network_counts_at_the_next_request(
    page_app: Flask, page_visitor: Visitor, address: str
) -> None:
    # Given a participant who left when no server could hear of it
    walk_to(page_visitor, "change")
    page_visitor.press("Continue", change_words="Mine.")
    close(page_visitor)
    # When anything is asked for
    page_visitor.get(address)
    # Then nothing is shown, the Visit is gone, and the browser holds what it holds after leaving
    nothing_is_shown(page_visitor)
    assert rows_in(page_app, "public_visits") == 0
    left, note = (page_visitor.client.get_cookie(name) for name in ("hearth", "page"))
    assert left is not None and left.value == "left"
    assert note is None
    # And they can come back in
    page_visitor.press("Open this site")
    assert page_visitor.path == "/en/"


def test_leaving_without_a_network_sends_nothing_from_a_page_that_is_still_open(
    page_app: Flask, page_visitor: Visitor
) -> None:
    walk_to(page_visitor, "change")
    token = value_of(page_visitor, "csrf_token")
    close(page_visitor)
    sent = {"csrf_token": token, "change_words": "Mine."}
    page_visitor.post(page_address("change"), sent)
    nothing_is_shown(page_visitor)
    assert rows_in(page_app, "public_visits") == 0


def test_what_a_page_loads_does_not_end_the_leaving(page_visitor: Visitor) -> None:
    # Given a participant who left without a network
    walk_to(page_visitor, "change")
    (sheet,) = [one for one in page_visitor.page.all("link") if one.get("rel") == "stylesheet"]
    close(page_visitor)
    # When only a file is asked for
    page_visitor.client.get(sheet.get("href", "")).close()
    # Then that they left is still known
    page_visitor.get(page_address("change"))
    nothing_is_shown(page_visitor)


def test_leaving_with_a_network_takes_the_note_away(page_visitor: Visitor) -> None:
    walk_to(page_visitor, "change")
    close(page_visitor)
    leave(page_visitor)
    assert page_visitor.client.get_cookie("page") is None


def test_leaving_without_a_network_never_waits_for_a_lost_store(
    page_app: Flask, page_visitor: Visitor
) -> None:
    walk_to(page_visitor, "change")
    lose(page_app, "volatile")
    close(page_visitor)
    page_visitor.get(page_address("change"))
    nothing_is_shown(page_visitor)


def test_at_the_desk_it_means_nothing(page_visitor: Visitor) -> None:
    close(page_visitor)
    page_visitor.get("/desk/sign-in")
    assert page_visitor.status == 200
    assert page_visitor.client.get_cookie("page") is not None


@pytest.mark.parametrize("address", ["/en/", START, "/en/choices", "/en/nothing"])
def test_leave_is_a_plain_link_on_every_page(page_visitor: Visitor, address: str) -> None:
    page_visitor.get(address)
    (link,) = [one for one in page_visitor.page.all("a") if one.get("href") == "/leave"]
    assert link.get("target") is None


def test_leaving_the_public_pages_leaves_the_desk_alone(page_visitor: Visitor) -> None:
    # Given a coordinator who tried the public pages in the same browser
    leave(page_visitor)
    # Then the desk still answers
    page_visitor.get("/desk/sign-in")
    assert page_visitor.status == 200
    assert "/back-in" not in page_visitor.page.html
