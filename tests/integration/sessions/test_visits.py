"""The Visit: none before a visitor begins, nothing of it readable, nothing lost between two tabs."""

import base64
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask, Response, request
from sqlalchemy import update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests import people
from tests.integration.sessions.steps import cookies_of, dump, rows, token
from tests.visitor import Visitor
from webapp import sessions
from webapp.models import PublicVisit
from webapp.services.infrastructure import clock_guard, stores
from webapp.services.keys.bootstrap import Founded
from webapp.web import guards

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
PAGES = (
    "/",
    "/en/",
    "/ar/",
    "/en/calls/support-needs/",
    "/en/calls/support-needs/stop",
    "/en/choices",
    "/en/safety",
    "/en/support",
    "/en/privacy",
    "/en/accessibility",
    "/desk/sign-in",
    "/healthz",
    "/livez",
)
INSIDE = (
    "/en/calls/support-needs/page/first",
    "/en/calls/support-needs/page/contact",
    "/en/calls/support-needs/more",
    "/en/calls/support-needs/check",
    "/en/calls/support-needs/agree",
    "/en/calls/support-needs/done",
    "/en/choices/held",
    "/en/choices/copy",
    "/en/choices/erase",
    "/en/choices/erased",
    "/desk/",
    "/desk/contacts",
    "/desk/record",
)


# Before a visitor begins, and while they look


def test_looking_around_sets_no_cookie_and_makes_no_row(app: Flask) -> None:
    # Given a visitor who has not begun
    client, before = app.test_client(), dump(app)
    # When they look at every page, those inside included
    for path in (*PAGES, *INSIDE):
        response = client.get(path)
        # Then none sets a cookie
        assert response.status_code < 500, path
        assert response.headers.getlist("Set-Cookie") == [], path
    # And no table has changed
    assert dump(app) == before


@pytest.mark.parametrize("inside", [False, True], ids=["without a Visit", "with a Visit"])
def test_looking_changes_nothing(app: Flask, inside: bool) -> None:
    # Given a visitor who may have begun, and answered a page
    visitor = Visitor(app.test_client())
    if inside:
        people.begin(visitor)
        visitor.press_first(adult="yes")
    before = dump(app)
    # When they look at every page twice, at the wrong ones too
    for path in (*PAGES, *INSIDE, "/en/nowhere", "/xx/", "/en/calls/nowhere/") * 2:
        visitor.client.get(path)
    # Then every table is as it was
    assert dump(app) == before


def test_begin_is_what_opens_a_visit(app: Flask) -> None:
    # Given a visitor on the start page
    client = app.test_client()
    client.get("/en/calls/support-needs/")
    assert rows(app) == []
    # When they press Begin
    response = client.post("/en/calls/support-needs/begin")
    # Then there is one Visit, and a cookie of 256 random bits that is not the row's id
    (row,) = rows(app)
    (cookie,) = cookies_of(response).values()
    secret = base64.urlsafe_b64decode(cookie.value + "=")
    assert len(secret) == 32
    assert row.id != secret


# The cookie


@pytest.mark.parametrize("base", ["http://localhost", "https://take-part.example.org"])
def test_the_cookie_is_as_closed_as_a_cookie_can_be(
    make_app: Callable[..., Flask], founded: Founded, base: str
) -> None:
    # Given an instance on plain HTTP on one's own machine, and one over TLS
    secure = base.startswith("https")
    app = make_app(BASE_URL=base)
    # When a visitor begins, and when a coordinator signs in
    public = app.test_client().post("/en/calls/support-needs/begin", base_url=base)
    desk = app.test_client().post(
        "/desk/sign-in",
        data={
            "sign_in_name": founded.owner.sign_in_name,
            "passphrase": founded.owner.passphrase,
            "code": people.code_now(founded.owner.totp_secret),
        },
        base_url=base,
    )
    # Then each has one cookie of its own name, for this host and this browser session alone
    for response, name, same_site in ((public, "hearth", "Lax"), (desk, "hearth-desk", "Strict")):
        key = f"__Host-{name}" if secure else name
        cookie = cookies_of(response)[key]
        # At the desk, the browser is also known again by a cookie that signs nobody in
        assert len(cookies_of(response)) == (2 if response is desk else 1)
        assert cookie["samesite"] == same_site
        assert cookie["httponly"] is True
        assert bool(cookie["secure"]) is secure
        assert cookie["path"] == "/"
        assert (cookie["expires"], cookie["max-age"], cookie["domain"]) == ("", "", "")


