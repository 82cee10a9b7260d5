"""Erasing: everything goes, in an order that no crash can undo, and only "complete" means complete."""

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import psycopg
import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.factories import TO_CALL, TO_READ, signed_in, submit_one
from tests.integration.tables import counts, everything
from tests.live import ROOT, surroundings
from tests.postgres import Postgres
from tests.stores import Stores
from tests.turned import the_worker_kept_running
from webapp.models import AuditNote, ErasureSecret, OwnCopy, Part, Tombstone
from webapp.rules import clock
from webapp.services.answers import erasing, own_copies
from webapp.services.answers.own_copies import Held, NothingHeld
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import stores
from webapp.services.keys.bootstrap import Founded
from webapp.services.opening import disclosure
from webapp.services.opening.disclosure import Erased
from webapp.services.retention import orphans
from webapp.services.sealed import shredding, tombstone_file
from webapp.services.worker import chores
from webapp.vault.sealing import new_erasure_secret

pytestmark = pytest.mark.usefixtures("inside")

PEOPLE = ("submissions", "parts", "own_copies", "consents", "erasure_secrets")


def about_people() -> dict[str, int]:
    """How many rows there are about participants."""
    found = counts()
    return {name: found[name] for name in PEOPLE if name in found}


def held_by(receipt: str) -> Held:
    return own_copies.find_held(receipt)


def secrets_of(held: Held) -> dict[UUID, bytes]:
    """The erasure secrets that protect what one person sent."""
    with stores.reading() as main:
        equality = held.equality.part_id if held.equality else uuid4()
        ids = [
            *main.scalars(
                select(Part.secret_id).where(
                    (Part.submission_id == held.submission_id) | (Part.id == equality)
                )
            ),
            *main.scalars(
                select(OwnCopy.secret_id).where(OwnCopy.submission_id == held.submission_id)
            ),
        ]
    return secrets_of_ids(ids)


def tombstones(app: Flask) -> list[str]:
    """The ids in the tombstone file."""
    path: Path = app.extensions["hearth_settings"].tombstone_file
    return path.read_text().split() if path.exists() else []


def test_everything_goes(inside: Flask, call: Call, founded: Founded) -> None:
    # Given a participant who answered everything, equality included
    sent = submit_one(call)
    holder = signed_in(founded)
    # When they erase it with their code
    result = erasing.erase_held(held_by(sent.receipt))
    # Then it is complete: no row, no secret, nothing at the desk, nothing under the code
    assert result.complete
    assert about_people() == {}
    with pytest.raises(NothingHeld):
        held_by(sent.receipt)
    with pytest.raises(Erased):
        disclosure.open_testimony(holder, sent.submission_id, TO_READ)
    with pytest.raises(Erased):
        disclosure.open_contact(holder, sent.submission_id, TO_CALL)


def test_what_is_left_names_no_participant(inside: Flask, call: Call) -> None:
    # Given a participant who erased everything
    sent = submit_one(call)
    held = held_by(sent.receipt)
    secrets = secrets_of(held)
    erasing.erase_held(held)
    # When what is left is read
    with stores.reading() as main:
        graves = main.scalars(select(Tombstone)).all()
        notes = main.scalars(select(AuditNote)).all()
    # Then there are random ids with a day: six sealed rows and the submission, all done
    assert {grave.erased_on for grave in graves} == {clock.today()}
    assert all(grave.done and grave.secret_id is None for grave in graves)
    assert len(graves) == 7
    assert [(note.tag, note.subject_id) for note in notes] == [
        ("everything erased", sent.submission_id)
    ]
    rest = repr(everything())
    for secret_id, secret in secrets.items():
        assert repr(secret_id) not in rest
        assert repr(secret) not in rest


def test_others_are_untouched(inside: Flask, call: Call, founded: Founded) -> None:
    # Given two people, one of whom erases everything
    leaves, stays = submit_one(call), submit_one(call)
    erasing.erase_held(held_by(leaves.receipt))
    # Then the other's answers are all there, and open
    assert held_by(stays.receipt).answers == stays.answers
    holder = signed_in(founded)
    assert disclosure.open_testimony(holder, stays.submission_id, TO_READ).answers["adult"]
    assert about_people() == {
        "submissions": 1,
        "parts": 3,
        "own_copies": 3,
        "consents": 4,
        "erasure_secrets": 6,
    }


