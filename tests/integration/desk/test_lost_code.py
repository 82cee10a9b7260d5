"""Somebody who has lost their code: what the page promises them is what a coordinator can do today, and no more."""

import pytest

from tests.conftest import MakeApp
from tests.integration.desk.worker import Worker
from tests.visitor import Visitor
from webapp.services.founding import Founded

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


def test_the_page_says_how_to_reach_somebody(desk: Worker) -> None:
    said = lost_code_page(desk)
    assert "If you have lost your code" in said
    assert REACH_US.removesuffix(" on Tuesdays") in said
    assert "Nobody can look up a code, not even us." in said


def test_it_promises_no_worker_where_nobody_can_be_reached(
    make_page_app: MakeApp, page_founded: Founded
) -> None:
    worker = Worker(make_page_app(REACH_US="", DEMO="yes"), page_founded)
    said = lost_code_page(worker)
    assert "If you have lost your code" in said
    assert "A worker may still find your answers" not in said


def test_whoever_gave_an_address_and_permission_can_be_found_by_opening(desk: Worker) -> None:
    assert "if you gave us your e-mail or phone number, and said we may use it" in lost_code_page(
        desk
    )
    # Given three people, two of whom said that we may get in touch
    people = [
        desk.answered_by("contact_me", email="ana@example.org"),
        desk.answered_by("contact_me", email="berta@example.org"),
        desk.answered_by("quote", email="carla@example.org"),
    ]
    # When a coordinator looks for one of them by the address that they say they gave
    found = []
    for someone in people[:2]:
        desk.open_contact(someone)
        if "berta@example.org" in desk.page.text:
            found.append(someone)
    # Then they find the one, and what was opened is in the record with its reason
    assert found == [people[1]]
    assert "We keep a record that they looked, and why." in lost_code_page(desk)
    opened = [line for line in desk.record() if line.tag == "contact opened"]
    assert {line.subject_id for line in opened} == {people[0].id, people[1].id}
    assert all(line.reason for line in opened)
    # And whoever gave no permission to use it cannot be found in this way
    desk.look_at(people[2])
    assert f"/desk/submissions/{people[2].id}/contact" not in actions(desk)


def test_they_reply_only_in_a_safe_way(desk: Worker) -> None:
    assert "They only reply in a way that you said is safe." in lost_code_page(desk)
    # Given somebody whose phone is not safe, and whose e-mail is
    someone = desk.answered_by(
        "contact_me", safe_ways=["email"], email="ana@example.org", phone="+447700900123"
    )
    # Then what a coordinator opens shows no phone
    desk.open_contact(someone)
    assert "ana@example.org" in desk.page.text
    assert "900123" not in desk.page.text.replace(" ", "")


def test_they_can_tell_what_is_held(desk: Worker) -> None:
    assert "They can tell you what we hold and when we will delete it." in lost_code_page(desk)
    someone = desk.answered_by("contact_me", done_words="In words of mine.")
    desk.open_answers(someone)
    assert "In words of mine." in desk.page.text
    # And the days on which each part is deleted are on a page that everybody can see
    desk.get("/en/privacy")
    assert desk.page.text.count("Until ") >= 3


def test_without_the_code_the_desk_cannot_change_or_delete_answers(desk: Worker) -> None:
    # The day on which a coordinator can, the page must say so, and this test goes.
    assert "They cannot change or delete your answers here without your code." in lost_code_page(
        desk
    )
    # Given everything that can be sent to the desk about one person's answers
    sent = {
        rule.rule.rpartition("/")[2]
        for rule in desk.app.url_map.iter_rules()
        if rule.rule.startswith("/desk/submissions/") and "POST" in (rule.methods or ())
    }
    # Then all of it only opens
    assert sent == {"answers", "contact"}


def actions(desk: Worker) -> list[str]:
    return [form.get("action", "") for form in desk.page.all("form")]
