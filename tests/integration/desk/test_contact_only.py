"""A call that asks only how to reach people, "so that we can contact you": its ways work like those of any other."""

import csv
import io
from datetime import timedelta

import pytest
from flask import Flask

from tests.factories import demo_form, submit_one, told_by
from tests.integration.desk.worker import Worker
from tests.integration.public.steps import correction_page, correction_step, kept, rows_in
from tests.people import begin, come_back, send, submissions_listed
from tests.turned import the_worker_kept_running
from tests.visitor import Value, Visitor
from webapp.rules import clock
from webapp.rules.forms.form_definition import FormDefinition
from webapp.services.answers import own_copies
from webapp.services.answers.own_copies import Held
from webapp.services.calls import published_calls
from webapp.services.forms import publishing
from webapp.services.infrastructure import audit
from webapp.services.retention import expiry

SLUG = "stay-in-touch"
REACH: dict[str, Value] = {
    "contact_wanted": "yes",
    "safe_ways": ["email"],
    "email": "robin@example.org",
    "email_shared": "no",
}


def contact_only() -> FormDefinition:
    """The demo's questions about contact, and no other."""
    data = demo_form().model_dump()
    data["pages"] = [page for page in data["pages"] if page["section"] == "contact"]
    data["parts"] = {"contact": data["parts"]["contact"]}
    return FormDefinition.model_validate(data)


@pytest.fixture
def stay_in_touch(app: Flask) -> Flask:
    """The call, open for nine days; on SQLite, then on PostgreSQL."""
    closes_on = clock.today() + timedelta(days=9)
    with app.app_context():
        publishing.publish_call(
            contact_only(),
            slug=SLUG,
            closes_on=closes_on,
            tell_back_by=told_by(closes_on),
            actor=audit.OPERATOR,
        )
    return app


def answer(visitor: Visitor, boxes: tuple[str, ...] = (), **said: Value) -> str:
    """Go through its pages, say only this, and send it. Returns the code."""
    begin(visitor, call=SLUG)
    while not visitor.path.endswith("/check"):
        here = {one.get("name") for one in visitor.page.all("input", "textarea", "select")}
        visitor.press_first(**{name: value for name, value in said.items() if name in here})
    return send(visitor, boxes)


def held_by(app: Flask, code: str) -> Held:
    with app.app_context():
        return own_copies.find_held(own_copies.read_code(code))


def test_the_whole_way_of_a_participant_who_wants_to_be_reached(
    stay_in_touch: Flask, visitor: Visitor, worker: Worker
) -> None:
    # Given a participant who says how to reach them, and yes to it
    code = answer(visitor, ("contact_me",), **REACH)
    # Then a coordinator sees that there is one participant to reach, and nothing to read
    today = worker.get("/desk/")
    assert "not been read yet" not in today.text
    worker.get(f"/desk/calls/{SLUG}")
    (person,) = submissions_listed(worker)
    worker.get(f"/desk/submissions/{person}")
    assert "Open the answers" not in worker.buttons()
    worker.press("Open the contact details", **{"contact-why": "ask"})
    assert "robin@example.org" in worker.page.text
    # And the list has them
    file = worker.export(file_format="csv", who=f"{SLUG}:contact_me")
    (row,) = csv.DictReader(io.StringIO(file.get_data().decode("utf-8-sig")))
    assert "robin@example.org" in row.values()
    # When they come back and tell of another way
    come_back(visitor, code)
    assert "What you told us" not in visitor.page.text
    visitor.get("/en/choices/answers")
    assert "You left everything out" not in visitor.page.text
    visitor.get("/en/choices/reach")
    visitor.press("Change how we may reach you")
    visitor.get(correction_page("email") + "?from=check")
    visitor.press_first(email="sky@example.org")
    visitor.get(correction_step("check"))
    visitor.press("Save my changes")
    # Then that is what is held, and erasing takes all of it
    visitor.get("/en/choices/reach")
    assert "sky@example.org" in visitor.page.text
    visitor.get("/en/choices/erase")
    visitor.press("Yes, delete everything")
    assert visitor.page.h1 == "Everything is deleted"
    assert kept(stay_in_touch) == {}


def test_a_participant_who_answers_nothing_has_a_code_that_works(
    stay_in_touch: Flask, visitor: Visitor
) -> None:
    # Given a participant who skips every page and sends
    code = answer(visitor)
    # Then their code opens, and they can say later how to reach them
    come_back(visitor, code)
    assert visitor.page.h1 == "Your choices"
    assert "You gave us no safe way" in visitor.page.text
    visitor.follow("How we may reach you")
    visitor.press("Add a safe way to reach you")
    assert visitor.path == correction_page("contact")


def test_a_doubled_post_is_one_submission(stay_in_touch: Flask) -> None:
    # Given a participant who answered nothing, whose browser sends it twice
    with stay_in_touch.app_context():
        call = published_calls.find_call(SLUG)
        sent = submit_one(call, answers={}, given={})
        again = {"submission_id": sent.submission_id, "receipt": sent.receipt}
        submit_one(call, answers={}, given={}, **again)
        # Then there is one of them
        assert own_copies.find_held(sent.receipt).submission_id == sent.submission_id
    assert rows_in(stay_in_touch, "submissions") == 1


def test_taking_all_of_it_out_takes_back_every_yes_and_keeps_the_code(
    stay_in_touch: Flask, visitor: Visitor
) -> None:
    # Given a participant who may be reached
    code = answer(visitor, ("contact_me",), **REACH)
    come_back(visitor, code)
    # When they want no contact any more
    visitor.get("/en/choices/reach")
    visitor.press("Change how we may reach you")
    visitor.press_first(contact_wanted="no")
    visitor.get(correction_step("check"))
    visitor.press("Save my changes")
    # Then no consent to reach them stands, and their code still opens
    visitor.get("/en/choices/agreed")
    assert "Take it back" not in visitor.buttons()
    assert held_by(stay_in_touch, code).answers == {"contact_wanted": "no"}


def test_it_goes_on_its_day(stay_in_touch: Flask, visitor: Visitor, worker: Worker) -> None:
    # Given a participant's contact details
    code = answer(visitor, ("contact_me",), **REACH)
    due_on = held_by(stay_in_touch, code).due_on["contact"]
    # When the day comes that was promised
    with worker.later(days=(due_on - clock.today()).days + 1):
        with stay_in_touch.app_context():
            the_worker_kept_running()
            expiry.erase_due()
        # Then nothing of them is left
        assert kept(stay_in_touch) == {}
