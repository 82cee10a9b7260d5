"""Filling the disk: one network stores more than anybody reads, and a full disk stops withdrawing and erasing.

At commit c7b8640 one network could send ten times a minute, all day: 1.0 gigabyte of submissions, or 0.47 of unfinished
answers under codes, a day. When the disk was full, nobody could hand in a code, so nobody could withdraw or erase.

Now new storage has quotas of a day for each network, in number and in size, taken at Begin; and it stops while there is
still room for withdrawing and erasing (decision 52). When other programs fill the disk all the same, a reserve is given
up for these acts alone. The full disk here is one: a file system of its own, filled to the last byte.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import time_machine
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from tests import small_disk
from tests.conftest import MakeApp
from tests.factories import answers_for, demo_form, register_one, submit_one
from tests.integration.desk.entering import BEGIN
from tests.integration.desk.worker import Worker
from tests.integration.public.booker import JOINING_LINK, Booker, at, publish, set_link
from tests.integration.tables import everything
from tests.pages import CheckedClient
from tests.people import answer_everything, begin, come_back, shown_code
from tests.stores import DEMO, SqliteShelf, application
from tests.visitor import Visitor
from webapp import cli
from webapp.cli import check as check_command
from webapp.models import ErasureSecret, OwnCopy, Part
from webapp.rules.forms.kinds import kind_of
from webapp.services.infrastructure import disk_space, limits, stores
from webapp.services.infrastructure.disk_space import MEGABYTE

MORNING = datetime(2026, 12, 1, 0, 0, tzinfo=UTC)
HERE = "203.0.113.7"
#: A small disk: room for the reserve, for what is kept free here, and for the stores.
DISK_MB, KEEP_FREE_MB = 128, 48
#: In other tests it is smaller (`tests/conftest.py`).
REAL_RESERVE_BYTES = disk_space.RESERVE_BYTES


# Quotas


def beginnings(address: str, *, each: timedelta, how_many: int, at: datetime = MORNING) -> int:
    """How many of those who press Begin in one network, one after the other, are admitted."""
    admitted = 0
    with time_machine.travel(at, tick=False) as turned:
        for _ in range(how_many):
            try:
                limits.take_storage("begin", address)
                admitted += 1
            except limits.TooMany:
                pass
            turned.shift(each)
    return admitted


@pytest.fixture
def real_limits(make_app: MakeApp) -> Iterator[Flask]:
    app = make_app(LIMIT_FACTOR="1")
    with app.app_context():
        yield app


def test_one_network_stores_no_gigabyte_in_a_day(real_limits: Flask) -> None:
    # Given a program that begins and sends as often as it may, all day
    admitted = beginnings(HERE, each=timedelta(seconds=15), how_many=24 * 60 * 4)
    # Then it is admitted about 1,400 times where it was 14,400, and what it can store is bounded in bytes
    assert 1_200 <= admitted <= 2 * 768
    assert admitted * limits.SETS_ASIDE["begin"] * 1024 <= 2 * 96 * MEGABYTE


def test_few_long_texts_of_one_network_take_the_room_of_many_usual_ones(real_limits: Flask) -> None:
    with time_machine.travel(MORNING, tick=False) as turned:
        kept = 0
        for _ in range(24 * 60):
            try:
                limits.take_storage("long-words", HERE)
                kept += 1
            except limits.TooMany:
                pass
            turned.shift(timedelta(minutes=1))
    assert kept * limits.SETS_ASIDE["long-words"] * 1024 <= 2 * 96 * MEGABYTE + MEGABYTE


def test_a_shelter_and_a_college_work_all_day(real_limits: Flask) -> None:
    # Given a college where 300 students begin in one hour, and 500 more over the day, from one address
    college = "198.51.100.1"
    assert beginnings(college, each=timedelta(seconds=12), how_many=300) == 300
    noon = MORNING + timedelta(hours=2)
    assert beginnings(college, each=timedelta(minutes=1), how_many=500, at=noon) == 500


@pytest.mark.parametrize(
    ("setting", "value", "admitted"),
    [("NETWORK_BEGINNINGS", "3", 3), ("NETWORK_MEGABYTES", "1", 8), ("LIMIT_FACTOR", "2", 80)],
)
def test_an_operator_can_change_the_quotas(
    make_app: MakeApp, setting: str, value: str, admitted: int
) -> None:
    with make_app(**{"LIMIT_FACTOR": "1", setting: value}).app_context():
        assert beginnings(HERE, each=timedelta(0), how_many=100) == admitted


def test_a_whole_submission_needs_no_more_than_its_beginning_sets_aside(app: Flask) -> None:
    # Given a participant who fills every box to its limit
    with app.app_context():
        form = demo_form()
        submit_one(
            answers=answers_for(form, lambda question: "w" * kind_of(question).letters(question))
        )
        with stores.reading() as main:
            sealed = [*main.scalars(select(Part.envelope)), *main.scalars(select(OwnCopy.envelope))]
        with stores.reading("erasure") as erasure:
            secrets = len(erasure.scalars(select(ErasureSecret.id)).all())
    assert sum(map(len, sealed)) + secrets * 256 <= limits.SETS_ASIDE["begin"] * 1024


def test_a_return_code_makes_no_more_submissions_than_its_network_may_begin(
    make_page_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_page_app(LIMIT_FACTOR="1")
    with time_machine.travel(MORNING, tick=False) as turned:
        # Given an attacker who opens one draft in many sessions before sending any
        writer = Visitor(app.test_client())
        begin(writer)
        answer_everything(writer)
        writer.press("Stop for now")
        writer.press_first()
        code = shown_code(writer)
        opened = [Visitor(app.test_client()) for _ in range(6)]
        for visitor in opened:
            come_back(visitor, code)
            visitor.press("Continue")
        turned.shift(timedelta(minutes=5))
        # When they send all of them, and their network may begin no more today
        monkeypatch.setitem(limits.LIMITS, "begin", (limits.Limit(0, 0), None))
        for visitor in opened:
            visitor.press("Send", consent=["contact_me"])
    # Then a few are stored, and not as many as there are sessions
    statuses = [visitor.status for visitor in opened]
    assert statuses == [HTTPStatus.OK] * 3 + [HTTPStatus.TOO_MANY_REQUESTS] * 3


# A full disk


@dataclass(frozen=True)
class Disk:
    """A small file system with an instance on it."""

    app: Flask
    folder: Path

    @property
    def ballast(self) -> Path:
        return self.folder / "a-log-of-another-program"

    def fill(self) -> None:
        """Another program writes until there is no byte left."""
        small_disk.fill(self.ballast)
        assert self.free() == 0

    def free(self) -> int:
        return shutil.disk_usage(self.folder).free

    def has_reserve(self) -> bool:
        return disk_space.has_reserve(self.app.extensions["hearth_settings"])

    def worker_comes_round(self) -> None:
        with self.app.app_context():
            disk_space.tend_reserve()

    def make_room(self) -> None:
        self.ballast.unlink()


@pytest.fixture
def disk(
    sqlite_shelf: SqliteShelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Disk]:
    """Wants a system administrator's rights. Without them the test fails: nobody would know that it says nothing."""
    monkeypatch.setattr(disk_space, "RESERVE_BYTES", REAL_RESERVE_BYTES)
    folder = tmp_path / "disk"
    folder.mkdir()
    with (
        small_disk.mounted(folder, DISK_MB),
        sqlite_shelf.fresh(folder, DEMO) as fresh,
        application(fresh, folder, KEEP_FREE_MB=str(KEEP_FREE_MB)) as app,
    ):
        app.test_client_class = CheckedClient
        yield Disk(app, folder)


