"""A language that stops being offered while people are in the middle of answering in it."""

import pytest

from tests.integration.desk.test_language_reviews import (
    desk,
    every_text_has_words,
    press_offer,
    tick_everything,
)
from tests.integration.desk.worker import Worker
from tests.people import answers_for, begin, come_back, shown_code
from tests.visitor import Visitor

__all__ = ["desk", "every_text_has_words"]


def go_on_to(person: Visitor, last: str) -> None:
    """Answer everything, and agree to be contacted, until the page whose address ends so."""
    while not person.path.endswith(last):
        answers = answers_for(person) if "/page/" in person.path else {}
        if person.path.endswith("/agree"):
            answers = {"consent": ["contact_me"]}
        person.press_first(**answers)


@pytest.mark.parametrize("where", ["/page/phone", "/check", "/agree", "/done"])
def test_who_is_answering_in_it_goes_on_in_english_and_loses_nothing(
    desk: Worker,
    where: str,
) -> None:
    # Given a participant who answers in Somali
    tick_everything(desk.app)
    press_offer(desk)
    person = Visitor(desk.app.test_client())
    begin(person, "so")
    go_on_to(person, where)
    assert person.path.startswith("/so/")
    # When a coordinator stops offering it, and they go on from the page that they see
    with desk.later(minutes=2):
        press_offer(desk, "Stop offering it")
        go_on_to(person, "/done")
        # Then they have their code, in English, and it opens what they said
        person.get(person.path)
        assert person.path == "/en/calls/support-needs/done"
        come_back(person, shown_code(person))
        assert "07700 900123" in person.get("/en/choices/reach").text
        assert "You gave permission" in person.get("/en/choices/agreed").text
