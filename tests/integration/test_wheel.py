"""A wheel: it has all of Hearth, in any folder and in a container, and the same commit gives the same wheel."""

import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests import container
from tests.container import Box
from tests.installed import ROOT, Installed, build, install, wait_for
from tests.live import free_port

#: The folders of the checkout that a wheel has inside its package.
INSIDE = ("templates", "static", "migrations")
HEARTH, PYTHON = "/opt/hearth/bin/hearth", "/opt/hearth/bin/python"
PATIENCE_SECONDS = 120
#: Ends with an error where any of it can be done.
TRY_EVERYTHING = """
import os, pathlib, subprocess, tempfile
for path in ("/x", "/usr/x", "/etc/hearth/x", "/opt/hearth/x", "/etc/hearth/public.env"):
    try:
        pathlib.Path(path).open("a")
    except OSError:
        continue
    raise SystemExit(f"{path} can be written to")
for path in ("/srv/hearth/x", tempfile.gettempdir() + "/x", "/dev/shm/x"):
    pathlib.Path(path).write_text("x")
for shell in ("sh", "bash", "dash"):
    try:
        subprocess.run([shell, "-c", "true"])
    except OSError:
        continue
    raise SystemExit(f"there is {shell}")
assert os.getuid() and "CapEff:\t0000000000000000" in pathlib.Path("/proc/self/status").read_text()
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install(wheel, tmp_path_factory.mktemp("installed"))


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
        # What lies beside every pack
        "webapp/installed/deploy/hearth_reader.py",
        "webapp/installed/docs/pack-format.md",
    }
    assert "webapp/translations/cy/LC_MESSAGES/messages.mo" in names
    assert not [name for name in names if name.startswith(("tests", "bench"))]
    # And it says what it needs, as requirements.in does
    lines = (ROOT / "requirements.in").read_text().splitlines()
    needed = {line.lower() for line in lines if line and not line.startswith("#")}
    stated = [line for line in facts.splitlines() if line.startswith("Requires-Dist: ")]
    assert {line.removeprefix("Requires-Dist: ").lower() for line in stated} == needed


@pytest.fixture(scope="module")
def demo(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a person who installed it gave one command, `hearth demo`."""
    here = tmp_path_factory.mktemp("empty")
    subprocess.run([installed.hearth, "demo"], cwd=here, env=surroundings_of(here), check=True)
    return here


def surroundings_of(home: Path, **settings: str) -> dict[str, str]:
    """The environment of a person who says nothing but this."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "HOME": str(home), "PYTHONUNBUFFERED": "1", **settings}


def test_whoever_installs_it_runs_a_demo_in_an_empty_folder(
    installed: Installed, demo: Path, tmp_path: Path
) -> None:
    # Given a folder with nothing in it but what `hearth demo` made, far from the checkout
    assert [one.name for one in demo.iterdir()] == ["instance"]
    # When they give the second command
    machine = surroundings_of(tmp_path, PORT=str(free_port()))
    log = tmp_path / "log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [installed.hearth, "run"], cwd=demo, env=machine, stdout=said, stderr=said
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
        assert str(demo / "instance") in printed
        assert (demo / "instance" / "main.sqlite3").exists()
        assert [one.name for one in demo.iterdir()] == ["instance"]
    finally:
        process.terminate()
        assert process.wait(30) == 0


@pytest.fixture
def box(installed: Installed, demo: Path, tmp_path: Path) -> Box:
    """A container of the demo: its data, which the image's user owns, and a configuration that it can only read."""
    made = Box(installed, tmp_path / "data", tmp_path / "config")
    shutil.copytree(demo / "instance", made.data, ignore=shutil.ignore_patterns("config"))
    shutil.copytree(demo / "instance" / "config", made.config)
    for path in (made.data, *made.data.rglob("*"), made.config, *made.config.rglob("*")):
        is_data = path.is_relative_to(made.data)
        os.chown(path, container.user() if is_data else 0, container.user())
        path.chmod((0o700 if is_data else 0o750) if path.is_dir() else 0o640)
    return made


def test_three_containers_need_nothing_but_their_data(box: Box, tmp_path: Path) -> None:
    # Given one container for each process: its root is read-only, its user is not root, and it has no shell
    ports = {"public": free_port(), "desk": free_port()}
    log = tmp_path / "log"
    with log.open("wb") as said, ExitStack() as running:

        def start(*command: str, **settings: str) -> "subprocess.Popen[bytes]":
            process = box.start(*command, said=said, **settings)
            running.callback(stop, process)
            return process

        for door, port in ports.items():
            start(HEARTH, "serve", DOORS=door, CONFIG=f"/etc/hearth/{door}.env", PORT=str(port))
        address = f"http://localhost:{ports['public']}"
        worker = start(HEARTH, "worker", CONFIG="/etc/hearth/worker.env", BASE_URL=address)
        # Then both doors serve
        page = got_once_there(f"http://127.0.0.1:{ports['public']}/en/calls/support-needs/", log)
        assert "How support needs" in page
        assert "Sign in" in got_once_there(f"http://127.0.0.1:{ports['desk']}/desk/sign-in", log)
        # And the image's own health check tells a door that is well from one that is not
        for port, status in ((ports["public"], 0), (free_port(), 1)):
            checking = start(*container.health_check(), PORT=str(port))
            assert checking.wait(PATIENCE_SECONDS) == status
        # And nothing but the data and what is in memory can be written to
        tried = start(PYTHON, "-c", TRY_EVERYTHING)
        assert tried.wait(PATIENCE_SECONDS) == 0, log.read_text()
        # And the worker has been round: the room that it keeps free is there
        until(lambda: (box.data / "reserve").exists() or worker.poll() is not None, log)
        assert worker.poll() is None, log.read_text()


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End a container. What is in it ends with its first process."""
    process.terminate()
    process.wait(30)


def until(true: Callable[[], bool], log: Path) -> None:
    """Wait for it. Raises with what was said."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


def got_once_there(address: str, log: Path) -> str:
    """The page at an address where a server is just starting."""
    found: list[str] = []

    def comes() -> bool:
        with suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            found.append(got(address))
        return bool(found)

    until(comes, log)
    return found[0]


def got(address: str) -> str:
    with urllib.request.urlopen(address, timeout=20) as answer:
        return str(answer.read().decode())