def ready_to_send(app: Flask) -> Visitor:
    writer = Visitor(app.test_client())
    begin(writer)
    answer_everything(writer)
    writer.press_first()
    return writer


def sent(app: Flask) -> str:
    writer = ready_to_send(app)
    writer.press("Send", consent=["contact_me"])
    return shown_code(writer)


def secrets_on(disk: Disk) -> int:
    with disk.app.app_context(), stores.reading("erasure") as erasure:
        return len(erasure.scalars(select(ErasureSecret.id)).all())


def refuses_kindly(visitor: Visitor) -> bool:
    return (
        visitor.status == HTTPStatus.SERVICE_UNAVAILABLE
        and "Nothing you sent before is lost" in visitor.page.text
    )


def begins(app: Flask) -> Visitor:
    visitor = Visitor(app.test_client())
    visitor.get("/en/calls/support-needs/")
    visitor.press_first()
    return visitor


def test_on_a_full_disk_people_withdraw_and_erase_and_nothing_new_is_stored(
    disk: Disk, sqlite_shelf: SqliteShelf
) -> None:
    # Given what a participant sent, another one who is about to send, the reserve, and a disk without a byte left
    disk.worker_comes_round()
    assert (disk.folder / "reserve").stat().st_size == disk_space.RESERVE_BYTES
    code, writer = sent(disk.app), ready_to_send(disk.app)
    assert secrets_on(disk)
    disk.fill()
    # Then nothing new is begun or sent, and that is said kindly
    assert refuses_kindly(begins(disk.app))
    writer.press("Send", consent=["contact_me"])
    assert refuses_kindly(writer)
    # And the participant hands in their code, takes back, and erases
    participant = Visitor(disk.app.test_client())
    come_back(participant, code)
    assert participant.path.endswith("/choices/held")
    participant.get("/en/choices/agreed")
    participant.press("Take back my permission")
    assert participant.status == HTTPStatus.OK
    assert "Take back my permission" not in participant.buttons()
    participant.get("/en/choices/erase")
    participant.press_first()
    assert "It is erased" in participant.page.text or participant.path.endswith("/choices/erased")
    # And it is gone, from both stores
    with disk.app.app_context():
        rows = everything()
    assert rows["submissions"] == rows["own_copies"] == []
    assert secrets_on(disk) == 0
    # And although there is room again now, nothing new takes it
    assert disk.free() > 0
    assert refuses_kindly(begins(disk.app))
    # And a coordinator can sign in, and reads on Today what is the matter
    coordinator = Worker(disk.app, sqlite_shelf.founded)
    coordinator.sign_in()
    (line,) = [line for line in coordinator.lines() if "disk is nearly full" in line]
    assert "Nobody can begin to answer or register now." in line
    # And nothing is begun there for a person either, which is said kindly
    coordinator.get(BEGIN)
    coordinator.press("Begin", how="phone")
    assert coordinator.status == HTTPStatus.SERVICE_UNAVAILABLE
    # And when the other program's file is gone, everything goes on, and the reserve is made anew
    disk.make_room()
    disk.worker_comes_round()
    assert disk.has_reserve()
    writer.get("/en/calls/support-needs/agree")
    writer.press("Send", consent=["contact_me"])
    assert shown_code(writer)


