"""What people are told became of a call: promised when it is published, written by coordinators, there for good."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, update

from tests.factories import DEMO_CALL, days_of_call, demo_form, submit_one, told_by
from webapp.models import TellBack, TellBackText
from webapp.rules import clock
from webapp.rules.tell_back import LONGEST_TOLD, Month, MonthTooEarly, MonthTooLate, Standing
from webapp.services.calls import closing, published_calls, tell_backs, telling_back
from webapp.services.calls.closing import LastDayTooLate
from webapp.services.calls.published_calls import Call, NoSuchCall
from webapp.services.calls.telling_back import (
    EnglishFirst,
    NotLater,
    NotPromised,
    PromiseChanged,
    TextChanged,
    Words,
    WordsMissing,
)
from webapp.services.forms import publishing
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.row_authentication import RowForged
from webapp.services.worker import chores, figures

ANA, BEN = UUID(int=1), UUID(int=2)
FIRST = Words("We heard that forms are long.", "We asked for shorter ones.", "Nothing yet.")
LATER = Words("We heard that forms are long.", "We asked for shorter ones.", "They are shorter.")


@pytest.fixture
def inside(app: Flask) -> Iterator[Call]:
    """The demo's call, which was published with a month; on SQLite, then on PostgreSQL."""
    with app.app_context():
        yield published_calls.find_call(DEMO_CALL)


def without_promise(call: Call) -> None:
    """As a release without promises published it."""
    with stores.writing() as main:
        main.execute(delete(TellBack).where(TellBack.call_id == call.id))
    tell_backs.forget(call.id)


@pytest.mark.parametrize(("months", "refused"), [(0, MonthTooEarly), (30, MonthTooLate)])
def test_no_call_is_published_without_a_month_that_can_be_kept(
    page_app: Flask, months: int, refused: type[Exception]
) -> None:
    closes_on = clock.today() + timedelta(days=30)
    with page_app.app_context():
        with pytest.raises(refused):
            publishing.publish_call(
                demo_form(),
                slug="spring",
                closes_on=closes_on,
                tell_back_by=Month.of(closes_on).later(months),
                actor=audit.OPERATOR,
            )
        # Then nothing was published, and the address is free
        with pytest.raises(NoSuchCall):
            published_calls.find_call("spring")


def test_a_call_has_its_month_from_the_first_day(inside: Call) -> None:
    found = tell_backs.find(inside.id)
    assert found.by == found.first == told_by(inside.closes_on)
    assert (found.is_written, found.was_moved) == (False, False)


def test_the_page_is_written_in_english_first_and_corrected_in_place(inside: Call) -> None:
    # Given nothing written, then no translation comes first
    with pytest.raises(EnglishFirst):
        telling_back.publish(inside, "ar", FIRST, based_on=0, actor=ANA)
    # When it is published, and the button pressed twice
    telling_back.publish(inside, "en", FIRST, based_on=0, actor=ANA)
    telling_back.publish(inside, "en", FIRST, based_on=0, actor=ANA)
    # And corrected on a later day
    with time_machine.travel(clock.now() + timedelta(days=40)):
        telling_back.publish(inside, "en", LATER, based_on=1, actor=BEN)
        told = tell_backs.find(inside.id).texts["en"]
        # Then the correction stands, with its day and its writer
        assert (told.since, told.version, told.changed_by) == (LATER.since, 2, BEN)
        assert told.changed_on == clock.today()
    # And the record has each of them once
    tags = [line.tag for line in audit.recent() if line.tag == "told what became of a call"]
    assert len(tags) == 2


def test_two_coordinators_at_once_lose_nothing(inside: Call) -> None:
    telling_back.publish(inside, "en", FIRST, based_on=0, actor=ANA)
    # When one publishes who has not seen what the other wrote
    with pytest.raises(TextChanged) as refused:
        telling_back.publish(inside, "en", LATER, based_on=0, actor=BEN)
    # Then nothing was replaced, and they are given what stands
    assert refused.value.now.since == FIRST.since
    assert tell_backs.find(inside.id).texts["en"].since == FIRST.since
    # And having seen it, they can
    telling_back.publish(inside, "en", LATER, based_on=refused.value.now.version, actor=BEN)
    assert tell_backs.find(inside.id).texts["en"].since == LATER.since


