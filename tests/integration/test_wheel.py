"""A wheel: whoever installs it has all of Hearth, in any folder, and the same commit gives the same wheel."""

import os
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.installed import ROOT, Installed, build, install, wait_for
from tests.live import free_port

#: The folders of the checkout that a wheel has inside its package.
INSIDE = ("templates", "static", "migrations")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install(wheel, tmp_path_factory.mktemp("installed"))


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a person in an empty folder, who says nothing but a port."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    yield {**kept, "HOME": str(tmp_path), "PORT": str(free_port()), "PYTHONUNBUFFERED": "1"}


def test_two_builds_of_one_state_are_one_wheel(wheel: Path, tmp_path: Path) -> None:
    # When another person builds it, with files of other rights, in another part of the world
    again = build(tmp_path, umask=0o077, zone="Pacific/Auckland")
    # Then it has the same name and the same bytes
    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()


def test_it_has_every_file_that_the_service_reads(wheel: Path) -> None:
    with ZipFile(wheel) as opened:
        names = set(opened.namelist())
        facts = opened.read(next(name for name in names if name.endswith("/METADATA"))).decode()
    # Given everything beside the package, and what is no module inside it
    beside = {
        f"webapp/installed/{path.relative_to(ROOT)}"
        for folder in INSIDE
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    within = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "webapp").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert len(beside) > 200
    # Then all of it is there, the compiled translations too, and no test
    assert {name for name in names if name.startswith("webapp/")} == {
        *beside,
        *within,
        "webapp/installed/wsgi.py",
        "webapp/installed/gunicorn.conf.py",
    }
    assert "webapp/translations/cy/LC_MESSAGES/messages.mo" in names
    assert not [name for name in names if name.startswith(("tests", "bench"))]
    # And it says what it needs, as requirements.in does
    lines = (ROOT / "requirements.in").read_text().splitlines()
    needed = {line.lower() for line in lines if line and not line.startswith("#")}
    stated = [line for line in facts.splitlines() if line.startswith("Requires-Dist: ")]
    assert {line.removeprefix("Requires-Dist: ").lower() for line in stated} == needed


def test_whoever_installs_it_runs_a_demo_in_an_empty_folder(
    installed: Installed, machine: dict[str, str], tmp_path: Path
) -> None:
    # Given a folder with nothing in it, far from the checkout
    here = tmp_path / "empty"
    here.mkdir()
    # When they give the two commands
    subprocess.run([installed.hearth, "demo"], cwd=here, env=machine, check=True)
    log = tmp_path / "log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [installed.hearth, "run"], cwd=here, env=machine, stdout=said, stderr=said
        )
    try:
        printed = wait_for(process, log, "Ctrl-C stops everything")
        # Then the demo's call is there, with its style sheet, and so is the desk
        address = f"http://127.0.0.1:{machine['PORT']}"
        page = got(f"{address}/en/calls/support-needs/")
        assert "How support needs" in page
        assert "var(--" in got(
            address + page.partition('rel="stylesheet" href="')[2].partition('"')[0]
        )
        assert "Sign in" in got(f"{address}/desk/sign-in")
        # And the data is in the folder where they gave it
        assert str(here / "instance") in printed
        assert (here / "instance" / "main.sqlite3").exists()
        assert [one.name for one in here.iterdir()] == ["instance"]
    finally:
        process.terminate()
        assert process.wait(30) == 0


def got(address: str) -> str:
    with urllib.request.urlopen(address, timeout=20) as answer:
        return str(answer.read().decode())