def test_on_a_full_disk_registrants_find_the_way_into_their_meeting(disk: Disk) -> None:
    # Given a meeting that begins soon, whose joining link shows to those who have the room code, and a full disk
    event = publish(disk.app, "small-group")
    set_link(disk.app, event)
    with disk.app.app_context():
        booked = register_one(event)
    disk.worker_comes_round()
    disk.fill()
    # Then the code opens it, although each try is counted
    booker = Booker(disk.app)
    with at(event, minutes=10):
        booker.own(booked.ticket)
        booker.press("Show the link to join", code=booked.room_code)
        assert booker.links_outside() == [JOINING_LINK]


def test_on_a_full_disk_the_worker_erases_what_is_due(disk: Disk) -> None:
    # Given a tombstone whose secret is still there
    disk.worker_comes_round()
    code = sent(disk.app)
    disk.fill()
    # When nobody hands in a code, and the worker comes round
    disk.worker_comes_round()
    # Then there is room for what it has to write
    assert disk.free() >= disk_space.NEEDED_BYTES
    assert code


def test_what_was_begun_is_sent_after_nothing_new_begins(disk: Disk) -> None:
    # Given participants who are about to send, and a disk with less room than is kept free
    writer = ready_to_send(disk.app)
    keep = KEEP_FREE_MB * MEGABYTE
    with disk.ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, disk.free() - keep * 3 // 4)
    # Then nobody begins
    assert refuses_kindly(begins(disk.app))
    # And those who began before send: the rest of the room is theirs
    writer.press("Send", consent=["contact_me"])
    assert shown_code(writer)


def test_operator_and_coordinators_are_told_before_it_is_so(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a disk that fills up, and then is nearly full
    monkeypatch.setattr(check_command, "application", lambda: disk.app)
    said = CliRunner().invoke(cli.main, ["check"]).output
    assert "MB free where" in said
    assert "make room" in said
    disk.worker_comes_round()
    assert disk.has_reserve()
    disk.fill()
    # Then check says what does not work, and that it is broken
    found = CliRunner().invoke(cli.main, ["check"])
    assert found.exit_code == 2
    assert "nobody can begin to answer or book" in found.output


def test_a_disk_of_another_machine_is_not_looked_at(real_limits: Flask) -> None:
    # Given the stores on SQLite, or in PostgreSQL, whose disk its clients cannot see
    chosen = real_limits.extensions["hearth_settings"]
    folders = disk_space._folders(chosen)
    # Then the folders that are looked at are the instance's, and those of SQLite files
    assert chosen.instance in folders
    if chosen.database_url.startswith("sqlite"):
        assert Path(urlsplit(chosen.database_url).path).parent in folders
    else:
        assert folders == {chosen.instance}


def test_the_reserve_stays_while_there_is_room(
    disk: Disk,
) -> None:
    disk.worker_comes_round()
    code = sent(disk.app)
    participant = Visitor(disk.app.test_client())
    come_back(participant, code)
    disk.worker_comes_round()
    assert disk.has_reserve()
