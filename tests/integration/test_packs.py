"""Leaving: a pack has everything, sealed, and a reader without Hearth opens what one person may read."""

import base64
import csv
import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text

from tests import packs
from tests.factories import DEMO_CALL
from tests.integration.test_backups import give, write_config
from tests.packs import Pack, People, packed, people, read
from tests.stores import Stores
from webapp.cli import checks_backups
from webapp.cli.finding import State
from webapp.rules.audit_events import AuditEvent
from webapp.rules.references import reference
from webapp.services.backup import packing
from webapp.services.backup.packing import FolderInUse
from webapp.services.infrastructure import audit, backup_marks, stores
from webapp.services.infrastructure.row_authentication import RowForged
from webapp.services.keys.bootstrap import Founded
from webapp.settings import WrongSetting
from webapp.settings.processes import secrets_of
from webapp.vault.backup_files import open_backup
from webapp.web import start_checks


def sign_in(founded: Founded) -> str:
    return f"{founded.owner.sign_in_name}\n{founded.owner.passphrase}\n"


def told(folder: Path, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / f"{name}.json").read_text())
    return found


def references(rows: list[dict[str, Any]]) -> set[str]:
    return {row["Reference"] for row in rows}


def check_what_was_read(folder: Path, who: People) -> None:
    """Everyone but who deleted everything has their answers there, and only who says yes is in the list of contacts."""
    stays, withdrew = reference(who.stays.submission_id), reference(who.withdrew.submission_id)
    answers = told(folder, f"answers-{DEMO_CALL}")
    assert references(answers) == {stays, withdrew}
    (theirs,) = [row for row in answers if row["Reference"] == stays]
    words = {key: answer for key, answer in theirs.items() if key in who.stays.answers}
    assert len(words) > 10
    assert words == {key: who.stays.answers[key] for key in words}
    assert "email" not in theirs
    assert references(told(folder, f"contacts-{DEMO_CALL}-contact_me")) == {stays}
    assert references(told(folder, f"contacts-{DEMO_CALL}-invite")) == {stays, withdrew}
    assert not (folder / f"contacts-{DEMO_CALL}-quote.json").exists()
    assert not (folder / f"contacts-{DEMO_CALL}-share.json").exists()
    # And answers that are only counted name nobody
    equality = told(folder, f"equality-{DEMO_CALL}")
    assert len(equality) == 2
    assert not any("Reference" in row for row in equality)
    assert references(told(folder, "registrations-round-table")) == {reference(who.booked)}


