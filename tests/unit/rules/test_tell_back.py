"""The month by which people are told what became of a call: how it is written, its bounds, and how a promise stands."""

from datetime import date

import pytest

from webapp.rules.tell_back import (
    MOST_MONTHS,
    Month,
    MonthTooEarly,
    MonthTooLate,
    NoMonth,
    Standing,
    check_month,
    standing,
)

MARCH = Month(2027, 3)
LAST_DAY = date(2027, 3, 31)
TODAY = date(2027, 1, 5)


@pytest.mark.parametrize("written", ["2027-03", "3/2027", "03/2027", " 03.2027 ", "3 2027"])
def test_a_month_is_read_as_people_write_it(written: str) -> None:
    assert Month.parse(written) == MARCH
    assert str(MARCH) == "2027-03"


@pytest.mark.parametrize(
    "written",
    ["", "soon", "2027-13", "2027-00", "0/2027", "1999-12", "03/27", "2027-3-1", "٣/٢٠٢٧"],
)
def test_what_is_no_month_is_refused(written: str) -> None:
    with pytest.raises(NoMonth):
        Month.parse(written)


def test_months_go_on_over_the_year() -> None:
    assert Month(2026, 11).later(2) == Month(2027, 1)
    assert Month(2027, 12).last_day == date(2027, 12, 31)
    assert Month(2028, 2).last_day == date(2028, 2, 29)
    assert Month(2026, 12) < Month(2027, 1)


def test_people_are_not_told_before_the_last_answer_can_be_read() -> None:
    # A month in which people can still answer is too early, and the error says which is not
    with pytest.raises(MonthTooEarly) as early:
        check_month(MARCH, LAST_DAY, TODAY)
    assert early.value.first == Month(2027, 4)
    check_month(Month(2027, 4), LAST_DAY, TODAY)


def test_a_promise_lies_ahead_even_of_a_call_that_closed_long_ago() -> None:
    with pytest.raises(MonthTooEarly) as early:
        check_month(Month(2026, 12), date(2025, 3, 31), TODAY)
    assert early.value.first == Month(2027, 1)


def test_a_month_that_nobody_would_wait_for_is_refused() -> None:
    last = MARCH.later(MOST_MONTHS)
    check_month(last, LAST_DAY, TODAY)
    with pytest.raises(MonthTooLate) as late:
        check_month(last.later(1), LAST_DAY, TODAY)
    assert late.value.last == last


@pytest.mark.parametrize(
    ("today", "is_written", "stands"),
    [
        (date(2027, 2, 28), False, Standing.AHEAD),
        (date(2027, 3, 1), False, Standing.DUE),
        (date(2027, 3, 31), False, Standing.DUE),
        (date(2027, 4, 1), False, Standing.OVERDUE),
        (date(2030, 1, 1), True, Standing.KEPT),
    ],
)
def test_a_promise_is_due_in_its_month_and_late_after_it(
    today: date, is_written: bool, stands: Standing
) -> None:
    assert standing(MARCH, today, is_written=is_written) is stands
