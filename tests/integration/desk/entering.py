"""Entering a form for a participant, as the tests let a coordinator do it."""

from tests.factories import DEMO_CALL, demo_form
from tests.integration.desk.worker import Worker
from tests.integration.public.steps import errors
from tests.people import shown_code
from tests.visitor import Value
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call

BEGIN = f"/desk/calls/{DEMO_CALL}/on-behalf"
WORDS = "The forms should be shorter."
SAID: dict[str, Value] = {
    "adult": "yes",
    "had_assessment": "no",
    "why_without": "not_told",
    "change_words": WORDS,
    "contact_wanted": "yes",
    "name_to_use": "Robin",
    "safe_ways": ["call"],
    "phone": "07700 900123",
}


def begin(worker: Worker, **heard: Value) -> str:
    """Begin to enter a participant's answers. Returns the address of the draft."""
    worker.get(BEGIN)
    worker.press("Begin", **{"how": "phone", **heard})
    assert worker.path.endswith("/page/first"), errors(worker)
    return worker.path.removesuffix("/page/first")


def type_in(worker: Worker, draft: str, **said: Value) -> None:
    """Type this, each answer on its page, pressing Continue on each. Ends on the last of them, or the one after it."""
    for page in demo_form().pages:
        here = {one.key: said[one.key] for one in page.questions if one.key in said}
        if here:
            worker.get(f"{draft}/page/{page.key}")
            worker.press("Continue", **here)


def enter(worker: Worker, **changes: Value) -> str:
    """A whole form by phone, up to where it is read back. Returns the address of the draft."""
    draft = begin(worker)
    type_in(worker, draft, **{**SAID, **changes})
    worker.get(f"{draft}/check")
    return draft


def send(worker: Worker, *boxes: str, agreed: str = "read") -> str:
    """Say what they agreed to and how, and send it. Returns the code."""
    worker.press("Send for this person", consent=list(boxes), agreed=agreed)
    assert worker.path.endswith("/code"), errors(worker)
    return shown_code(worker)


def the_call(worker: Worker) -> Call:
    with worker.app.app_context():
        return published_calls.find_call(DEMO_CALL)
