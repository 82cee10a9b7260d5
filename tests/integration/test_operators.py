"""Operators' commands as an operator gives them: what they do, and one clear line when it cannot be done."""

import json
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pyotp
import pytest
from click.testing import CliRunner
from flask import Flask

from tests.factories import CONTENT, DEMO_CALL, WHO_WE_ARE, days_of_call, register_some
from tests.live import Done, command, free_port, give
from webapp import cli, create_app
from webapp.cli.content import publish_event
from webapp.extensions import db
from webapp.rules import clock
from webapp.services.calls import published_calls
from webapp.services.events import booking_confirming, own_registrations, published_events
from webapp.services.infrastructure import audit
from webapp.services.keys import authentication, bootstrap
from webapp.settings import FILES, Settings, read_config_file

FORBIDDEN = "What is your date of birth?"
REASON = "The funder only pays travel for people under 26."
PROCESSES = ("public", "desk", "worker")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance with a coordinator, a call and two events."""
    folder = tmp_path_factory.mktemp("made") / "instance"
    folder.mkdir()
    command(folder, "demo")
    return folder


@pytest.fixture
def instance(made: Path, tmp_path: Path) -> Path:
    """A copy of it, for one test."""
    return Path(shutil.copytree(made, tmp_path / "instance"))


def refused(done: Done, *words: str) -> None:
    """It ended in words for an operator, with these among them."""
    assert done.returncode != 0, done.stdout
    assert "Traceback" not in done.stderr
    for one in words:
        assert one in done.stderr


def did(done: Done) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def look_into(instance: Path) -> Iterator[Flask]:
    """The instance's stores, to look at what a command did."""
    config = ":".join(str(instance / "config" / f"{process}.env") for process in PROCESSES)
    environ = {"INSTANCE": str(instance), "CONFIG": config, "DOORS": ",".join(PROCESSES)}
    app = create_app(Settings.from_environment(environ))
    with app.app_context():
        yield app
        for engine in db.engines.values():
            engine.dispose()


def file_asking(folder: Path, like: str, where: tuple[Any, ...]) -> Path:
    """A copy of one of the demo's files in which one question asks what may not be asked."""
    data = json.loads((CONTENT / f"{like}.json").read_text(encoding="utf-8"))
    found: Any = data
    for step in where:
        found = found[step]
    found["label"] = {"en": FORBIDDEN}
    data["title"] = {"en": "Another one"}
    file = folder / "mine.json"
    file.write_text(json.dumps(data), encoding="utf-8")
    return file


# Publishing, closing, seats


def test_an_event_is_published_from_a_file(instance: Path, tmp_path: Path) -> None:
    # Given an event in a file, with its title in another language beside it
    data = json.loads((CONTENT / "small-group.json").read_text(encoding="utf-8"))
    data["title"] = {"en": "A cup of tea"}
    (tmp_path / "tea.json").write_text(json.dumps(data), encoding="utf-8")
    (tmp_path / "tea.vi.json").write_text(json.dumps({"title": "Tên"}), encoding="utf-8")
    # When it is published
    did(give(instance, "publish-event", str(tmp_path / "tea.json"), "--slug", "tea"))
    # Then people can register for it, and it is in the record
    with look_into(instance):
        found = published_events.find("tea")
        assert found.accepts_registrations(clock.now())
        assert found.definition.title["vi"] == "Tên"
        assert register_some(found, 1)[0].state == "requested"
        line = audit.recent(1)[0]
        assert (line.actor, line.tag) == (audit.OPERATOR, "event published")
    # And a second one cannot have its address
    again = give(instance, "publish-event", str(tmp_path / "tea.json"), "--slug", "tea")
    refused(again, "This event cannot be published", "Another call or event has this address")