def test_a_reader_without_hearth_opens_what_a_passphrase_opens(
    house: Flask, founded: Founded, another_disk: Path
) -> None:
    # Given a pack of an instance with people in it, copied to a machine on which there is no Hearth
    who = people(house)
    pack = packed(house, another_disk / "pack")
    # When its reader is started by a Python that finds nothing of Hearth
    done = subprocess.run(
        [
            *(sys.executable, "-P", "-s", str(pack.folder / "hearth_reader.py"), str(pack.path)),
            *("--keys", str(pack.keys), "--to", str(another_disk / "read")),
        ],
        input=f"{packs.WORDS}\n{sign_in(founded)}",
        cwd=another_disk,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    # Then what this person may read is there, for them alone
    assert done.returncode == 0, done.stderr
    check_what_was_read(another_disk / "read", who)
    assert {path.stat().st_mode & 0o777 for path in (another_disk / "read").iterdir()} == {0o600}
    assert "NOT SEALED" in (another_disk / "read" / "read-me.txt").read_text()
    assert "webapp" not in (pack.folder / "hearth_reader.py").read_text()


@pytest.fixture
def who(page_house: Flask) -> People:
    return people(page_house)


@pytest.fixture
def pack(page_house: Flask, who: People, another_disk: Path) -> Pack:
    return packed(page_house, another_disk / "pack")


def test_two_sheets_or_a_recovery_code_open_it_without_the_keys(
    pack: Pack,
    who: People,
    page_founded: Founded,
    another_disk: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sheets = "\n".join(" ".join(page_founded.sheets[number].words) for number in (2, 0))
    owner = page_founded.owner
    for place, (option, typed) in enumerate(
        (
            ("--sheets", sheets),
            ("--recovery-code", f"{owner.sign_in_name}\n{owner.recovery_code.lower()}"),
        )
    ):
        to = another_disk / f"read-{place}"
        assert read(pack, to, option, typed=typed, monkeypatch=monkeypatch) == ""
        check_what_was_read(to, who)
        # And it says that nobody has checked who made the pack
        assert "nobody checked that Hearth made" in (to / "read-me.txt").read_text()


def test_what_is_wrong_is_said_in_a_line_and_writes_nothing(
    pack: Pack, page_founded: Founded, another_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, name, keys = sign_in(page_founded), page_founded.owner.sign_in_name, str(pack.keys)
    sheet = " ".join(page_founded.sheets[0].words)
    whole = pack.path.read_bytes()
    to = another_disk / "read"
    for options, typed, said in (
        (("--keys", keys), f"{name}\nwrong", "do not belong together"),
        (("--keys", keys), "nobody\nwrong", "do not belong together"),
        (("--sheets",), f"{sheet}\n{sheet}", "do not open this pack"),
        (("--sheets",), "one two", "2 words were typed"),
        ((), right, "Give --keys"),
        (("--keys", str(pack.path)), right, "is not the right file"),
    ):
        assert said in read(pack, to, *options, typed=typed, monkeypatch=monkeypatch)
    # A pack that was cut off or changed
    for harmed in (whole[:-20], whole[: len(whole) // 2], whole[:5000] + b"x" + whole[5001:]):
        pack.path.write_bytes(harmed)
        said = read(pack, to, "--keys", keys, typed=right, monkeypatch=monkeypatch)
        assert "damaged, or cut off" in said
    assert not to.exists()
    # A folder that is there already
    pack.path.write_bytes(whole)
    to.mkdir()
    (to / "ours.txt").write_text("ours")
    assert "is there already" in read(
        pack, to, "--keys", keys, typed=right, monkeypatch=monkeypatch
    )
    assert [path.name for path in to.iterdir()] == ["ours.txt"]


def test_after_its_day_it_is_read_only_by_who_says_so(
    pack: Pack,
    page_founded: Founded,
    another_disk: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    to, right = another_disk / "read", sign_in(page_founded)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=8)):
        said = read(pack, to, "--keys", str(pack.keys), typed=right, monkeypatch=monkeypatch)
        assert "had to be destroyed by" in said
        assert not to.exists()
        options = "--keys", str(pack.keys), "--after-its-day"
        assert read(pack, to, *options, typed=right, monkeypatch=monkeypatch) == ""


def test_whoever_deleted_everything_after_the_pack_is_left_out(
    pack: Pack,
    who: People,
    page_founded: Founded,
    another_disk: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given the newest list of what was deleted
    deleted = another_disk / "tombstones.txt"
    deleted.write_text(f"{who.stays.submission_id.hex}\n{who.booked.hex}\n")
    options = "--keys", str(pack.keys), "--deleted", str(deleted)
    right = sign_in(page_founded)
    assert read(pack, another_disk / "read", *options, typed=right, monkeypatch=monkeypatch) == ""
    answers = told(another_disk / "read", f"answers-{DEMO_CALL}")
    assert references(answers) == {reference(who.withdrew.submission_id)}
    assert told(another_disk / "read", "registrations-round-table") == []


def test_what_is_past_its_day_is_not_read(
    page_house: Flask,
    who: People,
    page_founded: Founded,
    another_disk: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given a Hearth that was packed for good, whose pack may be kept until the last of it is due
    pack = packed(page_house, another_disk / "pack", closing=True)
    until = backup_marks.packs_until(Path(page_house.extensions["hearth_settings"].instance))
    assert until is not None
    assert until > date.today() + timedelta(days=90)
    # Then no process starts there any more
    with pytest.raises(WrongSetting, match="This Hearth was closed"):
        start_checks.before_serving(page_house)
    # And on that day nothing of it is read any more
    right = sign_in(page_founded)
    with time_machine.travel(datetime.combine(until, datetime.min.time(), UTC)):
        options = "--keys", str(pack.keys)
        assert (
            read(pack, another_disk / "read", *options, typed=right, monkeypatch=monkeypatch) == ""
        )
    assert told(another_disk / "read", f"answers-{DEMO_CALL}") == []
    assert not list((another_disk / "read").glob("contacts-*"))
    assert "past the day" in (another_disk / "read" / "read-me.txt").read_text()


def test_no_cell_is_a_formula(
    page_house: Flask, page_founded: Founded, another_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with page_house.app_context():
        form = packs.submit_one().answers
        packs.submit_one(answers={**form, "name_to_use": "=1+1", "contact_notes": 'x"\n@SUM(A1)'})
    pack = packed(page_house, another_disk / "pack")
    to, right = another_disk / "read", sign_in(page_founded)
    assert read(pack, to, "--keys", str(pack.keys), typed=right, monkeypatch=monkeypatch) == ""
    for path in to.glob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert [one for one in cells if one.startswith(("=", "-", "@", "+4 4"))] == []
    assert "'=1+1" in (to / f"contacts-{DEMO_CALL}-contact_me.csv").read_text()


def test_a_file_with_a_name_that_leads_elsewhere_is_not_written(tmp_path: Path) -> None:
    reader = packs.the_reader()
    folder = reader.Folder(tmp_path / "read")
    for name in ("../out.csv", "/out.csv", "a/b.csv", ".hidden.txt", "x.sh", ""):
        with pytest.raises(reader.Refused):
            folder.write(name, "x")
    assert reader.file_name({"slug": "../../x", "id": bytes(16)}) == "0" * 32
    # And a link that waits there is not followed
    (tmp_path / "read" / "a.txt").symlink_to(tmp_path / "outside.txt")
    with pytest.raises(FileExistsError):
        folder.write("a.txt", "x")
    assert [path.name for path in tmp_path.iterdir()] == ["read"]


def test_who_holds_no_keys_reads_no_answer(
    pack: Pack, another_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a person of the coalition to whom nothing is sealed
    reader = packs.the_reader()
    reading = reader.Reading(reader.Pack(pack.path, packs.SEED, None), {}, date.today())
    # When all is written that they may read
    reader.write_all(reading, reader.Folder(another_disk / "read"))
    # Then there is no answer, no contact and no booking in it, and the questions are
    assert set(reading.left_out) == {"sealed to keys that you do not hold"}
    for name in (f"answers-{DEMO_CALL}", f"equality-{DEMO_CALL}", "registrations-round-table"):
        assert told(another_disk / "read", name) == []
    assert not list((another_disk / "read").glob("contacts-*"))
    assert list((another_disk / "read").glob("form-*.json"))


def test_whoever_has_a_pack_alone_has_nothing(pack: Pack, page_house: Flask, who: People) -> None:
    # Given a pack, and the words of the backup key
    with pack.path.open("rb") as file:
        inside = b"".join(open_backup(file, seed=packs.SEED))
    # Then no words of anyone are in it, and no secret of the configuration
    settings = page_house.extensions["hearth_settings"]
    for name in secrets_of(("public", "desk", "worker")) - {"MAILER_PUBLIC_KEY"}:
        secret = getattr(settings, name.lower())
        for form in (secret, secret.hex().encode(), base64.b64encode(secret)):
            assert form not in inside, name
    for answer in (b"My words on", b"ana.k@example.org", b"robin@example.org", b"900 123"):
        assert answer not in inside
    # And without those words nothing at all, but the day
    assert b"support-needs" in inside
    assert b"support-needs" not in pack.path.read_bytes()


def test_a_row_that_hearth_did_not_write_is_not_packed(
    page_house: Flask, who: People, another_disk: Path
) -> None:
    with page_house.app_context(), stores.writing() as main:
        main.execute(text("UPDATE submissions SET language = 'so'"))
    with pytest.raises(RowForged):
        packed(page_house, another_disk / "pack")
    # And nothing is left of what was written before it
    assert not (another_disk / "pack").exists()


def test_an_operator_packs_and_says_that_it_is_destroyed(
    page_house: Flask, who: People, sqlite_demo_stores: Stores, tmp_path: Path, another_disk: Path
) -> None:
    # Given an instance with a backup key
    write_config(tmp_path, sqlite_demo_stores)
    (tmp_path / "config" / "backup.env").write_text(
        f"BACKUP_KEY={packs.KEY.public_key.hex()}\nBACKUPS={another_disk}\n"
    )
    # When it is packed
    done = give(tmp_path, "pack", "--to", str(another_disk / "pack"))
    assert done.returncode == 0, done.stderr
    # Then it says by when every copy must be destroyed, and the check reminds of it
    until = date.today() + timedelta(days=6)
    assert f"DESTROY EVERY COPY OF THIS PACK BY {until.isoformat()}" in done.stdout
    assert {path.name for path in (another_disk / "pack").iterdir()} == {
        *("hearth.pack", "hearth_reader.py", "words.txt", "pack-format.md", "keys"),
    }
    settings = page_house.extensions["hearth_settings"]
    with page_house.app_context():
        assert [one.state for one in checks_backups.packs(settings)] == [State.LOOK]
        with time_machine.travel(datetime.now(UTC) + timedelta(days=8)):
            assert [one.state for one in checks_backups.packs(settings)] == [State.BROKEN]
        packing.note_destroyed()
        assert list(checks_backups.packs(settings)) == []
        # And both are in the record
        tags = [line.tag for line in audit.recent(3)]
        assert AuditEvent.PACKED in tags
        assert AuditEvent.PACKS_DESTROYED in tags
    # And a folder that is in use is left as it is
    with page_house.app_context(), pytest.raises(FolderInUse):
        packing.make(another_disk / "pack", packs.KEY.public_key)
