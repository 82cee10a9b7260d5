"""Without a signed-in coordinator the desk is closed: every page of it."""

from http import HTTPStatus
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests.integration.desk.worker import Worker
from tests.people import begin
from tests.visitor import Visitor
from webapp.services.keys.bootstrap import Founded
from webapp.web.guards import Guard

WAY_IN = "/desk/sign-in"
IDS = (
    *("submission_id", "export_id", "registration_id", "draft_id", "message_id", "set_aside_id"),
    *("invitation_id", "organisation_id", "passkey_id", "person_id", "session_id", "place_id"),
)
SAMPLES = {
    "slug": "support-needs",
    "code": "ar",
    "key": "change",
    "role": "analyst",
    "place": "everything",
    "number": "1",
    **{name: str(uuid4()) for name in IDS},
}


def addresses(app: Flask, method: str) -> list[str]:
    """Every address of the desk that takes this method, the ways in aside."""
    rules: list[Rule] = [rule for rule in app.url_map.iter_rules() if method in rule.methods]
    desk = [rule.rule for rule in rules if is_inside(app, rule)]
    return [
        "/".join(
            SAMPLES[piece.strip("<>").rpartition(":")[2]] if piece.startswith("<") else piece
            for piece in rule.split("/")
        )
        for rule in desk
    ]


def is_inside(app: Flask, rule: Rule) -> bool:
    """Whether it is at the desk, behind the ways in, which `test_routes` lists."""
    guard = getattr(app.view_functions[rule.endpoint], "guard", None)
    return rule.endpoint.startswith("desk.") and guard is Guard.COORDINATOR


def test_every_page_leads_to_signing_in(page_app: Flask) -> None:
    stranger = Visitor(page_app.test_client())
    looked = addresses(page_app, "GET")
    for address in looked:
        # When a stranger asks for a page
        answer = stranger.client.get(address)
        # Then they are led to the door, and told nothing
        assert answer.status_code == HTTPStatus.SEE_OTHER, address
        assert answer.headers["Location"] == WAY_IN
        assert stranger.get(address).h1 == "Sign in"
        assert "You were away" not in stranger.page.text
    assert len(looked) == 105


def test_every_act_leads_to_signing_in(page_app: Flask) -> None:
    stranger = Visitor(page_app.test_client())
    acts = addresses(page_app, "POST")
    there = []
    for address in acts:
        answer = stranger.client.post(
            address,
            data={"answers-why": "report", "who": "x"},
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        if answer.status_code == HTTPStatus.SEE_OTHER:
            assert answer.headers["Location"] == WAY_IN
            continue
        # Where a coordinator enters a form, signing in is asked on the spot: form data comes along
        there.append(address)
        assert answer.status_code in (HTTPStatus.FORBIDDEN, HTTPStatus.BAD_REQUEST), address
        assert not answer.headers.getlist("Set-Cookie")
        asked = b"Sign in and go on" in answer.get_data()
        assert asked or (address.endswith("/words") and not answer.get_data())
    assert len(acts) == 113
    assert all("/on-behalf/" in address for address in there)
    assert len(there) == 4


def test_a_participants_cookie_is_worth_nothing_here(page_app: Flask) -> None:
    # Given a participant who is answering the call
    participant = Visitor(page_app.test_client())
    begin(participant)
    cookie = participant.client.get_cookie("hearth")
    assert cookie is not None
    # When they go to the desk, or carry their cookie over to it under the desk's name
    assert participant.get("/desk/").h1 == "Sign in"
    participant.client.set_cookie("hearth-desk", cookie.value)
    # Then it opens nothing
    assert participant.get("/desk/").h1 == "Sign in"


def test_a_coordinators_cookie_is_worth_nothing_outside(
    page_app: Flask, page_founded: Founded
) -> None:
    # Given a coordinator
    worker = Worker(page_app, page_founded)
    worker.sign_in()
    cookie = worker.client.get_cookie("hearth-desk")
    assert cookie is not None
    # When their cookie comes in at the public door
    worker.client.set_cookie("hearth", cookie.value)
    # Then no participant is answering any more
    answer = worker.client.get("/en/calls/support-needs/page/adult")
    assert answer.status_code in (HTTPStatus.SEE_OTHER, HTTPStatus.NOT_FOUND)


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(page_app: Flask, method: str) -> None:
    answer = getattr(page_app.test_client(), method)("/desk/contacts")
    assert answer.status_code in (HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_FOUND)


def test_the_address_without_its_slash_works(page_app: Flask) -> None:
    answer = page_app.test_client().get("/desk")
    assert answer.status_code == HTTPStatus.PERMANENT_REDIRECT
    assert answer.headers["Location"].endswith("/desk/")