@pytest.mark.parametrize(
    "words",
    [Words("", "Asked", "Since"), Words("Heard", "Asked", "x" * (LONGEST_TOLD + 1))],
    ids=["empty", "long"],
)
def test_each_text_is_there_and_has_an_end(inside: Call, words: Words) -> None:
    with pytest.raises(WordsMissing):
        telling_back.publish(inside, "en", words, based_on=0, actor=ANA)
    assert not tell_backs.find(inside.id).is_written


def test_the_month_moves_later_alone_with_a_reason_in_the_record(inside: Call) -> None:
    by = told_by(inside.closes_on)
    # When it is to come earlier, or somebody moved it meanwhile, then it stays
    with pytest.raises(NotLater):
        telling_back.move(inside, by.later(-1), seen=by, actor=ANA, reason="No")
    with pytest.raises(PromiseChanged):
        telling_back.move(inside, by.later(2), seen=by.later(1), actor=ANA, reason="No")
    # When it is moved, twice pressed
    for _ in range(2):
        telling_back.move(inside, by.later(2), seen=by, actor=ANA, reason="We wait for others")
    # Then the page can say what was promised at first
    found = tell_backs.find(inside.id)
    assert (found.by, found.first, found.was_moved) == (by.later(2), by, True)
    moved = [line for line in audit.recent() if line.tag == "month to tell back moved"]
    assert [(line.reason, line.actor) for line in moved] == [("We wait for others", str(ANA))]


def test_a_call_of_before_goes_on_and_is_given_a_month(inside: Call) -> None:
    # Given a call that was published without one
    without_promise(inside)
    assert tell_backs.find(inside.id) == tell_backs.NOTHING
    assert submit_one(inside).receipt
    with pytest.raises(NotPromised):
        telling_back.publish(inside, "en", FIRST, based_on=0, actor=ANA)
    # When a coordinator names one, twice pressed
    month = told_by(inside.closes_on)
    telling_back.promise(inside, month, actor=ANA)
    telling_back.promise(inside, month, actor=ANA)
    with pytest.raises(PromiseChanged):
        telling_back.promise(inside, month.later(1), actor=BEN)
    # Then it stands
    assert tell_backs.find(inside.id).by == month


def test_a_call_is_not_opened_again_into_the_month_that_was_promised(inside: Call) -> None:
    closing.close(DEMO_CALL, actor=ANA, reason="Enough")
    by = told_by(inside.closes_on)
    with pytest.raises(LastDayTooLate):
        closing.reopen(DEMO_CALL, by.first_day, actor=ANA, reason="More time")
    closing.reopen(DEMO_CALL, inside.closes_on, actor=ANA, reason="More time")


def test_what_became_of_it_outlives_the_answers(inside: Call) -> None:
    # Given a page, and a person who answered
    submit_one(inside)
    telling_back.publish(inside, "en", FIRST, based_on=0, actor=ANA)
    # When all that was answered has gone with its day
    with time_machine.travel(clock.now() + timedelta(days=5 * 365)):
        chores.do_all()
        # Then the page is there
        assert tell_backs.find(inside.id).texts["en"].heard == FIRST.heard


def test_a_promise_that_is_late_is_told_to_operators(inside: Call) -> None:
    by = told_by(inside.closes_on)
    assert figures.waiting().promises == ()
    with time_machine.travel(by.last_day + timedelta(days=1)):
        assert tell_backs.find(inside.id).standing is Standing.OVERDUE
        assert figures.waiting().promises == ((DEMO_CALL, by),)
        telling_back.publish(inside, "en", FIRST, based_on=0, actor=ANA)
        assert figures.waiting().promises == ()


def test_what_was_changed_by_hand_is_not_read(inside: Call) -> None:
    telling_back.publish(inside, "en", FIRST, based_on=0, actor=ANA)
    with stores.writing() as main:
        main.execute(update(TellBackText).values(heard="They all said that it is fine."))
    tell_backs.forget(inside.id)
    with pytest.raises(RowForged):
        tell_backs.find(inside.id)
    # And pages that only lead there go on without it
    assert tell_backs.recent_line(inside.id) == tell_backs.NOTHING
    assert tell_backs.of_all() == {}
    assert tell_backs.written() == ()
    # Nor is it signed by a correction
    with pytest.raises(RowForged):
        telling_back.publish(inside, "en", LATER, based_on=1, actor=ANA)


def test_the_command_is_given_both(inside: Call) -> None:
    # (what tests give to the command is what the factory publishes with)
    assert days_of_call(inside.closes_on)[3] == str(tell_backs.find(inside.id).by)
