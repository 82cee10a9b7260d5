"""What an attacker who sends what no page of ours sends tried. Each test is one of their ways in, closed."""

import base64
import logging
from http import HTTPStatus

import pytest
from flask import Flask

from tests import people
from tests.conftest import MakeApp
from tests.integration.attacks.steps import OURS
from tests.integration.desk.worker import Worker
from tests.integration.public.steps import START, later, page_address, value_of
from tests.integration.tables import everything
from tests.visitor import Visitor
from webapp import sessions
from webapp.services.keys.bootstrap import Founded


def test_a_public_process_never_reads_a_visit_of_the_desk(
    make_app: MakeApp, founded: Founded
) -> None:
    # Given a signed-in coordinator, whose cookie comes to a process of the public door as well
    both = make_app()
    worker = Worker(both, founded)
    worker.sign_in()
    cookie = worker.client.get_cookie("hearth-desk")
    assert cookie is not None
    public = make_app(DOORS="public")
    headers = {"Cookie": f"hearth-desk={cookie.value}"}
    with both.app_context():
        before = everything()
    for address in ("/desk/", "/desk/record", "/desk/contacts"):
        # When it is sent to an address of the desk
        with public.test_request_context(address, headers=headers):
            # Then nothing of it is read
            assert not sessions.current().begun
            assert dict(sessions.current()) == {}
        # (where the desk is, it is)
        with both.test_request_context(address, headers=headers):
            assert sessions.current()["coordinator_id"]
        stranger = public.test_client(use_cookies=False)
        assert stranger.get(address, headers=headers).status_code == HTTPStatus.NOT_FOUND
    # And nothing of it was changed or ended
    with both.app_context():
        assert everything() == before
    assert worker.get("/desk/").h1.endswith("Ana")


def begin_address(visitor: Visitor) -> str:
    """Where the start page's form goes."""
    (main,) = visitor.page.all("main")
    form = next(main.iter("form"))
    assert form.get("method", "").lower() == "post"
    return form.get("action") or visitor.path


@pytest.mark.parametrize("name", ["Origin", "Referer"])
@pytest.mark.parametrize("value", ["http://[::1", "http://[", "//[", "http://[x]/", "null"])
def test_a_broken_origin_is_refused_without_a_fuss(
    page_visitor: Visitor, caplog: pytest.LogCaptureFixture, name: str, value: str
) -> None:
    headers = {"Sec-Fetch-Site": None, "Origin": None, name: value}
    page_visitor.get(START)
    page_visitor.post(begin_address(page_visitor), **headers)
    assert page_visitor.status == HTTPStatus.FORBIDDEN
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_only_our_own_name_is_answered(
    make_page_app: MakeApp, caplog: pytest.LogCaptureFixture
) -> None:
    # Given an instance that knows its address
    client = make_page_app(BASE_URL=OURS).test_client()
    # When it is called by another name, then it does not answer to it
    for host in (
        "evil.example",
        "take-part.example.org.evil.example",
        "x@take-part.example.org",
        "",
    ):
        for address in (
            "/",
            "/en/",
            "/desk/sign-in",
            "/healthz",
            "/livez",
            "/en/nothing/",
            "/static/nothing",
        ):
            answer = client.get(address, headers={"Host": host})
            assert answer.status_code == HTTPStatus.BAD_REQUEST, (host, address)
            assert "evil" not in answer.text
            assert "evil" not in answer.headers.get("Location", "")
    # And by its own, and for the supervisor, it does
    for host in (
        "take-part.example.org",
        "take-part.example.org:443",
        "127.0.0.1:8000",
        "localhost",
    ):
        answer = client.get("/healthz", headers={"Host": host})
        assert answer.status_code == HTTPStatus.OK, host
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_begin_moves_a_visit_away_from_an_older_cookie(app: Flask) -> None:
    # Given a participant who has begun on a shared phone, with a cookie that an attacker has noted down
    visitor = Visitor(app.test_client())
    people.begin(visitor)
    visitor.press("Continue", adult="yes")
    noted = cookie_of(visitor)
    # When they begin once more
    people.begin(visitor)
    # Then what they said is there, under a new secret
    assert cookie_of(visitor) != noted
    visitor.get(page_address("first"))
    assert value_of(visitor, "adult") == ["yes"]
    # And nothing that they say from now on is seen with the old cookie
    visitor.get(page_address("change"))
    visitor.press("Continue", change_words="Said afterwards.")
    other = Visitor(app.test_client())
    other.client.set_cookie("hearth", noted)
    other.get(page_address("change"))
    assert "Said afterwards." not in other.page.text
    # And a moment later it opens nothing at all, and brings nothing back
    with later(seconds=sessions.PRESSED_TWICE + 60):
        other.get(page_address("first"))
        assert not other.path.endswith("/page/first")
        with app.app_context():
            assert len(everything()["public_visits"]) == 1


def cookie_of(visitor: Visitor) -> str:
    cookie = visitor.client.get_cookie("hearth")
    assert cookie is not None
    assert len(base64.urlsafe_b64decode(cookie.value + "=")) == 32
    return cookie.value
