"""The backup script of the manual: all that is worth having, apart from each other, and old secrets are not kept."""

import os
import sqlite3
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

from tests.factories import WHO_WE_ARE
from tests.live import ROOT
from webapp.services.keys import bootstrap

SCRIPT = ROOT / "deploy" / "backup.sh"
DAY = 24 * 3600


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    folder = tmp_path / "instance"
    bootstrap.write_config(folder / "config", {**WHO_WE_ARE, "BASE_URL": "http://localhost"})
    for store in ("main", "erasure", "volatile"):
        with sqlite3.connect(folder / f"{store}.sqlite3") as made:
            made.execute(f"CREATE TABLE {store} (id INTEGER)")
        made.close()
    (folder / "tombstones.txt").touch()
    (folder / "record-heads.txt").touch()
    return folder


def back_up(instance: Path, to: Path) -> "subprocess.CompletedProcess[str]":
    environ = {"PATH": os.environ["PATH"], "INSTANCE": str(instance), "BACKUPS": str(to)}
    return subprocess.run(
        [SCRIPT], env=environ, capture_output=True, text=True, check=False, timeout=60
    )


def test_without_the_configuration_nothing_is_copied_and_that_is_said(
    instance: Path, tmp_path: Path
) -> None:
    # Given an operator who forgot to say where the configuration is
    (instance / "config" / "desk.env").rename(tmp_path / "desk.env")
    done = back_up(instance, tmp_path / "backups")
    # Then it stops at once, with one line, and is noted nowhere as a backup
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "desk.env cannot be read" in line
    assert not (tmp_path / "backups").exists()
    assert not (instance / "last-backup").exists()


def test_everything_is_copied_apart_and_noted(instance: Path, tmp_path: Path) -> None:
    to = tmp_path / "backups"
    done = back_up(instance, to)
    assert done.returncode == 0, done.stderr
    # Then each store that lasts is a whole one of its own
    for store in ("main", "erasure"):
        (copy,) = (to / store).iterdir()
        with sqlite3.connect(copy) as opened:
            assert opened.execute(f"SELECT count(*) FROM {store}").fetchone() == (0,)
        opened.close()
        assert copy.stat().st_mode & 0o077 == 0
    (config,) = (to / "config").iterdir()
    with tarfile.open(config) as opened_config:
        assert {
            "config/public.env",
            "config/desk.env",
            "config/worker.env",
            "tombstones.txt",
            "record-heads.txt",
        } <= set(opened_config.getnames())
    assert not (to / "volatile").exists()
    # And it is noted, for `check`
    assert (instance / "last-backup").exists()


def test_before_anything_was_deleted_there_is_a_backup_all_the_same(
    instance: Path, tmp_path: Path
) -> None:
    # Given a new instance: what was deleted is written down from the first time on
    (instance / "tombstones.txt").unlink()
    done = back_up(instance, tmp_path / "backups")
    assert (done.returncode, done.stderr) == (0, "")
    assert (instance / "last-backup").exists()


def test_words_that_came_back_from_a_translator_are_in_the_backup(
    instance: Path, tmp_path: Path
) -> None:
    words = Path("words", "so", "LC_MESSAGES", "messages.mo")
    (instance / words).parent.mkdir(parents=True)
    (instance / words).write_bytes(b"words")
    assert back_up(instance, tmp_path / "backups").returncode == 0
    (config,) = (tmp_path / "backups" / "config").iterdir()
    with tarfile.open(config) as opened:
        assert str(words) in opened.getnames()


def test_copies_of_secrets_are_gone_before_their_seventh_day_is_over(
    instance: Path, tmp_path: Path
) -> None:
    # Given copies of five and of six days ago
    to = tmp_path / "backups"
    for store in ("main", "erasure"):
        (to / store).mkdir(parents=True)
        for days in (5, 6):
            copy = to / store / f"{days}.sqlite3"
            copy.touch()
            past = time.time() - days * DAY - 60
            os.utime(copy, (past, past))
    assert back_up(instance, to).returncode == 0
    # Then the older of the secrets is gone, and of the main store none
    assert {copy.name for copy in (to / "erasure").iterdir()} & {"5.sqlite3", "6.sqlite3"} == {
        "5.sqlite3"
    }
    assert {"5.sqlite3", "6.sqlite3"} <= {copy.name for copy in (to / "main").iterdir()}


def test_a_backup_that_breaks_off_is_none_and_removes_nothing(
    instance: Path, tmp_path: Path
) -> None:
    # Given an old copy, and a store that cannot be read
    to = tmp_path / "backups"
    (to / "erasure").mkdir(parents=True)
    old = to / "erasure" / "old.sqlite3"
    old.touch()
    os.utime(old, (0, 0))
    (instance / "erasure.sqlite3").write_bytes(b"no database at all" * 100)
    done = back_up(instance, to)
    # Then it says so, is not noted, and what there was is kept: it may be the only one
    assert done.returncode != 0
    assert old.exists()
    assert not (instance / "last-backup").exists()