@pytest.mark.parametrize(
    "cookie",
    ["", "left", "x", "ü", "A" * 43, "A" * 5000, "../../etc", '"', "=", "A" * 42 + "\x01"],
)
def test_a_made_up_cookie_is_no_visit_and_no_error(app: Flask, cookie: str) -> None:
    # Given a browser that sends something we never gave out
    client, before = app.test_client(use_cookies=False), dump(app)
    header = {"Cookie": f"hearth={cookie}; hearth-desk={cookie}"}
    # When it asks for pages, inside and outside
    for path in ("/en/", "/en/calls/support-needs/page/first", "/en/choices/held", "/desk/"):
        response = client.get(path, headers=header)
        # Then it gets a page or is led to a beginning
        assert response.status_code in (200, 303), path
    assert dump(app) == before


def test_the_cookie_of_one_door_is_worth_nothing_at_the_other(app: Flask, founded: Founded) -> None:
    # Given a visitor in an unfinished form, and a signed-in coordinator
    public, desk = Visitor(app.test_client()), Visitor(app.test_client())
    people.begin(public)
    people.sign_in(desk, founded.owner)
    visitors = public.client.get_cookie("hearth")
    coordinators = desk.client.get_cookie("hearth-desk")
    assert visitors is not None
    assert coordinators is not None
    # When each cookie is used at the other door
    thief = app.test_client(use_cookies=False)
    inside = thief.get("/desk/", headers={"Cookie": f"hearth-desk={visitors.value}"})
    form = thief.get(
        "/en/calls/support-needs/page/first", headers={"Cookie": f"hearth={coordinators.value}"}
    )
    # Then neither opens anything: they are led to the beginning
    assert inside.status_code == 303
    assert "/desk/sign-in" in inside.headers["Location"]
    assert form.status_code == 303
    assert form.headers["Location"].endswith("/en/calls/support-needs/?away=")
    # And both work where they belong
    assert (
        thief.get("/desk/", headers={"Cookie": f"hearth-desk={coordinators.value}"}).status_code
        == 200
    )


def test_signing_in_again_gives_a_new_cookie_and_ends_the_old_one(
    app: Flask, founded: Founded
) -> None:
    # Given a coordinator whose cookie an attacker has copied
    desk = Visitor(app.test_client())
    with time_machine.travel(NOON, tick=False) as clock:
        people.sign_in(desk, founded.owner)
        copied = desk.client.get_cookie("hearth-desk")
        assert copied is not None
        # When she signs in anew, a minute later
        clock.shift(60)
        desk.client.post(
            "/desk/sign-in",
            data={
                "sign_in_name": founded.owner.sign_in_name,
                "passphrase": founded.owner.passphrase,
                "code": people.code_now(founded.owner.totp_secret),
            },
        )
        # Then the copy opens nothing
        thief = app.test_client(use_cookies=False)
        old = thief.get("/desk/", headers={"Cookie": f"hearth-desk={copied.value}"})
        assert old.status_code == 303
        assert desk.client.get("/desk/").status_code == 200


# Time


@pytest.mark.parametrize("looked", [0, 59, 9 * 60 + 59, 10 * 60, 10 * 60 + 59, 11 * 60])
def test_a_visit_waits_two_hours_from_the_last_look_at_the_least(app: Flask, looked: int) -> None:
    # Given a visitor who began at noon, looked at a page once more, and then put the phone away
    visitor = Visitor(app.test_client())
    with time_machine.travel(NOON, tick=False) as clock:
        people.begin(visitor)
        first = visitor.path
        clock.shift(looked)
        assert visitor.client.get(first).status_code == 200
        # When they come back two hours later, it is still there
        clock.shift(timedelta(hours=2))
        assert visitor.client.get(first).status_code == 200
        # And when they come back much later, it is not, the row goes with it, and they are told why
        clock.shift(timedelta(hours=2, minutes=15))
        over = visitor.client.get(first)
        assert over.status_code == 303
        assert over.headers["Location"].endswith("/en/calls/support-needs/?away=")
        assert rows(app) == []


def test_no_visit_lasts_longer_than_a_day_however_much_it_is_used(app: Flask) -> None:
    # Given a visitor who looks at a page every hour
    visitor = Visitor(app.test_client())
    with time_machine.travel(NOON, tick=False) as clock:
        people.begin(visitor)
        first, lasted = visitor.path, 0
        while visitor.client.get(first).status_code == 200:
            clock.shift(timedelta(hours=1))
            lasted += 1
            assert lasted <= 24
    # Then it ends after 24 hours
    assert lasted == 24


