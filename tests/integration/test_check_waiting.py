"""`check` says what waits longer than it should, with its age and the way out."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from tests.factories import DEMO_CALL, publish_demo_event, register_one, submit_one, told_by
from tests.integration.house import make_house
from webapp.cli import checks_waiting
from webapp.cli.finding import Finding, State
from webapp.rules import clock
from webapp.services.answers import erasing, own_copies
from webapp.services.calls import published_calls
from webapp.services.infrastructure import clock_guard
from webapp.services.sealed import shredding
from webapp.settings import Settings


@pytest.fixture
def chosen(make_page_app: object) -> Iterator[Settings]:
    house = make_house(make_page_app)  # type: ignore[arg-type]
    with house.app_context():
        yield house.extensions["hearth_settings"]


def worst(found: Iterator[Finding]) -> State:
    return max((one.state for one in found), default=State.WELL)


def test_what_waits_is_told_with_its_age(chosen: Settings) -> None:
    # Given a worker that has done everything
    clock_guard.sure()
    (well,) = checks_waiting.waiting(chosen)
    assert well.state is State.WELL
    # When a mail has waited since yesterday
    register_one(publish_demo_event(), "sam@example.org")
    assert worst(checks_waiting.waiting(chosen)) is State.WELL
    with time_machine.travel(clock.now() + timedelta(days=1, hours=2)):
        (late,) = checks_waiting.waiting(chosen)
    # Then its age and the way out are told
    assert late.state is State.BROKEN
    assert re.search(r"mails wait, the oldest for \d+ h: look at", late.words)


def test_erasures_and_deletions_that_are_overdue_are_broken(
    chosen: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given answers that were erased while the erasure store could not be written to, and others that are due
    gone, due = submit_one(), submit_one()
    assert gone != due
    with monkeypatch.context() as broken:
        broken.setattr(erasing, "finish_now", lambda: False)
        erasing.erase_held(own_copies.find_held(gone.receipt))
    # When it is the same day, then they are under way
    assert worst(checks_waiting.waiting(chosen)) is State.WELL
    # When no worker comes for years, then both are told
    with time_machine.travel(clock.now() + timedelta(days=3000)):
        words = [one.words for one in checks_waiting.waiting(chosen) if one.state is State.BROKEN]
    assert any("people deleted before today are not erased yet" in one for one in words)
    assert any("due to be deleted before today" in one for one in words)
    # And when the worker came, then nothing of it is left
    shredding.finish_waiting()
    with time_machine.travel(clock.now() + timedelta(days=1)):
        assert worst(checks_waiting.waiting(chosen)) is State.WELL


def test_a_promise_to_tell_people_is_named_once_its_month_is_over(chosen: Settings) -> None:
    # Given a call whose people were told a month
    by = told_by(published_calls.find_call(DEMO_CALL).closes_on)
    with time_machine.travel(by.last_day + timedelta(days=1)):
        late = [one for one in checks_waiting.waiting(chosen) if "were to be told" in one.words]
    # Then the line names the call and the month, and where it is dealt with
    assert [one.state for one in late] == [State.LOOK]
    assert f"the call {DEMO_CALL}, {by.first_day:%B %Y}: a coordinator writes" in late[0].words
