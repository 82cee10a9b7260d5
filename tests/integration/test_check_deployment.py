"""`check` on what protects processes and stores from each other; commands with a configuration of its own folder."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.integration.house import make_house
from tests.integration.test_init import ABOUT_MAIL, ABOUT_PAGES, IN_FILES, give
from tests.live import command
from tests.raw_disk import mounted
from webapp.cli import checks_deployment
from webapp.cli.finding import State
from webapp.services.infrastructure import separate_stores
from webapp.settings import Settings, WrongSetting


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """A disk that knows `chattr +a`, which the machine's own file system may not."""
    with mounted(tmp_path) as disk:
        yield disk.folder


@pytest.fixture
def chosen(make_page_app: object) -> Iterator[Settings]:
    house: Flask = make_house(make_page_app)  # type: ignore[arg-type]
    with house.app_context():
        yield house.extensions["hearth_settings"]


@pytest.fixture
def list_of_deleted(chosen: Settings) -> Iterator[Path]:
    chosen.tombstone_file.touch()
    yield chosen.tombstone_file
    subprocess.run(["chattr", "-a", chosen.tombstone_file], check=False, capture_output=True)


def test_a_list_of_what_was_deleted_that_can_be_emptied_is_told(
    chosen: Settings, list_of_deleted: Path
) -> None:
    (found,) = checks_deployment.tombstones(chosen)
    assert found.state is State.LOOK
    # Then the line has the command
    subprocess.run(found.words.partition(": ")[2].split(), check=True, capture_output=True)
    (found,) = checks_deployment.tombstones(chosen)
    assert found.state is State.WELL
    with pytest.raises(PermissionError):
        os.truncate(list_of_deleted, 0)


def test_noted_heads_of_the_record_that_can_be_emptied_are_told(chosen: Settings) -> None:
    chosen.head_file.unlink(missing_ok=True)
    (found,) = checks_deployment.heads(chosen)
    assert found.state is State.WELL
    chosen.head_file.touch()
    (found,) = checks_deployment.heads(chosen)
    assert found.state is State.LOOK
    assert found.words.endswith(f"chattr +a {chosen.head_file}")


def test_before_anything_was_deleted_there_is_nothing_to_say(chosen: Settings) -> None:
    chosen.tombstone_file.unlink(missing_ok=True)
    (found,) = checks_deployment.tombstones(chosen)
    assert found.state is State.WELL


def test_a_file_system_without_attributes_is_said_and_no_alarm(
    chosen: Settings, list_of_deleted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_here(*asked: object) -> None:
        raise OSError(25, "Inappropriate ioctl for device")

    monkeypatch.setattr(checks_deployment.fcntl, "ioctl", not_here)
    (found,) = checks_deployment.tombstones(chosen)
    assert found.state is State.WELL
    assert "cannot keep a file append-only" in found.words


def test_three_stores_that_are_three_are_well(chosen: Settings) -> None:
    # SQLite knows no roles: there is nothing more to say
    assert list(checks_deployment.stores(chosen)) == []


def test_two_stores_that_are_one_are_broken(
    chosen: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one() -> None:
        raise WrongSetting("DATABASE_URL and ERASURE_DATABASE_URL lead to one database")

    monkeypatch.setattr(separate_stores, "check", one)
    (found,) = checks_deployment.stores(chosen)
    assert found.state is State.BROKEN
    assert "lead to one database" in found.words


def test_a_configuration_outside_the_folder_of_the_data(tmp_path: Path) -> None:
    # Given an operator who wants them apart
    data, config = tmp_path / "srv" / "hearth", tmp_path / "etc" / "hearth"
    answers = ABOUT_PAGES + IN_FILES + ABOUT_MAIL
    done = give(data, answers, CONFIG_FOLDER=str(config))
    assert done.returncode == 0, done.stderr
    # Then there they are, each closed to others
    assert {one.name for one in config.iterdir()} == {"public.env", "desk.env", "worker.env"}
    assert {one.suffix for one in data.iterdir()} >= {".sqlite3"}
    assert not (data / "config").exists()
    for folder in (data, config):
        assert folder.stat().st_mode & 0o777 == 0o700
    # And every command finds them there
    assert "up to date already" in command(data, "migrate", CONFIG_FOLDER=str(config))
    assert "The record holds" in command(data, "verify-record", CONFIG_FOLDER=str(config))


def test_a_demo_whose_configuration_is_elsewhere_keeps_its_data_in_the_instance(
    tmp_path: Path,
) -> None:
    data, config = tmp_path / "srv" / "hearth", tmp_path / "etc" / "hearth"
    command(data, "demo", CONFIG_FOLDER=str(config))
    assert {one.name for one in config.iterdir()} == {"public.env", "desk.env", "worker.env"}
    assert (data / "demo-sign-in.json").exists()
    assert [one.name for one in config.parent.iterdir()] == ["hearth"]


def test_a_store_that_is_another_stores_file_is_not_migrated(tmp_path: Path) -> None:
    # Given a link that an operator made, to have one file less
    data = tmp_path / "instance"
    data.mkdir()
    (data / "main.sqlite3").touch()
    (data / "erasure.sqlite3").symlink_to(data / "main.sqlite3")
    done = give(data, ABOUT_PAGES + IN_FILES + ABOUT_MAIL)
    # Then nothing is made in it
    assert done.returncode != 0
    assert "DATABASE_URL and ERASURE_DATABASE_URL lead to one database" in done.stderr
    assert (data / "main.sqlite3").stat().st_size == 0
