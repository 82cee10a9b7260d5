from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.rules.events.event_times import (
    NotATime,
    TimeAcrossClockChange,
    TimeSkipped,
    TimeTwice,
    ZoneName,
    booking_ends,
    check_starts,
    clock_words,
    event_time,
    next_occurrence,
    reminding_from,
    shown,
    to_utc,
)

LONDON: ZoneName = "Europe/London"
TODAY = date(2026, 7, 1)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


# The clock on the wall


def test_a_summer_afternoon_is_an_hour_ahead_and_a_winter_one_is_not() -> None:
    assert to_utc(datetime(2026, 7, 20, 14, 0), LONDON) == utc(2026, 7, 20, 13, 0)
    assert to_utc(datetime(2026, 12, 20, 14, 0), LONDON) == utc(2026, 12, 20, 14, 0)


@pytest.mark.parametrize(
    ("local", "instant"),
    [
        (datetime(2027, 3, 28, 0, 59), utc(2027, 3, 28, 0, 59)),
        (datetime(2027, 3, 28, 2, 0), utc(2027, 3, 28, 1, 0)),
        (datetime(2026, 10, 25, 0, 59), utc(2026, 10, 24, 23, 59)),
        (datetime(2026, 10, 25, 2, 0), utc(2026, 10, 25, 2, 0)),
    ],
)
def test_just_before_and_after_the_clocks_change_is_sure(
    local: datetime, instant: datetime
) -> None:
    assert to_utc(local, LONDON) == instant


@pytest.mark.parametrize("minute", [0, 30, 59])
def test_an_hour_that_the_clocks_jump_over_is_refused(minute: int) -> None:
    with pytest.raises(TimeSkipped) as caught:
        to_utc(datetime(2027, 3, 28, 1, minute), LONDON)
    assert caught.value.time == datetime(2027, 3, 28, 1, minute)


@pytest.mark.parametrize("minute", [0, 30, 59])
def test_an_hour_that_comes_twice_is_refused(minute: int) -> None:
    with pytest.raises(TimeTwice, match=f"2026-10-25 01:{minute:02}"):
        to_utc(datetime(2026, 10, 25, 1, minute), LONDON)


def test_a_time_with_a_zone_is_no_wall_clocks_time() -> None:
    with pytest.raises(ValueError, match="no zone of its own"):
        to_utc(utc(2026, 7, 20), LONDON)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2037, 12, 31)))
def test_a_sure_time_is_the_same_when_read_back(local: datetime) -> None:
    try:
        instant = to_utc(local, LONDON)
    except (TimeSkipped, TimeTwice):
        assert local.hour == 1 and local.month in (3, 10) and local.day >= 25
        assert local.weekday() == 6
    else:
        assert instant.astimezone(ZoneInfo(LONDON)).replace(tzinfo=None) == local


# An event


def test_an_event_lasts_as_long_as_it_says() -> None:
    time = event_time("2026-07-20T14:00", 90, LONDON, TODAY)
    assert time.starts_at == utc(2026, 7, 20, 13, 0)
    assert time.ends_at == utc(2026, 7, 20, 14, 30)
    assert time.starts_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("starts", "minutes", "refusal"),
    [
        ("2027-03-28T01:30", 60, TimeSkipped),
        ("2026-10-25T01:30", 10, TimeTwice),
        ("2027-03-28T00:30", 60, TimeAcrossClockChange),
        ("2026-10-25T00:30", 180, TimeAcrossClockChange),
        ("2026-10-24T23:00", 720, TimeAcrossClockChange),
        # It ends at 1.30, but at which?
        ("2026-10-25T00:30", 60, TimeTwice),
    ],
)
def test_an_event_in_the_night_of_the_change_is_refused(
    starts: str, minutes: int, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        event_time(starts, minutes, LONDON, TODAY)


def test_an_event_may_end_when_the_clocks_change() -> None:
    assert event_time("2026-10-25T00:00", 59, LONDON, TODAY).ends_at == utc(2026, 10, 24, 23, 59)
    day_after = event_time("2026-10-25T14:00", 60, LONDON, TODAY)
    assert day_after.starts_at == utc(2026, 10, 25, 14, 0)


# Every year


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 7, 19), date(2026, 7, 20)),
        (date(2026, 7, 20), date(2027, 7, 20)),  # never today: there must be time to register
        (date(2026, 7, 21), date(2027, 7, 20)),
        (date(2026, 12, 31), date(2027, 7, 20)),
    ],
)
def test_a_demo_never_goes_stale(today: date, expected: date) -> None:
    assert next_occurrence("07-20T14:00", today) == datetime(expected.year, 7, 20, 14, 0)


