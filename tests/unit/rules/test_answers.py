import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.rules.factories import demo, form, page_data, question_data, text
from tests.unit.rules.strategies import answers_to
from webapp.rules.forms.answers_on_form import AnswersOnForm
from webapp.rules.forms.form_definition import FormDefinition, NoSuchPage
from webapp.rules.forms.kinds import Answer
from webapp.rules.forms.routing import (
    AnswersMissing,
    Stopped,
    form_without,
    next_page,
    parts_of,
    prune,
    stopped_by,
    visible_pages,
)
from webapp.rules.publishing.form_checks import LARGEST_ANSWERS

DEMO = demo()


def branching() -> FormDefinition:
    return form(
        page_data("start", question_data("went", "yes_no")),
        page_data(
            "more", question_data("how", "choice"), when={"question": "went", "is_any": ["yes"]}
        ),
        page_data("deep", question_data("why"), when={"question": "how", "is_any": ["one", "two"]}),
        page_data("last", question_data("end")),
    )


def keys(form: FormDefinition, answers: dict[str, Answer]) -> list[str]:
    return [page.key for page in visible_pages(form, answers)]


def test_a_page_with_a_condition_shows_only_when_it_holds() -> None:
    assert keys(branching(), {}) == ["start", "last"]
    assert keys(branching(), {"went": "no"}) == ["start", "last"]
    assert keys(branching(), {"went": "yes"}) == ["start", "more", "last"]
    assert keys(branching(), {"went": "yes", "how": "two"}) == ["start", "more", "deep", "last"]


def test_an_answer_on_a_page_left_behind_has_no_say_and_is_not_kept() -> None:
    # Given a participant who went down a branch
    answers: dict[str, Answer] = {"went": "yes", "how": "one", "why": "Because", "end": "Bye"}
    assert "deep" in keys(branching(), answers)
    # When they change their first answer
    answers["went"] = "no"
    # Then the whole branch is gone, and what they said there
    assert keys(branching(), answers) == ["start", "last"]
    assert prune(branching(), answers) == {"went": "no", "end": "Bye"}


def test_a_page_can_also_be_shown_to_those_who_skipped_the_question() -> None:
    assert "later" in keys(DEMO, {})
    assert "later" in keys(DEMO, {"had_assessment": "not_sure"})
    assert "later" not in keys(DEMO, {"had_assessment": "no"})


def test_choices_open_a_page_when_any_of_them_matches() -> None:
    answers: dict[str, Answer] = {"contact_wanted": "yes", "safe_ways": ["email", "call"]}
    assert {"email", "phone", "times"} <= set(keys(DEMO, answers))
    assert not {"email", "phone", "times"} & set(keys(DEMO, answers | {"safe_ways": ["none"]}))
    assert "phone" not in keys(DEMO, answers | {"safe_ways": ["email"]})


def test_no_contact_wanted_means_no_contact_questions_and_nothing_of_them_kept() -> None:
    answers: dict[str, Answer] = {
        "contact_wanted": "no",
        "name_to_use": "Ana",
        "safe_ways": ["email"],
        "email": "ana@example.org",
    }
    route = visible_pages(DEMO, answers)
    assert [page.key for page in route if page.section == "contact"] == ["contact"]
    assert prune(DEMO, answers) == {"contact_wanted": "no"}


def test_next_and_previous_follow_the_route() -> None:
    form, answers = branching(), {"went": "no"}
    following, before = (
        next_page(form, answers, "start"),
        AnswersOnForm(form, answers).before(form.page("last")),
    )
    assert following and following.key == "last"
    assert before and before.key == "start"
    assert next_page(form, answers, "last") is None
    assert AnswersOnForm(form, answers).before(form.page("start")) is None


def test_next_works_from_a_page_that_is_no_longer_on_the_route() -> None:
    following = next_page(branching(), {"went": "no"}, "deep")
    assert following and following.key == "last"


def test_an_unknown_page_is_named_as_such() -> None:
    with pytest.raises(NoSuchPage):
        next_page(branching(), {}, "nowhere")


def test_under_18_the_route_ends_and_nothing_can_be_sealed() -> None:
    answers: dict[str, Answer] = {"adult": "no", "change_words": "Something"}
    assert keys(DEMO, answers) == ["first"]
    stop = stopped_by(DEMO, answers)
    assert stop and "0800 1111" in stop.text["en"]
    assert next_page(DEMO, answers, "first") is None
    with pytest.raises(Stopped):
        parts_of(DEMO, answers)