@pytest.mark.parametrize(
    ("words", "like", "question"),
    [
        (("publish", *days_of_call(date(2099, 1, 31))), DEMO_CALL, "change_words"),
        (("publish-event",), "round-table", "organisation"),
    ],
    ids=["call", "event"],
)
def test_what_may_not_be_asked_needs_a_reason_which_is_kept(
    instance: Path, tmp_path: Path, words: tuple[str, ...], like: str, question: str
) -> None:
    # Given a file in which one question asks for a date of birth
    file = file_asking(tmp_path, like, place_of(like, question))
    order = (*words, str(file), "--slug", "another")
    # When it is published, then it is not, and the operator is told which question, and the way
    refused(give(instance, *order), "dates of birth", f"--allow {question}=REASON")
    refused(give(instance, *order, "--allow", f"{question}=because"), question, "is too short")
    # And with a reason it is, which is in the record
    did(give(instance, *order, "--allow", f"{question}={REASON}"))
    with look_into(instance):
        allowed = [
            line for line in audit.recent(3) if line.tag.endswith("publish check overridden")
        ]
        assert [line.reason for line in allowed] == [f"{question}: {REASON}"]


def place_of(like: str, question: str) -> tuple[Any, ...]:
    data = json.loads((CONTENT / f"{like}.json").read_text(encoding="utf-8"))
    pages = data["form"]["pages"] if "form" in data else data["pages"]
    (place,) = [
        (page, number)
        for page, one in enumerate(pages)
        for number, asked in enumerate(one["questions"])
        if asked["key"] == question
    ]
    way = ("form", "pages") if "form" in data else ("pages",)
    return (*way, place[0], "questions", place[1])


@pytest.mark.parametrize("text", ["change_words", "=reason", "change_words=", "a=" + "b" * 200])
def test_an_allowance_without_question_or_reason_is_not_understood(text: str) -> None:
    file = str(CONTENT / "round-table.json")
    done = CliRunner().invoke(publish_event, [file, "--slug", "another", "--allow", text])
    # Then it is refused before anything is looked at
    assert done.exit_code == 2
    assert "--allow" in done.output


def test_a_call_is_closed_before_its_last_day(instance: Path) -> None:
    # When a call is closed without a reason, then it is not
    refused(give(instance, "close-call", DEMO_CALL), "--reason")
    refused(give(instance, "close-call", "nowhere", "--reason", "A slip"), "no call nowhere")
    did(give(instance, "close-call", DEMO_CALL, "--reason", "The funder stopped"))
    # Then it can no longer be answered
    with look_into(instance) as app:
        assert not published_calls.find_call(DEMO_CALL).accepts_answers(clock.today())
        assert audit.recent(1)[0].reason == "The funder stopped"
        assert "How support needs are decided" not in app.test_client().get("/en/").text


def test_seats_are_added_and_those_who_wait_have_them(instance: Path) -> None:
    with look_into(instance):
        event = published_events.find("small-group")
        people = register_some(event, event.seats + 2)
        for person in people:
            booking_confirming.confirm_own(person.id, person.ticket)
        waiting = [own_registrations.find_own(person.ticket).state for person in people[-2:]]
        assert waiting == ["waiting", "waiting"]
    # When one seat is added
    words = did(give(instance, "add-seats", "small-group", "1", "--reason", "A larger room"))
    # Then the registrant who waited longest has it
    assert f"{event.seats + 1} seats" in words
    with look_into(instance):
        assert [own_registrations.find_own(person.ticket).state for person in people[-2:]] == [
            "confirmed",
            "waiting",
        ]
    refused(give(instance, "add-seats", "nowhere", "1", "--reason", "A slip"), "no event nowhere")
    refused(give(instance, "add-seats", "small-group", "0", "--reason", "A slip"), "0")


# Coming back


@pytest.fixture
def known(instance: Path) -> dict[str, Any]:
    """What the demo's coordinator was given."""
    found: dict[str, Any] = json.loads((instance / "demo-sign-in.json").read_text())
    return found


def shown(printed: str, label: str) -> str:
    (line,) = [line for line in printed.splitlines() if line.startswith(label)]
    return line.removeprefix(label).split("(")[0].strip()


def signs_in(instance: Path, passphrase: str, totp_secret: str) -> bool:
    with look_into(instance):
        try:
            authentication.sign_in("ana", passphrase, pyotp.TOTP(totp_secret).now())
        except authentication.NotSignedIn:
            return False
        return True


