from datetime import UTC, date, datetime

import time_machine

from webapp.rules import clock


def test_the_minute_is_aware_and_rounded_down() -> None:
    with time_machine.travel(datetime(2026, 7, 20, 14, 30, 59, 999, tzinfo=UTC), tick=False):
        assert clock.now_minute() == datetime(2026, 7, 20, 14, 30, tzinfo=UTC)
        assert clock.now().second == 59
        assert clock.now().tzinfo is UTC


def test_a_stored_moment_comes_back_aware() -> None:
    made = datetime(2026, 7, 20, 14, 30, tzinfo=UTC)
    assert clock.moment(int(made.timestamp())) == made
    assert clock.moment(0).tzinfo is UTC


def test_the_day_is_the_coalitions() -> None:
    # Half past eleven at night in UTC is tomorrow in a London summer, and today in winter.
    with time_machine.travel(datetime(2026, 7, 20, 23, 30, tzinfo=UTC)):
        assert clock.today() == date(2026, 7, 21)
    with time_machine.travel(datetime(2026, 12, 20, 23, 30, tzinfo=UTC)):
        assert clock.today() == date(2026, 12, 20)
