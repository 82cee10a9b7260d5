import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.rules.row_heights import (
    HIGHEST_ROW,
    LINE,
    MOST_LINES,
    TALL_LINE,
    WIDEST_COLUMN,
    lines_in,
    row_height,
    wide_enough,
)

NOTE = "Please send a text first. If a man answers, say it is a wrong number and hang up."


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, 1),
        ("Ana", 10, 1),
        ("07700 900123", 17, 1),
        ("one\ntwo", 10, 2),
        ("one two three", 6, 3),  # words are not broken
        ("x" * 40, 11, 5),  # unless one is longer than the cell
        (NOTE, 30, 3),
        (NOTE, 200, 1),
        ("W" * 16, 16, 2),  # broad letters take more room
        ("\u1218" * 16, 16, 2),
        ("\u4e2d" * 16, 17, 2),
    ],
)
def test_lines_are_reckoned_from_words_and_width(text: str, width: float, lines: int) -> None:
    assert lines_in(text, width) == lines


def test_a_row_is_as_high_as_its_longest_cell() -> None:
    assert row_height(["Ana", NOTE], [10, 30]) >= 3 * LINE
    assert row_height(["Ana", "yes"], [10, 10]) < 2 * LINE
    assert row_height(["\u1218", "yes"], [10, 10]) >= TALL_LINE


@given(st.text(max_size=300), st.floats(6, 40))
def test_any_text_fits_into_a_row_of_a_column_that_is_wide_enough(text: str, width: float) -> None:
    wide = wide_enough(width, [text])
    assert wide >= width
    assert lines_in(text, wide) <= MOST_LINES or len(text) <= width
    assert lines_in(text, wide) * TALL_LINE <= HIGHEST_ROW


def test_a_text_of_more_lines_than_a_row_holds_makes_no_column_endless() -> None:
    assert wide_enough(30, ["and then\n" * 2 * MOST_LINES]) == WIDEST_COLUMN
