"""Setting up: once, with files that only their owner can read, and no process holding more than it needs."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests import live
from tests.factories import WHO_WE_ARE
from tests.integration.tables import counts, everything
from tests.stores import Shelf, Stores, application
from webapp.services.infrastructure import audit, stores
from webapp.services.keys import bootstrap, key_slots
from webapp.services.keys.bootstrap import AlreadyFounded
from webapp.settings import APART, FILES, SECRETS_OF, Settings, WrongSetting

FOUNDER = {"organisation": "A charity", "name": "Ana", "sign_in_name": " Ana "}


@pytest.fixture
def empty(shelf: Shelf, tmp_path: Path) -> Iterator[Stores]:
    """Migrated stores without a coordinator."""
    with shelf.fresh(tmp_path) as fresh:
        yield fresh


@pytest.fixture
def unfounded(empty: Stores, tmp_path: Path) -> Iterator[Flask]:
    with application(empty, tmp_path) as app, app.app_context():
        yield app


def test_an_instance_is_founded_once(unfounded: Flask) -> None:
    # Given an empty instance
    assert not bootstrap.is_founded()
    founded = bootstrap.found(**FOUNDER)
    assert bootstrap.is_founded()
    before = everything()
    # When an operator founds it again, with other names
    with pytest.raises(AlreadyFounded):
        bootstrap.found(organisation="Others", name="Eve", sign_in_name="eve")
    # Then nothing has changed: everything sealed so far can still be read
    assert everything() == before
    assert founded.owner.sign_in_name == "ana"
    assert counts() == {
        "organisations": 1,
        "organisation_periods": 2,
        "coordinators": 1,
        "role_grants": 2,
        "slots": 2,
        "recovery_keys": 1,
        "recovery_pairs": 3,
        "audit_head": 1,
        "audit_entries": 1,
    }
    assert audit.verify() == 1


def test_a_founding_that_fails_leaves_nothing(
    unfounded: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a founding that breaks off in the middle
    def break_off(*what: object) -> None:
        raise stores.StoreUnavailable("main")

    with monkeypatch.context() as patch:
        patch.setattr(key_slots, "new_slots", break_off)
        with pytest.raises(stores.StoreUnavailable):
            bootstrap.found(**FOUNDER)
    # Then nothing is left of it, and trying again works
    assert counts() == {}
    assert [sheet.number for sheet in bootstrap.found(**FOUNDER).sheets] == [1, 2, 3]


def test_two_foundings_share_no_secret(unfounded: Flask, tmp_path: Path) -> None:
    # Given two configurations
    for name in ("one", "other"):
        bootstrap.write_config(tmp_path / name, WHO_WE_ARE)
    # Then they have no secret in common, and each is 32 bytes of its own
    values = [
        line.split("=")[1]
        for name in ("one", "other")
        for line in _union(tmp_path / name)
        if line.split("=")[0] in set().union(*SECRETS_OF.values())
    ]
    names = set().union(*SECRETS_OF.values())
    assert len(values) == len(set(values)) == 2 * len(names)
    # And one is the mailer key's public half, which is longer.
    sizes = sorted(len(bytes.fromhex(value)) for value in values)
    assert sizes == [32] * 2 * (len(names) - 1) + [1216] * 2


def _union(folder: Path) -> set[str]:
    return {line for file in folder.iterdir() for line in file.read_text().splitlines()}


@pytest.mark.parametrize("there", [False, True], ids=["no folder", "an open folder"])
def test_only_their_owner_can_read_the_configuration(tmp_path: Path, there: bool) -> None:
    # Given a careless umask, and perhaps a folder that everybody can read
    folder, before = tmp_path / "config", os.umask(0)
    try:
        if there:
            folder.mkdir(mode=0o777)
        # When the configuration is written
        bootstrap.write_config(folder, WHO_WE_ARE)
    finally:
        os.umask(before)
    # Then the folder is closed, and each file
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    assert {file.name for file in folder.iterdir()} == {"public.env", "desk.env", "worker.env"}


def test_each_process_holds_only_the_secrets_that_it_needs(tmp_path: Path) -> None:
    # Given a configuration
    common = {**WHO_WE_ARE, "BASE_URL": "https://take-part.example.org"}
    bootstrap.write_config(tmp_path / "config", common)
    held = {
        process: {
            line.split("=")[0] for line in (tmp_path / "config" / name).read_text().split("\n")
        }
        for process, name in FILES.items()
    }
    # Then the public door has neither the pepper nor the record's key nor the mailer's, the worker no pepper, and the
    # desk cannot read mails
    assert not APART & held["public"]
    assert "PEPPER" not in held["worker"]
    assert held["desk"] >= {"PEPPER", "AUDIT_KEY"}
    assert "MAILER_KEY" not in held["desk"]
    # And each starts with its own file alone
    for process, name in FILES.items():
        settings = Settings.from_environment(
            {"CONFIG": str(tmp_path / "config" / name), "DOORS": process}
        )
        assert settings.organisation == WHO_WE_ARE["ORGANISATION"]
    # And the public door refuses to start with the desk's
    with pytest.raises(WrongSetting, match="is for another process"):
        Settings.from_environment(
            {"CONFIG": str(tmp_path / "config" / "desk.env"), "DOORS": "public"}
        )


def test_a_configuration_is_never_replaced(tmp_path: Path) -> None:
    # Given a configuration, of which one file is left
    bootstrap.write_config(tmp_path, WHO_WE_ARE)
    (tmp_path / "public.env").unlink()
    (tmp_path / "desk.env").unlink()
    before = (tmp_path / "worker.env").read_bytes()
    # When another is to be written there
    with pytest.raises(AlreadyFounded):
        bootstrap.write_config(tmp_path, WHO_WE_ARE)
    # Then the file stays, and none is added
    assert (tmp_path / "worker.env").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


# The operator's command


def init(
    instance: Path, base_url: str = "https://take-part.example.org", **settings: str
) -> live.Done:
    words = ["--organisation", "A charity", "--name", "Ana", "--sign-in-name", "ana"]
    words += ["--reach-us", WHO_WE_ARE["REACH_US"]]
    return live.give(instance, "init", *words, "--base-url", base_url, **settings)


def test_the_operator_sets_up_once_and_is_told_so_the_second_time(tmp_path: Path) -> None:
    # Given a machine without an instance
    instance = tmp_path / "instance"
    done = init(instance)
    assert done.returncode == 0, done.stderr
    before = {path: path.read_bytes() for path in (instance / "config").iterdir()}
    # When the command is given again
    again = init(instance)
    # Then it refuses in one clear line, and nothing has changed
    assert again.returncode != 0
    assert "already set up" in again.stderr
    assert "Traceback" not in again.stderr
    assert {path: path.read_bytes() for path in (instance / "config").iterdir()} == before
    # And nothing that it made can be read by others
    made = [path for path in instance.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in made} == {0}
    # And what was shown once lies in no file
    passphrase = _shown(done.stdout, "Passphrase:")
    recovery = _shown(done.stdout, "Recovery code:").split()[0]
    content = b"".join(path.read_bytes() for path in made)
    for secret in (passphrase, recovery, recovery.replace("-", "")):
        assert secret.encode() not in content


def _shown(printed: str, label: str) -> str:
    (line,) = [line for line in printed.splitlines() if line.startswith(label)]
    return line.removeprefix(label).strip()


def test_a_wrong_address_can_be_put_right_by_giving_the_command_again(tmp_path: Path) -> None:
    # Given an operator who mistypes the address
    instance = tmp_path / "instance"
    wrong = init(instance, base_url="take-part.example.org")
    assert wrong.returncode != 0
    assert "BASE_URL" in wrong.stderr
    assert "Traceback" not in wrong.stderr
    # When they give the command again with the right one, then it works
    done = init(instance)
    assert done.returncode == 0, done.stderr
    assert "Passphrase:" in done.stdout


def test_a_database_that_was_down_does_not_spoil_the_set_up(tmp_path: Path) -> None:
    # Given a main store that cannot be reached when the command is given first
    instance, folder = tmp_path / "instance", tmp_path / "not" / "there"
    lost = init(instance, DATABASE_URL=f"sqlite:///{folder / 'main.sqlite3'}")
    assert lost.returncode != 0
    assert "Traceback" not in lost.stderr
    # When it is there, and the command is given again
    folder.mkdir(parents=True)
    done = init(instance, DATABASE_URL=f"sqlite:///{folder / 'main.sqlite3'}")
    # Then the instance is founded
    assert done.returncode == 0, done.stderr
    assert "Recovery code:" in done.stdout
