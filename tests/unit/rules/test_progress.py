"""The count that people see on their way: true from the first page to Send, and never growing."""

from collections.abc import Iterator
from time import process_time
from typing import Any

import pytest

from tests.unit.rules.factories import DEMO, choice, form, page_data, question_data
from webapp.rules.forms.definition_json import read_as
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.kinds import Answer
from webapp.rules.forms.progress import (
    Place,
    asks_contact,
    number_of,
    parts_of_way,
    place_of,
    question_pages,
)
from webapp.rules.forms.questions import Page
from webapp.rules.forms.routing import next_page, visible_pages

THE_DEMO = read_as(FormDefinition, DEMO.read_bytes()).without_help.asked_before_sending


def branching(*, or_skipped: bool = False) -> FormDefinition:
    """A form in which an answer leads to one page, and another answer to two others."""
    first = question_data(
        "way", "choice", choices=[choice("left"), choice("right"), choice("none")]
    )
    left = {"question": "way", "is_any": ["left"]}
    right = {"question": "way", "is_any": ["right"], "or_skipped": or_skipped}
    return form(
        page_data("start", first),
        page_data("left", when=left),
        page_data("right", when=right),
        page_data("right-more", when=right),
        page_data("end"),
    )


def ways(asked: FormDefinition, page: Page, answers: dict[str, Answer]) -> Iterator[list[Place]]:
    """What is said about their place on every way from this page on, whatever is chosen where a choice decides."""
    here = place_of(asked, answers, page)
    for said in sayings(asked, page):
        said_by_now = {**answers, **said}
        following = next_page(asked, said_by_now, page.key)
        if following is None:
            yield [here]
        else:
            for rest in ways(asked, following, said_by_now):
                yield [here, *rest]


def sayings(asked: FormDefinition, page: Page) -> Iterator[dict[str, Answer]]:
    deciding = {one.when.question for one in asked.pages if one.when}
    for question in page.asked:
        if question.key in deciding:
            yield {}
            for key in question.choice_keys:
                yield {question.key: [key] if question.kind == "choices" else key}
            if question.kind == "choices":
                yield {question.key: [one.key for one in question.choices]}
            return
    yield {}


@pytest.mark.parametrize(
    "asked", [THE_DEMO, branching(), branching(or_skipped=True)], ids=["demo", "one way", "skipped"]
)
def test_no_count_grows_on_any_way_and_the_last_page_is_the_last(asked: FormDefinition) -> None:
    count = 0
    for places in ways(asked, asked.pages[0], {}):
        count += 1
        # Parts come in order, there are as many on every page, and check and send is the last.
        parts = [place.part for place in places if place.part]
        assert parts == sorted(parts)
        assert {place.parts for place in places} == {parts_of_way(asked)}
        assert parts[-1] == parts_of_way(asked) - 1
        # Pages are numbered one by one, the total never grows, and the last one is what was said.
        numbered = [place for place in places if place.number]
        totals = [place.total or 0 for place in numbered]
        assert [place.number for place in numbered] == list(range(1, len(numbered) + 1))
        assert totals == sorted(totals, reverse=True)
        assert totals[-1] == len(numbered) <= totals[0] == question_pages(asked)
    assert count > 2


def test_the_demo_says_seven_pages_of_questions_and_three_parts() -> None:
    assert question_pages(THE_DEMO) == 7
    assert asks_contact(THE_DEMO)
    assert place_of(THE_DEMO, {}, THE_DEMO.page("first")) == Place(1, 3, 1, 7)
    assert place_of(THE_DEMO, {}, THE_DEMO.page("phone")) == Place(2, 3)


def test_two_ways_that_exclude_each_other_are_not_added_up() -> None:
    assert question_pages(branching()) == 4


def test_an_answer_that_shortens_the_way_shortens_the_count() -> None:
    demo = THE_DEMO
    answers: dict[str, Answer] = {"adult": "yes", "had_assessment": "no"}
    (without,) = [one for one in visible_pages(demo, answers) if one.key == "without"]
    assert place_of(demo, answers, without) == Place(1, 3, 3, 5)


def test_an_answer_on_a_later_page_changes_no_number_before_it() -> None:
    first = THE_DEMO.page("first")
    answers: dict[str, Answer] = {"adult": "yes", "had_assessment": "no"}
    assert number_of(THE_DEMO, answers, first) == number_of(THE_DEMO, {}, first)


def test_a_call_that_only_asks_for_contact_has_two_parts_and_no_number() -> None:
    contact = page_data("reach", question_data("name_to_use", part="contact"), section="contact")
    asked = form(contact)
    assert question_pages(asked) == 0
    assert place_of(asked, {}, asked.pages[0]) == Place(1, 2)


def test_a_long_form_with_many_turns_is_counted_at_once() -> None:
    pages: list[dict[str, Any]] = [page_data("p0", question_data("q0", "choice"))]
    for number in range(1, 40):
        when = {"question": f"q{number - 1}", "is_any": ["one"], "or_skipped": True}
        pages.append(page_data(f"p{number}", question_data(f"q{number}", "choice"), when=when))
    assert question_pages(form(*pages)) == 40


def test_many_questions_that_each_decide_something_are_counted_at_once() -> None:
    # Twenty turns at first, and a page for each of them later: 3,486,784,401 ways
    turns = [page_data(f"p{number}", question_data(f"q{number}", "choice")) for number in range(20)]
    later = [
        page_data(f"later{number}", when={"question": f"q{number}", "is_any": ["one"]})
        for number in range(20)
    ]
    asked, began = form(*turns, *later), process_time()
    assert question_pages(asked) == 40
    assert place_of(asked, {"q0": "two"}, asked.page("p1")) == Place(1, 2, 2, 39)
    assert process_time() - began < 1
