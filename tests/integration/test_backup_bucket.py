"""Backups in a bucket of an S3-compatible store: everything that works on a folder works there."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import time_machine
from click.testing import CliRunner, Result
from flask import Flask

from tests import object_store
from tests.factories import submit_one
from tests.integration.test_backups import reads_theirs, write_config
from tests.live import ROOT, surroundings
from tests.object_store import BUCKET, ObjectStore, answering, bucket
from tests.stores import Stores
from webapp import cli
from webapp.cli import checks_backups
from webapp.cli.backup_errors import BUCKET as WORDS
from webapp.cli.backup_errors import bucket_words
from webapp.cli.finding import State
from webapp.services.backup import making_backups, restoring
from webapp.services.backup.backup_bucket import BackupBucket, BucketFailed, Why
from webapp.services.backup.backup_places import DAYS, FOLDERS, BackupFile, remove_old
from webapp.services.infrastructure import backup_marks, stores
from webapp.vault.backup_files import BackupHead, BackupKind, new_backup_key, seed_of

KEY = new_backup_key()
SEED = seed_of(" ".join(KEY.words))
MEGABYTE = 1 << 20


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with object_store.started(tmp_path_factory.mktemp("object-store")) as running:
        yield running


@pytest.fixture
def place(store: ObjectStore) -> BackupBucket:
    return store.place()


def head(kind: BackupKind = BackupKind.MAIN) -> BackupHead:
    return BackupHead(kind, date.today(), uuid4())


def opened(one: BackupFile) -> bytes:
    return b"".join(restoring.open_file(one, SEED))


def give(instance: Path, *words: str, typed: str = "", **settings: str) -> Result:
    """An operator's command, in this process."""
    told = surroundings(instance, CONFIG_FOLDER=str(instance / "config"), **settings)
    return CliRunner().invoke(cli.main, words, input=typed, env=told)


def test_an_operator_does_with_a_bucket_what_they_do_with_a_folder(
    page_house: Flask, sqlite_demo_stores: Stores, tmp_path: Path, store: ObjectStore
) -> None:
    # Given an instance with a person in it, and a bucket whose key is typed, or in the environment
    write_config(tmp_path, sqlite_demo_stores)
    with page_house.app_context():
        stays = submit_one()
    (tmp_path / "tombstones.txt").touch()
    address, typed_key = f"s3://{BUCKET}/by-hand", f"{object_store.KEY_ID}\n{store.secret}\n"
    options = "--to", address, "--endpoint", store.endpoint, "--region", object_store.REGION
    # When a backup key is made
    made = give(tmp_path, "backup-key", *options, typed=typed_key)
    # Then its words are shown, and the secret of the bucket is not, and stands in a file for its owner alone
    assert made.exit_code == 0, made.output
    words = " ".join(one for one in made.output.split("\n\n")[1].split() if one.isalpha())
    assert len(words.split()) == 24
    assert store.secret not in made.output
    settings_file = tmp_path / "config" / "backup.env"
    assert store.secret in settings_file.read_text()
    assert settings_file.stat().st_mode & 0o777 == 0o600
    # When backups are made, listed, opened and checked
    for _ in range(2):
        done = give(tmp_path, "backup")
        assert done.exit_code == 0, done.output
    listed = give(tmp_path, "backups").output.splitlines()
    assert len(listed) == 6
    assert all(f"{address}/{one.split()[1]}/" in one for one in listed)
    # In a folder of its own: another test looks at what is left in memory
    (tmp_path / "scratch").mkdir()
    scratch = "--scratch", str(tmp_path / "scratch")
    drill = give(tmp_path, "verify-backup", *scratch, typed=f"{words}\n")
    assert "opens: main, erasure and the configuration" in drill.output, drill.output
    # And an upgrade finds nothing in its way, or says what is
    assert "IN THE WAY" not in give(tmp_path, "upgrade", "--dry-run").output
    wrong = give(tmp_path, "upgrade", "--dry-run", BACKUPS_SECRET_ACCESS_KEY="wrong").output
    assert f"IN THE WAY: No backup can be made. {address}: the store does not know" in wrong
    # When everything is lost, the configuration with it
    with page_house.app_context():
        stores.let_go()
    for path in (*tmp_path.glob("main.*"), *tmp_path.glob("erasure.*")):
        path.unlink()
    for path in (tmp_path / "config").iterdir():
        path.unlink()
    back = give(
        tmp_path, "restore", "--yes", "--from", address, typed=f"{words}\n", **store.settings()
    )
    # Then it is back, and the person reads theirs
    assert back.exit_code == 0, back.output
    assert {"Put back: main", "Put back: erasure"} <= {
        line.partition(", of")[0] for line in back.output.splitlines()
    }
    assert reads_theirs(page_house, stays)
    assert store.secret in settings_file.read_text()
    assert store.secret not in done.output + drill.output + back.output