def test_the_desk_ends_after_fifteen_minutes_and_after_eight_hours(
    app: Flask, founded: Founded
) -> None:
    # Given a coordinator who works all day
    desk = Visitor(app.test_client())
    with time_machine.travel(NOON, tick=False) as clock:
        people.sign_in(desk, founded.owner)
        for _ in range(8 * 6 - 1):
            clock.shift(timedelta(minutes=10))
            assert desk.client.get("/desk/").status_code == 200
        # When eight hours are over, she has to sign in again although she was never away
        clock.shift(timedelta(minutes=10))
        assert desk.client.get("/desk/").status_code == 303
        # And when she goes away for a quarter of an hour, too
        people.sign_in(desk, founded.owner)
        assert desk.client.get("/desk/").status_code == 200
        clock.shift(timedelta(minutes=16))
        assert desk.client.get("/desk/").status_code == 303


def test_the_worker_sweeps_what_is_over_and_nothing_else(app: Flask) -> None:
    # Given one Visit of noon and one of two hours later
    with time_machine.travel(NOON, tick=False) as clock, app.app_context():
        people.begin(Visitor(app.test_client()))
        clock.shift(timedelta(hours=2, minutes=15))
        people.begin(Visitor(app.test_client()))
        # When the worker sweeps
        sessions.sweep()
        # Then the younger one is left
        (left,) = rows(app)
        assert left.expires_at > int((NOON + timedelta(hours=3)).timestamp())


def test_a_wrong_clock_of_the_worker_ends_nobodys_visit(app: Flask) -> None:
    # Given a participant on the way to Send, and a worker that has run
    writer = Visitor(app.test_client())
    people.begin(writer)
    with app.app_context():
        clock_guard.sure()
        # When it comes round once with its clock years ahead
        with time_machine.travel(datetime(2041, 1, 1, 12, tzinfo=UTC)):
            sessions.sweep()
    # Then what the participant has begun is there, and they go on
    asked = writer.path
    writer.press_first(**people.answers_for(writer))
    assert "/page/" in writer.path
    assert writer.path != asked


def test_no_time_in_a_row_is_finer_than_a_minute(app: Flask) -> None:
    # Given a visitor who begins at a telling second
    with time_machine.travel(NOON + timedelta(seconds=37), tick=False):
        people.begin(Visitor(app.test_client()))
    # Then the row does not know it
    (row,) = rows(app)
    assert row.expires_at % 60 == 0
    assert row.ends_at % 60 == 0


# What is in the row


def test_the_row_holds_nothing_that_was_typed(app: Flask) -> None:
    # Given a visitor who typed words, and made a mistake that is kept to be put right
    visitor = Visitor(app.test_client())
    people.begin(visitor)
    typed = "peregrine-falcon-0x5f"
    page = "/en/calls/support-needs/page/change"
    visitor.get(page)
    visitor.press_first(change_words=typed)
    visitor.get(page)
    assert typed in visitor.page.html
    # When every byte of every table is read
    found = repr(dump(app))
    # Then the words are not there, nor the page or the call they belong to, nor the cookie
    assert typed not in found
    assert all(b"support-needs" not in row.sealed for row in rows(app))
    cookie = visitor.client.get_cookie("hearth")
    assert cookie is not None
    secret = base64.urlsafe_b64decode(cookie.value + "=")
    for form in (cookie.value, repr(secret)[2:-1], secret.hex()):
        assert form not in found


def test_the_size_of_a_row_does_not_tell_what_was_typed(app: Flask) -> None:
    # Given two people, one of whom typed a few words and the other half a page
    for words in ("No.", "Some words that go on for a while. " * 8):
        visitor = Visitor(app.test_client())
        people.begin(visitor)
        visitor.get("/en/calls/support-needs/page/change")
        visitor.press_first(change_words=words)
    # Then their rows have one of four sizes
    sizes = {len(row.sealed) - 30 for row in rows(app)}
    assert sizes <= {512, 2048, 8192, 32768}


def test_an_older_version_put_back_does_not_open(app: Flask) -> None:
    # Given a visitor whose Visit has moved on, and a thief who kept an older state of the row
    visitor = Visitor(app.test_client())
    people.begin(visitor)
    first = visitor.path
    (older,) = rows(app)
    visitor.press_first(adult="yes")
    # When the thief puts the older bytes back
    with app.app_context(), stores.writing("volatile") as volatile:
        volatile.execute(update(PublicVisit).values(sealed=older.sealed))
    # Then it does not open: the visitor is led to the beginning, without an error
    assert visitor.client.get(first).status_code == 303


