"""An address that a form was sent to is asked for again: by reloading, by a restored tab, out of the history."""

from uuid import uuid4

import pytest
from flask import Flask

from tests.conftest import MakeApp
from tests.factories import register_some
from tests.integration.public.booker import publish
from tests.integration.public.steps import CALL, send_answers
from tests.people import come_back
from tests.visitor import Visitor

METHODS = ("GET", "HEAD")
#: Where the nearest page above is not the one that belongs to a form.
NOT_THE_NEAREST = {
    "public.held_consents_change": "/en/choices/agreed",
    "public.held_contact_again": "/en/choices/reach",
    "public.held_correct": "/en/choices/held",
    "public.correct_check_discard": "/en/choices/held",
    "public.held_close": "/en/choices/held",
    "public.done_practise": f"/en/calls/{CALL}/done",
}


def posted_only(app: Flask) -> list[tuple[str, str]]:
    """Endpoints and addresses that only take a POST."""
    read = {rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    return [(r.endpoint, r.rule) for r in app.url_map.iter_rules() if r.rule not in read]


def real(rule: str, **values: str) -> str:
    """An address that this rule serves."""
    samples = {
        "<language>": "en",
        "<key>": "change",
        "<ticket>": "0" * 32,
        "<slug>": "small-group" if "/events/" in rule else CALL,
        "<uuid:submission_id>": str(uuid4()),
        "<uuid:registration_id>": str(uuid4()),
        "<uuid:message_id>": str(uuid4()),
        "<uuid:draft_id>": str(uuid4()),
        "<uuid:export_id>": str(uuid4()),
        "<uuid:set_aside_id>": str(uuid4()),
        "<uuid:invitation_id>": str(uuid4()),
        "<uuid:organisation_id>": str(uuid4()),
        "<uuid:person_id>": str(uuid4()),
        "<uuid:place_id>": str(uuid4()),
        "<uuid:passkey_id>": str(uuid4()),
        "<uuid:session_id>": str(uuid4()),
        "<code>": "ar",
        "<role>": "analyst",
        "<place>": "everything",
        **values,
    }
    for name, value in samples.items():
        rule = rule.replace(name, value)
    assert "<" not in rule, f"no sample for {rule}"
    return rule


@pytest.mark.parametrize("doors", ["public", "desk", "public,desk"])
@pytest.mark.parametrize("method", METHODS)
def test_no_address_of_a_form_refuses_to_be_looked_at(
    make_page_app: MakeApp, doors: str, method: str
) -> None:
    app = make_page_app(DOORS=doors)
    if "desk" in doors:
        publish(app, "small-group")
    rules = posted_only(app)
    assert len(rules) > 5
    for endpoint, rule in rules:
        # Given an address that a POST was answered at
        address = real(rule)
        # When a visitor asks for it without sending anything
        answer = app.test_client().open(address, method=method)
        # Then it leads to a page of its own, or to one above it
        assert answer.status_code == 303, f"{method} {address}: {answer.status}"
        page = answer.headers["Location"].removeprefix("http://localhost")
        above = address.startswith(page.rstrip("/")) and page != address
        assert page == NOT_THE_NEAREST.get(endpoint, page) and (
            above or endpoint in NOT_THE_NEAREST
        )
        # And nothing of a Visit is made by that
        assert not answer.headers.getlist("Set-Cookie")
        # And there is such a page
        assert app.test_client().get(page).status_code in (200, 303, 404), page
        if not any(name in rule for name in ("<ticket>", "<uuid:", "/events/")):
            assert app.test_client().get(page).status_code in (200, 303), page


def test_what_only_a_known_form_may_do_stays_refused(page_app: Flask) -> None:
    for _, rule in posted_only(page_app):
        for method in ("PUT", "PATCH", "DELETE"):
            assert page_app.test_client().open(real(rule), method=method).status_code == 405


def test_a_participant_who_looks_into_their_choices_comes_back_to_them(
    page_visitor: Visitor,
) -> None:
    # Given a participant who handed in their code
    come_back(page_visitor, send_answers(page_visitor))
    # When they reload what a button was answered with
    page_visitor.get("/en/choices/consent")
    # Then they see the page with that button, and nothing was changed
    assert (page_visitor.status, page_visitor.page.h1) == (200, "What we may do")
    page_visitor.get("/en/choices/close")
    assert page_visitor.path == "/en/choices/held"


def test_a_booking_leads_back_to_itself(page_app: Flask, page_visitor: Visitor) -> None:
    event = publish(page_app, "small-group")
    with page_app.app_context():
        booked = register_some(event, 1)[0]
    page_visitor.get(f"/en/r/{booked.ticket}/room")
    assert (page_visitor.status, page_visitor.path) == (200, f"/en/r/{booked.ticket}")


def test_after_leaving_it_says_nothing(page_visitor: Visitor) -> None:
    # Given a participant who has left
    page_visitor.get(f"/en/calls/{CALL}/")
    page_visitor.press("Begin")
    page_visitor.download("/leave")
    # When an address of before is asked for, by Back or by a restored tab
    answer = page_visitor.client.get("/en/choices/consent")
    # Then it leads to the page that says nothing
    assert (answer.status_code, answer.headers["Location"]) == (303, "/#content")