def test_the_tombstone_file_is_written_for_good_before_a_secret_goes(
    inside: Flask, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an erasure store that fails, and an observer who watches what reaches the disk
    sent = submit_one(call)
    synced: list[int] = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (real(file), synced.append(file))[0])
    with failing("erasure"):
        erasing.erase_held(held_by(sent.receipt))
    # Then the ids are in the file already, with those of the secrets that must go, waited for, and for its owner alone
    assert synced
    with stores.reading() as main:
        graves = main.scalars(select(Tombstone)).all()
    secrets = {grave.secret_id.hex for grave in graves if grave.secret_id is not None}
    assert {grave.id.hex for grave in graves} | secrets == set(tombstones(inside))
    # The submission itself has none
    assert (len(graves), len(secrets)) == (7, 6)
    mode = inside.extensions["hearth_settings"].tombstone_file.stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_the_tombstone_file_only_grows(inside: Flask, call: Call) -> None:
    # Given an erasure that is in the file
    erasing.erase_held(held_by(submit_one(call).receipt))
    before = tombstones(inside)
    # When another one follows
    erasing.erase_held(held_by(submit_one(call).receipt))
    # Then the file begins as it was
    after = tombstones(inside)
    assert after[: len(before)] == before
    assert len(after) == len(set(after)) == 2 * (7 + 6)


@pytest.mark.parametrize("umask", [0o077, 0o022, 0o002])
def test_the_tombstone_file_is_for_the_group_that_its_folder_is_for(
    inside: Flask, call: Call, umask: int
) -> None:
    # Given a folder that public door, desk and worker share as three users of one group
    path: Path = inside.extensions["hearth_settings"].tombstone_file
    path.parent.chmod(0o2770)
    before = os.umask(umask)
    try:
        # When any of them is the first to erase
        assert erasing.erase_held(held_by(submit_one(call).receipt)).complete
    finally:
        os.umask(before)
    # Then the others of the group can, too, and no other user
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert path.stat().st_gid == path.parent.stat().st_gid


