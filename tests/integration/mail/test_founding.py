"""The mailer's keys come to an instance that was founded before there were mails, and always fit."""

from pathlib import Path

import pytest

from tests import stores as tables
from tests.live import command
from webapp.services.keys import bootstrap
from webapp.settings import FILES, SECRET_BYTES, SECRETS_OF, Settings
from webapp.vault.seeds import public_key_of

NEW = {"SERVICE_KEY", "MAILER_KEY", "MAILER_PUBLIC_KEY"}


def read(folder: Path, process: str) -> dict[str, str]:
    lines = (folder / FILES[process]).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def without(folder: Path, process: str, names: set[str]) -> None:
    kept = [
        f"{name}={value}\n" for name, value in read(folder, process).items() if name not in names
    ]
    (folder / FILES[process]).write_text("".join(kept))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    bootstrap.write_config(tmp_path / "config", {"DEMO": "yes", "BASE_URL": "http://localhost"})
    return tmp_path / "config"


def check(folder: Path) -> None:
    """Every process starts with its own file, and what two of them share is the same."""
    files = {process: read(folder, process) for process in FILES}
    for process, own in files.items():
        Settings.from_environment({**own, "DOORS": process})
        assert set(own) - {"DEMO", "BASE_URL"} == SECRETS_OF[process]
    assert files["public"]["SERVICE_KEY"] == files["desk"]["SERVICE_KEY"]
    seed = bytes.fromhex(files["worker"]["MAILER_KEY"])
    assert files["public"]["MAILER_PUBLIC_KEY"] == public_key_of(seed).hex()


def test_a_file_that_an_editor_saved_without_its_last_line_end_stays_whole(folder: Path) -> None:
    # Given an older instance, whose operator edited a file and quoted a value
    for process in FILES:
        without(folder, process, NEW)
    path = folder / FILES["public"]
    path.write_text(path.read_text() + 'SITE_NAME="Our place"')
    # When the instance is brought up to date
    bootstrap.complete_config(folder)
    # Then the last line is what it was, and the new secrets are lines of their own
    settings = Settings.from_environment({"CONFIG": str(path), "DOORS": "public"})
    assert settings.site_name == "Our place"
    assert len(settings.service_key) == SECRET_BYTES


def test_an_older_instance_gets_what_it_needs(folder: Path) -> None:
    for process in FILES:
        without(folder, process, NEW)
    before = {process: read(folder, process) for process in FILES}
    bootstrap.complete_config(folder)
    check(folder)
    # And nothing that was there has changed
    for process, own in before.items():
        assert own.items() <= read(folder, process).items()
    # And doing it again changes nothing
    after = [(folder / name).read_bytes() for name in FILES.values()]
    bootstrap.complete_config(folder)
    assert after == [(folder / name).read_bytes() for name in FILES.values()]
    assert {(folder / name).stat().st_mode & 0o777 for name in FILES.values()} == {0o600}


@pytest.mark.parametrize(
    "written", [[], ["worker"], ["worker", "desk"], ["public"], ["public", "desk"]], ids=str
)
def test_a_crash_between_two_files_leaves_keys_that_fit(
    folder: Path, written: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an older instance, and a power cut while it was being completed
    for process in FILES:
        without(folder, process, NEW)
    real = Path.open

    def power_cut(path: Path, mode: str = "r", **options: str) -> object:
        if mode == "a" and path.stem not in written:
            raise OSError("the power is gone")
        return real(path, mode, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", power_cut)
        with pytest.raises(OSError, match="power"):
            bootstrap.complete_config(folder)
    # When it is completed again
    bootstrap.complete_config(folder)
    # Then all of it fits: a mail that is sealed can be opened by the worker
    check(folder)


def test_an_upgrade_brings_what_is_new(tmp_path: Path, folder: Path) -> None:
    # Given a real instance, with its tables, of before there were mails
    tables.migrate(tables.sqlite_stores(tmp_path), tmp_path)
    for process in FILES:
        without(folder, process, NEW)
    # When its operator upgrades it as the manual says
    command(tmp_path, "migrate")
    # Then every process can start
    check(folder)
