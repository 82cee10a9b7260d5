"""Backups: encrypted, restored by command, and whoever was deleted stays deleted. On SQLite and on PostgreSQL."""

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests import fork_server, postgres
from tests.factories import Sent, environment, submit_one
from tests.live import ROOT, surroundings
from tests.stores import PostgresShelf, Shelf, Stores
from webapp.models import ErasureSecret, Submission
from webapp.services.answers import consents, erasing, own_copies
from webapp.services.answers.consents import Subject
from webapp.services.answers.own_copies import NothingHeld
from webapp.services.backup import drill, making_backups, restoring
from webapp.services.backup.backup_folder import BackupFolder
from webapp.services.backup.backup_places import DAYS, FOLDERS, remove_old
from webapp.services.infrastructure import audit, backup_marks, stores
from webapp.settings import WrongSetting
from webapp.settings.processes import SECRETS_OF, secrets_of
from webapp.vault import backup_files
from webapp.vault.backup_files import BackupKind
from webapp.web import start_checks

Done = subprocess.CompletedProcess[str]


@dataclass
class Place:
    """An instance as an operator has it, with the words of its backup key."""

    instance: Path
    backups: Path
    words: str
    lose: Callable[[str], None]

    @property
    def config(self) -> Path:
        return self.instance / "config"

    def give(self, *words: str, typed: str = "") -> Done:
        """An operator's command."""
        return give(self.instance, *words, typed=typed)

    def backup(self) -> None:
        done = self.give("backup")
        assert done.returncode == 0, done.stderr

    def restore(self, *options: str) -> Done:
        return self.give("restore", "--yes", *options, typed=f"{self.words}\n")

    def files(self) -> list[Path]:
        return [path for path in self.backups.rglob("*") if path.is_file()]