def test_the_29th_of_february_waits_for_its_year() -> None:
    assert next_occurrence("02-29T10:00", date(2026, 1, 1)).year == 2028
    assert next_occurrence("02-29T10:00", date(2096, 3, 1)).year == 2104


def test_a_year_that_is_said_is_meant() -> None:
    assert next_occurrence("2025-07-20T14:00", TODAY) == datetime(2025, 7, 20, 14, 0)


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.dates(date(2024, 1, 1), date(2024, 12, 31)))
def test_the_next_time_is_ahead_and_the_very_next(today: date, day: date) -> None:
    found = next_occurrence(f"{day:%m-%d}T09:05", today).date()
    assert found > today and (found.month, found.day) == (day.month, day.day)
    assert found - today <= timedelta(days=366) or (day.month, day.day) == (2, 29)


@pytest.mark.parametrize(
    "starts",
    [
        "", "07-20", "07-20T14", "07-20T14:00Z", "07-20T14:00:00", "07-20 14:00", "7-20T14:00",
        "13-01T10:00", "02-30T10:00", "07-20T24:00", "07-20T14:60", "2027-02-29T10:00",
        "0026-07-20T14:00", "2026-07-20T14:00+01:00", "07-20T14:00\n", "٠٧-٢٠T١٤:٠٠", "tomorrow",
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused(starts: str) -> None:
    for read in (check_starts, lambda starts: next_occurrence(starts, TODAY)):
        with pytest.raises(NotATime):
            read(starts)


# In words


@pytest.mark.parametrize(
    ("hour", "minute", "words"),
    [
        (0, 0, "midnight"), (0, 5, "12.05 am"), (9, 0, "9 am"), (11, 59, "11.59 am"),
        (12, 0, "midday"), (12, 30, "12.30 pm"), (13, 0, "1 pm"), (23, 45, "11.45 pm"),
    ],
)  # fmt: skip
def test_the_hour_in_words(hour: int, minute: int, words: str) -> None:
    assert clock_words(datetime(2026, 1, 1, hour, minute)) == words


def test_a_problem_names_the_local_time() -> None:
    assert shown(datetime(2027, 3, 28, 1, 30)) == "2027-03-28 01:30"


# The morning before


@pytest.mark.parametrize(
    ("starts_at", "morning"),
    [
        (utc(2026, 7, 20, 13, 0), utc(2026, 7, 19, 8, 0)),
        (utc(2026, 12, 20, 14, 0), utc(2026, 12, 19, 9, 0)),
        # Just after midnight in London, and just before it
        (utc(2026, 7, 19, 23, 30), utc(2026, 7, 19, 8, 0)),
        (utc(2026, 7, 20, 22, 59), utc(2026, 7, 19, 8, 0)),
        # On the days after the clocks went forward, and back, and on those days themselves
        (utc(2027, 3, 29, 9, 0), utc(2027, 3, 28, 8, 0)),
        (utc(2027, 3, 28, 9, 0), utc(2027, 3, 27, 9, 0)),
        (utc(2027, 11, 1, 9, 0), utc(2027, 10, 31, 9, 0)),
        (utc(2027, 10, 31, 1, 30), utc(2027, 10, 30, 8, 0)),
    ],
)
def test_reminders_are_for_nine_in_the_morning_of_the_day_before(
    starts_at: datetime, morning: datetime
) -> None:
    assert reminding_from(starts_at, ZoneInfo(LONDON)) == morning


@pytest.mark.parametrize(
    ("starts", "days", "ends"),
    [
        # Midnight after the last day, as it is in London: an hour earlier in summer.
        ("2027-07-20T13:00", 7, "2027-07-13T23:00"),
        ("2027-01-20T14:00", 7, "2027-01-14T00:00"),
        # The clocks change in between.
        ("2027-03-29T09:00", 1, "2027-03-28T23:00"),
        ("2027-03-30T09:00", 3, "2027-03-28T00:00"),
        # An event just after midnight: the day before is the day that has just ended.
        ("2027-01-20T00:30", 1, "2027-01-20T00:00"),
    ],
)
def test_booking_ends_with_the_last_day_in_the_events_zone(
    starts: str, days: int, ends: str
) -> None:
    start = datetime.fromisoformat(starts).replace(tzinfo=UTC)
    found = booking_ends(start, "Europe/London", days)
    assert found == datetime.fromisoformat(ends).replace(tzinfo=UTC)


def test_without_a_last_day_booking_ends_at_the_start() -> None:
    start = datetime(2027, 7, 20, 13, tzinfo=UTC)
    assert booking_ends(start, "Europe/London", None) == start
