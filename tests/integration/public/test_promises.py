"""Sentences about what is kept, sent and set, each beside what makes it true."""

import re

from tests.factories import demo_form
from tests.integration.public.steps import START, page_address, seen, step_address
from tests.live import ROOT
from tests.pages import Page
from tests.people import ALL_BOXES, SOME_WORDS, answers_for, begin
from tests.tally import Tell
from tests.visitor import Visitor
from webapp import sessions
from webapp.models import Submission
from webapp.rules import reading_time

SCRIPT = ROOT / "static" / "hearth.js"


def main_words(page: Page) -> int:
    return seen(page.only("main"))


def test_the_minutes_are_those_of_the_whole_way(page_visitor: Visitor, tell: Tell) -> None:
    # Given somebody who reads everything on the longest way
    read = main_words(page_visitor.get(START))
    begin(page_visitor)
    read += 60
    while not page_visitor.path.endswith("/check"):
        read += main_words(page_visitor.page)
        page_visitor.press_first(**answers_for(page_visitor))
    read += main_words(page_visitor.page)
    page_visitor.press_first()
    read += main_words(page_visitor.page)
    page_visitor.press_first(consent=list(ALL_BOXES))
    read += main_words(page_visitor.page)
    # Then the start told them about as long as that takes, writing included
    form = demo_form()
    asked = form.asked_before_sending.without_help.questions
    writing = sum(reading_time.seconds_to_answer(question) for question in asked) / 60
    needed = read / reading_time.WORDS_A_MINUTE + writing
    told = reading_time.minutes(form)
    tell("how long it takes", f"{read} words on the way, {needed:.0f} minutes; told: {told}")
    assert abs(told - needed) <= reading_time.STEP


def test_paused_words_are_sent_and_the_pages_say_so(page_visitor: Visitor) -> None:
    # Given that the script keeps what somebody writes while they pause
    assert "data-keep" in SCRIPT.read_text() or "dataset.keep" in SCRIPT.read_text()
    # Then no page says that nothing comes to us before Send
    for path in (START, "/en/privacy", "/en/safety"):
        assert "We get nothing" not in page_visitor.get(path).text
    # And the page about what we keep says that words come when somebody pauses
    assert "stop typing for a moment" in page_visitor.get("/en/privacy").text
    assert "Nobody can read them until you press Send" in page_visitor.get(START).text


def test_no_other_cookies_are_used_than_those_that_are_told(page_visitor: Visitor) -> None:
    # Given the page that says it
    assert "A second cookie may say the same" in page_visitor.get("/en/privacy").text
    assert "We use no other cookies" in page_visitor.page.text
    # When somebody goes the whole way and leaves
    begin(page_visitor)
    names = {one.key for one in page_visitor.client._cookies.values()}  # type: ignore[attr-defined]
    page_visitor.get(page_address("health"))
    page_visitor.press_first(health_words=SOME_WORDS)
    page_visitor.get(step_address("check"))
    page_visitor.client.get("/leave")
    names |= {one.key for one in page_visitor.client._cookies.values()}  # type: ignore[attr-defined]
    # Then there was one, and the script sets the other alone
    assert names == {sessions.COOKIES["public"]}
    set_by_script = re.findall(r"document\.cookie\s*=\s*'(\w+)=(\w+)", SCRIPT.read_text())
    assert set_by_script == [(sessions.CLOSED_NAME, sessions.CLOSED)]


def test_what_is_kept_beside_the_answers_is_told(page_visitor: Visitor) -> None:
    # Given the columns of a submission that say something about a person
    told = page_visitor.get("/en/privacy").text
    columns = set(Submission.__table__.columns.keys())
    assert {"language", "typed_by"} <= columns
    assert "the day you sent them, the language you used, and whether you typed them" in told
