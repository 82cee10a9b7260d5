"""A pack becomes another Hearth, from SQLite to PostgreSQL and back: everyone finds what is theirs."""

import hashlib
import json
import tarfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.factories import code_for
from tests.integration.test_backups import give
from tests.packs import KEY, SEED, WORDS, Pack, packed, people
from tests.stores import PostgresShelf, SqliteShelf, Stores, application
from webapp.models import ErasureSecret, Registration, Submission
from webapp.rules.reasons import REPORT, Reason
from webapp.services.answers import erasing, own_copies, stored_consents
from webapp.services.answers.own_copies import NothingHeld
from webapp.services.backup import unpacking
from webapp.services.backup.pack_archive import Member, PackDamaged, read, written
from webapp.services.backup.packed_rows import tables
from webapp.services.backup.unpacking import AfterItsDay, AnotherRelease, NotEmpty
from webapp.services.infrastructure import audit, backup_marks, row_verification, stores
from webapp.services.keys import authentication
from webapp.services.keys.bootstrap import Founded
from webapp.services.opening import disclosure
from webapp.services.retention import restored_rows
from webapp.settings import WrongSetting
from webapp.vault.backup_files import BackupHead, BackupKind, open_backup, read_head, seal_backup
from webapp.vault.macs import pack_mac
from webapp.web import start_checks


@pytest.fixture
def beyond(
    demo_stores: Stores,
    sqlite_shelf: SqliteShelf,
    postgres_shelf: PostgresShelf,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Flask]:
    """An empty Hearth on the other database than the one that is packed, with the secrets of that one."""
    folder = tmp_path_factory.mktemp("beyond")
    shelf = postgres_shelf if demo_stores.kind == "sqlite" else sqlite_shelf
    with (
        shelf.fresh(folder) as there,
        application(there, folder, DOORS="public,desk,worker") as app,
    ):
        yield app


