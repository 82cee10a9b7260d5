"""`init` asks for everything that a page will promise, keeps what was answered, and writes it where it belongs."""

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from tests import live
from tests.live import ROOT, surroundings
from webapp.cli import init, prompts, screen
from webapp.cli.prompts import Question
from webapp.services.infrastructure import settings_warnings
from webapp.settings import SUPPORT, Settings, WrongSetting, read_config_file

#: One line for each question, in their order, as the manual says.
ABOUT_PAGES = [
    *("A charity", "01632 960002, Monday to Friday", "", "12 The Street, 01632 960001"),
    *("https://take-part.example.org", "https://desk.example.org"),
    *("", "2026-11-21"),
    "mailto:security@example.org",
]
#: "Enter" for the main store: then the other two are not asked for.
IN_FILES = [""]
ABOUT_MAIL = [
    *("smtp.example.org", "", "", "hearth", "pass word", ""),
    *("Ana", "ana"),
]
ANSWERS = ABOUT_PAGES + IN_FILES + ABOUT_MAIL


def give(instance: Path, answers: list[str], *words: str, **settings: str) -> live.Done:
    typed = "".join(f"{line}\n" for line in answers)
    return live.give(instance, "init", *words, typed=typed, **settings)


def files(instance: Path) -> dict[str, dict[str, str]]:
    return {
        process: read_config_file(instance / "config" / f"{process}.env")
        for process in ("public", "desk", "worker")
    }


def test_everything_that_a_page_promises_is_asked_and_written_where_it_belongs(
    tmp_path: Path,
) -> None:
    # When an operator answers every question, one on each line
    done = give(tmp_path / "instance", ANSWERS)
    assert done.returncode == 0, done.stderr
    found = files(tmp_path / "instance")
    # Then every process knows who runs this, and the two doors have a port and an address each
    for own in found.values():
        assert own["ORGANISATION"] == "A charity"
        assert own["HAND_IN"] == "12 The Street, 01632 960001"
        assert own["SUPPORT_CONTACTS"] == SUPPORT
        assert own["SUPPORT_CHECKED_ON"] == "2026-11-21"
        assert own["SECURITY_CONTACT"] == "mailto:security@example.org"
    assert found["public"]["PORT"] != found["desk"]["PORT"]
    assert found["desk"]["BASE_URL"] == "https://desk.example.org"
    assert found["worker"]["BASE_URL"] == "https://take-part.example.org"
    # And the mail server's password is the worker's alone
    assert found["worker"]["MAIL_PASSWORD"] == "pass word"
    assert found["worker"]["MAIL_SECURITY"] == "starttls"
    assert found["worker"]["MAIL_FROM"] == "no-reply@take-part.example.org"
    assert not any(name.startswith("MAIL_S") for name in {**found["public"], **found["desk"]})
    # And it is told that the secrets still stand on the screen
    assert screen.STAYS in done.stdout
    # And the words come after the square, so that a small window shows them
    assert done.stdout.index("Authenticator:") > done.stdout.index("█")
    # And what is next can be copied as it stands
    assert "\n  .venv/bin/python -m webapp.cli rehearse-recovery" in done.stdout
    assert "Then: .venv/bin/python -m webapp.cli check" in done.stdout


def test_what_a_script_does_not_answer_is_left_open_and_told(tmp_path: Path) -> None:
    # When only what has no default is given
    words = ("--organisation", "A charity", "--name", "Ana", "--sign-in-name", "ana")
    more = ("--base-url", "https://take-part.example.org", "--reach-us", "01632 960002")
    done = give(tmp_path / "instance", [], *words, *more)
    assert done.returncode == 0, done.stderr
    # Then nothing speaks in the coalition's name as if it had been confirmed
    # And the desk knows the address of a call, also under the same host name, and each reminder says where to write
    found = files(tmp_path / "instance")
    assert found["desk"]["PUBLIC_URL"] == "https://take-part.example.org"
    assert done.stdout.count("into public.env") + done.stdout.count("in public.env") == 4
    found = found["public"]
    assert not {"SUPPORT_CONTACTS", "SUPPORT_CHECKED_ON", "HAND_IN"} & set(found)
    for name in (
        "SUPPORT_CONTACTS",
        "SUPPORT_CHECKED_ON",
        "HAND_IN",
        "SECURITY_CONTACT",
        "MAIL_FROM",
    ):
        assert f"{name} is not set" in done.stdout


def test_what_must_be_answered_is_named(tmp_path: Path) -> None:
    done = give(tmp_path / "instance", [])
    assert done.returncode == 1
    assert "The organisation that runs this: there is no answer" in done.stderr
    assert "--organisation" in done.stderr
    assert not (tmp_path / "instance" / "config").exists()


