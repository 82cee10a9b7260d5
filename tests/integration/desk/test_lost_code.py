"""A participant has lost their code: what the page promises them is what a coordinator can do today, and no more."""

import pytest

from tests.conftest import MakeApp
from tests.integration.desk.worker import Worker
from tests.visitor import Visitor
from webapp.services.keys.bootstrap import Founded

REACH_US = "Ring 020 7946 0000 on Tuesdays"


@pytest.fixture
def desk(make_page_app: MakeApp, page_founded: Founded) -> Worker:
    """A signed-in coordinator of an organisation that says how to reach it."""
    worker = Worker(make_page_app(REACH_US=REACH_US), page_founded)
    worker.sign_in(steps=-1)
    return worker


def lost_code_page(desk: Worker) -> str:
    visitor = Visitor(desk.app.test_client())
    visitor.get("/en/choices")
    return visitor.page.text


def test_the_page_says_how_to_reach_a_coordinator(desk: Worker) -> None:
    said = lost_code_page(desk)
    assert "If you have lost your code" in said
    assert REACH_US.removesuffix(" on Tuesdays") in said
    assert "Nobody can look up a code, not even us." in said


def test_it_promises_no_worker_where_no_coordinator_can_be_reached(
    make_page_app: MakeApp, page_founded: Founded
) -> None:
    worker = Worker(make_page_app(REACH_US="", DEMO="yes"), page_founded)
    said = lost_code_page(worker)
    assert "If you have lost your code" in said
    assert "A worker may still find your answers" not in said


def find(desk: Worker, **says: str) -> str:
    """Look for a caller by what they say. Returns the page."""
    desk.get("/desk/callers")
    return desk.press("Find them", why="caller", **says).text


def test_a_participant_who_gave_an_address_and_permission_can_be_found(desk: Worker) -> None:
    assert "if you gave us your e-mail or phone number, and said we may use it" in lost_code_page(
        desk
    )
    # Given three people, two of whom said that we may get in touch
    people = [
        desk.answered_by("contact_me", email="ana@example.org"),
        desk.answered_by("contact_me", email="berta@example.org"),
        desk.answered_by("quote", email="carla@example.org", change_words="The judge wore red."),
    ]
    # When a coordinator looks for one of them by the address that they say they gave
    found = find(desk, email="berta@example.org")
    # Then they find the one, and the record says that they looked, and why
    assert people[1].reference in found
    assert people[0].reference not in found and people[2].reference not in found
    assert (
        "We keep a record that they searched for your answers, what they did, and why."
        in lost_code_page(desk)
    )
    newest, *_ = desk.record()
    assert (newest.tag, newest.reason) == (
        "searched for a caller",
        "They are on the phone now (2 opened)",
    )
    # And nothing of participants without that consent was opened: perhaps their own words find them
    assert people[2].reference not in find(desk, email="carla@example.org")
    assert "we may not find which answers are yours" in lost_code_page(desk)
    assert people[2].reference in find(desk, answered="judge red")


def test_they_reply_only_in_a_safe_way(desk: Worker) -> None:
    assert "They only reply in a way that you said is safe." in lost_code_page(desk)
    # Given a participant whose phone is not safe, and whose e-mail is
    participant = desk.answered_by(
        "contact_me", safe_ways=["email"], email="ana@example.org", phone="+447700900123"
    )
    # Then what a coordinator opens shows no phone
    desk.open_contact(participant)
    assert "ana@example.org" in desk.page.text
    assert "900123" not in desk.page.text.replace(" ", "")


def test_a_worker_makes_sure_and_then_can_do_what_the_page_says(desk: Worker) -> None:
    said = lost_code_page(desk)
    assert "First the worker makes sure that it is you." in said
    for words in (
        "give you a new code",
        "You can ask them to delete everything, or not to contact you again.",
        "They can also change your phone number, or take back a permission for you.",
    ):
        assert words in said
    # Given a participant who rings
    participant = desk.answered_by("contact_me")
    # Then nothing can be done for them before a coordinator said how they know that it is them
    for act in ("take-back", "no-contact", "correct", "new-code", "delete"):
        desk.get(f"/desk/submissions/{participant.id}/caller/{act}")
        assert "First say how you know that it is them" in desk.page.text
    desk.press("Continue", sure="named")
    # And then everything that the page says (the acts themselves are in test_callers.py)
    for words in (
        "Take back a permission",
        "Do not contact them",
        "Correct how to contact them",
        "Give them a new code",
        "Delete everything they told us",
    ):
        assert words in desk.page.text
