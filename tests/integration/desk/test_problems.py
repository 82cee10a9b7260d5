"""What the desk says when something does not work: in a coordinator's words, and with a way back to the desk."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import MakeApp
from tests.integration.desk.worker import Worker
from tests.integration.public.steps import lose
from tests.pages import Page, page_of
from tests.visitor import Visitor
from webapp.services.desk_home import overview
from webapp.services.keys.bootstrap import Founded

#: What is said to people who answer or register, and means nothing to a coordinator.
FOR_PARTICIPANTS = ("Leave now", "Someone to talk to", "My choices", "Continue", "first page")


def the_desks(page: Page, h1: str) -> None:
    """A page of the desk: it says what happened, nothing that was meant for others, and leads to Today."""
    assert page.h1 == h1
    assert not [said for said in FOR_PARTICIPANTS if said in page.text]
    (button,) = [link for link in page.all("a") if link.get("class") == "button"]
    assert (button.text, button.get("href")) == ("Go to Today", "/desk/")


def test_there_is_no_such_page(page_worker: Worker) -> None:
    for address in ("/desk/nothing", "/desk/calls/", "/desk/submissions/x"):
        page_worker.get(address)
        assert page_worker.status == 404
        the_desks(page_worker.page, "There is no such page")


def test_a_page_that_was_open_too_long(page_worker: Worker) -> None:
    # Given a form whose token is from an earlier day
    page_worker.post("/desk/contacts", {"csrf_token": "old"})
    # Then nothing was done, and they can go on
    assert page_worker.status == 403
    the_desks(page_worker.page, "Hearth could not accept that")
    assert "Nothing was changed. Please go to Today, or sign in again." in page_worker.page.text
    assert page_worker.follow("Go to Today").h1.endswith("Ana")


def test_what_no_page_of_ours_sent(page_worker: Worker) -> None:
    # When another site makes a coordinator's browser post to the desk
    page_worker.post("/desk/contacts", {}, **{"Sec-Fetch-Site": "cross-site"})
    # Then it says that, and not that a page was open too long
    assert page_worker.status == 403
    the_desks(page_worker.page, "Hearth could not tell where that came from")
    assert "too long" not in page_worker.page.text


def test_what_was_opened_is_not_opened_by_its_address(page_worker: Worker) -> None:
    participant = page_worker.answered_by("contact_me")
    page_worker.get(f"/desk/submissions/{participant.id}/answers")
    # Then they are on the page that asks for a reason first, and nothing was opened
    assert (page_worker.status, page_worker.path) == (200, f"/desk/submissions/{participant.id}")
    asked = [form.get("action", "") for form in page_worker.page.all("form")]
    assert f"/desk/submissions/{participant.id}/answers" in asked


def test_a_way_of_asking_that_no_page_has(page_worker: Worker) -> None:
    page_worker._arrive(page_worker.client.open("/desk/contacts", method="DELETE"))
    assert page_worker.status == 405
    the_desks(page_worker.page, "This page cannot be used that way")


def test_too_much_at_once(page_worker: Worker) -> None:
    page_worker.post("/desk/contacts", {"words": "w" * 70_000})
    assert page_worker.status == 413
    the_desks(page_worker.page, "That is more than Hearth can take at once")


def test_files_are_not_taken(page_worker: Worker) -> None:
    answer = page_worker.client.post("/desk/contacts", content_type="multipart/form-data")
    assert answer.status_code == 415
    the_desks(page_of(answer), "Hearth does not accept files")


def test_guessing_is_slowed_down(make_page_app: MakeApp, page_founded: Founded) -> None:
    # Given the limits of a real instance
    worker = Worker(make_page_app(LIMIT_FACTOR="1"), page_founded)
    # When a coordinator tries to sign in again and again
    for _ in range(11):
        worker.sign_in(sign_in_name="nobody", passphrase="a guess")
        if worker.status == 429:
            break
    # Then they are told for how long to wait, and why
    assert worker.status == 429
    the_desks(worker.page, "Please wait a few minutes")
    assert "Nothing is lost. Please wait 5 minutes." in worker.page.text


def test_a_mistake_of_ours(
    page_app: Flask, page_worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a page that fails
    def fail() -> None:
        raise RuntimeError

    page_app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr(overview, "today", fail)
    page_worker.get("/desk/")
    # Then it blames no one, and claims nothing that is not known
    assert page_worker.status == 500
    the_desks(page_worker.page, "Something went wrong here")
    assert "Your last step may or may not have been saved." in page_worker.page.text


@pytest.mark.parametrize("stores", [["volatile"], ["main"], ["main", "erasure", "volatile"]])
def test_when_stores_are_lost(page_app: Flask, page_worker: Worker, stores: list[str]) -> None:
    # Given a coordinator at work, and files that are gone
    lose(page_app, *stores)
    for address in ("/desk/", "/desk/contacts", "/desk/record"):
        # Then every page says so, and what to look at before anything is done twice
        page_worker.get(address)
        assert page_worker.status == 503
        the_desks(page_worker.page, "Hearth cannot open its files right now")
        assert "Check the page and the record before you try again." in page_worker.page.text


def test_where_only_the_desk_is_open(make_page_app: MakeApp) -> None:
    # Given the desk as a process of its own
    client = FlaskClient(make_page_app(DOORS="desk"))
    # When a coordinator forgets how its address goes on
    assert client.get("/").headers["Location"] == "/desk/"
    for address in ("/en/", "/nothing/", "/desk/nothing"):
        answer = client.get(address)
        # Then the page leads to the desk: nothing else is here
        assert answer.status_code == 404
        the_desks(page_of(answer), "There is no such page")


def test_where_only_the_public_door_is_open(make_page_app: MakeApp) -> None:
    # Given the public door as a process of its own
    visitor = Visitor(make_page_app(DOORS="public").test_client())
    # When a coordinator tries the desk's address
    for address in ("/desk/", "/desk/sign-in"):
        visitor.get(address)
        # Then the page is one for participants, and says nothing of a desk
        assert visitor.status == 404
        assert "Leave now" in visitor.page.text and "Someone to talk to" in visitor.page.text
        assert "Today" not in visitor.page.text
        assert "/desk" not in visitor.page.html
        assert visitor.follow("Go to the first page").title
