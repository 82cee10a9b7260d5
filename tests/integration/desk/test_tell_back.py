"""Coordinators tell people what became of a call: they write it, look at it, publish it, correct it, are reminded."""

from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import delete

from tests.factories import CONTENT, DEMO_CALL, told_by
from tests.integration.desk.worker import Worker
from webapp.models import TellBack as PromiseRow
from webapp.rules import clock
from webapp.rules.tell_back import LONGEST_TOLD, Month
from webapp.services.calls import published_calls, tell_backs, telling_back
from webapp.services.calls.published_calls import Call
from webapp.services.calls.tell_backs import TellBack
from webapp.services.calls.telling_back import Words
from webapp.services.forms import publishing
from webapp.services.forms.definition_files import read_call_file
from webapp.services.infrastructure import audit, stores

AFTER = f"/desk/calls/{DEMO_CALL}/after"
TYPED = {
    "heard": "Many of you said that forms are long.",
    "asked": "We asked for short forms.",
    "since": "Nothing yet, because the office moved.",
}
OTHERS = Words(*TYPED.values())


@pytest.fixture
def call(page_worker: Worker) -> Call:
    with page_worker.app.app_context():
        return published_calls.find_call(DEMO_CALL)


def publish(worker: Worker, call: Call, words: Words = OTHERS, *, by: int = 1) -> None:
    """Another coordinator publishes it first."""
    with worker.app.app_context():
        telling_back.publish(call, "en", words, based_on=0, actor=UUID(int=by))


def stored(worker: Worker, call: Call) -> TellBack:
    with worker.app.app_context():
        return tell_backs.find(call.id)


def month_typed(month: Month) -> str:
    return f"{month.first_day:%m/%Y}"


def test_from_the_call_to_what_people_read(call: Call, page_worker: Worker) -> None:
    worker = page_worker
    # Given the page of a call, which leads there
    worker.get(f"/desk/calls/{DEMO_CALL}")
    worker.follow("Tell people what became of it")
    assert worker.path == AFTER
    assert "Not written yet." in worker.page.text
    # When a coordinator leaves a text out, then they are told that "nothing yet" is an answer
    worker.follow("Write it in English")
    worker.press("See how it looks", **{**TYPED, "since": ""})
    assert worker.status == HTTPStatus.BAD_REQUEST
    assert "“Nothing yet”, and why, is an answer, too" in worker.page.text
    # When they look at it, and change something, nothing typed is lost
    worker.press("See how it looks", **TYPED)
    assert "This is a preview." in worker.page.text
    assert TYPED["asked"] in worker.page.text
    worker.press("Change something")
    assert TYPED["heard"] in worker.page.text
    worker.press("See how it looks", asked="We asked for very short forms.")
    # Then nobody reads it yet, and publishing wants a fresh code
    assert (
        "We have not written this yet."
        in Worker(worker.app, worker.founded).get(f"/en/after/{DEMO_CALL}").text
    )
    with worker.later(minutes=6):
        worker.press("Publish it")
        assert "You are about to publish what became of a call" in worker.page.text
        worker.confirm()
        assert "Published. Anyone can read it now." in worker.page.text
        assert "We asked for very short forms." in worker.get(f"/en/after/{DEMO_CALL}").text
    assert "told what became of a call" in worker.tags()


def test_a_correction_replaces_the_words_and_a_translation_stands_beside_them(
    page_worker: Worker,
) -> None:
    worker, day = page_worker, clock.today() + timedelta(days=9)
    # Given a call that has words in Vietnamese
    with worker.app.app_context():
        form = read_call_file(CONTENT / "support-needs.json")
        publishing.publish_call(
            form, slug="spring", closes_on=day, tell_back_by=told_by(day), actor=audit.OPERATOR
        )
        call = published_calls.find_call("spring")
    after = "/desk/calls/spring/after"
    # Then no other language comes before English
    assert "Write it in Vietnamese" not in worker.get(after).text
    worker.get(f"{after}/in/vi")
    assert "Write it in English first." in worker.page.text
    publish(worker, call)
    # When the English is corrected, and Vietnamese words are written
    for code, since in (("en", "Forms are short now."), ("vi", "Mẫu đơn đã ngắn.")):
        worker.get(f"{after}/in/{code}")
        worker.press("See how it looks", **{**TYPED, "since": since})
        worker.press("Publish it")
    # Then each is read in its language
    assert "Forms are short now." in worker.get("/en/after/spring").text
    assert "Mẫu đơn đã ngắn." in worker.get("/vi/after/spring").text
    # And a language that the call does not have has no page here
    worker.get(f"{after}/in/fr")
    assert worker.status == HTTPStatus.NOT_FOUND