@pytest.mark.parametrize("kind", FOLDERS)
def test_what_was_written_is_there_whole(place: BackupBucket, kind: BackupKind) -> None:
    # Given more than one part of an upload, and less than one chunk
    for size in (20 * MEGABYTE, 10):
        data = os.urandom(size)
        one = place.write(head(kind), iter((data[: size // 2], data[size // 2 :])), KEY.public_key)
        # Then the newest is what was written, and opens
        listed = place.files(kind)[0]
        assert (listed.head, listed.size, listed.name) == (one.head, one.size, one.name)
        assert opened(listed) == data
        assert restoring.is_its_key(listed, SEED)


@pytest.mark.parametrize("kind", FOLDERS)
def test_an_upload_that_breaks_off_is_no_backup(
    place: BackupBucket, store: ObjectStore, kind: BackupKind
) -> None:
    def broken() -> Iterator[bytes]:
        yield os.urandom(20 * MEGABYTE)
        raise OSError(28, "No space left on device")

    # When what is copied cannot be read to its end
    with pytest.raises(OSError, match="No space left"):
        place.write(head(kind), broken(), KEY.public_key)
    # Then there is no backup, and nothing of one in the store
    assert place.files(kind) == []
    assert store.objects(place) == []


WRITER = """
import sys, time, uuid, datetime
from webapp.services.backup.bucket_settings import bucket_at
from webapp.vault.backup_files import BackupHead, BackupKind
def pieces():
    for _ in range(20):
        yield bytes(1 << 20)
    print("half", flush=True)
    time.sleep(60)
settings = dict(line.split("=", 1) for line in sys.stdin.read().split())
place = bucket_at(sys.argv[1], settings)
place.write(BackupHead(BackupKind.MAIN, datetime.date.today(), uuid.uuid4()), pieces(), bytes.fromhex(sys.argv[2]))
"""


def test_an_upload_that_is_killed_is_no_backup(place: BackupBucket, store: ObjectStore) -> None:
    # Given a process in the middle of an upload
    told = "\n".join(f"{name}={value}" for name, value in store.settings().items())
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, place.name, KEY.public_key.hex()],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as writer:  # fmt: skip
        assert writer.stdin is not None
        assert writer.stdout is not None
        writer.stdin.write(told)
        writer.stdin.close()
        assert writer.stdout.readline() == "half\n"
        # When it is killed, without a word
        writer.send_signal(signal.SIGKILL)
    # Then there is no backup
    assert place.files(BackupKind.MAIN) == []
    assert not [one for one in store.objects(place) if one.suffix == ".backup"]


def test_each_kind_lives_as_long_as_in_a_folder(
    page_house: Flask, tmp_path: Path, place: BackupBucket
) -> None:
    # Given a backup of today, which alone is noted, as Today and the check say it
    (tmp_path / "config").mkdir()
    with page_house.app_context():
        with pytest.raises(BucketFailed):
            making_backups.make(replace(place, secret_access_key="wrong"), KEY.public_key)
        assert backup_marks.last_backup(tmp_path) is None
        old = making_backups.make(place, KEY.public_key)
        assert backup_marks.last_backup(tmp_path) is not None
        now = datetime.now(UTC)
        # When days go by without another, then it stays
        with time_machine.travel(now + timedelta(days=30), tick=True):
            assert [*remove_old(place)] == []
        # When there is another after six days, then the copy of secrets goes, and no other
        with time_machine.travel(now + timedelta(days=DAYS[BackupKind.ERASURE]), tick=True):
            new = making_backups.make(place, KEY.public_key)
    assert [one.name for one in new.removed] == [
        one.name for one in old.files if one.head.kind is BackupKind.ERASURE
    ]
    assert {kind: len(place.files(kind)) for kind in FOLDERS} == {
        BackupKind.MAIN: 2,
        BackupKind.ERASURE: 1,
        BackupKind.CONFIGURATION: 2,
    }


def test_an_object_is_taken_for_what_it_says_of_itself(
    place: BackupBucket, store: ObjectStore
) -> None:
    # Given a copy of main, and a copy of secrets, whose bytes were exchanged by who can write to the store
    main, erasure = (
        place.write(head(kind), [b"x"], KEY.public_key)
        for kind in (BackupKind.MAIN, BackupKind.ERASURE)
    )
    paths = [store.folder / one.name.removeprefix("s3://") for one in (main, erasure)]
    data = [path.read_bytes() for path in paths]
    for path, bytes_of_the_other in zip(paths, reversed(data), strict=True):
        path.write_bytes(bytes_of_the_other)
    # Then neither is opened
    for kind in (BackupKind.MAIN, BackupKind.ERASURE):
        (one,) = place.files(kind)
        with pytest.raises(restoring.BackupDamaged):
            opened(one)
        with pytest.raises(restoring.BackupDamaged):
            restoring.is_its_key(one, SEED)


HEAD = "HTTP/1.1 {} OK\r\nx-amz-version-id: 3HL4kqtJ\r\nETag: e\r\nConnection: close\r\n\r\n"
LISTED = (
    "<ListBucketResult><Name>b</Name><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated>"
    "</ListBucketResult>"
)

DELETED = "<DeleteResult><Deleted><Key>tests/probe</Key></Deleted></DeleteResult>"


def refusing(code: str) -> Callable[[bytes], bytes]:
    """A store that refuses, and repeats what was signed, as they do."""
    body = f"<Error><Code>{code}</Code><StringToSign>what-was-signed</StringToSign></Error>"
    return lambda request: (HEAD.format(403) + body).encode()


def keeping_versions(request: bytes) -> bytes:
    """A store that keeps versions of what is removed, and says so where something is written."""
    if request.startswith(b"GET"):
        return (HEAD.format(200) + LISTED).encode()
    if request.startswith(b"POST"):
        return (HEAD.format(200) + DELETED).encode()
    return HEAD.format(200).encode()


def failure(place: BackupBucket) -> tuple[Why, str]:
    """Why it cannot be used, and what an operator is told. No line has the key's secret, nor what was signed."""
    with pytest.raises(BucketFailed) as failed:
        place.try_out()
    words = bucket_words(failed.value)
    for secret in (place.secret_access_key, place.access_key_id, "what-was-signed"):
        assert secret not in words
        assert secret not in repr(failed.value)
        assert secret not in repr(place)
    return failed.value.why, words


def test_each_failure_is_told_apart(store: ObjectStore) -> None:
    # Of a real store: a key that it does not know, a wrong secret, no such bucket
    right = store.place()
    for changed, why, said in (
        ({"secret_access_key": "not-the-secret"}, Why.WRONG_KEY, "BACKUPS_SECRET_ACCESS_KEY"),
        ({"access_key_id": "AKIDUNKNOWN"}, Why.WRONG_KEY, "BACKUPS_ACCESS_KEY_ID"),
        ({"bucket": "no-such-bucket"}, Why.NO_BUCKET, "no such bucket"),
        # Nothing listens there, or nothing with a certificate
        ({"endpoint": "http://127.0.0.1:9"}, Why.UNREACHABLE, "cannot be reached"),
        ({"endpoint": "https://127.0.0.1:9"}, Why.UNREACHABLE, "cannot be reached"),
        ({"endpoint": store.endpoint.replace("http", "https")}, Why.UNTRUSTED, "certificate"),
    ):
        found, words = failure(replace(right, **changed))
        assert (found, said in words) == (why, True), words


@pytest.mark.parametrize(
    ("code", "why", "said"),
    [
        ("RequestTimeTooSkewed", Why.CLOCK, "clock"),
        ("AccessDenied", Why.NOT_ALLOWED, "list, read, write and delete"),
        ("AuthorizationHeaderMalformed", Why.WRONG_REGION, "BACKUPS_REGION"),
        ("QuotaExceeded", Why.OTHER, "refused (QuotaExceeded)"),
    ],
)
def test_what_a_store_refuses_is_told_by_its_code(code: str, why: Why, said: str) -> None:
    with answering(refusing(code)) as endpoint:
        found, words = failure(bucket(endpoint, "the-secret-of-a-key"))
    assert found is why
    assert said in words


def test_a_store_that_says_nothing_is_not_waited_for() -> None:
    with answering(lambda request: b"") as endpoint:
        why, words = failure(bucket(endpoint, "the-secret-of-a-key"))
    assert why is Why.SLOW
    assert "too long" in words


def test_a_store_that_keeps_what_is_removed_is_refused_until_a_rule_of_it_does_not() -> None:
    with answering(keeping_versions) as endpoint:
        place = bucket(endpoint, "the-secret-of-a-key")
        why, words = failure(place)
        assert why is Why.KEEPS_VERSIONS
        assert "seven days" in words
        assert "BACKUPS_OLD_VERSIONS=one-day" in words
        # And where the operator says that there is such a rule, it is taken
        replace(place, versions_go=True).try_out()


def test_a_connection_that_ends_in_the_middle_is_no_damaged_backup() -> None:
    # Given a store that promises a whole object, and sends its beginning
    one = head()
    begun = HEAD.format(200).replace("\r\n\r\n", "\r\nContent-Length: 5000\r\n\r\n")
    begun = begun.replace("ETag", "Last-Modified: Mon, 30 Nov 2026 15:00:00 GMT\r\nETag")
    with answering(lambda request: begun.encode() + one.encode() + bytes(1170)) as endpoint:
        file = bucket(endpoint, "the-secret-of-a-key")._file(one, 5000, datetime.now(UTC))
        # Then nobody is told that the backup is damaged
        with pytest.raises(BucketFailed) as failed:
            opened(file)
    assert failed.value.why is Why.BROKE_OFF
    assert "again" in bucket_words(failed.value)


def test_every_reason_has_words() -> None:
    assert set(WORDS) == set(Why)


def test_a_missing_library_is_said_with_the_way_to_install_it(
    place: BackupBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    why, words = failure(place)
    assert why is Why.NO_LIBRARY
    assert "requirements-s3.txt" in words


def test_the_check_says_whether_the_next_backup_can_go_there(
    store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONFIG_FOLDER", str(tmp_path))
    # Given no settings for backups, then there is nothing to say here
    assert list(checks_backups.place(None)) == []  # type: ignore[arg-type]
    # Given a bucket that is right, a wrong secret from the environment, and an address without TLS
    settings = store.settings(BACKUP_KEY=KEY.public_key.hex(), BACKUPS=f"s3://{BUCKET}/checked")
    (tmp_path / "backup.env").write_text("".join(f"{n}={v}\n" for n, v in settings.items()))
    for name, value, state, said in (
        ("PATH", os.environ["PATH"], State.WELL, f"s3://{BUCKET}/checked"),
        ("BACKUPS_SECRET_ACCESS_KEY", "wrong", State.BROKEN, "does not know this key"),
        ("BACKUPS_ENDPOINT", "http://s3.example.com", State.BROKEN, "https://"),
    ):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            (found,) = checks_backups.place(None)  # type: ignore[arg-type]
        assert (found.state, said in found.words) == (state, True), found
