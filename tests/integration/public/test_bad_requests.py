"""What browsers, programs and broken machines send: a kind page, the right status, nothing lost, nothing leaked."""

import re

import pytest
from flask import Flask

from tests.conftest import MakeApp
from tests.factories import DEMO_CALL, demo_form
from tests.integration.public.booker import ADDRESS, Booker, publish
from tests.integration.public.steps import (
    CALL,
    OPEN_PAGES,
    START,
    answer,
    begin_helped,
    bring_back,
    kept,
    lose,
    page_address,
    send_answers,
    step_address,
    value_of,
    walk_to,
)
from tests.people import begin, come_back
from tests.visitor import Visitor
from webapp.services.infrastructure import read_cache

#: What no error page may show.
INSIDE = re.compile(
    r"traceback|sqlalchemy|sqlite|psycopg|werkzeug|flask|jinja|python|select |insert |/site-packages|\.py\b",
    re.I,
)


def kind(visitor: Visitor, status: int) -> None:
    """A page of ours, with a way on, help lines, and nothing of our insides."""
    assert visitor.status == status
    assert visitor.response.mimetype == "text/html"
    assert not INSIDE.search(visitor.page.html)
    text = visitor.page.text
    assert "Go to the first page" in text and "Someone to talk to" in text


# Nowhere


NOWHERE = (
    "/nothing/",
    "/en/nothing",
    "/en/calls/no-such-call/",
    "/en/calls/no-such-call/page/first",
    "/en/calls/no-such-call/check",
    f"/en/calls/{CALL}/nothing",
    f"/en/calls/{CALL}/page/",
    "/en/choices/nothing",
    "/static/nothing.css",
    "/static/../settings.py",
    "/xx/",
    "/EN/",
    "/en-GB/",
    f"/xx/calls/{CALL}/",
    "/xx/choices",
    "/%00/",
    "/en/calls/%27%20OR%201=1/",
    "/en/calls/" + "a" * 3000 + "/",
    "/.env/",
    "/wp-login.php/",
)


def test_there_is_no_such_page(page_visitor: Visitor) -> None:
    for address in NOWHERE:
        page_visitor.get(address)
        kind(page_visitor, 404)
        assert page_visitor.page.h1 == "There is no such page", address


def test_there_is_no_such_page_in_the_middle_of_answering(page_visitor: Visitor) -> None:
    # Given a participant in the middle of answering
    walk_to(page_visitor, "change")
    # When they mistype the address of a page
    page_visitor.get(page_address("chance"))
    # Then there is none, and they can go on
    kind(page_visitor, 404)
    page_visitor.get(page_address("change"))
    assert page_visitor.status == 200


def test_a_post_to_a_page_that_is_not_there(page_visitor: Visitor) -> None:
    walk_to(page_visitor, "change")
    token = value_of(page_visitor, "csrf_token")
    page_visitor.post(page_address("chance"), {"csrf_token": token})
    kind(page_visitor, 404)


@pytest.mark.parametrize("language", ["xx", "ar"])
def test_a_language_that_is_not_offered_is_no_page(make_page_app: MakeApp, language: str) -> None:
    # Given an instance that shows no drafts
    visitor = Visitor(make_page_app(DRAFT_LANGUAGES="no").test_client())
    # Then a draft is not there, and not named
    for path in ("", "choices", f"calls/{CALL}/"):
        visitor.get(f"/{language}/{path}")
        kind(visitor, 404)
    visitor.get("/en/")
    assert "العربية" not in visitor.page.text


@pytest.mark.parametrize("address", ["/en", "/ar", f"/en/calls/{CALL}", "/nothing"])
def test_a_missing_slash_is_added(page_visitor: Visitor, address: str) -> None:
    answer = page_visitor.client.get(address)
    assert answer.status_code == 308
    assert answer.headers["Location"].removeprefix("http://localhost") == f"{address}/"


# The wrong way


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("POST", "/en/"),
        ("POST", START),
        ("POST", "/leave"),
        ("POST", "/en/privacy"),
        ("PUT", "/en/choices"),
        ("DELETE", "/en/choices/held"),
        ("PATCH", page_address("change")),
        ("TRACE", "/en/"),
    ],
)
def test_a_method_that_an_address_does_not_take(
    page_visitor: Visitor, method: str, address: str
) -> None:
    page_visitor._arrive(page_visitor.client.open(address, method=method))
    kind(page_visitor, 405)


def test_files_are_not_taken(page_app: Flask, page_visitor: Visitor) -> None:
    # Given a participant in the middle of answering
    walk_to(page_visitor, "change", had_assessment="no")
    token = value_of(page_visitor, "csrf_token")
    # When a program sends a multipart form
    answer = page_visitor.client.post(
        page_visitor.path,
        data={"csrf_token": token, "change_words": "x" * 40_000},
        content_type="multipart/form-data",
    )
    page_visitor._arrive(answer)
    # Then it is refused, and nothing is lost
    kind(page_visitor, 415)
    page_visitor.get(page_address("assessment"))
    assert value_of(page_visitor, "had_assessment") == ["no"]


