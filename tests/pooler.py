"""A real PgBouncer in transaction mode before the tests' PostgreSQL, on a Unix socket of its own."""

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from tests.in_memory import new_folder
from tests.postgres import Postgres
from tests.stores import Stores

PORT = 6432
#: Sessions of PostgreSQL for each database: fewer than the people who come at once.
SESSIONS = 3
START_WITHIN_SECONDS = 20


class NoPooler(RuntimeError):
    """PgBouncer is not installed, or did not start; the message ends with what it said."""


@contextmanager
def in_front_of(cluster: Postgres) -> Iterator[Path]:
    """The folder of its socket, while it runs. Raises `NoPooler`."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        raise NoPooler("pgbouncer is not installed; .ci/system-packages installs it")
    folder = new_folder("pool")
    (folder / "users").write_text('"postgres" ""\n')
    (folder / "ini").write_text(_configuration(cluster, folder))
    identity = _identity(folder)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, str(folder / "ini")], stdout=log, stderr=log, **identity
        )
    try:
        _wait(folder, process)
        yield folder
    finally:
        process.terminate()
        process.wait(START_WITHIN_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)


def _configuration(cluster: Postgres, folder: Path) -> str:
    return f"""[databases]
* = host={cluster.folder}
[pgbouncer]
listen_addr =
listen_port = {PORT}
unix_socket_dir = {folder}
auth_type = trust
auth_file = {folder}/users
admin_users = postgres
pool_mode = transaction
default_pool_size = {SESSIONS}
max_client_conn = 400
"""


def _identity(folder: Path) -> dict[str, Any]:
    """It refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    for path in (folder, *folder.iterdir()):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _wait(folder: Path, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_WITHIN_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(psycopg.OperationalError):
            psycopg.connect(address(folder, "pgbouncer"), autocommit=True).close()
            return
        time.sleep(0.05)
    process.kill()
    raise NoPooler((folder / "log").read_text(errors="replace"))


def address(folder: Path, database: str) -> str:
    """Where a database is, through the pooler."""
    return f"postgresql://postgres@/{database}?host={folder}&port={PORT}"


def through(folder: Path, stores: Stores) -> Stores:
    """The same three databases by the address of the pooler."""
    names = [
        one.partition("@/")[2].partition("?")[0]
        for one in (stores.main, stores.erasure, stores.volatile)
    ]
    return Stores("postgresql", *(address(folder, name) for name in names))


def sessions(folder: Path) -> dict[str, int]:
    """How many sessions of PostgreSQL it has for each database, by its own count."""
    with psycopg.connect(address(folder, "pgbouncer"), autocommit=True) as admin:
        # It speaks the simple protocol alone here.
        cursor = psycopg.ClientCursor(admin)
        cursor.execute("SHOW POOLS")
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    used = ("sv_active", "sv_idle", "sv_used", "sv_tested", "sv_login")
    return {row["database"]: sum(int(row[name]) for name in used) for row in rows}
