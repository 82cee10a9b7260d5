from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.rules.retention import (
    due_on,
    first_of_next_month,
    registration_due_on,
    request_due_on,
)


@pytest.mark.parametrize(
    ("closes", "months", "due"),
    [
        (date(2026, 7, 31), 1, date(2026, 8, 31)),
        (date(2026, 7, 31), 2, date(2026, 9, 30)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 1, 1), 36, date(2029, 1, 1)),
    ],
)
def test_months_are_counted_after_the_call_closes(closes: date, months: int, due: date) -> None:
    assert due_on(closes, months) == due


@pytest.mark.parametrize("months", [0, -1])
def test_nothing_is_due_before_it_could_be_read(months: int) -> None:
    with pytest.raises(ValueError, match="one month"):
        due_on(date(2026, 1, 1), months)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 36))
def test_longer_is_later_and_never_skips_a_month(closes: date, months: int) -> None:
    due = due_on(closes, months)
    assert (due.year - closes.year) * 12 + due.month - closes.month == months
    assert closes < due < due_on(closes, months + 1)


def test_registrations_are_counted_in_days_from_the_end() -> None:
    assert registration_due_on(date(2027, 7, 20), 28) == date(2027, 8, 17)
    assert registration_due_on(date(2027, 12, 31), 1) == date(2028, 1, 1)
    for days in (0, -1):
        with pytest.raises(ValueError, match="the day after"):
            registration_due_on(date(2027, 7, 20), days)


@pytest.mark.parametrize(
    ("day", "dated"),
    [
        (date(2026, 11, 1), date(2026, 12, 1)),
        (date(2026, 12, 31), date(2027, 1, 1)),
        (date(2028, 2, 29), date(2028, 3, 1)),
    ],
)
def test_a_whole_month_has_one_date(day: date, dated: date) -> None:
    assert first_of_next_month(day) == dated


def test_a_request_lives_until_the_end_of_the_next_day() -> None:
    assert request_due_on(date(2026, 12, 30)) == date(2027, 1, 1)
