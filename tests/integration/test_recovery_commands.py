"""Recovery sheets on paper and at the terminal: `init` hands them out, two commands prove and replace them."""

import json
import os
import re
import stat
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import click
import html5lib
import pytest
from click.testing import CliRunner, Result
from flask import Flask

from tests import fork_server, live
from tests.factories import CONTENT, DEMO_CALL, WHO_WE_ARE, days_of_call
from tests.live import ROOT, command, rehearse, sheets_in, surroundings
from webapp import cli
from webapp.cli import checks_recovery, content, init, keys, screen, sheets
from webapp.cli import recovery as recovery_commands
from webapp.cli.finding import State
from webapp.rules import clock
from webapp.services.keys import recovery, recovery_renewal, recovery_sheets, recovery_state
from webapp.services.keys.bootstrap import Founded
from webapp.ui.qr_code import square
from webapp.vault import keyring

FOUNDER = (
    *("--organisation", "A charity", "--name", "Ana", "--sign-in-name", "ana"),
    *("--base-url", "https://take-part.example.org", "--reach-us", WHO_WE_ARE["REACH_US"]),
)
CALL = (
    *("publish", str(CONTENT / f"{DEMO_CALL}.json"), "--slug", DEMO_CALL),
    *days_of_call(clock.today() + timedelta(days=30)),
)


# A founding, from init to the first call


def test_the_whole_ceremony_from_init_to_the_first_call(tmp_path: Path) -> None:
    # Given a founding whose sheets are printed as pages
    instance, folder = tmp_path / "instance", tmp_path / "paper"
    printed = command(instance, "init", *FOUNDER, "--sheets", str(folder))
    # Then there are three, for their owner alone, and the terminal shows none of their words
    pages = {path.name: path.read_text() for path in sorted(folder.iterdir())}
    assert [*pages] == ["sheet-1.html", "sheet-2.html", "sheet-3.html"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    words = [words_on(page) for page in pages.values()]
    assert len({*words}) == 3
    assert sheets_in(printed) == []
    assert f"shred --remove {folder}" in printed
    # And each is a page that asks nobody else for anything, with room for its keeper
    for page in pages.values():
        document = html5lib.parse(page, namespaceHTMLElements=False)
        assert document.find("head/title") is not None
        assert re.search(r'<path d="(M\d+ \d+h1v1h-1z){400,}"', page)
        assert not re.search(r"https?://|src=|href=", page)
        assert "A charity" in page
    # And the square is the words in one line, which its reader types at the prompt, and the page says so
    for page, line in zip(pages.values(), words, strict=True):
        assert square(line).path in page
        assert "It is for a barcode reader on a cable" in page
        assert "never point a phone at it" in page
    # When the first call is published before a rehearsal, then it is refused in words
    refused = live.give(instance, *CALL)
    assert refused.returncode == 1
    assert "were not rehearsed yet" in refused.stderr
    assert "rehearse-recovery" in refused.stderr
    # When two of the sheets are typed, then one pair is proved
    said = rehearse(instance, words[:2])
    assert "Proved today: sheets 1 and 2" in said
    assert "Still to be proved: sheets 1 and 3, 2 and 3" in said
    # When all three are, then it is published
    said = rehearse(instance, words)
    assert "Every pair was proved" in said
    assert words[0] not in said
    assert DEMO_CALL in command(instance, *CALL)


def words_on(page: str) -> str:
    """The 24 words of a page, in the order of their numbers."""
    document = html5lib.parse(page, namespaceHTMLElements=False)
    cells = ["".join(cell.itertext()).split() for cell in document.iter("td")]
    assert [number for number, _ in cells] == [str(n) for n in range(1, 25)]
    return " ".join(word for _, word in cells)


def test_on_a_terminal_each_sheet_is_shown_with_its_words(tmp_path: Path) -> None:
    printed = command(tmp_path / "instance", "init", *FOUNDER)
    shown = sheets_in(printed)
    assert [len(words.split()) for words in shown] == [24, 24, 24]
    assert "Every pair was proved" in rehearse(tmp_path / "instance", shown)


@pytest.mark.parametrize("where", ["instance", "instance/config", "there"])
def test_a_folder_that_is_backed_up_or_there_already_is_refused_before_anything_is_made(
    tmp_path: Path, where: str
) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "notes").write_text("of another kind")
    folder = tmp_path / where / "paper" if where != "there" else tmp_path / "there"
    done = live.give(tmp_path / "instance", "init", *FOUNDER, "--sheets", str(folder))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "instance").exists()
    # Then another folder founds it, one that a command made and left empty too
    (tmp_path / "new").mkdir()
    assert command(tmp_path / "instance", "init", *FOUNDER, "--sheets", str(tmp_path / "new"))
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