def test_addresses_of_databases_in_the_environment_are_written_down(tmp_path: Path) -> None:
    # Given an operator who exported the three addresses
    stores = {
        name: f"sqlite:///{tmp_path / name}.sqlite3"
        for name in ("DATABASE_URL", "ERASURE_DATABASE_URL", "VOLATILE_DATABASE_URL")
    }
    # When they answer the other questions
    done = give(tmp_path / "instance", ABOUT_PAGES + ABOUT_MAIL, **stores)
    assert done.returncode == 0, done.stderr
    # Then each process finds them without the environment, and no file is made in the instance
    for own in files(tmp_path / "instance").values():
        assert {name: own[name] for name in stores} == stores
    assert not list((tmp_path / "instance").glob("*.sqlite3"))


def test_a_database_that_does_not_answer_loses_no_answer(tmp_path: Path) -> None:
    # Given an address at which nothing is
    instance, folder = tmp_path / "instance", tmp_path / "later"
    first = f"sqlite:///{folder / 'main.sqlite3'}"
    lost = give(instance, [*ABOUT_PAGES, "", "", *ABOUT_MAIL], DATABASE_URL=first)
    assert lost.returncode == 1
    # Then it names the setting and where it stands
    assert "DATABASE_URL" in lost.stderr
    assert "What you answered is kept" in lost.stderr
    # When it is there, then only the coordinator is asked for again
    folder.mkdir()
    assert give(instance, ["Ana", "ana"]).returncode == 0
    # And once it is founded, the operator is asked for nothing any more
    again = give(instance, [])
    assert again.returncode == 1
    assert "already set up here" in again.stderr
    assert files(instance)["public"]["HAND_IN"] == "12 The Street, 01632 960001"


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("BASE_URL", "take-part.example.org", "BASE_URL must be like"),
        ("BASE_URL", "http://take-part.example.org", "https://"),
        ("DESK_URL", "desk", "DESK_URL must be like"),
        ("SUPPORT_CONTACTS", "Samaritans 116 123", "Name | number | note"),
        ("SECURITY_CONTACT", "security@example.org", "must be like mailto:"),
        ("SUPPORT_CHECKED_ON", "yesterday", "must be a day like"),
        ("DATABASE_URL", "mysql://x", "must be a sqlite:/// or postgresql://"),
        ("DATABASE_URL", "postgresql://db.example.org/main", "leads to another machine"),
        ("MAIL_SECURITY", "ssl", "must be tls, starttls or none"),
        ("MAIL_PORT", "smtp", "must be a whole number"),
        ("MAIL_FROM", "us", "must be a plain address"),
        ("ORGANISATION", "A\nDEMO=yes", "line break"),
    ],
)
def test_a_wrong_answer_is_refused_at_its_question(name: str, answer: str, words: str) -> None:
    with pytest.raises(WrongSetting) as refused:
        init._check({}, name, answer)
    assert words in str(refused.value)


def test_at_a_terminal_only_the_wrong_answer_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given an operator who mistypes the address twice
    typed = iter(["take-part", "http://take-part.example.org", "https://take-part.example.org"])
    monkeypatch.setattr(prompts, "at_a_terminal", lambda: True)
    monkeypatch.setattr(click, "prompt", lambda *words, **how: next(typed))
    question = Question("BASE_URL", "The address", default=None)
    answer = prompts.ask(question, {}, lambda name, text: init._check({}, name, text))
    # Then they are told why each time, and go on from there
    assert answer == "https://take-part.example.org"
    assert capsys.readouterr().out.count("Please try again.") == 2


def test_a_person_at_a_real_terminal_is_asked_in_words(tmp_path: Path) -> None:
    # Given a terminal
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "webapp.cli", "init"],
        cwd=ROOT,
        env={**surroundings(tmp_path / "instance"), "TERM": "dumb"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        seen = _until(ours, "The organisation that runs this")
        os.write(ours, b"\n")
        # When they only press Enter, then it is asked again
        seen += _until(ours, "ORGANISATION is needed")
        os.write(ours, b"A charity\n")
        seen += _until(ours, "How people reach you by other ways")
    finally:
        process.kill()
        process.wait(timeout=10)
        os.close(ours)
    # And nothing has been written yet
    assert not (tmp_path / "instance" / "config").exists()


def _until(terminal: int, words: str) -> str:
    seen, deadline = "", time.monotonic() + 60
    while words not in seen:
        assert time.monotonic() < deadline, seen
        if select.select([terminal], [], [], 1)[0]:
            seen += os.read(terminal, 4096).decode(errors="replace")
    return seen


def test_a_default_that_was_confirmed_is_no_default_any_more(tmp_path: Path) -> None:
    # Given an operator who wrote the same three help lines into their file
    done = give(tmp_path / "instance", ANSWERS)
    assert done.returncode == 0, done.stderr
    config = str(tmp_path / "instance" / "config" / "public.env")
    settings = Settings.from_environment({"CONFIG": config, "DOORS": "public"})
    # Then they are theirs
    assert not settings.support_is_proposed
    assert settings_warnings.of(settings) == ()