def test_a_lost_passphrase_is_replaced(instance: Path, known: dict[str, Any]) -> None:
    # When the recovery code comes in with a slip, or belongs to no one, then nothing happens
    code = known["recovery_code"]
    slip = code[:-1] + ("2" if code[-1] != "2" else "3")
    refused(give(instance, "new-passphrase", typed=f"ana\n{slip}\n"), "24 letters and numbers")
    refused(give(instance, "new-passphrase", typed=f"eve\n{code}\n"), "No coordinator signs in")
    refused(give(instance, "new-passphrase"))
    # When it is right
    printed = did(give(instance, "new-passphrase", typed=f"ana\n{code}\n"))
    # Then the words that are shown, and no others, let her in
    assert signs_in(instance, shown(printed, "Passphrase:"), known["totp_secret"])
    assert not signs_in(instance, known["passphrase"], known["totp_secret"])
    # And what she typed is not repeated
    assert code not in printed


def test_the_desks_own_configuration_is_enough(instance: Path, known: dict[str, Any]) -> None:
    config = str(instance / "config" / "desk.env")
    typed = f"ana\n{known['recovery_code']}\n"
    assert did(give(instance, "new-passphrase", typed=typed, CONFIG=config))


def test_a_coordinator_who_lost_everything_is_let_back_in(
    instance: Path, known: dict[str, Any]
) -> None:
    one, other = (known["recovery_sheets"][number] for number in ("1", "3"))
    few = one.rpartition(" ")[0]
    # When the words are not two sheets, then it is said what is wrong with them, and nothing happens
    for typed, said in {
        f"ana\n{few}\n": "A sheet has 24 words",
        f"ana\n{few} hearthstone\n": "Word 24",
        f"ana\n{one}\n{one}\n": "the same sheet once more",
        f"ana\n{one}\n": "A sheet has 24 words",
        f"eve\n{one}\n{other}\n": "No coordinator signs in",
    }.items():
        refused(give(instance, "recover", typed=typed), said)
    # When they are, in another case and with the numbers that are printed beside them
    numbered = " ".join(f"{n} {word.upper()}" for n, word in enumerate(one.split(), 1))
    printed = did(give(instance, "recover", typed=f"ana\n{other}\n{numbered}\n"))
    # Then what is shown lets her in, and what she lost does not
    passphrase, secret = shown(printed, "Passphrase:"), shown(printed, "Authenticator:")
    assert signs_in(instance, passphrase, secret)
    assert not signs_in(instance, known["passphrase"], known["totp_secret"])
    assert shown(printed, "Recovery code:") != known["recovery_code"]
    # And all keys are hers again: three of the call, three of each event
    assert "9 keys are sealed to them again" in printed
    # And what was typed is not repeated
    assert one not in printed


@pytest.mark.parametrize("name", ["new-passphrase", "recover", "rehearse-recovery"])
def test_a_secret_is_never_an_argument(name: str) -> None:
    # Then there is none to give: it would stay in the shell's history
    assert cli.command(name).params == []


# Starting


def test_a_port_that_is_taken_is_said_in_one_line(instance: Path) -> None:
    # Given another program on our port
    port = free_port()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        # When Hearth is started
        done = give(instance, "run", PORT=str(port))
    # Then it does not say that it is ready, and says what to do
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == f"Port {port} is in use. Try: make run PORT={port + 1000}\n"


def test_the_worker_alone_says_which_setting_it_lacks(instance: Path) -> None:
    done = give(instance, "worker", "--once")
    assert done.returncode == 1
    assert done.stderr == (
        "Hearth does not start: BASE_URL is missing: the worker writes it into mails.\n"
    )
    assert give(instance, "worker", "--once", BASE_URL="http://localhost").returncode == 0


# Bringing it up to date


def without(file: Path, *names: str) -> None:
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if line.split("=")[0] not in names))


def test_an_upgrade_says_what_it_did(instance: Path) -> None:
    # When there is nothing to do, then it says that
    said = did(give(instance, "migrate"))
    assert "The tables were up to date already" in said
    # When a secret is missing in one file that another still has, then it is copied, and nothing is lost
    without(instance / "config" / "public.env", "SERVICE_KEY")
    done = give(instance, "migrate")
    assert "public.env has these secrets now, which it did not have: SERVICE_KEY" in did(done)
    assert "NEW SECRETS" not in done.stderr