def test_a_required_question_that_was_walked_around_keeps_everything_from_being_sealed() -> None:
    answers: dict[str, Answer] = {"change_words": "Something"}
    assert [one.question.key for one in AnswersOnForm(DEMO, answers).missing] == ["adult"]
    with pytest.raises(AnswersMissing) as caught:
        parts_of(DEMO, answers)
    assert caught.value.missing[0].page.key == "first"


def test_answers_that_the_form_would_not_accept_are_dropped() -> None:
    answers: dict[str, Answer] = {
        "went": "yes",
        "how": "an old choice",
        "why": "x",
        "end": "  Bye\u202e ",
        "unknown": "x",
    }
    assert prune(branching(), answers) == {"went": "yes", "end": "Bye"}


def test_parts_are_apart_and_empty_ones_are_left_out() -> None:
    answers: dict[str, Answer] = {"adult": "yes", "change_words": "Less waiting"}
    assert parts_of(DEMO, answers) == {
        "testimony": {"adult": "yes", "change_words": "Less waiting"}
    }
    with_more = answers | {"contact_wanted": "no", "age_band": "25_34"}
    assert parts_of(DEMO, with_more)["contact"] == {"contact_wanted": "no"}
    assert parts_of(DEMO, with_more)["equality"] == {"age_band": "25_34"}


@given(answers_to(DEMO))
def test_pruned_answers_are_all_on_the_route(answers: dict[str, Answer]) -> None:
    kept = prune(DEMO, answers)
    asked = {one.key for page in visible_pages(DEMO, kept) for one in page.questions}
    assert set(kept) <= asked
    assert prune(DEMO, kept) == kept
    assert keys(DEMO, kept) == keys(DEMO, answers)


@given(answers_to(DEMO), st.sampled_from([page.key for page in DEMO.pages]))
def test_going_on_and_back_never_turns_in_a_circle(answers: dict[str, Answer], key: str) -> None:
    following = next_page(DEMO, answers, key)
    if following:
        assert DEMO.place(following.key) > DEMO.place(key)
    before = AnswersOnForm(DEMO, answers).before(DEMO.page(key))
    if before:
        assert DEMO.place(before.key) < DEMO.place(key)


@given(answers_to(DEMO).map(lambda answers: answers | {"adult": "yes"}))
def test_parts_hold_each_kept_answer_once(answers: dict[str, Answer]) -> None:
    parts = parts_of(DEMO, answers)
    flat = {key: value for part in parts.values() for key, value in part.items()}
    assert flat == prune(DEMO, answers)
    assert sum(len(part) for part in parts.values()) == len(flat)


def test_the_longest_answers_fit_the_envelope() -> None:
    # Given the widest characters in every field, as long as each may be
    full: dict[str, Answer] = {
        "adult": "yes",
        "contact_wanted": "yes",
        "safe_ways": ["email", "call"],
    }
    for question in DEMO.questions:
        if question.kind in ("text", "long_text"):
            full[question.key] = "\U0001f525" * (question.max_length or 1500)
    # Then all parts together are under the limit
    parts = parts_of(DEMO, full)
    assert len(json.dumps(parts, ensure_ascii=False).encode()) < LARGEST_ANSWERS


def test_a_page_that_depended_on_what_is_gone_is_asked_and_its_answers_stay() -> None:
    # Given contact pages that only came for an answer about the call, and a form without those about the call
    contact = question_data("name_to_use", part="contact")
    asked_for = {"question": "went", "is_any": ["yes"]}
    made = form(
        page_data("start", question_data("went", "yes_no")),
        page_data("reach", contact, section="contact", when=asked_for),
    )
    left = form_without(made, {"call"})
    # Then what was answered there is on the route, and is kept
    held: dict[str, Answer] = {"name_to_use": "Robin"}
    assert [page.key for page in visible_pages(left, held)] == ["reach"]
    assert prune(left, held) == held


def test_a_condition_whose_question_is_there_still_holds() -> None:
    left = form_without(DEMO, {"call"})
    assert "email" not in [page.key for page in visible_pages(left, {"contact_wanted": "no"})]


def test_a_stop_may_sit_in_the_middle() -> None:
    stop = {"question": "b", "is_any": ["yes"], "title": text(), "text": text()}
    made = form(
        page_data("a"), page_data("b", question_data("b", "yes_no"), stop=stop), page_data("c")
    )
    assert keys(made, {"b": "yes"}) == ["a", "b"]
    assert keys(made, {"b": "no"}) == ["a", "b", "c"]
