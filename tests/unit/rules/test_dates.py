"""A day, as people write it: what is taken, what is refused, and which of the three inputs is named."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.rules.factories import question
from tests.unit.rules.strategies import TYPED
from webapp.rules.forms.kinds import NotAccepted, kind_of, read_answer

DAY = question(kind="date")


@pytest.mark.parametrize(
    "typed",
    [
        ["7", "3", "2026"],
        ["07", "03", "2026"],
        [" 7 ", "\u200f3\u200e", "2026\r\n"],
        ["7th", "March", "2026"],
        ["7.", "mar.", "2026"],
        ["7", "MARCH", "2026"],
        ["\u0667", "\u0663", "\u0662\u0660\u0662\u0666"],  # Arabic-Indic
        ["\u06f7", "\u06f3", "\u06f2\u06f0\u06f2\u06f6"],  # Persian
        ["\u096d", "\u0969", "\u0968\u0966\u0968\u096c"],  # Devanagari
        ["\uff17", "\uff13", "\uff12\uff10\uff12\uff16"],  # full width
    ],
)
def test_a_day_is_taken_as_people_write_it(typed: list[str]) -> None:
    assert read_answer(typed, DAY) == "2026-03-07"


@pytest.mark.parametrize(
    ("typed", "message", "at_fault"),
    [
        (["", "3", "2026"], "date-no-day", "day"),
        (["7", "", "2026"], "date-no-month", "month"),
        (["7", "3", ""], "date-no-year", "year"),
        (["7"], "date-no-month", "month"),
        (["32", "3", "2026"], "date-day", "day"),
        (["0", "3", "2026"], "date-day", "day"),
        (["-7", "3", "2026"], "date-day", "day"),
        (["seven", "3", "2026"], "date-day", "day"),
        (["7", "13", "2026"], "date-month", "month"),
        (["7", "0", "2026"], "date-month", "month"),
        (["7", "ma", "2026"], "date-month", "month"),
        (["7", "mars", "2026"], "date-month", "month"),
        (["7", "3", "26"], "date-year", "year"),
        (["7", "3", "1066"], "date-year", "year"),
        (["7", "3", "20266"], "date-year", "year"),
        (["7", "3", "x" * 1_000_000], "date-year", "year"),
        (["30", "2", "2024"], "date-not-in-month", "day"),
        (["32", "13", "26"], "date-day", "day"),
    ],
)
def test_what_is_no_day_names_the_first_part_to_look_at(
    typed: list[str], message: str, at_fault: str
) -> None:
    with pytest.raises(NotAccepted) as caught:
        read_answer(typed, DAY)
    assert caught.value.message_key == message
    assert kind_of(DAY).at_fault(caught.value, DAY) == (at_fault,)


def test_a_leap_day_is_a_day_and_a_month_says_how_long_it_is() -> None:
    assert read_answer(["29", "feb", "2024"], DAY) == "2024-02-29"
    with pytest.raises(NotAccepted) as caught:
        read_answer(["29", "feb", "2026"], DAY)
    assert caught.value.params == {"max": 28}


def test_a_part_that_comes_twice_is_refused_as_a_whole() -> None:
    with pytest.raises(NotAccepted) as caught:
        read_answer(["7", "3", "2026", "8"], DAY)
    assert caught.value.message_key == "answer-one-only"
    assert kind_of(DAY).at_fault(NotAccepted("answer-one-only"), DAY) == ("day", "month", "year")


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_every_day_comes_back_as_it_was(day: date) -> None:
    kind = kind_of(DAY)
    typed = [str(day.day), str(day.month), str(day.year)]
    answer = read_answer(typed, DAY)
    assert answer == day.isoformat() == kind.export(day.isoformat(), DAY)
    assert kind.raw(day.isoformat(), DAY) == typed


@given(TYPED, TYPED, TYPED)
def test_whatever_is_typed_is_a_day_or_a_kind_word(day: str, month: str, year: str) -> None:
    try:
        answer = read_answer([day, month, year], DAY)
    except NotAccepted:
        return
    assert answer is None or date.fromisoformat(str(answer))


@pytest.mark.parametrize("before", ["Some words", "2026-3-7", ["one", "two"], "", []])
def test_an_answer_from_when_the_question_was_another_one_is_refused_not_broken(
    before: str | list[str],
) -> None:
    raw = kind_of(DAY).raw(before, DAY)
    with suppress(NotAccepted):
        assert read_answer(raw, DAY) is None
