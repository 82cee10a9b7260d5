"""A key that is newer than a coordinator's session: a page that says so, and the way to open it."""

from http import HTTPStatus

import pytest

from tests.factories import code_for, publish_demo_call, submit_one
from tests.integration.desk.worker import Participant, Worker
from tests.integration.tables import counts, everything
from webapp.services.answers import looks, own_copies
from webapp.services.calls import published_calls


@pytest.fixture
def newer(worker: Worker) -> Participant:
    """A participant's answers to a call that was published while a coordinator was signed in."""
    with worker.app.app_context():
        publish_demo_call("later")
        sent = submit_one(published_calls.find_call("later"))
    return Participant(sent.submission_id, sent.receipt)


def keyrings(worker: Worker) -> int:
    with worker.app.app_context():
        return counts().get("session_keyrings", 0)


def test_it_says_so_and_leads_to_signing_in(worker: Worker, newer: Participant) -> None:
    # When they open the answers, nothing is shown, and nothing of what Today says is lost
    worker.open_answers(newer)
    assert worker.status == HTTPStatus.FORBIDDEN
    assert worker.page.h1 == "Sign in again to open this"
    assert "nothing is lost" in worker.page.text
    # (the record says that it was tried, and neither it nor the participant is told that it was opened)
    assert "opening tried" in worker.tags()
    assert "answers opened" not in worker.tags()
    with worker.app.app_context():
        assert looks.find(own_copies.find_held(newer.receipt)).is_empty
    # Then its button signs them out, and after signing in the answers open
    worker.press("Sign out to sign in again")
    assert worker.path == "/desk/sign-in"
    worker.sign_in()
    worker.open_answers(newer)
    assert worker.status == HTTPStatus.OK
    assert worker.page.h1 != "Sign in again to open this"


def test_what_is_older_still_opens(worker: Worker, newer: Participant) -> None:
    worker.open_answers(worker.answered_by("contact_me"))
    assert worker.status == HTTPStatus.OK


def test_signing_out_takes_the_keyring_along(worker: Worker) -> None:
    assert keyrings(worker) == 1
    worker.get("/desk/")
    worker.press("Sign out")
    assert keyrings(worker) == 0


def test_signing_in_over_a_session_takes_its_keyring_along(worker: Worker) -> None:
    # Given a page of signing in that was open in another tab, and then a session
    with worker.app.app_context():
        (before,) = everything()["session_keyrings"]
    owner = worker.founded.owner
    data = {"sign_in_name": owner.sign_in_name, "passphrase": owner.passphrase}
    worker.post("/desk/sign-in", {**data, "code": code_for(worker.founded)})
    assert worker.path == "/desk/"
    with worker.app.app_context():
        (after,) = everything()["session_keyrings"]
    assert before != after
