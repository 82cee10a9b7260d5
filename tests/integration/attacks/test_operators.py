"""What was tried on the worker and on operators' commands. Each test is one way in, closed."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from tests import live
from tests.factories import WHO_WE_ARE, submit_one
from tests.integration.attacks.steps import OURS
from webapp.models import Part, Tombstone
from webapp.services.infrastructure import stores
from webapp.services.keys import bootstrap
from webapp.services.sealed import shredding
from webapp.services.worker import chores
from webapp.settings import WrongSetting


def test_one_broken_chore_stops_no_other(
    inside: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # Given chores that break in every way, and a participant who waits to be erased
    def breaks() -> None:
        raise ValueError("ana.k@example.org")

    def cannot() -> None:
        raise stores.StoreUnavailable("main")

    sent = submit_one()
    with stores.writing() as main:
        shredding.shred_parts(
            main, main.scalars(select(Part).where(Part.submission_id == sent.submission_id)).all()
        )
    monkeypatch.setattr(chores, "CHORES", (breaks, cannot, *chores.CHORES, breaks))
    # When the worker does its round
    # Then it is not done, but everything else is
    assert not chores.do_all()
    with stores.reading() as main:
        assert main.scalars(select(Tombstone).where(Tombstone.done.is_(False))).all() == []
    # And the log names the kind of failure and nothing else
    assert "ValueError" in caplog.text
    assert "ana.k" not in caplog.text


def test_the_demo_leaves_a_real_instance_alone(tmp_path: Path) -> None:
    # Given a real instance, configured
    folder = tmp_path / "instance"
    bootstrap.write_config(folder / "config", {**WHO_WE_ARE, "BASE_URL": OURS})
    before = files_under(folder)
    # When an operator starts the demo there
    done = live.give(folder, "demo")
    # Then it refuses, and has changed nothing
    assert done.returncode == 1
    assert "real instance" in done.stderr
    assert "Traceback" not in done.stderr
    assert files_under(folder) == before


def files_under(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("line_break", ["\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_an_answer_cannot_add_a_setting(tmp_path: Path, line_break: str) -> None:
    # Given an answer that would be two lines of a configuration file
    answer = f"A charity{line_break}DEMO=yes"
    # When it is to be written down, then nothing is
    with pytest.raises(WrongSetting) as refused:
        bootstrap.write_config(
            tmp_path / "config", {**WHO_WE_ARE, "ORGANISATION": answer, "BASE_URL": OURS}
        )
    assert "charity" not in str(refused.value)
    assert files_under(tmp_path) == {}


def test_init_says_so_in_one_line(tmp_path: Path) -> None:
    done = live.give(
        tmp_path,
        "init",
        *("--organisation", "A charity\nDEMO=yes", "--name", "Ana", "--sign-in-name", "ana"),
        *("--base-url", OURS, "--reach-us", WHO_WE_ARE["REACH_US"]),
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Hearth does not start: ")
    assert done.stderr.count("\n") == 1
    assert files_under(tmp_path) == {}