GROUP = 61_000
#: Become each user in turn, look whether the file can be written to, and write one id down.
AS_USERS = """
import os, sys
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4
from flask import Flask
from webapp.services.sealed import tombstone_file
from webapp.settings import WrongSetting

app = Flask("three")
app.extensions["hearth_settings"] = SimpleNamespace(tombstone_file=Path(sys.argv[1], "tombstones.txt"))
for user, group in [(61001, 61000), (61002, 61000), (61003, 61000), (61001, 61000), (61004, 61004)]:
    child = os.fork()
    if not child:
        os.setgroups([]), os.setgid(group), os.setuid(user), os.umask(0o077)
        with app.app_context():
            try:
                tombstone_file.check_writable()
            except WrongSetting as wrong:
                print(wrong, flush=True)
                os._exit(3)
            tombstone_file.append([uuid4()])
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become three users")
@pytest.mark.parametrize("shelf", ["sqlite"], indirect=True)
def test_three_users_write_down_what_they_erased() -> None:
    # Given a folder that three users of one group share and write to, as older manuals said
    with TemporaryDirectory(prefix="hearth-three-") as above:
        folder = Path(above, "instance")
        folder.mkdir()
        Path(above).chmod(0o755)
        os.chown(folder, 0, GROUP)
        folder.chmod(0o2770)
        # When each of them erases, in whatever order
        done = subprocess.run(
            [sys.executable, "-c", AS_USERS, str(folder)],
            cwd=ROOT,
            env=surroundings(folder),
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        *came, refused, stranger = done.stdout.splitlines()
        # Then all of it is there
        assert came == ["0", "0", "0", "0"], done
        assert len((folder / "tombstones.txt").read_text().split()) == 4
        # And a user who may not write there is told so in one line, before anything is to be erased
        assert "tombstones.txt" in refused
        assert stranger == "3"


def test_a_disk_that_is_full_keeps_the_secrets_until_the_file_says_all(
    inside: Flask, call: Call
) -> None:
    # Given a disk with room for a line and a half of the tombstone file
    held = held_by(submit_one(call).receipt)
    secrets = secrets_of(held)
    before = tombstones(inside)
    with full_after(inside, bytes_left=50):
        # When a participant erases what they sent
        result = erasing.erase_held(held)
    # Then it is not said to be complete, and every secret is still there
    assert not result.complete
    assert secrets_of_ids(secrets) == secrets
    # When there is room again, and the worker comes round
    assert chores.do_all()
    # Then the file says each of them in a line of its own, and only then the secrets went
    written = [line for line in tombstones(inside)[len(before) :] if len(line) == 32]
    with stores.reading() as main:
        graves = {grave.id.hex for grave in main.scalars(select(Tombstone))}
    assert graves <= set(written)
    assert secrets_of_ids(secrets) == {}


def test_a_disk_that_takes_a_little_at_a_time_gets_all_of_it(
    inside: Flask, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a disk that takes ten bytes at a time
    real = os.write
    monkeypatch.setattr(os, "write", lambda file, data: real(file, bytes(data)[:10]))
    # When a participant erases what they sent
    assert erasing.erase_held(held_by(submit_one(call).receipt)).complete
    # Then every id is in the file, whole
    with stores.reading() as main:
        graves = {grave.id.hex for grave in main.scalars(select(Tombstone))}
    assert graves <= set(tombstones(inside))


@contextmanager
def full_after(app: Flask, bytes_left: int) -> Iterator[None]:
    """The tombstone file takes so many bytes more, and then none: as on a full disk."""
    path: Path = app.extensions["hearth_settings"].tombstone_file
    real, left = os.write, [bytes_left]

    def short(file: int, data: bytes) -> int:
        if not os.path.sameopenfile(file, watched):
            return real(file, data)
        if not left[0]:
            raise OSError(errno.ENOSPC, "no space left on the device")
        taken = real(file, bytes(data)[: left[0]])
        left[0] -= taken
        return taken

    path.touch(0o600)
    watched = os.open(path, os.O_RDONLY)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "write", short)
            yield
    finally:
        os.close(watched)


def secrets_of_ids(ids: Iterable[UUID]) -> dict[UUID, bytes]:
    """Those of these erasure secrets that are still there."""
    with stores.reading("erasure") as erased:
        rows = erased.scalars(select(ErasureSecret).where(ErasureSecret.id.in_(list(ids))))
        return {row.id: row.secret for row in rows}


# Crashes: something fails at one step, as a power cut would. Later the worker goes on.


@contextmanager
def failing(*steps: str) -> Iterator[None]:
    """One step of erasing fails: "main", "file", "erasure" or "done" (the second write to `main`)."""
    writing, remember = stores.writing, tombstone_file.append
    writes: list[str] = []

    def broken_writing(store: stores.Store = "main") -> object:
        writes.append(store)
        step = "done" if store == "main" and "erasure" in writes else store
        if step in steps:
            raise stores.StoreUnavailable(store)
        return writing(store)

    def broken_remember(ids: object) -> None:
        raise OSError("the disk is full")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stores, "writing", broken_writing)
        if "file" in steps:
            patch.setattr(tombstone_file, "append", broken_remember)
        yield
    assert tombstone_file.append is remember


@pytest.mark.parametrize("step", ["file", "erasure", "done"])
def test_a_crash_between_two_steps_is_finished_later(
    inside: Flask, call: Call, founded: Founded, step: str
) -> None:
    # Given an erasure that a crash stops
    sent = submit_one(call)
    held = held_by(sent.receipt)
    secrets = secrets_of(held)
    with failing(step):
        result = erasing.erase_held(held)
    # Then it is not said to be complete, and still nothing of it is shown
    assert not result.complete
    with pytest.raises(NothingHeld):
        held_by(sent.receipt)
    with pytest.raises(Erased):
        disclosure.open_testimony(signed_in(founded), sent.submission_id, TO_READ)
    # When the worker comes round
    assert chores.do_all()
    # Then it is complete: the secrets are gone, the ids are in the file, nothing waits
    assert secrets_of(held) == {}
    assert about_people() == {}
    with stores.reading("erasure") as erased:
        for secret_id in secrets:
            assert erased.get(ErasureSecret, secret_id) is None
    with stores.reading() as main:
        graves = main.scalars(select(Tombstone)).all()
    assert all(grave.done for grave in graves)
    assert {grave.id.hex for grave in graves} <= set(tombstones(inside))
    assert shredding.finish_waiting() == 0


def test_a_crash_before_the_first_step_changes_nothing(call: Call) -> None:
    # Given a main store that cannot be written to
    sent = submit_one(call)
    held = held_by(sent.receipt)
    before = everything()
    with failing("main"), pytest.raises(stores.StoreUnavailable):
        erasing.erase_held(held)
    # Then all is as it was, the participant is told so, and trying again works
    assert everything() == before
    assert erasing.erase_held(held_by(sent.receipt)).complete


def test_a_crash_inside_the_first_step_changes_nothing(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a crash after the rows were deleted but before the transaction ended
    sent = submit_one(call)
    before = everything()

    def crash(*of: object) -> None:
        raise stores.StoreUnavailable("main")

    with monkeypatch.context() as patch:
        patch.setattr(erasing.audit, "note", crash)
        with pytest.raises(stores.StoreUnavailable):
            erasing.erase_held(held_by(sent.receipt))
    # Then it is whole again
    assert everything() == before
    assert held_by(sent.receipt).answers == sent.answers


def test_erasing_twice_says_complete_twice(call: Call) -> None:
    # Given a participant who presses the button in two tabs, one after the other
    sent = submit_one(call)
    held = held_by(sent.receipt)
    assert erasing.erase_held(held).complete
    before = everything()
    # Then the second time is no error, and leaves no second note
    assert erasing.erase_held(held).complete
    assert everything() == before


# Of SQLite alone: PostgreSQL keeps a log, and docs/threat-model.md says what that means.
@pytest.mark.parametrize("shelf", ["sqlite"], indirect=True)
def test_a_deleted_secret_is_not_in_the_files_of_the_erasure_store(
    call: Call, demo_stores: Stores
) -> None:
    # Given secrets that can be found in the file of the erasure store
    sent = submit_one(call)
    stays = submit_one(call)
    held = held_by(sent.receipt)
    secrets = secrets_of(held)
    path = Path(urlsplit(demo_stores.erasure).path)
    assert all(secret in path.read_bytes() for secret in secrets.values())
    # When they are erased, and neither the application nor SQLite is closed
    assert erasing.erase_held(held).complete
    # Then no file beside it holds one of them, nor its id; the others' are there
    files = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    for secret_id, secret in secrets.items():
        assert secret not in files
        assert secret_id.hex.encode() not in files
    assert all(secret in files for secret in secrets_of(held_by(stays.receipt)).values())


@pytest.mark.parametrize("shelf", ["postgresql"], indirect=True)
def test_what_the_manual_says_takes_deleted_secrets_out_of_postgresqls_files(
    call: Call, demo_stores: Stores, cluster: Postgres
) -> None:
    # Given a cluster with the settings of the manual, and a participant who erased everything
    settings, commands = postgresql_in_the_manual()
    sent, stays = submit_one(call), submit_one(call)
    held = held_by(sent.receipt)
    secrets, others = secrets_of(held), secrets_of(held_by(stays.receipt))
    with set_in(cluster, settings):
        assert erasing.erase_held(held).complete
        cluster.admin.execute("CHECKPOINT")
        # Then PostgreSQL alone has not overwritten what it deleted
        assert found_in(cluster, secrets) == set(secrets)
        # When what is to be done every day is done
        with psycopg.connect(demo_stores.erasure, autocommit=True) as owner:
            for command in commands:
                owner.execute(command.encode())
        # Then no file of the cluster has one of them, neither tables nor log, and the others' are there
        assert found_in(cluster, secrets) == set()
        assert found_in(cluster, others) == set(others)
    assert held_by(stays.receipt).answers == stays.answers


def postgresql_in_the_manual() -> tuple[list[str], list[str]]:
    """The settings and the commands that `docs/operating.md` gives for the cluster of the erasure store."""
    manual = (ROOT / "docs" / "operating.md").read_text()
    _, _, section = manual.partition("## PostgreSQL")
    lines = [
        line.strip() for line in section.partition("\n## ")[0].splitlines() if line[:4] == "    "
    ]
    settings = [line for line in lines if " = " in line]
    commands = [line for line in lines if line.endswith(";")]
    assert len(settings) == 2 and len(commands) == 3
    return settings, commands


@contextmanager
def set_in(cluster: Postgres, settings: list[str]) -> Iterator[None]:
    """A cluster with these settings, and afterwards as it was."""
    pairs = [line.partition(" = ")[::2] for line in settings]
    try:
        for name, value in pairs:
            cluster.admin.execute(f"ALTER SYSTEM SET {name} = '{value}'".encode())
        cluster.admin.execute("SELECT pg_reload_conf()")
        yield
    finally:
        for name, _ in pairs:
            cluster.admin.execute(f"ALTER SYSTEM RESET {name}".encode())
        cluster.admin.execute("SELECT pg_reload_conf()")


def found_in(cluster: Postgres, secrets: dict[UUID, bytes]) -> set[UUID]:
    """Which of these secrets stand in any file of the cluster."""
    files = [path for path in (cluster.folder / "data").rglob("*") if path.is_file()]
    content = b"".join(path.read_bytes() for path in files)
    return {one for one, secret in secrets.items() if secret in content}


# Orphans: secrets whose part was never stored


def test_an_orphan_is_swept_only_after_two_days_and_a_living_secret_never(call: Call) -> None:
    # Given a living submission, and a secret whose part a crash prevented
    sent = submit_one(call)
    living = secrets_of(held_by(sent.receipt))
    orphan = uuid4()
    with stores.writing("erasure") as erased:
        erased.add(ErasureSecret(id=orphan, secret=new_erasure_secret(), made_on=clock.today()))
    made_on = datetime.combine(clock.today(), datetime.min.time(), UTC) + timedelta(hours=12)
    # When the worker sweeps on the days after
    swept = {}
    for days in (0, 1, 2, 3):
        with time_machine.travel(made_on + timedelta(days=days), tick=False):
            the_worker_kept_running()
            swept[days] = orphans.sweep_orphans()
    # Then it goes when it is over two days old, and nothing else ever does
    assert swept == {0: 0, 1: 0, 2: 0, 3: 1}
    with time_machine.travel(made_on + timedelta(days=60), tick=False):
        the_worker_kept_running()
        assert orphans.sweep_orphans() == 0
    assert secrets_of(held_by(sent.receipt)) == living


def test_sweeping_leaves_a_waiting_erasure_to_its_own_order(call: Call) -> None:
    # Given an erasure that a crash stopped before its secrets were deleted
    held = held_by(submit_one(call).receipt)
    secrets = secrets_of(held)
    with failing("erasure"):
        erasing.erase_held(held)
    # When the sweep comes first, days later
    with time_machine.travel(datetime.now(UTC) + timedelta(days=10)):
        the_worker_kept_running()
        assert orphans.sweep_orphans() == 0
        # Then the secrets wait for the tombstone file, and go with it
        with stores.reading("erasure") as erased:
            assert all(erased.get(ErasureSecret, secret_id) for secret_id in secrets)
        assert shredding.finish_waiting() == 7


def test_more_orphans_than_one_batch_are_all_swept(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given more orphans than are asked about at once
    monkeypatch.setattr(orphans, "BATCH", 3)
    sent = submit_one(call)
    old = clock.today() - timedelta(days=9)
    with stores.writing("erasure") as erased:
        erased.add_all(
            ErasureSecret(id=uuid4(), secret=new_erasure_secret(), made_on=old) for _ in range(8)
        )
    # Then one sweep takes them all
    assert orphans.sweep_orphans() == 8
    assert held_by(sent.receipt).answers == sent.answers
