"""A ranking is an order of some choices: a tie is named, a gap is closed, and nothing else is taken."""

import json
from itertools import permutations

import pytest

from tests.unit.rules.factories import choice, form, page_data, question, question_data, text
from webapp.rules.forms.kinds import NotAccepted, kind_of, read_answer
from webapp.rules.forms.questions import Question
from webapp.rules.forms.routing import read_again
from webapp.rules.publishing.call_checks import publish_problems

KEYS = ("home", "work", "rest")
ASKED = question(
    "matters",
    "ranking",
    choices=[
        {"key": "home", "label": text("A home", ar="بيت")},
        choice("work", "Work"),
        choice("rest", "Rest"),
    ],
)
KIND = kind_of(ASKED)


def refused(raw: list[str], asked: Question = ASKED) -> NotAccepted:
    with pytest.raises(NotAccepted) as caught:
        read_answer(raw, asked)
    return caught.value


@pytest.mark.parametrize("order", list(permutations(KEYS)))
def test_every_order_is_read_shown_and_filled_in_again(order: tuple[str, ...]) -> None:
    raw = [str(order.index(key) + 1) for key in KEYS]
    assert read_answer(raw, ASKED) == list(order)
    assert KIND.raw(list(order), ASKED) == raw
    assert [one.value for one in KIND.chosen(list(order), ASKED, "en")] == list(order)


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        (["", "1", ""], ["work"]),
        (["2", "", "1"], ["rest", "home"]),
        # A gap between numbers tells no more than their order
        (["3", "", "1"], ["rest", "home"]),
        (["", " 2 ", ""], ["work"]),
        # A page that sent fewer values than there are choices
        (["2", "1"], ["work", "home"]),
    ],
)
def test_choices_that_do_not_matter_are_left_out(raw: list[str], kept: list[str]) -> None:
    answer = read_answer(raw, ASKED)
    assert answer == kept
    assert read_again(ASKED, {"matters": kept}) == kept


def test_a_tie_names_both_and_marks_both() -> None:
    found = refused(["2", "1", "2"])
    assert found.message_key == "ranking-twice"
    assert found.params == {"number": 2, "one": 0, "other": 2}
    assert KIND.at_fault(found, ASKED) == ("home", "rest")
    # Of three alike, the first two
    assert KIND.at_fault(refused(["1", "1", "1"]), ASKED) == ("home", "work")


@pytest.mark.parametrize(
    "sent",
    ["0", "4", "-1", "+1", "1e0", "1.0", "01", "\uff11", "١", "home", "1\x00", "1\u200b", "9" * 5_000, "\u202e1"],
)  # fmt: skip
def test_a_number_that_is_not_offered_is_refused(sent: str) -> None:
    assert refused([sent, "", ""]).message_key == "choice-unknown"


def test_more_values_than_choices_are_refused() -> None:
    assert refused(["1", "2", "3", ""]).message_key == "answer-one-only"
    assert refused(["1", "2", "3", "1"]).message_key == "answer-one-only"


@pytest.mark.parametrize(
    "stored", ["home", ["home", "home"], ["home", "food"], ["home", "home: Mine"], ["1", "2"]]
)
def test_what_is_no_ranking_of_these_choices_is_never_read_again(stored: str | list[str]) -> None:
    # Given an answer from an earlier version of a form, or one that was forged
    assert read_again(ASKED, {"matters": stored}) is None


def test_it_is_shown_as_a_numbered_list_in_any_language() -> None:
    answer = ["rest", "home"]
    assert KIND.show(answer, ASKED, "en") == "1. Rest\n2. A home"
    assert KIND.show(answer, ASKED, "ar") == "1. Rest\n2. بيت"
    assert KIND.export(answer, ASKED) == "1. Rest; 2. A home"
    assert [one.language for one in KIND.chosen(answer, ASKED, "ar")] == ["en", "ar"]


def keys_of(count: int, **more: object) -> list[str]:
    choices = [choice(f"c{number}") for number in range(count)]
    asked = question_data("q", "ranking", choices=choices)
    made = form(page_data("a", asked), page_data("b", **more))
    return [one.key for one in publish_problems(made)]


def test_three_to_seven_choices_can_be_ranked_and_decide_nothing() -> None:
    assert [keys_of(count) for count in (3, 7)] == [[], []]
    for count in (2, 8):
        assert keys_of(count) == ["publish-scale-points"]
    when = {"question": "q", "is_any": ["c1"]}
    assert keys_of(3, when=when) == ["publish-condition-not-a-choice"]


def test_the_longest_ranking_is_counted() -> None:
    choices = [choice(f"{number}{'x' * 39}") for number in range(7)]
    asked = question("q", "ranking", choices=choices)
    answer = read_answer([str(number) for number in range(1, 8)], asked)
    assert len(json.dumps(answer).encode()) <= kind_of(asked).worst_bytes(asked)
