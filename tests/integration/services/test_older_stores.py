"""A store that was put back by other means than `restore` lets no process start before the tombstones were replayed.

On both databases. `tests/integration/test_physical_backups.py` does it with a physical backup of PostgreSQL.
"""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select

from tests.conftest import MakeApp
from tests.factories import Sent, submit_one
from tests.integration.house import make_house
from tests.integration.tables import back_up_main, put_back
from webapp.cli.replaying import replay_tombstones
from webapp.models import ErasureSecret, Part
from webapp.rules.audit_events import AuditEvent
from webapp.services.answers import erasing, own_copies
from webapp.services.answers.own_copies import NothingHeld
from webapp.services.infrastructure import audit, head_file, record_check, stores
from webapp.services.sealed import tombstone_file
from webapp.settings import WrongSetting
from webapp.web import start_checks

Secrets = list[dict[str, object]]


@pytest.fixture
def inside(make_app: MakeApp) -> Iterator[Flask]:
    house = make_house(make_app)
    with house.app_context():
        yield house


def copy_erasure() -> Secrets:
    columns = ErasureSecret.__table__.columns
    with stores.reading("erasure") as erasure:
        return [dict(row._mapping) for row in erasure.execute(select(*columns))]


def put_erasure_back(secrets: Secrets) -> None:
    with stores.writing("erasure") as erasure:
        erasure.execute(delete(ErasureSecret))
        erasure.execute(insert(ErasureSecret), secrets)


def erase(sent: Sent) -> None:
    assert erasing.erase_held(own_copies.find_held(sent.receipt)).complete


def is_read(sent: Sent) -> bool:
    try:
        return bool(own_copies.find_held(sent.receipt).answers)
    except NothingHeld:
        return False


def check_refused(app: Flask, said: str) -> None:
    with pytest.raises(WrongSetting, match=said):
        start_checks.before_serving(app)


def test_stores_of_today_let_every_process_start(inside: Flask) -> None:
    stays, goes = submit_one(), submit_one()
    erase(goes)
    record_check.watch()
    audit_something()
    start_checks.before_serving(inside)
    assert is_read(stays)


@pytest.mark.parametrize("older", ["main", "erasure", "both"])
def test_after_an_older_copy_nothing_starts_before_the_tombstones_were_replayed(
    inside: Flask, older: str
) -> None:
    # Given someone who deleted everything after a copy of both stores
    stays, goes = submit_one(), submit_one()
    main, erasure = back_up_main(), copy_erasure()
    erase(goes)
    # When the copy is put back
    if older != "erasure":
        put_back(main)
    if older != "main":
        put_erasure_back(erasure)
    # Then they are back where both are, and no process starts
    assert is_read(goes) == (older == "both")
    check_refused(inside, "older than tombstones.txt says.*give replay-tombstones")
    # And once the tombstones were replayed, all is as it was
    replay_tombstones()
    start_checks.before_serving(inside)
    assert (is_read(stays), is_read(goes)) == (True, False)


def test_an_erasing_that_a_crash_left_half_done_holds_nothing_up(inside: Flask) -> None:
    # Given a process that was killed after the line in the file, and before the secret was gone
    sent = submit_one()
    with stores.reading() as main:
        rows = main.execute(select(Part.id, Part.secret_id)).all()
    erasing._erase(own_copies.find_held(sent.receipt), at_last=False)
    tombstone_file.append(one for row in rows for one in row)
    # Then the next process starts, and can finish it
    start_checks.before_serving(inside)


def test_a_secret_that_was_replaced_and_that_an_older_main_needs_holds_nothing_up(
    inside: Flask,
) -> None:
    # Given a copy of both stores, from before somebody's answers were sealed anew
    sent = submit_one()
    with stores.reading() as main:
        tombstone_file.append(main.scalars(select(Part.secret_id)))
    # Then it serves, and they are read
    start_checks.before_serving(inside)
    assert is_read(sent)


def audit_something() -> None:
    with stores.writing() as main:
        audit.enter(main, audit.OPERATOR, AuditEvent.CLOCK_CONFIRMED)


def test_a_main_that_lacks_the_noted_head_is_older_although_nobody_was_deleted(
    inside: Flask,
) -> None:
    # Given a head of the record that was noted after a copy of main
    record_check.watch()
    main = back_up_main()
    audit_something()
    record_check.watch()
    # When the copy is put back, then neither the desk nor the worker starts
    put_back(main)
    check_refused(inside, "older than record-heads.txt says")
    # And after the replay they do, and the gap waits for a coordinator
    replay_tombstones()
    start_checks.before_serving(inside)
    assert record_check.standing().found.noted == 1
    assert len(head_file.read()) == 3
