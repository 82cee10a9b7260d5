"""No value of a setting is in an error, a log or a repr: any of them may be a secret, pasted under the wrong name."""

import logging
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.factories import environment
from webapp.settings import Settings, WrongSetting, known_names

CANARY = "horse-battery-staple"
#: Wrong for every kind of setting that can be wrong: no number, no address, no key, three pieces of a contact's five.
WRONG = f"{CANARY}| |\\@[{CANARY}|"
FREE_TEXT = {"INSTANCE", "CONFIG_FOLDER", "SITE_NAME", "ORGANISATION", "REACH_US", "HAND_IN"} | {
    "MAIL_USERNAME",
    "MAIL_PASSWORD",
}
EVERY_PROCESS = "public,desk,worker"


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and all that a traceback, a debugger or an error tracker would find behind it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("name", sorted(known_names() - FREE_TEXT))
@pytest.mark.parametrize("from_file", [False, True], ids=["environment", "file"])
def test_a_refused_value_is_in_no_part_of_the_error(
    tmp_path: Path, name: str, from_file: bool
) -> None:
    # Given a value that cannot be right, in the environment or in a configuration file
    environ = environment(tmp_path, DOORS=EVERY_PROCESS)
    if from_file:
        file = tmp_path / "public.env"
        file.write_text(f"{name}='{WRONG}'\n")
        environ = {key: value for key, value in environ.items() if key != name}
        environ["CONFIG"] = str(file)
    else:
        environ[name] = WRONG
    # When the settings are read
    with pytest.raises(WrongSetting) as refused:
        Settings.from_environment(environ)
    # Then the error names the setting in one line
    assert str(refused.value).startswith("MAIL_SECURITY" if name == "MAIL_SERVER" else name)
    assert "\n" not in str(refused.value)
    # And the value is nowhere: not in the error, nor in one that it was raised from
    for error in chain(refused.value):
        assert not isinstance(error, ValidationError)
        assert CANARY not in f"{error!r} {error} {vars(error)}"
    assert CANARY not in "".join(traceback.format_exception(refused.value))


def test_a_secret_shows_in_no_repr(tmp_path: Path) -> None:
    keys = environment(tmp_path, DOORS=EVERY_PROCESS, MAIL_PASSWORD=CANARY)
    urls = {
        f"{store}DATABASE_URL": f"postgresql://hearth:{CANARY}@localhost/{store or 'main'}"
        for store in ("", "ERASURE_", "VOLATILE_")
    }
    settings = Settings.from_environment({**keys, **urls})
    for shown in (repr(settings), str(settings), f"{settings.mailing!r}"):
        assert CANARY not in shown
        assert not any(
            repr(value) in shown for value in vars(settings).values() if isinstance(value, bytes)
        )


def test_the_settings_cannot_be_changed(tmp_path: Path) -> None:
    settings = Settings.from_environment(environment(tmp_path))
    with pytest.raises(AttributeError, match="form_key cannot be set") as refused:
        settings.form_key = CANARY.encode()
    assert CANARY not in str(refused.value)
    with pytest.raises(AttributeError, match="password cannot be set"):
        settings.mailing.password = CANARY


def test_the_library_logs_no_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # Given a process that logs everything, and the switch by which pydantic-settings shows what it read
    monkeypatch.setenv("PYDANTIC_SETTINGS_DEBUG", "yes")
    caplog.set_level(logging.DEBUG)
    Settings.from_environment(environment(tmp_path, MAIL_PASSWORD=CANARY))
    assert CANARY not in caplog.text


def test_only_the_environment_that_was_given_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a shell with settings of another instance, in any case, and a .env file where the process runs
    monkeypatch.setenv("SITE_NAME", "Another")
    monkeypatch.setenv("reach_us", "another")
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("HAND_IN=another\n")
    # When settings are read from a mapping, then they come from it alone
    settings = Settings.from_environment(environment(tmp_path))
    assert settings.site_name == "Hearth"
    assert settings.reach_us == environment(tmp_path)["REACH_US"]
    assert settings.hand_in == ""
