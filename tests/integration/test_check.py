"""`check` finds what goes wrong quietly, says what to do, and tells a monitor with its status."""

import json
import os
import ssl
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from aiosmtpd.controller import Controller
from click.testing import CliRunner
from flask import Flask

from tests.factories import WHO_WE_ARE
from tests.integration.house import make_house
from tests.integration.public.steps import lose
from tests.live import free_port
from webapp.cli import (
    check,
    checks_backups,
    checks_file_system,
    checks_outside,
    checks_within,
)
from webapp.cli.finding import Finding, State
from webapp.rules import clock
from webapp.services.infrastructure import backup_marks, clock_guard, disk_space, stores
from webapp.services.keys import bootstrap
from webapp.services.worker import mail_check
from webapp.settings import Settings


@pytest.fixture
def house(make_page_app: object) -> Flask:
    return make_house(make_page_app)  # type: ignore[arg-type]


@pytest.fixture
def chosen(house: Flask) -> Iterator[Settings]:
    with house.app_context():
        yield house.extensions["hearth_settings"]


def worst(found: Iterator[Finding]) -> State:
    return max((one.state for one in found), default=State.WELL)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration as `init` writes it, in an instance of its own."""
    folder = tmp_path / "here"
    bootstrap.write_config(folder / "config", {**WHO_WE_ARE, "BASE_URL": "http://localhost"})
    folder.chmod(0o750)
    monkeypatch.setenv("INSTANCE", str(folder))
    return folder


# Files


@pytest.mark.parametrize(
    ("path", "mode", "words"),
    [
        ("config/public.env", 0o620, "can be read by others (0620)"),
        ("config/public.env", 0o640, "can be read by the group of its folder"),
        ("config/desk.env", 0o604, "can be read by others (0604)"),
        ("config", 0o777, "is open to others (0777)"),
        (".", 0o770, "could put its own folder in the place of config/"),
        (".", 0o2770, "can be written to by its group"),
        (".", 0o757, "can be written to by its group"),
    ],
)
def test_files_that_others_can_read_or_take_away_are_found(
    config: Path, path: str, mode: int, words: str
) -> None:
    # Given what init made
    settings = Settings.from_environment(
        {**os.environ, "CONFIG": str(config / "config" / "public.env"), "DOORS": "public"}
    )
    assert worst(checks_within.files(settings)) is State.WELL
    # When an operator opens it up
    (config / path).chmod(mode)
    # Then it is found, with the way out
    found = list(checks_within.files(settings))
    assert any(words in one.words and one.state is State.BROKEN for one in found), found
    assert any("chmod" in one.words or "give it" in one.words for one in found)


def test_a_shared_folder_in_which_no_user_can_take_away_anothers_file_is_well(config: Path) -> None:
    settings = Settings.from_environment(
        {**os.environ, "CONFIG": str(config / "config" / "public.env"), "DOORS": "public"}
    )
    config.chmod(0o3770)
    assert worst(checks_within.files(settings)) is State.WELL


# Disk, clock, databases, backup


@pytest.mark.parametrize(
    ("megabytes", "state"), [(5_000, State.WELL), (900, State.LOOK), (100, State.BROKEN)]
)
def test_a_disk_that_fills_is_told_before_it_is_full(
    chosen: Settings, monkeypatch: pytest.MonkeyPatch, megabytes: int, state: State
) -> None:
    class Usage:
        free = megabytes * 1024 * 1024

    monkeypatch.setattr(disk_space.shutil, "disk_usage", lambda path: Usage)
    monkeypatch.setattr(disk_space, "has_reserve", lambda chosen: True)
    assert worst(checks_within.disk(chosen)) is state


MOUNTED = """\
22 1 254:0 / / rw,relatime shared:1 - {root} /dev/vda rw{options}
30 22 0:31 / /srv/with\\040space rw - btrfs /dev/vdb rw,compress=zstd
31 22 0:32 / /srv/plain rw - xfs /dev/vdc rw
32 22 0:33 / /srv/plain rw - nfs4 elsewhere:/export rw
"""


@pytest.mark.parametrize(
    ("path", "root", "options", "said"),
    [
        ("/srv/hearth", "ext4", "", ""),
        ("/srv/hearth", "ext4", ",data=journal", "ext4 with data=journal"),
        ("/srv/hearth", "overlay", "", "overlay"),
        ("/srv/with space/hearth", "ext4", "", "btrfs"),
        ("/srv/plainer", "ext4", "", ""),
        # Mounted over another one
        ("/srv/plain/hearth", "ext4", "", "nfs4"),
    ],
)
def test_a_file_system_that_does_not_write_in_place_is_told(
    tmp_path: Path, path: str, root: str, options: str, said: str
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTED.format(root=root, options=options))
    assert checks_file_system.not_in_place(Path(path), mounts) == said


def test_a_folder_in_memory_is_known(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    line = "33 22 0:34 / /run rw,nosuid - tmpfs tmpfs rw\n"
    mounts.write_text(MOUNTED.format(root="ext4", options="") + line)
    assert checks_file_system.is_in_memory(Path("/run/sheets"), mounts)
    assert not checks_file_system.is_in_memory(Path("/srv/hearth"), mounts)
    assert not checks_file_system.is_in_memory(Path("/srv"), tmp_path / "nothing")


def test_deleted_keys_that_stay_on_the_disk_are_something_to_look_at(
    chosen: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks_file_system, "not_in_place", lambda path: "btrfs")
    (found,) = checks_file_system.overwriting(chosen)
    assert found.state is State.LOOK
    assert "is on btrfs" in found.words
    monkeypatch.setattr(checks_file_system, "not_in_place", lambda path: "")
    assert list(checks_file_system.overwriting(chosen)) == []


def test_a_clock_that_went_back_is_found_by_the_record(chosen: Settings) -> None:
    assert worst(checks_within.clock_here(chosen)) is State.WELL
    # When the machine wakes up years ago
    with time_machine.travel(clock.now() - timedelta(days=900)):
        (found,) = checks_within.clock_here(chosen)
    # Then the newest entry of the record is from the future
    assert found.state is State.BROKEN
    assert "the record has an entry of" in found.words


def test_stores_that_answer_with_the_newest_tables_are_well(chosen: Settings) -> None:
    (found,) = checks_within.databases(chosen)
    assert found.state is State.WELL


@pytest.mark.parametrize("store", stores.STORES)
def test_each_store_that_does_not_answer_is_named(
    house: Flask, chosen: Settings, store: str
) -> None:
    lose(house, store)
    (found,) = checks_within.databases(chosen)
    assert found.state is State.BROKEN
    assert found.words.startswith(f"the {store} store does not answer: is its database up (")


def test_a_backup_that_stopped_is_told(chosen: Settings) -> None:
    # Given an instance of which no backup was ever noted
    assert worst(checks_backups.backup(chosen)) is State.LOOK
    mark, drilled = chosen.instance / backup_marks.BACKUP, chosen.instance / backup_marks.DRILL
    mark.touch()
    # And as long as nobody has opened one, that is said
    assert [one.state for one in checks_backups.backup(chosen)] == [State.WELL, State.LOOK]
    drilled.touch()
    assert worst(checks_backups.backup(chosen)) is State.WELL
    half_a_year_ago = time.time() - 200 * 24 * 3600
    os.utime(drilled, (half_a_year_ago, half_a_year_ago))
    assert worst(checks_backups.backup(chosen)) is State.LOOK
    drilled.touch()
    # When days pass without one
    for hours, state in ((30, State.LOOK), (80, State.BROKEN)):
        past = time.time() - hours * 3600
        os.utime(mark, (past, past))
        assert worst(checks_backups.backup(chosen)) is state


def test_what_no_page_may_say_in_silence_is_told(chosen: Settings) -> None:
    said = [one.words for one in checks_within.settings(chosen)]
    for name in ("SUPPORT_CONTACTS", "SUPPORT_CHECKED_ON", "HAND_IN"):
        assert any(words.startswith(f"{name} is not set") for words in said)


def test_a_file_with_which_its_door_does_not_start_is_broken(
    config: Path, chosen: Settings
) -> None:
    # Given a public door's file that only the desk's and the worker's files hide
    file = config / "config" / "public.env"
    file.write_text(file.read_text().replace("http://localhost", "http://take-part.example.org"))
    broken = [one for one in checks_within.settings(chosen) if one.state is State.BROKEN]
    # Then it is named
    assert [one.words.partition(":")[0] for one in broken] == ["public.env"]
    assert "BASE_URL must begin with https://" in broken[0].words


def test_a_worker_that_never_ran_is_told(chosen: Settings) -> None:
    # Given an instance whose worker was never started
    assert worst(checks_within.worker(chosen)) is State.LOOK
    # When it runs
    clock_guard.sure()
    assert worst(checks_within.worker(chosen)) is State.WELL


def test_deleting_that_waits_for_a_person_is_broken(chosen: Settings) -> None:
    # Given a worker that ran today
    clock_guard.sure()
    assert worst(checks_within.deleting(chosen)) is State.WELL
    # When the clock jumps
    with time_machine.travel(clock.now() + timedelta(days=4)):
        (found,) = checks_within.deleting(chosen)
    # Then a monitor hears of it, with the way out
    assert found.state is State.BROKEN
    assert "Nothing is deleted" in found.words
    assert "confirm-clock" in found.words


def test_an_erasure_store_that_may_be_the_wrong_one_is_broken(chosen: Settings) -> None:
    clock_guard.sure()
    clock_guard.note_unreadable(7)
    (found,) = checks_within.deleting(chosen)
    assert found.state is State.BROKEN
    assert "7 rows have lost their erasure secret" in found.words


def test_a_desk_at_the_same_name_must_know_it_too(config: Path, chosen: Settings) -> None:
    # Given one host name, and files from before the desk was always told
    for name in ("public.env", "desk.env"):
        (config / "config" / name).write_text("BASE_URL=https://take-part.example.org\n")
    said = [one.words for one in checks_within.settings(chosen) if one.state is State.LOOK]
    assert any("PUBLIC_URL=https://take-part.example.org there" in words for words in said)
    # Then no other address is asked for
    assert not any("DESK_URL" in words for words in said)


def test_a_desk_at_its_own_name_must_know_the_other_address(config: Path, chosen: Settings) -> None:
    # Given files from before the desk had to be told
    (config / "config" / "public.env").write_text("BASE_URL=https://take-part.example.org\n")
    (config / "config" / "desk.env").write_text("BASE_URL=https://desk.example.org/\n")
    said = [one.words for one in checks_within.settings(chosen) if one.state is State.LOOK]
    # Then each missing line is given word for word
    assert any("PUBLIC_URL=https://take-part.example.org there" in words for words in said)
    assert any("DESK_URL=https://desk.example.org there" in words for words in said)


# Mail


class Catcher:
    """A mail server that keeps what it takes."""

    def __init__(self, refuse: str = "") -> None:
        self.refuse = refuse
        self.took: list[tuple[str, list[str], str]] = []

    async def handle_MAIL(  # noqa: N802
        self, server: object, session: object, envelope: object, address: str, options: object
    ) -> str:
        if self.refuse:
            return self.refuse
        envelope.mail_from = address  # type: ignore[attr-defined]
        return "250 OK"

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:  # noqa: N802
        self.took.append(
            (envelope.mail_from, envelope.rcpt_tos, envelope.content.decode())  # type: ignore[attr-defined]
        )
        return "250 OK"


def asked(make_page_app: object, catcher: Catcher, send_to: str = "") -> mail_check.Answer:
    server = Controller(catcher, hostname="127.0.0.1", port=free_port())
    server.start()
    try:
        with make_house(make_page_app, server.port).app_context():  # type: ignore[arg-type]
            return mail_check.try_server(send_to)
    finally:
        server.stop()


def test_a_test_mail_arrives_before_the_first_person_books(make_page_app: object) -> None:
    # When the server is only tried, then nothing is sent
    catcher = Catcher()
    answer = asked(make_page_app, catcher)
    assert answer.wrong == ""
    assert catcher.took == []
    # When a test mail is asked for, then it comes from our sender and gives nothing away
    answer = asked(make_page_app, catcher, "me@example.org")
    assert "took the test mail" in answer.steps[-1]
    ((sender, to, text),) = catcher.took
    assert (sender, to) == ("no-reply@mail.example", ["me@example.org"])
    assert "Subject: A test" in text
    assert "coalition" not in text.lower()


def test_a_mail_server_that_wants_nothing_from_us_is_told(make_page_app: object) -> None:
    answer = asked(make_page_app, Catcher(refuse="550 no"))
    assert "does not take MAIL_FROM no-reply@mail.example: 550" in answer.wrong


def test_a_mail_server_that_is_not_there_is_told(chosen: Settings) -> None:
    answer = mail_check.try_server()
    assert "port 9" in answer.wrong
    assert "ConnectionRefused" in answer.wrong


# The whole


def test_one_look_that_fails_hides_no_other(
    chosen: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a look that breaks, and addresses that no test asks for
    def disk(settings: Settings) -> Iterator[Finding]:
        raise ValueError("person@example.org")

    looks = (disk, checks_within.databases)
    monkeypatch.setattr(check, "LOOKS", looks)
    found = list(check.findings())
    # Then it is broken itself, without its words, and the others are looked at
    assert found[0] == Finding("disk", State.BROKEN, "could not be looked at: ValueError")
    assert [one.about for one in found] == ["disk", "databases", "mail"]
    assert max(one.state for one in found) is State.BROKEN


def test_an_address_that_does_not_answer_is_told_in_words(chosen: Settings) -> None:
    refused = checks_outside._fetch("http://127.0.0.1:9/healthz")
    assert refused == "cannot be reached: Connection refused"
    reason = ssl.SSLCertVerificationError("x")
    reason.verify_message = "certificate has expired"
    assert "certificate has expired" in checks_outside._why(reason)


def test_a_clock_that_differs_from_the_proxys_is_told() -> None:
    there = clock.now() + timedelta(minutes=90)
    said = checks_outside._clock_of(f"{there:%a, %d %b %Y %H:%M:%S} GMT")
    assert said is not None
    assert "its clock is" in said
    assert checks_outside._clock_of(f"{clock.now():%a, %d %b %Y %H:%M:%S} GMT") is None


@pytest.mark.parametrize("state", list(State))
def test_the_status_is_that_of_the_worst_line(
    house: Flask, monkeypatch: pytest.MonkeyPatch, state: State
) -> None:
    # Given two looks, of which one is not well
    def well(settings: Settings) -> Iterator[Finding]:
        yield Finding("disk", State.WELL, "enough")

    def other(settings: Settings) -> Iterator[Finding]:
        yield Finding("clock", state, "some words")

    monkeypatch.setattr(check, "application", lambda: house)
    monkeypatch.setattr(check, "LOOKS", (well, other))
    monkeypatch.setattr(checks_outside, "mail", lambda settings, send_to: iter(()))
    done = CliRunner().invoke(check.check, [])
    # Then a monitor sees it, and a person reads both
    assert done.exit_code == int(state)
    assert "enough" in done.output
    assert "some words" in done.output
    # And a program reads the same
    program = CliRunner().invoke(check.check, ["--json"])
    said = json.loads(program.output)
    assert program.exit_code == said["status"] == int(state)
    assert said["state"] == state.name.lower()
    assert [(one["about"], one["words"]) for one in said["findings"]] == [
        ("disk", "enough"),
        ("clock", "some words"),
    ]
    # And cron only mails what is not well
    quiet = CliRunner().invoke(check.check, ["--quiet"])
    assert quiet.exit_code == int(state)
    assert "enough" not in quiet.output
    assert ("some words" in quiet.output) == (state is not State.WELL)