def test_a_new_pepper_is_said_loudly(instance: Path) -> None:
    # Given an instance whose desk lost its pepper
    without(instance / "config" / "desk.env", "PEPPER")
    # When the next migrate makes another
    done = give(instance, "migrate")
    did(done)
    # Then no operator can overlook that every passphrase is dead, and what brings people back in
    assert "NEW SECRETS WERE MADE" in done.stderr
    assert "NO PASSPHRASE WORKS ANY MORE" in done.stderr
    assert "new-passphrase" in done.stderr


def test_a_lost_file_is_made_anew_from_another(instance: Path) -> None:
    # Given an instance that lost the desk's file
    file = instance / "config" / "desk.env"
    file.unlink()
    done = give(instance, "migrate")
    did(done)
    # Then it is there again, closed, says who runs this, and the loss is told
    assert file.stat().st_mode & 0o777 == 0o600
    assert "ORGANISATION=" in file.read_text()
    assert f"{file} was lost" in done.stderr
    assert "NO PASSPHRASE WORKS ANY MORE" in done.stderr


@pytest.mark.parametrize(
    "desk_url", ["https://desk.example.org", "https://take-part.example.org"], ids=["two", "one"]
)
def test_a_lost_file_has_its_own_addresses_again(tmp_path: Path, desk_url: str) -> None:
    # Given two doors with a name and a port each, or one name, and a file that was lost
    public_url = "https://take-part.example.org"
    own = {
        "public": {"PORT": "8000"},
        "desk": {"BASE_URL": desk_url, "PUBLIC_URL": public_url, "PORT": "8001"},
        "worker": {} if desk_url == public_url else {"DESK_URL": desk_url},
    }
    for lost in own:
        folder = tmp_path / lost
        bootstrap.write_config(folder, {**WHO_WE_ARE, "BASE_URL": public_url}, own)
        file = folder / FILES[lost]
        before = read_config_file(file)
        file.unlink()
        bootstrap.complete_config(folder)
        # Then its addresses are those that it had
        after = read_config_file(file)
        for name in bootstrap.ADDRESSES:
            assert after.get(name) == before.get(name), (lost, name)


def test_a_configuration_file_that_is_not_there_is_named(instance: Path) -> None:
    done = give(instance, "verify-record", CONFIG="/nowhere/desk.env")
    refused(done, "/nowhere/desk.env cannot be read: No such file or directory")


@pytest.mark.parametrize("words", [("check",), ("migrate",), ("run",), ("verify-record",)])
def test_a_forgotten_instance_does_not_read_like_a_lost_secret(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    # Given a terminal in which INSTANCE is not set, or is another folder
    done = give(tmp_path / "elsewhere", *words)
    # Then what is wrong is named, and nothing is made there
    assert done.returncode == 1
    assert f"There is no instance in {tmp_path / 'elsewhere'}" in done.stderr
    assert "take it from a copy" not in done.stderr
    assert not (tmp_path / "elsewhere").exists()


def test_a_lost_file_of_the_public_door_is_named(instance: Path) -> None:
    (instance / "config" / "public.env").unlink()
    done = give(instance, "check")
    assert "public.env is missing. Put it back from a copy of config/" in done.stderr


def test_rights_are_printed_for_each_store_and_given_only_in_postgresql(instance: Path) -> None:
    said = did(give(instance, "grants", "--public", "web"))
    for store in ("main", "erasure", "volatile"):
        assert f"database of the {store} store" in said
    assert 'GRANT SELECT ON "purpose_keys" TO "web";' in said
    # And how coordinators sign in is given to the desk alone
    given = [line for line in said.splitlines() if '"slots"' in line]
    assert given == ['GRANT SELECT, INSERT, UPDATE, DELETE ON "slots" TO "hearth-desk";']
    refused(give(instance, "grants", "--apply"), "SQLite files, which know no roles")