@pytest.mark.parametrize("address", [f"{START}begin", "/en/choices", "/back-in"])
def test_files_are_taken_nowhere(page_visitor: Visitor, address: str) -> None:
    answer = page_visitor.client.post(
        address, data={"code": "x"}, content_type="multipart/form-data"
    )
    page_visitor._arrive(answer)
    kind(page_visitor, 415)


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", ""])
def test_what_is_no_form_changes_nothing(page_visitor: Visitor, content_type: str) -> None:
    walk_to(page_visitor, "change")
    answer = page_visitor.client.post(
        page_visitor.path, data=b'{"change_words": "Mine."}', content_type=content_type
    )
    page_visitor._arrive(answer)
    kind(page_visitor, 403)


@pytest.mark.parametrize("where", ["a question", "a code"])
def test_too_much_at_once(page_visitor: Visitor, where: str) -> None:
    # Given a participant in the middle of answering
    walk_to(page_visitor, "change", had_assessment="no")
    token = value_of(page_visitor, "csrf_token")
    address = page_visitor.path if where == "a question" else "/en/choices"
    # When more comes than we take
    words = "w" * (800_000 if where == "a question" else 70_000)
    page_visitor.post(address, {"csrf_token": token, "change_words": words, "code": words})
    # Then it says so, and nothing is lost
    kind(page_visitor, 413)
    page_visitor.get(page_address("assessment"))
    assert value_of(page_visitor, "had_assessment") == ["no"]


def test_far_too_long_on_page_after_page(page_visitor: Visitor) -> None:
    # Given a participant who pastes far too much, wherever there is room
    answer(page_visitor, had_assessment="yes")
    much = "w" * 45_000
    for key, question in (
        ("how-it-was-done", "done_words"),
        ("health", "health_words"),
        ("later", "later_words"),
        ("change", "change_words"),
    ):
        page_visitor.get(page_address(key))
        page_visitor.press("Continue", **{question: much})
        # Then it is there each time, to be made shorter, and never too much for us
        assert page_visitor.status == 200
        assert value_of(page_visitor, question) == much
    # And they can go on
    page_visitor.press("Continue", change_words="More time.")
    assert page_visitor.path == page_address("contact")
    page_visitor.get(page_address("assessment"))
    assert value_of(page_visitor, "had_assessment") == ["yes"]


def test_everything_that_the_form_allows_can_be_sent(app: Flask, visitor: Visitor) -> None:
    # Given a participant with a helper who uses every letter there is room for, in a script of four bytes a letter
    long = {
        one.key: "🙂" * (one.max_length or 40)
        for one in demo_form().questions
        if one.kind in ("text", "long_text")
    }
    del long["without_words"]
    reach = {"contact_wanted": "yes", "safe_ways": ["email", "app"], "email": "robin@example.org"}
    begin_helped(visitor)
    # When they send it
    code = send_answers(visitor, had_assessment="yes", **long, **reach)
    # Then it is all there
    come_back(visitor, code)
    answers = visitor.download("/en/choices/copy").get_json()["answers"]
    assert {key: answers[key] for key in long} == long


def test_too_many_fields(page_visitor: Visitor) -> None:
    walk_to(page_visitor, "change")
    token = value_of(page_visitor, "csrf_token")
    many = {f"field{number}": "x" for number in range(2_000)}
    page_visitor.post(page_visitor.path, {"csrf_token": token, "change_words": "Mine.", **many})
    assert page_visitor.status in (200, 413)
    page_visitor.get(page_address("change"))
    assert page_visitor.status == 200


@pytest.mark.parametrize(
    "body", [b"%ff%fe=%00", b"change_words=%ff%00%1b[2J", b"&&&===", b"=" * 5000]
)
def test_bytes_that_are_no_text(page_visitor: Visitor, body: bytes) -> None:
    # Given a participant in the middle of answering
    walk_to(page_visitor, "change")
    token = str(value_of(page_visitor, "csrf_token"))
    # When bytes come that are no words
    answer = page_visitor.client.post(
        page_visitor.path,
        data=f"csrf_token={token}&do=continue&".encode() + body,
        content_type="application/x-www-form-urlencoded",
    )
    # Then the service goes on
    assert answer.status_code == 303
    page_visitor.get(step_address("check"))
    assert page_visitor.status == 200


@pytest.mark.parametrize(
    "address",
    ["/en/?finished", f"{START}stop?page=nothing", f"{page_address('first')}?from=//evil.example"],
)
def test_odd_questions_in_an_address_are_harmless(page_visitor: Visitor, address: str) -> None:
    begin(page_visitor)
    page_visitor.get(address)
    assert page_visitor.status == 200
    assert "evil.example" not in page_visitor.page.html


def test_no_redirect_leads_away(page_visitor: Visitor) -> None:
    # Given a link that an attacker prepared
    begin(page_visitor)
    token = value_of(page_visitor, "csrf_token")
    for trap in ("//evil.example", "https://evil.example", "check//evil.example"):
        answer = page_visitor.client.post(
            f"{page_address('first')}?from={trap}&next={trap}",
            data={"csrf_token": token, "adult": "yes", "do": "continue"},
        )
        # Then it leads to a page of ours
        assert answer.headers["Location"].startswith("/en/calls/")