# At a terminal


@pytest.fixture
def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (keys, sheets, recovery_commands):
        monkeypatch.setattr(module, "at_a_terminal", lambda: True)


def test_printed_pages_are_overwritten_and_deleted(
    app: Flask,
    founded: Founded,
    tmp_path: Path,
    at_a_terminal: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given pages that an operator prints
    folder, seen = tmp_path / "paper", {}

    strays = iter(["", "y", "print"])

    def printed(words: str, **how: object) -> str:
        # A stray key, or an Enter too many, destroys nothing
        assert len([*folder.iterdir()]) == 3
        if (stray := next(strays, None)) is not None:
            return stray
        for path in folder.iterdir():
            descriptor = os.open(path, os.O_RDONLY)
            seen[descriptor] = path.read_text()
        return "printed"

    monkeypatch.setattr(click, "prompt", printed)
    with app.app_context():
        sheets.hand_out(founded.sheets, sheets.make_folder(folder))
    # When they say so, then nothing of them is left, not even in a file that is still open
    assert len(seen) == 3
    assert not folder.exists()
    for descriptor, page in seen.items():
        assert os.read(descriptor, 10) == bytes(10)
        assert os.fstat(descriptor).st_size == len(page.encode())
        os.close(descriptor)


def test_a_link_is_no_folder_for_secrets(tmp_path: Path) -> None:
    # Given a link that another user of the machine laid out
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs").chmod(0o755)
    (tmp_path / "paper").symlink_to(tmp_path / "theirs")
    with pytest.raises(click.ClickException):
        sheets.make_folder(tmp_path / "paper")
    assert stat.S_IMODE((tmp_path / "theirs").stat().st_mode) == 0o755


def test_at_a_terminal_another_folder_is_asked_for(
    tmp_path: Path, at_a_terminal: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([str(tmp_path / "not" / "there"), str(tmp_path / "paper")])
    monkeypatch.setattr(click, "prompt", lambda *words, **how: next(answers))
    assert sheets.ask_folder() == tmp_path / "paper"
    monkeypatch.setattr(click, "prompt", lambda *words, **how: "")
    assert sheets.ask_folder() is None


def test_a_folder_that_fails_shows_the_sheets_instead(
    app: Flask, founded: Founded, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given a disk that takes no second page: one is there already
    folder = sheets.make_folder(tmp_path / "paper")
    (folder / "sheet-2.html").write_text("in the way")
    with app.app_context():
        sheets.hand_out(founded.sheets, folder)
    # Then nothing is lost
    told = capsys.readouterr()
    assert "cannot be written to" in told.err
    assert sheets_in(told.out) == [" ".join(sheet.words) for sheet in founded.sheets]


def test_each_keeper_sees_one_sheet(
    app: Flask,
    founded: Founded,
    at_a_terminal: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(click, "pause", lambda words: click.echo(words))
    strays = iter(["", "written", "", "written", "", "written"])

    def prompt(words: str, **how: object) -> str:
        asked.append(words)
        click.echo(words)
        return next(strays)

    monkeypatch.setattr(click, "prompt", prompt)
    click.echo("what another person wrote down before")
    with app.app_context():
        sheets.hand_out(founded.sheets, None)
    # Then the screen is cleared before each and after each, and what could be scrolled back to; an Enter is not enough
    told = capsys.readouterr().out.split(screen.CLEARED)
    assert len(told) == 7
    assert len(asked) == 6
    assert not any(sheets_in(between) for between in told[::2])
    for sheet, shown in zip(founded.sheets, told[1::2], strict=True):
        assert sheets_in(shown) == [" ".join(sheet.words)]
        # And a window of 80 by 24 holds all of it: what must be done, then the words, and no square to photograph
        lines = shown.splitlines()
        assert len(lines) <= 22
        assert max(len(line) for line in lines) <= 80
        assert shown.index("No photograph") < shown.index(f" 1 {sheet.words[0]}")
        assert shown.isascii()


def test_init_waits_until_the_first_coordinator_has_written_everything_down(
    app: Flask,
    founded: Founded,
    at_a_terminal: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(init, "at_a_terminal", lambda: True)
    monkeypatch.setattr(click, "pause", lambda words: None)
    answers, seen = iter(["", "written", *["written"] * 3]), []

    def prompt(words: str, **how: object) -> str:
        seen.append(capsys.readouterr().out)
        return next(answers)

    monkeypatch.setattr(click, "prompt", prompt)
    with app.app_context():
        init._show_once(founded, None)
    # Then the passphrase alone stands on the screen until then, and is cleared before the first sheet is shown
    assert founded.owner.passphrase in seen[0]
    assert not sheets_in(seen[0] + seen[1])
    assert screen.CLEARED in seen[2].partition("Recovery sheet 1")[0]


def exchanges(words: list[str]) -> Iterator[str]:
    """The words of a sheet, with each two neighbours exchanged once."""
    for at in range(len(words) - 1):
        yield " ".join([*words[:at], words[at + 1], words[at], *words[at + 2 :]])


def is_refused(words: str) -> bool:
    """Whether the check of eight bits sees it: one slip in 256 passes."""
    try:
        recovery_sheets.recognise(words)
    except recovery_sheets.MistypedWords:
        return True
    except recovery_sheets.UnknownSheet:
        pass
    return False


def test_a_slip_asks_for_that_sheet_again(
    app: Flask,
    founded: Founded,
    at_a_terminal: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # Given two keepers who mistype, exchange, and hand in one sheet twice
    one, other = (" ".join(founded.sheets[number].words) for number in (0, 2))
    few = one.rpartition(" ")[0]
    with app.app_context():
        exchanged = next(filter(is_refused, exchanges(other.split())))
    answers = iter([few, f"{few} zzzz", one, one, exchanged, other, ""])
    monkeypatch.setattr(recovery_commands, "typed", lambda *words, **how: next(answers))
    with app.app_context():
        found = recovery_commands._ask_for_sheets(3)
    # Then each is told what is wrong, and only that sheet is asked for again
    assert [sheet.number for sheet in found] == [1, 3]
    told = capsys.readouterr().out
    assert told.count("Please try again") == 4
    for words in (
        "A sheet has 24 words, and 23 were typed",
        "Word 24 is not in our list",
        "the same sheet once more",
        "One word is wrong, or two have changed places",
    ):
        assert words in told
    # And no word is repeated
    assert "zzzz" not in told


def test_a_first_sheet_of_the_set_before_is_named_with_the_way_out(
    app: Flask,
    founded: Founded,
    at_a_terminal: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # Given a keeper who begins with a sheet of the set before, and another with one of the new set
    old = [" ".join(sheet.words) for sheet in founded.sheets]
    with app.app_context():
        pair = [recovery_sheets.recognise(words) for words in old[:2]]
        new = recovery_renewal.renew(recovery.recovery_secret(*pair), set())
        answers = iter([old[0], " ".join(new.sheets[1].words), old[1]])
        monkeypatch.setattr(recovery_commands, "typed", lambda *words, **how: next(answers))
        recovery_commands._ask_for_sheets(2)
    # Then both sets are named, and how to begin with another first sheet
    told = capsys.readouterr().out
    assert "the first is of set 1, this one of set 2" in told
    assert "press Ctrl-C, and give the command again" in told


# A wrong code, a wrong name


def test_a_wrong_recovery_code_is_asked_for_again_at_a_terminal(
    app: Flask,
    founded: Founded,
    at_a_terminal: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # Given a coordinator who mistypes the code, then types another person's
    right, another = founded.owner.recovery_code, keyring.new_recovery_code()
    answers = iter(["ANA ", right[:-1], another, right])
    monkeypatch.setattr(keys, "typed", lambda *words, **how: next(answers))
    monkeypatch.setattr(keys, "application", lambda *processes: app)
    keys.new_passphrase.callback()
    # Then each time they are told what is wrong, and the right one is enough; nothing typed is repeated
    told = capsys.readouterr().out
    assert told.count("Please try again.") == 2
    assert "24 letters and numbers" in told
    assert "do not belong together" in told
    assert right not in told
    # And at the end that the words stay on the screen, as after init
    assert told.rstrip().endswith(screen.STAYS)
    # When it is wrong five times, then the command ends, and nothing was changed
    answers = iter(["ana", *[right[:-1]] * keys.CODE_TRIES])
    with pytest.raises(click.ClickException, match="Nothing was changed"):
        keys.new_passphrase.callback()
    assert next(answers, None) is None


@pytest.mark.parametrize("name", ["recover", "new-passphrase"])
def test_a_name_that_nobody_has_is_told_before_a_secret_is_typed(
    instance: Flask, founded: Founded, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(keys, "typed", lambda words, **how: asked.append(words) or "eve")
    monkeypatch.setattr(recovery_commands, "typed", lambda words, **how: asked.append(words))
    done = give(name)
    assert done.exit_code == 1
    assert "No coordinator signs in with this name. Nothing was changed." in done.stderr
    assert asked == ["The name they sign in with"]


# Renewing


@pytest.fixture
def instance(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """An instance with a call, which the commands find; on SQLite, then on PostgreSQL."""
    for module in (content, keys, recovery_commands):
        monkeypatch.setattr(module, "application", lambda *processes: app)
    return app


def give(*words: str, typed: str = "") -> Result:
    name, *rest = words
    return CliRunner().invoke(cli.command(name), rest, input=typed)


def lines(words: list[str]) -> str:
    return "".join(f"{one}\n" for one in words)


def words_of(founded: Founded, *numbers: int) -> str:
    return lines([" ".join(founded.sheets[number - 1].words) for number in numbers])


def test_a_burnt_sheet_is_replaced_and_the_old_ones_open_nothing(
    instance: Flask, founded: Founded
) -> None:
    # When two keepers renew the sheets
    done = give("renew-recovery", typed=words_of(founded, 3, 1))
    assert done.exit_code == 0, done.output
    assert "3 keys are sealed to the new recovery key" in done.output
    new = sheets_in(done.output)
    assert len(new) == 3
    # Then publishing and `check` say that they were not tried, and the old ones still rehearse
    with instance.app_context():
        assert {
            one.state for one in checks_recovery.sheets(instance.extensions["hearth_settings"])
        } == {State.LOOK}
        assert give("rehearse-recovery", typed=words_of(founded, 1, 2)).exit_code == 0
        again = give(*CALL[:2], "--slug", "second", "--same-title", *CALL[4:])
    assert "NOT ALL REHEARSED" in again.stderr
    # And a sheet of each set is no pair
    mixed = give("recover", typed="ana\n" + words_of(founded, 1) + lines(new[1:2]))
    assert "the first is of set 1, this one of set 2" in mixed.stderr
    # When all pairs of the new set are proved
    done = give("rehearse-recovery", typed=lines(new))
    assert done.exit_code == 0, done.output
    assert "destroy its sheets" in done.output
    # Then the old ones are known no more
    done = give("recover", typed="ana\n" + words_of(founded, 1, 2))
    assert "of a set that was replaced" in done.stderr
    done = give("recover", typed="ana\n" + lines(new[:2]))
    assert "6 keys are sealed to them again" in done.output
    # And it ends with what to do with the sheets, the app and the screen
    assert "Put both sheets back" in done.output
    assert "The old entry in the app can be deleted" in done.output
    assert done.output.rstrip().endswith(screen.STAYS)


def test_check_says_how_the_sheets_stand(instance: Flask, founded: Founded) -> None:
    settings = instance.extensions["hearth_settings"]
    with instance.app_context():
        (found,) = checks_recovery.sheets(settings)
        assert found.state is State.WELL
        assert "every two of three were rehearsed" in found.words


# A demo


def test_a_demo_of_before_makes_its_sheets_by_itself(tmp_path: Path) -> None:
    # Given a demo as it was before there were sheets
    folder = tmp_path / "instance"
    folder.mkdir()
    command(folder, "demo")
    sign_in = folder / "demo-sign-in.json"
    known = json.loads(sign_in.read_text())
    words = make_it_of_before(folder)
    sign_in.write_text(json.dumps({**known, "recovery_key_words": words, "recovery_sheets": None}))
    # When `make run` brings it up to date
    command(folder, "demo")
    # Then it has sheets that were rehearsed, and its coordinator signs in as ever
    found = json.loads(sign_in.read_text())
    assert "recovery_key_words" not in found
    assert found["passphrase"] == known["passphrase"]
    assert "Every pair was proved" in rehearse(folder, [*found["recovery_sheets"].values()])


def make_it_of_before(folder: Path) -> list[str]:
    """Give an instance a recovery key of 24 words, to which its keys are sealed, and no pairs."""
    program = """
from sqlalchemy import select
from webapp.cli.instance import application
from webapp.models import *
from webapp.services.infrastructure import stores
from webapp.services.keys import key_macs, key_slots, purpose_key_generation, purpose_keys, recovery_sheets, recovery
from webapp.vault.purpose_key_seals import open_purpose_seed
from webapp.vault.labels import Label
from webapp.vault.phrases import phrase_of
import json, os, pathlib
known = json.loads((pathlib.Path(os.environ["INSTANCE"]) / "demo-sign-in.json").read_text())
with application().app_context():
    pair = [recovery_sheets.recognise(one) for one in known["recovery_sheets"].values()][:2]
    old = recovery.recovery_secret(*pair)
    seed, public_key = key_slots.new_key_pair()
    with stores.reading() as main:
        keys = {key.id: key for key in purpose_keys.all_keys(main)}
    with stores.writing("erasure") as erasure:
        seals = select(PurposeKeySeal).where(PurposeKeySeal.holder_id == old.recovery_key_id)
        for seal in erasure.scalars(seals):
            key = keys[seal.purpose_key_id]
            context = purpose_key_generation.seal_context(key, old.recovery_key_id)
            opened = open_purpose_seed(
                seal.envelope, holder_seed=old.seed, context=context, public_key=key.public_key
            )
            new = purpose_key_generation.seal_to(key, opened, old.recovery_key_id, public_key)
            seal.envelope = new.envelope
    with stores.writing() as main:
        for one in main.scalars(select(RecoveryPair)):
            main.delete(one)
        row = main.scalars(select(RecoveryKey)).one()
        row.public_key = public_key
        row.mac = key_macs.mac_of(key_macs.claim_of_recovery_key(row))
    print(json.dumps(phrase_of(seed, Label.RECOVERY_WORDS_CHECK)))
"""
    done = subprocess.run(
        [fork_server.python(), "-c", program],
        cwd=ROOT,
        env=surroundings(folder),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    words: list[str] = json.loads(done.stdout.splitlines()[-1])
    return words


def test_an_instance_of_before_is_told_what_to_do(instance: Flask, founded: Founded) -> None:
    # Given an instance without a pair
    with instance.app_context():
        assert recovery_state.standing().has_sheets
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recovery_state, "rows", lambda main: [])
        for name in ("recover", "rehearse-recovery"):
            done = give(name, typed="ana\n")
            assert done.exit_code == 1
            assert "renew-recovery makes three sheets" in done.stderr
        # Then the words of another key make none
        done = give("renew-recovery", typed="acorn " * 24 + "\n")
        assert done.exit_code == 1
        assert "Traceback" not in done.output