def test_the_bytes_of_one_visit_do_not_open_as_another(app: Flask) -> None:
    # Given two visitors, and a thief who exchanges their rows' bytes
    one, other = Visitor(app.test_client()), Visitor(app.test_client())
    people.begin(one)
    people.begin(other)
    first, second = rows(app)
    with app.app_context(), stores.writing("volatile") as volatile:
        for here, there in ((first, second), (second, first)):
            volatile.execute(
                update(PublicVisit).where(PublicVisit.id == here.id).values(sealed=there.sealed)
            )
    # Then neither opens
    for visitor in (one, other):
        assert visitor.client.get(visitor.path).status_code == 303


# Limits and failures


@pytest.fixture
def hoarding(app: Flask) -> Iterator[Flask]:
    """An application with a view that keeps as much as it is told to."""

    @guards.opens_visit
    def hoard() -> Response:
        visit = sessions.current() if sessions.current().begun else sessions.begin()
        if "renew" in request.form:
            sessions.renew()
        visit[f"answers:hoard:{request.form['key']}"] = "x" * int(request.form["size"])
        return Response("kept", mimetype="text/plain")

    app.add_url_rule("/hoard", "hoard", hoard, methods=["POST"])
    return app


def test_more_than_a_visit_can_hold_is_a_kind_page_and_what_was_there_stays(
    hoarding: Flask,
) -> None:
    # Given a visitor whose Visit holds a little
    client = hoarding.test_client()
    assert client.post("/hoard", data={"key": "a", "size": "1000"}).status_code == 200
    (before,) = rows(hoarding)
    # When more is to be kept than a Visit can hold
    response = client.post("/hoard", data={"key": "b", "size": "530000"})
    # Then a page says that it was too much, and what was kept before is still there
    assert response.status_code == 413
    assert response.mimetype == "text/html"
    (after,) = rows(hoarding)
    assert (after.version, after.sealed) == (before.version, before.sealed)
    assert client.post("/hoard", data={"key": "c", "size": "10"}).status_code == 200


def test_a_visit_that_cannot_move_to_a_new_secret_stays_under_the_old_one(
    hoarding: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a visitor whose Visit holds a little
    client = hoarding.test_client()
    client.post("/hoard", data={"key": "a", "size": "1000"})
    (before,) = rows(hoarding)

    def still_there(response: TestResponse) -> bool:
        (after,) = rows(hoarding)
        return (after.id, after.sealed) == (before.id, before.sealed) and not cookies_of(response)

    # When it is to move, and brings more than there is room for
    response = client.post("/hoard", data={"key": "b", "size": "530000", "renew": "yes"})
    # Then it is where it was, and their cookie leads there
    assert response.status_code == 413
    assert still_there(response)
    # And so it is when the store takes a row out and then no other in
    with monkeypatch.context() as patch:
        patch.setattr(Session, "add", busy)
        response = client.post("/hoard", data={"key": "b", "size": "10", "renew": "yes"})
    assert response.status_code == 503
    assert still_there(response)
    # And when the store is back, it moves
    assert client.post("/hoard", data={"key": "b", "size": "10", "renew": "yes"}).status_code == 200
    (moved,) = rows(hoarding)
    assert moved.id != before.id


def busy(session: Session, row: object) -> None:
    raise OperationalError("INSERT", {}, Exception("database is locked"))


@pytest.mark.parametrize("failing", ["reading_rows", "writing_rows"])
def test_a_lost_store_of_visits_is_a_kind_page(
    app: Flask, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    # Given a visitor in an unfinished form
    visitor = Visitor(app.test_client())
    people.begin(visitor)
    path, proof = visitor.path, token(visitor)
    real = getattr(stores, failing)

    def lost(store: stores.Store = "main") -> object:
        if store == "volatile":
            raise stores.StoreUnavailable(store)
        return real(store)

    # When the store of Visits is lost while they send
    with monkeypatch.context() as patch:
        patch.setattr(stores, failing, lost)
        response = visitor.client.post(path, data={"csrf_token": proof, "adult": "yes"})
        # Then a page says so, with the right status, and their cookie is left alone
        assert response.status_code == 503
        assert cookies_of(response) == {}
    # And when it is back, they go on where they were
    again = visitor.client.post(path, data={"csrf_token": proof, "adult": "yes"})
    assert again.status_code == 303
    assert re.search(r"/page/\w+", again.headers["Location"])
