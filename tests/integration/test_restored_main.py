"""An operator puts an older `main` back and starts the worker: a real process, on SQLite and on PostgreSQL."""

from datetime import date
from pathlib import Path

from flask import Flask
from sqlalchemy import delete

from tests.factories import submit_one
from tests.integration.services.test_restored import REMOVED, back_up_main, people, put_back
from tests.integration.test_wrong_clock import give
from tests.stores import Stores
from webapp.models import ErasureSecret
from webapp.services.answers import erasing, own_copies
from webapp.services.infrastructure import audit, stores
from webapp.web import start_checks

TODAY = date.today().isoformat()


def test_the_worker_does_not_start_before_the_tombstones_were_replayed(
    house: Flask, demo_stores: Stores, tmp_path: Path
) -> None:
    with house.app_context():
        # Given a participant who erased everything after the backup that is put back
        stays, goes = submit_one(), submit_one()
        backup = back_up_main()
        erasing.erase_held(own_copies.find_held(goes.receipt))
        put_back(backup)
    # When the worker starts, then it says what to do, and ends
    done = give(demo_stores, tmp_path, TODAY, "worker", "--once")
    assert done.returncode == 1
    assert "main is older than tombstones.txt says" in done.stderr
    assert "Traceback" not in done.stderr
    # And after the command that it names
    done = give(demo_stores, tmp_path, TODAY, "replay-tombstones", typed="y\n")
    assert done.returncode == 0, done.stderr
    # Then they are no ghost
    with house.app_context():
        start_checks.before_serving(house)
        assert people() == {stays.submission_id}
        assert audit.verify()


def test_a_wrong_erasure_store_is_said_and_an_operator_decides(
    house: Flask, demo_stores: Stores, tmp_path: Path
) -> None:
    # Given an erasure store that was lost
    with house.app_context():
        submit_one()
        with stores.writing("erasure") as erasure_store:
            erasure_store.execute(delete(ErasureSecret))
    # When the worker starts
    done = give(demo_stores, tmp_path, TODAY, "worker", "--once")
    # Then it says what is wrong and removes nothing
    assert "6 rows have lost their erasure secret. Nothing was removed" in done.stderr
    assert "remove-unreadable" in done.stderr
    # And an operator who does not say yes removes nothing either
    assert give(demo_stores, tmp_path, TODAY, "remove-unreadable", typed="n\n").returncode == 1
    with house.app_context():
        assert len(people()) == 1
    # And one who does removes it, and is in the record
    done = give(demo_stores, tmp_path, TODAY, "remove-unreadable", typed="y\n")
    assert done.returncode == 0, done.stderr
    assert "Removed: 6." in done.stdout
    with house.app_context():
        assert people() == set()
        assert {line.actor for line in audit.recent() if line.event in REMOVED} == {"operator"}
    done = give(demo_stores, tmp_path, TODAY, "remove-unreadable")
    assert "Nothing to remove" in done.stdout