def test_two_coordinators_at_once_see_both_texts(call: Call, page_worker: Worker) -> None:
    worker = page_worker
    # Given a coordinator who is about to publish
    worker.get(f"{AFTER}/in/en")
    worker.press("See how it looks", **TYPED)
    # When another one was faster
    theirs = Words("They heard.", "They asked.", "They saw.")
    publish(worker, call, theirs, by=2)
    worker.press("Publish it")
    # Then nothing is replaced, and both texts are on the page
    assert worker.status == HTTPStatus.CONFLICT
    assert "published other words on" in worker.page.text
    assert "They asked." in worker.page.text
    assert TYPED["asked"] in worker.page.text
    assert stored(worker, call).texts["en"].heard == theirs.heard
    # And who has read both can publish
    worker.press("See how it looks")
    worker.press("Publish it")
    assert stored(worker, call).texts["en"].heard == TYPED["heard"]


def test_words_have_bounds_and_hidden_characters_are_gone(call: Call, page_worker: Worker) -> None:
    worker = page_worker
    worker.get(f"{AFTER}/in/en")
    worker.press("See how it looks", **{**TYPED, "heard": "x" * (LONGEST_TOLD + 3)})
    assert "Make this 3 letters shorter" in worker.page.text
    worker.press("See how it looks", **{**TYPED, "heard": "They \u202eheard\u2066 us\x00."})
    worker.press("Publish it")
    assert stored(worker, call).texts["en"].heard == "They heard us."


def test_the_longest_words_in_any_script_can_be_published(call: Call, page_worker: Worker) -> None:
    worker = page_worker
    longest = dict.fromkeys(TYPED, "ሀ" * LONGEST_TOLD)
    worker.get(f"{AFTER}/in/en")
    worker.press("See how it looks", **longest)
    with worker.later(minutes=6):
        worker.press("Publish it")
        worker.confirm()
        assert stored(worker, call).is_written


def test_the_month_is_moved_with_a_reason_and_only_later(call: Call, page_worker: Worker) -> None:
    worker, by = page_worker, told_by(call.closes_on)
    worker.get(AFTER)
    worker.follow("Move it to a later month")
    # A month that is not later, no month, and no reason are refused
    worker.press("Move it", month=month_typed(by.later(2)))
    assert "Choose why you are doing this" in worker.page.text
    worker.press("Move it", month=month_typed(by.later(-1)), why="reading")
    assert "Enter a later month" in worker.page.text
    worker.press("Move it", month="soon", why="reading")
    assert "Enter the month like 06/2027" in worker.page.text
    worker.press("Move it", month=month_typed(by.later(40)), why="reading")
    assert "or an earlier month" in worker.page.text
    # When it is moved, then people and the record know
    worker.press("Move it", month=month_typed(by.later(2)), why="reading")
    assert "The month was moved." in worker.page.text
    assert f"At first it was {by.first_day:%B %Y}" in worker.page.text
    (line,) = [one for one in worker.record() if one.tag == "month to tell back moved"]
    assert line.reason == "We need more time to read and to write it"
    assert f"At first we said {by.first_day:%B %Y}" in worker.get(f"/en/after/{DEMO_CALL}").text
    # And a page from before says what happened meanwhile
    worker.get(f"{AFTER}/month")
    with worker.app.app_context():
        telling_back.move(call, by.later(3), seen=by.later(2), actor=UUID(int=2), reason="More")
    worker.press("Move it", month=month_typed(by.later(4)), why="reading")
    assert "Someone else made a change first" in worker.page.text
    assert stored(worker, call).by == by.later(3)


def test_a_call_of_before_is_asked_for_its_month(call: Call, page_worker: Worker) -> None:
    worker = page_worker
    with worker.app.app_context(), stores.writing() as main:
        main.execute(delete(PromiseRow))
    # Given a call that was published before people were told a month, then Today asks for one
    (line,) = [one for one in worker.lines() if "hear what became of" in one]
    assert "Nobody has said by which month" in line
    worker.follow_line("Nobody has said by which month")
    worker.follow("Choose the month")
    worker.press("Save", month=month_typed(Month.of(call.closes_on)))
    assert "because you need time to read" in worker.page.text
    worker.press("Save", month=month_typed(told_by(call.closes_on)))
    assert "Saved. People see the month from now on." in worker.page.text
    assert not [one for one in worker.lines() if "hear what became of" in one]


def test_today_says_what_is_due_and_strongly_what_is_late(call: Call, page_worker: Worker) -> None:
    worker, by = page_worker, told_by(call.closes_on)
    assert not [one for one in worker.lines() if "became of" in one]
    for day, said, urgent in (
        (by.first_day, "Due this month: tell people what became of", False),
        (by.last_day + timedelta(days=1), "and nothing is written", True),
    ):
        with time_machine.travel(day + timedelta(hours=12)):
            worker.sign_in()
            assert [one for one in worker.lines() if said in one]
            (line,) = [one for one in worker.page.all("li") if said in "".join(one.itertext())]
            assert (line.get("class") == "urgent") is urgent
            # And it leads to where it is written
            worker.follow_line(said)
            assert worker.path == AFTER
    publish(worker, call)
    with time_machine.travel(by.last_day + timedelta(days=3)):
        worker.sign_in()
        assert not [one for one in worker.lines() if "became of" in one]