def give(instance: Path, *words: str, typed: str = "", path: str = "") -> Done:
    settings = surroundings(instance, CONFIG_FOLDER=str(instance / "config"))
    path = path or f"{postgres.programs()}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [fork_server.python(), "-m", "webapp.cli", *words],
        cwd=ROOT,
        env={**settings, "PATH": path},
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def place(
    house: Flask,
    shelf: Shelf,
    demo_stores: Stores,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Place:
    """The instance of the house, with its settings in files, as in production."""

    def lose(store: str) -> None:
        with house.app_context():
            stores.let_go()
        if isinstance(shelf, PostgresShelf):
            name = getattr(demo_stores, store).partition("@/")[2].partition("?")[0]
            shelf.cluster.drop(name)
            shelf.cluster.create(name)
            return
        for path in tmp_path.glob(f"{store}.sqlite3*"):
            path.unlink()

    return found(tmp_path, demo_stores, tmp_path_factory, lose)


@pytest.fixture
def page_place(
    page_house: Flask,
    sqlite_demo_stores: Stores,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Place:
    return found(tmp_path, sqlite_demo_stores, tmp_path_factory, lambda store: None)


def found(
    instance: Path,
    where: Stores,
    folders: pytest.TempPathFactory,
    lose: Callable[[str], None],
) -> Place:
    write_config(instance, where)
    backups = folders.mktemp("elsewhere") / "backups"
    done = give(instance, "backup-key", "--to", str(backups))
    assert done.returncode == 0, done.stderr
    words = " ".join(one for one in done.stdout.split("\n\n")[1].split() if one.isalpha())
    return Place(instance, backups, words, lose)


def write_config(instance: Path, where: Stores) -> None:
    told = environment(instance, **where.environment(), DOORS="public,desk,worker")
    del told["INSTANCE"], told["DOORS"]
    (instance / "config").mkdir()
    for process, needed in SECRETS_OF.items():
        others = secrets_of(("public", "desk", "worker")) - needed
        lines = [f'{name}="{value}"\n' for name, value in told.items() if name not in others]
        if process == "worker":
            lines.append('BASE_URL="http://localhost"\n')
        (instance / "config" / f"{process}.env").write_text("".join(lines))


def reads_theirs(house: Flask, sent: Sent) -> bool:
    """Whether a person's code opens what they told us."""
    with house.app_context():
        try:
            return bool(own_copies.find_held(sent.receipt).answers)
        except NothingHeld:
            return False


def people(house: Flask) -> set[object]:
    with house.app_context(), stores.reading() as main:
        return set(main.scalars(select(Submission.id)))


def test_after_everything_was_lost_whoever_was_deleted_stays_deleted(
    house: Flask, place: Place
) -> None:
    # Given two people in a backup, one of whom deleted everything after it
    with house.app_context():
        stays, goes = submit_one(), submit_one()
    place.backup()
    with house.app_context():
        assert erasing.erase_held(own_copies.find_held(goes.receipt)).complete
    # When both stores are lost, and the backup is put back
    for store in ("main", "erasure"):
        place.lose(store)
    done = place.restore()
    assert done.returncode == 0, done.stderr
    # Then the one who stays reads theirs, and of the other nothing is there that opens
    assert reads_theirs(house, stays)
    assert not reads_theirs(house, goes)
    assert people(house) == {stays.submission_id}
    # And the command said what it did, and the record holds
    assert "Put back: main" in done.stdout
    assert "Put back: erasure" in done.stdout
    assert "Deleted again, by tombstones.txt: " in done.stdout
    with house.app_context():
        assert audit.verify()


def test_without_the_list_of_who_was_deleted_nothing_is_put_back(
    house: Flask, place: Place
) -> None:
    # Given that the list is lost with the stores
    with house.app_context():
        sent = submit_one()
    place.backup()
    for store in ("main", "erasure"):
        place.lose(store)
    (place.instance / "tombstones.txt").unlink(missing_ok=True)
    # When a restore is tried, twice, then it is refused, and says what to do
    for _ in range(2):
        done = place.restore()
        assert done.returncode == 1
        assert "tombstones.txt is lost" in done.stderr
        assert "Traceback" not in done.stderr
    # And only with the words for it goes on
    done = place.restore("--tombstones-lost")
    assert done.returncode == 0, done.stderr
    assert reads_theirs(house, sent)


def test_a_lost_main_comes_back_beside_the_erasure_of_today(house: Flask, place: Place) -> None:
    with house.app_context():
        stays, goes = submit_one(), submit_one()
    place.backup()
    with house.app_context():
        later = submit_one()
        held = own_copies.find_held(stays.receipt)
        subject = Subject(held.submission_id, held.call_id, held.form, held.language)
        consents.change(subject, "contact_me", granted=False)
        assert erasing.erase_held(own_copies.find_held(goes.receipt)).complete
    with house.app_context(), stores.reading("erasure") as erasure:
        before = set(erasure.scalars(select(ErasureSecret.id)))
    # When main alone is lost
    place.lose("main")
    done = place.restore()
    assert done.returncode == 0, done.stderr
    # Then erasure was not touched, and what main has of those who are gone was removed
    assert "Put back: erasure" not in done.stdout
    with house.app_context(), stores.reading("erasure") as erasure:
        assert set(erasure.scalars(select(ErasureSecret.id))) == before
    assert (reads_theirs(house, stays), reads_theirs(house, goes)) == (True, False)
    assert not reads_theirs(house, later)
    assert people(house) == {stays.submission_id}
    # And the permission that was taken back since then does not stand again
    assert "People whose permissions were taken back again, by tombstones.txt: 1." in done.stdout
    with house.app_context(), stores.reading() as main:
        agreed = consents.standing_purposes(main, [stays.submission_id])
    assert "contact_me" not in agreed[stays.submission_id]


def test_a_secret_that_was_only_replaced_is_not_taken_from_whoever_lives(
    house: Flask, place: Place
) -> None:
    # Given someone whose records were sealed anew after a backup: their old secrets are named as gone, they are not
    with house.app_context():
        stays = submit_one()
        with stores.reading("erasure") as erasure:
            old = [one.id for one in erasure.scalars(select(ErasureSecret))]
    place.backup()
    with (place.instance / "tombstones.txt").open("a") as named:
        named.writelines(f"{one.hex}\n" for one in old)
    # When everything is lost, and that backup is put back
    for store in ("main", "erasure"):
        place.lose(store)
    done = place.restore()
    assert done.returncode == 0, done.stderr
    # Then what they told us is there, and opens
    assert people(house) == {stays.submission_id}
    assert reads_theirs(house, stays)


def test_a_dump_that_breaks_off_is_no_backup(
    house: Flask, place: Place, demo_stores: Stores, tmp_path: Path
) -> None:
    if demo_stores.kind != "postgresql":
        return
    # Given a pg_dump that fails in the middle
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "pg_dump").write_text(
        "#!/bin/sh\nprintf PGDMPhalf\necho no room left >&2\nexit 1\n"
    )
    (programs / "pg_dump").chmod(0o755)
    done = give(place.instance, "backup", path=f"{programs}:{os.environ['PATH']}")
    # Then that is said, and no file is left that a restore would take
    assert done.returncode == 1
    assert "pg_dump: no room left" in done.stderr
    assert place.files() == []


def test_a_restore_that_breaks_off_lets_nothing_start(page_house: Flask, tmp_path: Path) -> None:
    backup_marks.note_restore(tmp_path)
    with pytest.raises(WrongSetting, match="give restore once more"):
        start_checks.before_serving(page_house)
    backup_marks.forget_restore(tmp_path)
    start_checks.before_serving(page_house)


@pytest.mark.parametrize("lost", ["main", "erasure"])
def test_no_command_makes_an_empty_store_in_the_place_of_a_lost_one(
    house: Flask, place: Place, lost: str
) -> None:
    # Given a store that is lost, and an operator who gives what comes to mind first
    with house.app_context():
        stays = submit_one()
    place.backup()
    (place.instance / "tombstones.txt").touch()
    place.lose(lost)
    # Then the check says what to do, and migrate refuses
    assert f"{lost} has no tables" in place.give("check").stdout
    done = place.give("migrate")
    assert (done.returncode, "Give restore" in done.stderr) == (1, True)
    # And a restore brings it back all the same
    done = place.restore()
    assert done.returncode == 0, done.stderr
    assert f"Put back: {lost}" in done.stdout
    assert reads_theirs(house, stays)


def test_what_is_there_stays_as_it_is(page_house: Flask, page_place: Place) -> None:
    with page_house.app_context():
        submit_one()
    page_place.backup()
    with page_house.app_context():
        later = submit_one()
    (page_place.config / "desk.env").write_text(
        (page_place.config / "desk.env").read_text() + "# ours\n"
    )

    done = page_place.restore()

    assert done.returncode == 0, done.stderr
    assert "Put back" not in done.stdout
    assert reads_theirs(page_house, later)
    assert (page_place.config / "desk.env").read_text().endswith("# ours\n")


def test_a_lost_configuration_comes_back_with_its_secrets(page_place: Place) -> None:
    # Given a whole configuration folder that is lost, backup.env with it
    page_place.backup()
    before = {path.name: path.read_bytes() for path in page_place.config.iterdir()}
    for path in page_place.config.iterdir():
        path.unlink()
    # When it is put back with the words and the folder
    done = page_place.restore("--from", str(page_place.backups))
    assert done.returncode == 0, done.stderr
    # Then it is as it was, for its owner alone
    assert {path.name: path.read_bytes() for path in page_place.config.iterdir()} == before
    assert {path.stat().st_mode & 0o777 for path in page_place.config.iterdir()} == {0o600}


def test_a_drill_opens_the_newest_backup_and_is_noted(house: Flask, place: Place) -> None:
    with house.app_context():
        submit_one()
    place.backup()
    assert not (place.instance / "last-drill").exists()

    done = place.give("verify-backup", typed=f"{place.words}\n")

    assert done.returncode == 0, done.stderr
    assert "opens: main, erasure and the configuration" in done.stdout
    assert (place.instance / "last-drill").exists()
    # And it leaves nothing open behind
    assert not [*Path("/dev/shm").glob("hearth-drill-*")]  # noqa: S108
    assert {path.suffix for path in place.files()} == {".backup"}


def changed(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def cut_off(data: bytes) -> bytes:
    return data[:-40]


def of_another_key(data: bytes) -> bytes:
    return data[:30] + os.urandom(1170) + data[1200:]


def of_another_day(data: bytes) -> bytes:
    return data[:13] + bytes([data[13] ^ 1]) + data[14:]


def test_a_damaged_backup_is_refused_and_leaves_nothing_open(
    page_house: Flask, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # Given a backup that opens
    (tmp_path / "config").mkdir()
    key = backup_files.new_backup_key()
    seed = backup_files.seed_of(" ".join(key.words))
    folder, scratch = (BackupFolder(tmp_path_factory.mktemp("a")), tmp_path_factory.mktemp("b"))
    with page_house.app_context():
        submit_one()
        making_backups.make(folder, key.public_key)
    with drill.opened(folder, seed, scratch):
        pass
    # When one file of it is harmed, in whatever way, then none of it is taken
    for kind in FOLDERS:
        (one,) = folder.files(kind)
        path = Path(one.name)
        whole = path.read_bytes()
        for harm in (changed, cut_off, of_another_key, of_another_day):
            path.write_bytes(harm(whole))
            with pytest.raises(restoring.BackupDamaged), drill.opened(folder, seed, scratch):
                pass
        path.write_bytes(whole)
    # And a file that is no backup at all is passed over
    path.write_bytes(b"nothing")
    with pytest.raises(restoring.NoBackup), drill.opened(folder, seed, scratch):
        pass
    assert [*scratch.iterdir()] == []


def test_wrong_words_open_nothing(page_place: Place) -> None:
    page_place.backup()
    other = " ".join(backup_files.new_backup_key().words)
    for typed, said in (
        ("", "0 words were typed"),
        ("one two three", "3 words were typed"),
        (" ".join(["jadde", *["able"] * 23]), "Word 1 is not in our list"),
        (other, "These are not the words that"),
    ):
        done = page_place.give("verify-backup", typed=f"{typed}\n")
        assert done.returncode == 1
        assert said in done.stderr


def test_whoever_has_the_backups_alone_has_nothing(house: Flask, place: Place) -> None:
    with house.app_context():
        submit_one()
    place.backup()
    settings = (place.config / "desk.env").read_text()
    pepper = next(one for one in settings.splitlines() if one.startswith("PEPPER")).encode()
    with house.app_context(), stores.reading("erasure") as erasure:
        secrets = [one.secret for one in erasure.scalars(select(ErasureSecret))]
    assert secrets
    files = place.files()
    assert {path.parent.name for path in files} == {"main", "erasure", "config"}
    for path in files:
        data = path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0
        assert not any(one in data for one in (pepper, b"SQLite format", b"PGDMP", *secrets))


def test_a_day_has_one_backup_after_the_other_and_they_are_listed(page_place: Place) -> None:
    page_place.backup()
    page_place.backup()

    done = page_place.give("backups")

    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 6
    assert all(str(path) in done.stdout for path in page_place.files())


@pytest.fixture
def in_page_house(page_house: Flask) -> Iterator[Flask]:
    with page_house.app_context():
        yield page_house


def test_a_copy_of_secrets_is_overwritten_before_its_seventh_day_and_the_newest_stays(
    in_page_house: Flask, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # Given a backup of today, whose copy of secrets has another name on the disk
    (tmp_path / "config").mkdir()
    folder = BackupFolder(tmp_path_factory.mktemp("elsewhere") / "backups")
    key = backup_files.new_backup_key().public_key
    making_backups.make(folder, key)
    (old,) = folder.files(BackupKind.ERASURE)
    link = Path(old.name).with_suffix(".linked")
    os.link(old.name, link)
    # When days go by without another, then it stays: a copy is better than none
    now = datetime.now(UTC)
    with time_machine.travel(now + timedelta(days=30), tick=True):
        assert [*remove_old(folder)] == []
    # When there is another after six days, then it goes, and what is left on the disk is nothing
    with time_machine.travel(now + timedelta(days=DAYS[BackupKind.ERASURE]), tick=True):
        made = making_backups.make(folder, key)
    assert [one.name for one in made.removed] == [old.name]
    assert not any(link.read_bytes())
    # And copies of main and of the configuration live longer
    assert {kind: len(folder.files(kind)) for kind in FOLDERS} == {
        BackupKind.MAIN: 2,
        BackupKind.ERASURE: 1,
        BackupKind.CONFIGURATION: 2,
    }


def test_what_a_killed_run_has_left_is_destroyed_by_the_next(
    in_page_house: Flask, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # Given half a file among the backups, a copy that is not encrypted, and what a drill has left in memory
    (tmp_path / "config").mkdir()
    folder = BackupFolder(tmp_path_factory.mktemp("elsewhere") / "backups")
    key = backup_files.new_backup_key()
    left = [
        folder.path / "erasure" / "half.part",
        tmp_path / f"{making_backups.SCRATCH}x" / "main-copy",
        tmp_path / f"{drill.SCRATCH}999999999-x" / "erasure",
    ]
    links = []
    for number, path in enumerate(left):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"secret" * 1000)
        links.append(tmp_path / f"link-{number}")
        os.link(path, links[-1])
    # When the next backup is made, and opened
    making_backups.make(folder, key.public_key)
    with drill.opened(folder, backup_files.seed_of(" ".join(key.words)), tmp_path):
        pass
    # Then all of it is gone from the disk
    assert not any(path.exists() for path in left)
    assert not any(any(link.read_bytes()) for link in links)


def test_a_backup_of_a_day_to_come_is_never_the_newest_and_goes(
    in_page_house: Flask, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # Given a backup that was made while the clock was ten years ahead, and one of the day before
    (tmp_path / "config").mkdir()
    folder = BackupFolder(tmp_path_factory.mktemp("elsewhere") / "backups")
    key = backup_files.new_backup_key().public_key
    first = making_backups.make(folder, key)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=3650), tick=True):
        ahead = making_backups.make(folder, key)
    # Then the clock took no copy of main or of the configuration with it
    assert {one.head.kind for one in ahead.removed} == {BackupKind.ERASURE}
    # When the clock is right again
    again = making_backups.make(folder, key)
    # Then the one of today is the newest, and those of the future are gone
    for kind in FOLDERS:
        assert folder.files(kind)[0].head == again.files[list(FOLDERS).index(kind)].head
    assert {one.name for one in again.removed} == {one.name for one in ahead.files}
    assert Path(first.files[0].name).exists()


def test_a_backup_that_breaks_off_is_none(
    in_page_house: Flask,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given an erasure store that cannot be copied
    (tmp_path / "config").mkdir()
    folder = BackupFolder(tmp_path_factory.mktemp("elsewhere") / "backups")
    copied = making_backups.copied

    def fails(store: stores.Store, *what: object) -> object:
        if store == "erasure":
            raise OSError(28, "No space left on device")
        return copied(store, *what)  # type: ignore[arg-type]

    monkeypatch.setattr(making_backups, "copied", fails)
    # When a backup is tried, then it is noted nowhere, and a drill says that the last one broke off
    with pytest.raises(OSError, match="No space"):
        making_backups.make(folder, backup_files.new_backup_key().public_key)
    assert not (tmp_path / "last-backup").exists()
    assert folder.files(BackupKind.ERASURE) == []
    assert [path for path in folder.path.rglob("*") if path.suffix == ".part"] == []


def test_the_key_is_made_once(page_place: Place) -> None:
    again = page_place.give("backup-key", "--to", str(page_place.backups))
    assert again.returncode == 1
    assert "is there already" in again.stderr
    # And never into the folder of the data
    inside = page_place.give("backup-key", "--new", "--to", str(page_place.instance / "backups"))
    assert inside.returncode == 1
    assert "would be lost with it" in inside.stderr