# Too many


def test_too_many_beginnings_are_slowed_down(make_page_app: MakeApp) -> None:
    # Given the limits as they are outside tests
    app = make_page_app(LIMIT_FACTOR="1")
    # When a program begins again and again
    for _ in range(50):
        visitor = Visitor(app.test_client())
        visitor.get(f"/en/calls/{DEMO_CALL}/")
        visitor.press_first()
        if visitor.status == 429:
            break
    # Then they must wait, and are not blamed
    kind(visitor, 429)
    assert "You did nothing wrong" in visitor.page.text
    assert "What you saved with Continue is still there. You can load" in visitor.page.text


# Lost stores


def test_a_lost_store_of_visits_in_the_middle_of_answering(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a participant in the middle of answering
    walk_to(page_visitor, "change")
    token = value_of(page_visitor, "csrf_token")
    lose(page_app, "volatile")
    # When they look, or go on
    page_visitor.get(page_address("change"))
    kind(page_visitor, 503)
    page_visitor.post(page_address("change"), {"csrf_token": token, "change_words": "Mine."})
    # Then it says what to do
    kind(page_visitor, 503)
    assert "load it again in a few minutes" in page_visitor.page.text


def test_a_lost_store_of_calls_stops_no_participant_in_the_middle_of_answering(
    page_app: Flask, page_visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a participant in the middle of answering, at a moment when the call has to be read again, and cannot be
    monkeypatch.setattr(read_cache, "FRESH_SECONDS", 0.0)
    walk_to(page_visitor, "change")
    lose(page_app, "main")
    # When they look, and go on
    page_visitor.get(page_address("change"))
    page_visitor.press("Continue", change_words="Mine.")
    # Then they are on the next page, and what they wrote is kept
    assert page_visitor.status == 200
    assert page_visitor.path != page_address("change")
    page_visitor.get(page_address("change"))
    assert value_of(page_visitor, "change_words") == "Mine."


def test_a_lost_store_of_events_keeps_what_a_registrant_wrote_in_a_booking(
    page_app: Flask, booker: Booker
) -> None:
    # Given a registrant with a whole booking filled in
    booker.begin(publish(page_app).slug)
    form = booker.path
    # When the store is lost in which it would be
    lose(page_app, "main")
    booker.press_first(registrant_email=ADDRESS)
    kind(booker, 503)
    # Then what they wrote is there, and once the store is back it can be booked
    booker.get(form)
    assert value_of(booker, "registrant_email") == ADDRESS
    bring_back(page_app, "main")
    booker.press_first()
    assert booker.shown_ticket()


@pytest.mark.parametrize("store", ["main", "erasure", "volatile"])
def test_a_lost_store_at_the_last_button(
    page_app: Flask, page_visitor: Visitor, store: str
) -> None:
    # Given a participant before Send
    walk_to(page_visitor, "first")
    page_visitor.press("Continue", adult="yes")
    page_visitor.get(step_address("check"))
    page_visitor.press("Continue")
    token = value_of(page_visitor, "csrf_token")
    lose(page_app, store)
    # When they press it
    page_visitor.post(step_address("agree"), {"csrf_token": token})
    # Then no page says that it was sent
    kind(page_visitor, 503)
    assert "it was not sent" in page_visitor.page.text
    # And when the store is back, pressing again sends it, once
    bring_back(page_app, store)
    page_visitor.post(step_address("agree"), {"csrf_token": token})
    assert page_visitor.page.h1 == "Thank you. We have your answers."
    assert kept(page_app)["submissions"] == 1


@pytest.mark.parametrize("stores", [("main",), ("volatile",), ("main", "erasure", "volatile")])
def test_lost_stores_before_anything_is_begun(
    page_app: Flask, page_visitor: Visitor, stores: tuple[str, ...]
) -> None:
    # When stores are lost
    lose(page_app, *stores)
    for path in OPEN_PAGES:
        page_visitor.get(f"/en/{path}")
        # Then a page that needs none is there, and any other says so kindly
        if path in ("safety", "support", "accessibility", "choices") or "main" not in stores:
            assert page_visitor.status == 200
        else:
            kind(page_visitor, 503)


@pytest.mark.parametrize("address", [f"{START}begin", "/en/choices"])
def test_a_visit_that_cannot_be_kept_is_not_begun(
    page_app: Flask, page_visitor: Visitor, address: str
) -> None:
    code = send_answers(Visitor(page_app.test_client()))
    lose(page_app, "volatile")
    page_visitor.post(address, {"code": code})
    kind(page_visitor, 503)
    assert page_visitor.response.headers.getlist("Set-Cookie") == []


def test_a_half_erased_submission_is_not_called_erased(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a participant who erases everything, when the store of the keys is lost
    come_back(page_visitor, send_answers(page_visitor, change_words="Mine."))
    page_visitor.follow("Delete everything")
    lose(page_app, "erasure")
    page_visitor.post("/en/choices/erase", {"csrf_token": value_of(page_visitor, "csrf_token")})
    # Then no page says that it is done
    assert "Everything is deleted" not in page_visitor.page.text