@pytest.fixture
def empty(sqlite_shelf: SqliteShelf, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An empty Hearth on SQLite."""
    folder = tmp_path_factory.mktemp("empty")
    with ExitStack() as stack:
        there = stack.enter_context(sqlite_shelf.fresh(folder))
        yield stack.enter_context(application(there, folder, DOORS="public,desk,worker"))


def unpack(app: Flask, pack: Pack, *, after_its_day: bool = False) -> unpacking.Unpacked:
    with app.app_context():
        unpacking.check_empty()
        pack_id = unpacking.head_of(pack.path).backup_id
        return unpacking.load(pack.path, SEED, pack_id, after_its_day=after_its_day)


def nothing_is_in(app: Flask) -> bool:
    with app.app_context():
        try:
            unpacking.check_empty()
        except NotEmpty:
            return False
        return not backup_marks.packs_until(Path(app.extensions["hearth_settings"].instance))


def test_everyone_finds_what_is_theirs_on_the_other_database(
    house: Flask, founded: Founded, beyond: Flask, another_disk: Path
) -> None:
    # Given a Hearth in which people answered, took back, deleted and booked
    who = people(house)
    pack = packed(house, another_disk / "pack")
    instance = Path(beyond.extensions["hearth_settings"].instance)
    # When it becomes a Hearth on the other database
    done = unpack(beyond, pack)
    with pytest.raises(WrongSetting, match="give restore once more"):
        start_checks.before_serving(beyond)
    with beyond.app_context():
        restored_rows.delete_again()
        restored_rows.remove(actor=audit.OPERATOR)
        backup_marks.forget_restore(instance)
        # Then every row, the record and all that belongs together holds
        assert list(row_verification.find_false()) == []
        assert audit.verify() > 3
        assert done.rows > 20
        # A participant's own code works, and that of whoever deleted everything leads nowhere
        assert own_copies.find_held(who.stays.receipt).answers == who.stays.answers
        with pytest.raises(NothingHeld):
            own_copies.find_held(who.erased.receipt)
        # What was taken back stays taken back
        with stores.reading() as main:
            held = stored_consents.of_one(main, who.withdrew.submission_id).standing
            assert "contact_me" not in held
            assert "invite" in held
            assert set(main.scalars(select(Submission.id))) == {
                who.stays.submission_id,
                who.withdrew.submission_id,
            }
            assert main.get(Registration, who.booked) is not None
        # And the coordinator signs in with their own passphrase, and reads
        owner = founded.owner
        holder = authentication.sign_in(owner.sign_in_name, owner.passphrase, code_for(founded))
        opened = disclosure.open_testimony(holder, who.stays.submission_id, Reason(REPORT.key))
        assert opened.answers == {key: who.stays.answers[key] for key in opened.answers}
    # It says that the pack must be destroyed now
    assert backup_marks.packs_until(instance)


def test_whoever_was_deleted_after_the_pack_stays_deleted(
    page_house: Flask, empty: Flask, another_disk: Path
) -> None:
    # Given a pack with someone in it who deletes everything afterwards
    who = people(page_house)
    pack = packed(page_house, another_disk / "pack")
    source = Path(page_house.extensions["hearth_settings"].instance)
    with page_house.app_context():
        assert erasing.erase_held(own_copies.find_held(who.withdrew.receipt)).complete
    # When the newest tombstones.txt lies in the new instance, and the pack is unpacked
    instance = Path(empty.extensions["hearth_settings"].instance)
    (instance / "tombstones.txt").write_bytes((source / "tombstones.txt").read_bytes())
    unpack(empty, pack)
    # Then the list has those of before and of after, each once
    lines = (instance / "tombstones.txt").read_text().split()
    assert sorted(lines) == sorted(set((source / "tombstones.txt").read_text().split()))
    with empty.app_context():
        assert restored_rows.delete_again() > 0
        restored_rows.remove(actor=audit.OPERATOR)
        # And nothing of them is there
        with pytest.raises(NothingHeld):
            own_copies.find_held(who.withdrew.receipt)
        assert own_copies.find_held(who.stays.receipt).answers
        with stores.reading() as main:
            assert set(main.scalars(select(Submission.id))) == {who.stays.submission_id}


def test_the_command_makes_a_hearth_of_a_pack_and_writes_its_configuration(
    page_house: Flask, another_disk: Path
) -> None:
    people(page_house)
    pack = packed(page_house, another_disk / "pack")
    new = another_disk / "new"
    new.mkdir()
    # Given keys of another pack, then nothing is made
    other = packed(page_house, another_disk / "other")
    done = give(new, "unpack", str(pack.path), "--keys", str(other.keys), typed=f"{WORDS}\n")
    assert done.returncode == 1
    assert "the keys are those of another pack. Nothing was unpacked" in done.stderr
    assert not list((new / "config").glob("*.env"))
    # When it is given its own, into what is still empty
    done = give(new, "unpack", str(pack.path), "--keys", str(pack.keys), typed=f"{WORDS}\n")
    assert done.returncode == 0, done.stderr
    assert "Unpacked: " in done.stdout
    assert "The record holds: " in done.stdout
    # Then the configuration is there, for its owner alone, with the addresses of this machine
    config = {path.name: path for path in (new / "config").iterdir()}
    assert set(config) == {"public.env", "desk.env", "worker.env"}
    assert {path.stat().st_mode & 0o777 for path in config.values()} == {0o600}
    assert "not/here" not in config["desk.env"].read_text()
    # And a second pack does not go into it
    done = give(new, "unpack", str(pack.path), "--keys", str(pack.keys), typed=f"{WORDS}\n")
    assert "has something in it" in done.stderr


# Packs that are not as Hearth wrote them


Members = list[Member]
Change = Callable[[Members], Members]


def contents(pack: Pack) -> Members:
    with pack.path.open("rb") as file:
        return list(read(list(open_backup(file, seed=SEED))))


def sealed(pack: Pack, members: Iterable[Member], *, mac_key: bytes | None) -> None:
    """The pack with these members, encrypted to the backup key, which is public; with its manifest made anew, and
    authenticated where whoever makes it has the key for that."""
    found = [one for one in members if not one.name.startswith("manifest.")]
    manifest = json.loads(next(one.data for one in contents(pack) if one.name == "manifest.json"))
    manifest["members"] = [
        {"name": one.name, "size": len(one.data), "sha256": hashlib.sha256(one.data).hexdigest()}
        for one in found
    ]
    data = json.dumps(manifest).encode()
    mac = pack_mac(mac_key or bytes(32), data).hex().encode()
    write(pack, written([*found, Member("manifest.json", data), Member("manifest.mac", mac)]))


def write(pack: Pack, pieces: Iterable[bytes]) -> None:
    with pack.path.open("rb") as file:
        head: BackupHead = read_head(file)
    data = b"".join(pieces)
    with pack.path.open("wb") as file:
        seal_backup([data], file, head=head, public_key=KEY.public_key)


def in_table(name: str, change: Callable[[bytes], bytes]) -> Change:
    def changed(members: Members) -> Members:
        return [
            Member(one.name, change(one.data)) if one.name == f"main/{name}/1.jsonl" else one
            for one in members
        ]

    return changed


def first_line_twice(data: bytes) -> bytes:
    return data + data.splitlines(keepends=True)[0]


def told_otherwise(**changes: object) -> Change:
    def changed(members: Members) -> Members:
        about = {**json.loads(members[0].data), **changes}
        return [Member("pack.json", json.dumps(about).encode()), *members[1:]]

    return changed


HARMS: dict[str, tuple[Change, str]] = {
    "a changed row": (
        in_table("submissions", lambda data: data.replace(b'"language":"en"', b'"language":"so"')),
        "Hearth did not make it",
    ),
    "a row twice": (in_table("consents", first_line_twice), "there twice"),
    "rows that are missing": (
        in_table("audit_entries", lambda data: b"".join(data.splitlines(keepends=True)[1:])),
        "rows are missing",
    ),
    "a table that is missing": (
        lambda members: [one for one in members if not one.name.startswith("main/parts/")],
        "rows are missing",
    ),
    "a row that refers to nothing": (
        lambda members: [one for one in members if not one.name.startswith("main/calls/")],
        "refers to one that is missing",
    ),
    "an unknown column": (
        in_table("calls", lambda data: data.replace(b'"slug":', b'"more":1,"slug":')),
        "other columns than the table",
    ),
    "a column twice": (
        in_table("calls", lambda data: data.replace(b'"slug":', b'"slug":"x","slug":')),
        "cannot be read",
    ),
    "a value of another type": (
        in_table("calls", lambda data: data.replace(b'"form_version":1', b'"form_version":true')),
        "no integer",
    ),
    "half a row": (in_table("calls", lambda data: data[:-1]), "half a row"),
    "deep nesting": (in_table("calls", lambda data: b"[" * 100_000 + b"\n"), "cannot be read"),
    "an unknown table": (
        lambda members: [members[0], Member("main/more/1.jsonl", b"{}\n"), *members[1:]],
        "does not know",
    ),
    "an unknown file": (lambda members: [*members[:-2], Member("notes", b"x")], "no pack has"),
    "a piece twice": (lambda members: [members[0], members[1], *members[1:]], "there twice"),
    "nothing first": (lambda members: members[1:], "no pack"),
    "another format": (told_otherwise(format="zip"), "no pack"),
    "a newer format": (told_otherwise(version=2), "does not know"),
    "no day": (told_otherwise(delete_by=None), "by when it must be destroyed"),
    "another day than its head": (
        told_otherwise(made_on="2020-01-01"),
        "another pack than it says",
    ),
    "other tables": (told_otherwise(tables=[]), "not those of this release"),
}


@pytest.fixture
def pack(page_house: Flask, another_disk: Path) -> Pack:
    people(page_house)
    return packed(page_house, another_disk / "pack")


def test_a_pack_that_was_changed_leaves_nothing(pack: Pack, empty: Flask) -> None:
    whole = pack.path.read_bytes()
    members = contents(pack)
    for harm, (change, said) in HARMS.items():
        sealed(pack, change(members), mac_key=None)
        with pytest.raises(PackDamaged, match=said):
            unpack(empty, pack)
        assert nothing_is_in(empty), harm
        pack.path.write_bytes(whole)
    sealed(pack, told_otherwise(schema="0001_first")(members), mac_key=None)
    with pytest.raises(AnotherRelease, match="0001_first"):
        unpack(empty, pack)
    # And as it was made, it goes in
    pack.path.write_bytes(whole)
    assert unpack(empty, pack).rows > 20


def test_an_archive_that_is_hostile_leaves_nothing(pack: Pack, empty: Flask) -> None:
    whole, tar = pack.path.read_bytes(), b"".join(written(contents(pack)))
    for data, said in (
        (tar[:-2000], "cut off"),
        (tar + b"x", "behind its end"),
        (tar + tar, "behind its end"),
        (b"PK\x03\x04" + tar, "no archive"),
        (b"\x1f\x8b" + tar[2:], "no archive"),
        (header(b"../../etc/x", 3) + b"abc".ljust(512, b"\0") + tar, "a file that no pack has"),
        (header(b"/etc/x", 3) + b"abc".ljust(512, b"\0") + tar, "a file that no pack has"),
        (header(b"main/.x", 0) + tar, "a file that no pack has"),
        (header(b"pack.json", 0, kind=b"2") + tar, "a file that no pack has"),
        (header(b"pack.json", 0, kind=b"S") + tar, "a file that no pack has"),
        (header(b"pack.json", 8 << 30) + tar, "larger than any file"),
        (b"", "cut off"),
    ):
        write(pack, [data])
        with pytest.raises(PackDamaged, match=said):
            unpack(empty, pack)
        assert nothing_is_in(empty), said
    # Nor one whose encryption was cut off or changed
    for harmed in (whole[:-1], whole[:1500], whole[:3000] + b"x" + whole[3001:]):
        pack.path.write_bytes(harmed)
        with pytest.raises(PackDamaged, match="cut off, or was changed"):
            unpack(empty, pack)
        assert nothing_is_in(empty)
    pack.path.write_bytes(b"nothing")
    with pytest.raises(PackDamaged, match="no file of a pack"):
        unpack(empty, pack)


def header(name: bytes, size: int, kind: bytes = b"0") -> bytes:
    info = tarfile.TarInfo(name.decode())
    info.size, info.type = size, kind
    return info.tobuf(tarfile.GNU_FORMAT)


def test_a_pack_goes_into_an_empty_hearth_alone_and_before_its_day_is_over(
    pack: Pack, page_house: Flask, empty: Flask
) -> None:
    with pytest.raises(NotEmpty):
        unpack(page_house, pack)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=8)):
        with pytest.raises(AfterItsDay):
            unpack(empty, pack)
        assert nothing_is_in(empty)
        assert unpack(empty, pack, after_its_day=True).rows > 20
    with empty.app_context(), stores.reading("erasure") as erasure:
        assert erasure.scalars(select(ErasureSecret.id)).first() is not None


def test_the_written_format_names_every_table() -> None:
    page = (Path(__file__).parents[2] / "docs" / "pack-format.md").read_text()
    assert [table.name for table in tables() if f"`{table.name}`" not in page] == []
    assert BackupKind.PACK == 4
