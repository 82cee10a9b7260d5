"""A wrong clock deletes nothing until an operator or a coordinator has confirmed the day. On both databases."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from uuid import uuid4

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, select, update

from tests.conftest import MakeApp
from tests.factories import (
    DEMO_CALL,
    holder_with,
    publish_demo_event,
    register_some,
    submit_one,
)
from tests.integration.at_once import at_once
from tests.integration.house import make_house
from tests.integration.tables import everything
from tests.rows import change as change_rows
from tests.turned import the_worker_kept_running
from webapp.models import AuditEntry, OwnCopy, Part, WorkerClock
from webapp.rules import clock, clock_jumps
from webapp.rules.audit_events import AuditEvent
from webapp.rules.clock_jumps import Doubt
from webapp.rules.retention import DRAFT_DAYS
from webapp.services.answers import erasing, on_behalf_drafts, own_copies, return_drafts
from webapp.services.infrastructure import audit, clock_guard, deletion_stops, stores
from webapp.services.infrastructure.deletion_stops import ClockDoubted
from webapp.services.retention import expiry, orphans
from webapp.services.worker import chores

FAR = datetime(2041, 1, 1, 12, tzinfo=UTC)
#: What may change while deleting waits: what the worker remembers, and what has no day.
OTHERS = {
    "worker_clock",
    "record_checks",
    "daily_salts",
    "rate_buckets",
    "audit_entries",
    "audit_head",
    "outbox",
}


@pytest.fixture
def inside(make_app: MakeApp) -> Iterator[Flask]:
    """Both doors and the worker, on SQLite, then on PostgreSQL."""
    house = make_house(make_app)
    with house.app_context():
        yield house


@pytest.fixture
def worked(inside: Flask) -> Flask:
    """People answered, stopped for now and booked; the worker has run."""
    for _ in range(2):
        submit_one()
    register_some(publish_demo_event("small-group"), 2)
    chores.do_all()
    return inside


def stands() -> dict[str, list[tuple[object, ...]]]:
    """Everything that is held."""
    return {name: rows for name, rows in everything().items() if name not in OTHERS}


def why() -> Doubt | None:
    found = clock_guard.stopped()
    return found.why if found else None


def write(**values: object) -> None:
    """What an attacker does who can write to the database, and has no key."""
    with stores.writing() as main:
        main.execute(update(WorkerClock).values(**values))


def parts() -> list[Part]:
    with stores.reading() as main:
        return list(main.scalars(select(Part)))


def days() -> set[datetime]:
    """Noon of each day on which something is due."""
    return {datetime.combine(part.due_on, time(12), UTC) for part in parts()}


def last_day() -> datetime:
    """Noon of the day on which the last of all that is held is due."""
    return max(days())


@pytest.mark.usefixtures("worked")
def test_a_wrong_clock_deletes_nothing() -> None:
    # Given what people told us, and a clock that says 2041
    before = stands()
    with time_machine.travel(FAR, tick=False):
        # When the worker comes round, time and again, and an operator tries to delete what is due
        for _ in range(3):
            assert not chores.do_all()
        for act in (expiry.erase_due, orphans.sweep_orphans):
            with pytest.raises(ClockDoubted):
                act()
        assert why() is Doubt.AHEAD
    # Then everything is there
    assert stands() == before
    # And when the clock is right again, the worker goes on without asking
    assert chores.do_all()
    assert why() is None
    assert stands() == before


@pytest.mark.usefixtures("worked")
def test_two_days_are_no_jump_and_a_minute_more_is_one() -> None:
    now = clock.now().replace(second=0, microsecond=0)
    with time_machine.travel(now, tick=False):
        clock_guard.sure()
    with time_machine.travel(now + timedelta(days=2), tick=False):
        assert why() is None
    with time_machine.travel(now + timedelta(days=2, minutes=1), tick=False):
        assert why() is Doubt.AHEAD
    with time_machine.travel(now - timedelta(days=2), tick=False):
        assert why() is None
    with time_machine.travel(now - timedelta(days=2, minutes=2), tick=False):
        assert why() is Doubt.BEHIND


@pytest.mark.usefixtures("worked")
def test_a_worker_that_was_off_for_a_week_asks_and_then_deletes_what_is_due() -> None:
    # Given a worker that stops nine days before answers are due, and starts when they are
    the_day = last_day()
    with time_machine.travel(the_day - timedelta(days=9), tick=False):
        the_worker_kept_running()
    with time_machine.travel(the_day, tick=False):
        assert not chores.do_all()
        assert len(parts()) == 6
        # When an operator says that the day is right
        gone = clock_guard.confirm(audit.OPERATOR, day=clock.today())
        # Then it goes, and the record says who said so
        assert gone is not None and gone.things == 6 + 2
        assert chores.do_all()
        assert parts() == []
        assert AuditEvent.CLOCK_CONFIRMED in [line.tag for line in audit.recent()]
        assert audit.verify()
    # And the next jump asks again
    with time_machine.travel(the_day + timedelta(days=5), tick=False):
        assert not chores.do_all()


@pytest.mark.usefixtures("worked")
def test_a_clock_that_went_back_behind_the_record_stops_deleting_too() -> None:
    # Given an entry of the record that a wrong clock made, and a clock that is right again
    with time_machine.travel(FAR, tick=False), stores.writing() as main:
        audit.enter(main, audit.OPERATOR, AuditEvent.CALL_CLOSED)
    assert why() is Doubt.BEHIND
    assert not chores.do_all()
    # When an operator confirms the day
    clock_guard.confirm(audit.OPERATOR, day=clock.today())
    # Then it goes on: the newest entry is of today
    assert chores.do_all()


def test_a_worker_that_never_ran_compares_the_clock_with_the_record(inside: Flask) -> None:
    # Given a fresh instance, whose first worker starts on a machine with a wrong clock
    submit_one()
    before = stands()
    with time_machine.travel(FAR, tick=False):
        assert not chores.do_all()
        # And an entry that is made by the same wrong clock
        with stores.writing() as main:
            audit.enter(main, audit.OPERATOR, AuditEvent.CALL_CLOSED)
        # Then that entry makes the clock no better
        assert not chores.do_all()
    assert stands() == before


def test_on_a_fresh_instance_nothing_is_in_doubt(inside: Flask) -> None:
    assert why() is None
    assert chores.do_all()
    assert why() is None
    assert clock_guard.confirm(audit.OPERATOR, day=clock.today()) is None


def test_unfinished_answers_of_a_wrong_clock_wait_fourteen_days_and_not_for_years(
    inside: Flask,
) -> None:
    # Given a participant who stopped for now while the clock said 2041
    clock_guard.sure()
    code = return_drafts.new_code()
    with time_machine.travel(FAR, tick=False):
        return_drafts.keep(code, return_drafts.Draft(DEMO_CALL, 1, "en", {}))
    # When the clock is right again
    assert chores.do_all()
    # Then they have fourteen days, as they were told
    waiting = return_drafts.find(code)
    assert waiting is not None and waiting.until == clock.today() + timedelta(days=DRAFT_DAYS)


# More at once than a share


def test_much_that_is_due_at_once_waits_for_a_person(inside: Flask) -> None:
    # Given eight people all of whose answers are due, and the worker as it always runs
    people = [submit_one() for _ in range(8)]
    with time_machine.travel(last_day()):
        the_worker_kept_running()
        assert why() is Doubt.MUCH
        assert not chores.do_all()
        assert len(parts()) == 24
        # Then the clock is in no doubt, and reminders go
        assert clock_guard.is_sure()
        # And a participant who deletes their own data waits for no confirmation
        assert erasing.erase_held(own_copies.find_held(people[0].receipt)).complete
        assert len(parts()) == 21
        # And what an operator confirms goes, in this round
        clock_guard.confirm(audit.OPERATOR, day=clock.today())
        assert chores.do_all()
        assert parts() == []


def test_a_few_things_are_deleted_on_their_day_however_little_is_held(inside: Flask) -> None:
    # Given the answers of one participant and nothing else
    submit_one()
    with time_machine.travel(last_day()):
        the_worker_kept_running()
        # Then all of it goes
        assert chores.do_all()
        assert parts() == []


def test_an_operator_sets_the_share(make_app: MakeApp) -> None:
    house = make_house(make_app, ERASE_SHARE="100")
    with house.app_context():
        for _ in range(8):
            submit_one()
        with time_machine.travel(last_day()):
            the_worker_kept_running()
            assert chores.do_all()
            assert parts() == []


def test_a_desk_with_another_share_says_that_the_worker_stopped(make_app: MakeApp) -> None:
    # Given a share in the worker's configuration that the desk's does not have
    worker, desk = make_house(make_app), make_house(make_app, ERASE_SHARE="100")
    with worker.app_context():
        for _ in range(8):
            submit_one()
        noon = last_day()
    with time_machine.travel(noon):
        with worker.app_context():
            the_worker_kept_running()
            assert not chores.do_all()
        # Then the desk says so all the same, and a coordinator can confirm it
        with desk.app_context():
            assert why() is Doubt.MUCH
            assert clock_guard.confirm(audit.OPERATOR, day=clock.today()) is not None
        with worker.app_context():
            assert chores.do_all()
            assert parts() == []


def test_a_confirmation_counts_for_so_much_and_no_more(inside: Flask) -> None:
    # Given that the deleting of eight people's answers was confirmed, and not that of two others
    for _ in range(8):
        submit_one()
    others = {part.id for part in parts()}
    for _ in range(2):
        submit_one()
    with stores.writing() as main:
        change_rows(main, select(Part).where(Part.id.not_in(others)), {"due_on": FAR.date()})
    with time_machine.travel(max(noon for noon in days() if noon < FAR)):
        the_worker_kept_running()
        clock_guard.confirm(audit.OPERATOR, day=clock.today())
        # When the other two become due as well before the worker comes
        with stores.writing() as main:
            change_rows(main, select(Part), {"due_on": clock.today()})
        # Then the worker asks once more
        assert why() is Doubt.MUCH


# An attacker who writes to the database


@pytest.mark.usefixtures("worked")
def test_who_can_write_to_the_database_cannot_move_the_last_run() -> None:
    before = stands()
    with time_machine.travel(FAR, tick=False):
        # Given a last run that was moved to the wrong clock's day, and much that is allowed
        write(ran_at=int(FAR.timestamp()), allowed=1000, allowed_until=FAR.date())
        assert why() is Doubt.ALTERED
        assert not chores.do_all()
        # And given that there is no last run at all
        with stores.writing() as main:
            main.execute(delete(WorkerClock))
        assert not chores.do_all()
        assert why() is Doubt.AHEAD
        # And that the record was changed to fit
        with stores.writing() as main:
            main.execute(delete(WorkerClock))
            main.execute(update(AuditEntry).values(at=int(FAR.timestamp())))
        assert not chores.do_all()
    assert stands() == before


@pytest.mark.usefixtures("worked")
def test_an_altered_last_run_is_put_right_by_a_person() -> None:
    write(allowed=1000)
    assert not chores.do_all()
    assert clock_guard.confirm(audit.OPERATOR, day=clock.today()) is not None
    assert chores.do_all()


@pytest.mark.usefixtures("worked")
def test_a_day_is_confirmed_as_it_was_shown() -> None:
    with time_machine.travel(FAR, tick=False):
        with pytest.raises(ClockDoubted):
            clock_guard.confirm(audit.OPERATOR, day=FAR.date() - timedelta(days=1))
        assert why() is Doubt.AHEAD


# At once, and the log


def test_two_workers_that_begin_at_once_agree(inside: Flask) -> None:
    came = at_once(inside, clock_guard.sure, clock_guard.sure, expiry.erase_due)
    assert all(not isinstance(one, Exception) for one in came), came


@pytest.mark.usefixtures("worked")
def test_two_people_who_confirm_at_once_make_one_entry(inside: Flask) -> None:
    with time_machine.travel(FAR, tick=False):
        today = clock.today()

        def confirm() -> object:
            return clock_guard.confirm(audit.OPERATOR, day=today)

        came = at_once(inside, confirm, confirm, chores.do_all)
        assert not [one for one in came if isinstance(one, Exception)], came
        assert [line.tag for line in audit.recent()].count(AuditEvent.CLOCK_CONFIRMED) == 1
        assert audit.verify()


@pytest.mark.usefixtures("worked")
def test_the_log_says_it_once_and_then_every_hour(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    hours = 0.0
    monkeypatch.setattr(deletion_stops.time, "monotonic", lambda: 10_000 + hours * 3600)
    with time_machine.travel(FAR, tick=False), caplog.at_level(logging.WARNING, "hearth.worker"):
        for _ in range(3):
            chores.do_all()
        said = [one for one in caplog.messages if one.startswith("Nothing is deleted")]
        assert len(said) == 1
        assert "2041-01-01" in said[0] and "confirm-clock" in said[0]
        hours = 1.0
        chores.do_all()
        said = [one for one in caplog.messages if one.startswith("Nothing is deleted")]
        assert len(said) == 2


def test_unfinished_answers_stay_as_well(inside: Flask) -> None:
    # Given unfinished answers under a code
    code = return_drafts.new_code()
    chores.do_all()
    return_drafts.keep(code, return_drafts.Draft(DEMO_CALL, 1, "en", {}))
    before = stands()["return_drafts"]
    with time_machine.travel(FAR, tick=False):
        assert not chores.do_all()
    # Then they are there
    assert stands()["return_drafts"] == before != []


def test_what_coordinators_enter_counts_as_well(inside: Flask) -> None:
    # Given more drafts that coordinators are entering than a share
    chores.do_all()
    ana = holder_with("Ana", bytes(32))
    for _ in range(clock_jumps.ALWAYS_ALLOWED + 1):
        draft = on_behalf_drafts.new_draft(
            DEMO_CALL, how="phone", told_on=clock.today(), spoken="Krio"
        )
        on_behalf_drafts.begin(ana, draft, uuid4())
    # When all are due at once
    with time_machine.travel(clock.now() + timedelta(days=DRAFT_DAYS + 1)):
        the_worker_kept_running()
        with pytest.raises(ClockDoubted):
            expiry.erase_due()
        # Then an operator or a coordinator is asked first, and told how many there are
        stopped = clock_guard.stopped()
        assert stopped is not None and stopped.why is Doubt.MUCH
        assert stopped.due.drafts == clock_jumps.ALWAYS_ALLOWED + 1


def test_what_is_much_can_be_confirmed_within_the_week_before_and_goes_on_its_day(
    inside: Flask,
) -> None:
    # Given eight people, all of whose answers are due on one day
    for _ in range(8):
        submit_one()
    day = last_day()
    with stores.writing() as main:
        change_rows(main, select(Part), {"due_on": day.date()})
        change_rows(main, select(OwnCopy), {"due_on": day.date()})
    with time_machine.travel(day - timedelta(days=8), tick=False):
        the_worker_kept_running()
        assert clock_guard.asked() is None
    # When an operator confirms it six days before
    with time_machine.travel(day - timedelta(days=6), tick=False):
        the_worker_kept_running()
        asked = clock_guard.asked()
        assert asked is not None and asked.why is Doubt.SOON
        # Then nothing has stopped, and nothing goes before its day
        assert why() is None
        clock_guard.confirm(audit.OPERATOR, day=clock.today())
        assert clock_guard.asked() is None
        assert chores.do_all()
        assert len(parts()) == 24
    # And on the day before it does not ask again
    with time_machine.travel(day - timedelta(days=1), tick=False):
        the_worker_kept_running()
        assert clock_guard.asked() is None
        assert chores.do_all()
        assert len(parts()) == 24
    # And on the day all of it goes, as was promised
    with time_machine.travel(day, tick=False):
        the_worker_kept_running()
        assert chores.do_all()
        assert parts() == []


@pytest.mark.usefixtures("worked")
def test_a_worker_that_looks_often_enough_is_never_in_doubt() -> None:
    # Given a worker that looks once in 47 hours, for a month
    start = clock.now()
    with time_machine.travel(start, tick=False) as turned:
        for look in range(16):
            turned.move_to(start + look * timedelta(hours=47))
            clock_guard.sure()
            assert why() is None
        walked = everything()["worker_clock"]
        # Then it remembers what the other tests put there at once
        the_worker_kept_running()
        assert everything()["worker_clock"] == walked
