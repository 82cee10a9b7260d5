"""Sets of numbers as ranges: whatever is put together or taken away, they say the same as sets of numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.rules.number_ranges import NumberRanges

NUMBERS = st.sets(st.integers(min_value=0, max_value=40))


def ranges(numbers: set[int]) -> NumberRanges:
    return NumberRanges.of((one, one) for one in numbers)


def numbers(found: NumberRanges) -> set[int]:
    return {one for first, last in found.ranges for one in range(first, last + 1)}


@given(NUMBERS, NUMBERS)
def test_they_are_sets(one: set[int], other: set[int]) -> None:
    assert numbers(ranges(one) | ranges(other)) == one | other
    assert numbers(ranges(one) - ranges(other)) == one - other
    assert len(ranges(one)) == len(one)
    assert bool(ranges(one)) == bool(one)


@given(NUMBERS)
def test_as_text_and_back(one: set[int]) -> None:
    assert NumberRanges.from_text(str(ranges(one))) == ranges(one)


def test_the_text_is_short_however_many_there_are() -> None:
    assert str(NumberRanges.of([(5, 5), (9, 2**62), (10, 12)])) == f"5,9-{2**62}"


@pytest.mark.parametrize("text", ["x", "1-2-3", "-", "1,,x"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        NumberRanges.from_text(text)
