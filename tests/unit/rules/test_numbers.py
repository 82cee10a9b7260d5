"""Whole numbers: what people type is one number or none, and is never read as another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.rules.factories import form, page_data, question, question_data
from tests.unit.rules.strategies import TYPED
from webapp.rules.forms.kinds import NotAccepted, kind_of, read_answer
from webapp.rules.forms.kinds.number import LARGEST
from webapp.rules.forms.questions import Question
from webapp.rules.publishing.call_checks import publish_problems

HOW_MANY = question("how_many", "number", at_least=0, at_most=20)
ANY = question("any", "number")


def refused(typed: str, asked: Question = HOW_MANY) -> tuple[str, dict[str, int]]:
    with pytest.raises(NotAccepted) as caught:
        read_answer([typed], asked)
    return caught.value.message_key, caught.value.params


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("12", "12"),
        ("  12\r\n", "12"),
        ("007", "7"),
        ("00", "0"),
        ("12.", "12"),
        ("1,000", "1000"),
        ("1.000.000", "1000000"),
        ("1 000", "1000"),
        ("1\u00a0000\u202f000", "1000000"),
        ("1’000", "1000"),
        ("1,00,000", "100000"),
        ("\uff11\uff12", "12"),
        ("١٢", "12"),
        ("۱۲", "12"),
        ("১২", "12"),
        ("१२", "12"),
        ("١٬٠٠٠", "1000"),
        ("\u200f١٢\u200e", "12"),
        ("\u202e12\u202c", "12"),
        ("1\u200b2\ufeff", "12"),
        ("999,999,999", "999999999"),
    ],
)
def test_a_number_is_taken_as_people_type_it(typed: str, kept: str) -> None:
    assert read_answer([typed], ANY) == kept
    assert read_answer([kept], ANY) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "-0", "-3", "\u22123", "+3", "1e3", "0x10", "2.5", "1,5", "1/2", "½", "²", "③", "፲፪", "XII",
        "2 3", "1,2,3", "1,0000", "1,000.000", "1,,000", "٢٫٥",
        "twelve", "12 people", "12\u0301", "1_000", "NaN", ",", ".",
    ],
)  # fmt: skip
def test_what_could_mean_another_number_is_refused_with_the_bounds(typed: str) -> None:
    assert refused(typed) == ("number-range", {"min": 0, "max": 20})
    assert refused(typed, ANY) == ("number-not-whole", {})


@pytest.mark.parametrize("digits", ["9" * 5_000, "٩" * 5_000, "1" + ",000" * 1_700, "1000000000"])
def test_a_number_of_any_length_is_refused_at_once(digits: str) -> None:
    assert refused(digits) == ("number-range", {"min": 0, "max": 20})
    assert refused(digits, ANY) == ("number-range", {"min": 0, "max": LARGEST})


def test_five_thousand_zeros_before_a_number_do_not_count() -> None:
    assert read_answer(["0" * 5_000 + "7"], HOW_MANY) == "7"


def test_the_bounds_are_taken_and_nothing_beyond_them() -> None:
    years = question("year", "number", at_least=1990, at_most=2030)
    assert [read_answer([one], years) for one in ("1990", "2030")] == ["1990", "2030"]
    for outside in ("1989", "2031", "0"):
        assert refused(outside, years) == ("number-range", {"min": 1990, "max": 2030})


@given(number=st.integers(0, 20), around=st.sampled_from(["", " ", "\u200f", "\u2066", "\ufeff"]))
def test_each_number_between_the_bounds_is_its_own_answer(number: int, around: str) -> None:
    assert read_answer([f"{around}{number}{around}"], HOW_MANY) == str(number)


@given(typed=TYPED)
def test_whatever_is_typed_what_is_kept_is_plain_digits(typed: str) -> None:
    try:
        answer = read_answer([f"1{typed}"], ANY)
    except NotAccepted:
        return
    assert isinstance(answer, str)
    assert answer == str(int(answer))
    assert answer.isascii() and len(answer) <= len(str(LARGEST))


def keys(*questions: dict[str, object], **of_page: object) -> list[str]:
    made = form(page_data("a", *questions), page_data("b", **of_page))
    return [one.key for one in publish_problems(made)]


@pytest.mark.parametrize(
    "bounds", [{"at_least": 1}, {"at_most": 9}, {"at_least": 9, "at_most": 1}, {"at_least": 3, "at_most": 3}]
)  # fmt: skip
def test_bounds_that_no_answer_could_meet_are_not_published(bounds: dict[str, int]) -> None:
    assert keys(question_data("q", "number", **bounds)) == ["publish-bounds-wrong"]


def test_only_a_number_has_bounds() -> None:
    assert keys(question_data("q", at_least=1, at_most=2)) == ["publish-bounds-not-used"]
    assert "publish-statement-only-says" in keys(
        question_data("q", "statement", at_least=0), question_data("q2")
    )
    assert keys(question_data("q", "number", at_least=0, at_most=5)) == []


def test_a_number_decides_about_no_page_and_ends_no_form() -> None:
    # Given a page that waits for a number, and one that stops at one
    number = question_data("q", "number", at_least=0, at_most=5)
    when = {"question": "q", "is_any": ["3"]}
    assert keys(number, when=when) == ["publish-condition-not-a-choice"]
    stop = {"question": "q", "is_any": ["3"], "title": {"en": "End"}, "text": {"en": "Thank you."}}
    made = form(page_data("a", number, stop=stop))
    assert [one.key for one in publish_problems(made)] == ["publish-condition-not-a-choice"]


def test_a_number_is_counted_in_bytes_at_its_longest() -> None:
    assert kind_of(ANY).worst_bytes(ANY) == len('"999999999"')
    assert kind_of(HOW_MANY).worst_bytes(HOW_MANY) == len('"20"')
