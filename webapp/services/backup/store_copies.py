"""A consistent copy of one store while Hearth runs, as a stream of bytes, and a copy put back in the place of a store.

SQLite: `VACUUM INTO`, so that rows lie in the order of their random ids; pages as they lie would tell in which order
people came. PostgreSQL: `pg_dump` and `pg_restore`, which the operator's machine has; passwords go to them in the
environment and not in their arguments, which everyone on the machine can read.
"""

import os
import secrets
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy.engine import make_url

from webapp.services.backup.overwriting import destroy
from webapp.services.infrastructure.stores import Store

PIECE: Final = 1 << 20
#: After a crash, opening `erasure` would roll back what its journal has and remove that file, with secrets in it.
KEEP_THE_JOURNAL: Final = (
    "PRAGMA locking_mode=EXCLUSIVE",
    "PRAGMA journal_mode=PERSIST",
    "PRAGMA locking_mode=NORMAL",
)


class CopyFailed(Exception):
    """A store could not be copied, or a copy not be put back. Its text is for the operator, and names no value."""


@contextmanager
def copied(store: Store, url: str, scratch: Path) -> Iterator[Iterator[bytes]]:
    """The bytes of a copy. `scratch` is a private folder for what is too large for memory. Raises `CopyFailed`."""
    if (path := sqlite_path(url)) is None:
        with _dumped(url) as pieces:
            yield pieces
    elif store == "erasure":
        # Secrets in the clear are written to no disk, where they would have to be overwritten.
        yield _in_memory(path)
    else:
        copy = scratch / f"{store}-{secrets.token_hex(8)}"
        try:
            with closing(_connect(path)) as source:
                source.execute("VACUUM INTO ?", (str(copy),))
            with copy.open("rb") as file:
                yield _pieces(file)
        except sqlite3.Error as error:
            raise CopyFailed(f"{store}: {error}") from error
        finally:
            destroy(copy)


def sqlite_path(url: str) -> Path | None:
    """The file of a store on SQLite; None for another database."""
    found = make_url(url)
    return Path(found.database or "") if found.get_backend_name() == "sqlite" else None


def _connect(path: Path) -> sqlite3.Connection:
    if not path.exists():
        raise CopyFailed(f"{path} is not there")
    address = f"file:{quote(str(path))}?mode=rw"
    return sqlite3.connect(address, uri=True, isolation_level=None, timeout=60)


def _in_memory(path: Path) -> Iterator[bytes]:
    name = f"file:{secrets.token_hex(8)}?mode=memory&cache=shared"
    try:
        with closing(sqlite3.connect(name, uri=True)) as copy, closing(_connect(path)) as source:
            for statement in KEEP_THE_JOURNAL:
                source.execute(statement).fetchall()
            source.execute("VACUUM INTO ?", (name,))
            data = copy.serialize()
    except sqlite3.Error as error:
        raise CopyFailed(f"erasure: {error}") from error
    for start in range(0, len(data), PIECE):
        yield data[start : start + PIECE]


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece


# PostgreSQL


@contextmanager
def _dumped(url: str) -> Iterator[Iterator[bytes]]:
    with _program(url, "pg_dump", "--format=custom", "--no-owner", stdout=True) as program:
        yield _whole(program)


def _whole(program: "_Program") -> Iterator[bytes]:
    """All that a program writes. It ends only when that was all: a dump that broke off must not be sealed as one."""
    assert program.process.stdout is not None  # noqa: S101  (a pipe was asked for)
    yield from _pieces(program.process.stdout)
    program.finish()


@dataclass(frozen=True)
class _Program:
    """One of PostgreSQL's programs at work. What it complains of goes to a file, and never fills a pipe."""

    name: str
    process: "subprocess.Popen[bytes]"
    said: IO[bytes]

    def finish(self) -> None:
        """Wait for its end. Raises `CopyFailed` with its first words when it failed."""
        if self.process.stdin is not None:
            with suppress(BrokenPipeError):
                self.process.stdin.close()
        if not self.process.wait():
            return
        self.said.seek(0)
        words = self.said.read().decode(errors="replace").strip().splitlines()
        raise CopyFailed(f"{self.name}: {words[0] if words else self.process.returncode}")


@contextmanager
def _program(url: str | None, name: str, *options: str, stdout: bool = False) -> Iterator[_Program]:
    """Start a program, and see that it has ended. Raises `CopyFailed` when it fails, or is not installed."""
    address, environment = ((), {}) if url is None else _address(url)
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(  # noqa: S603  (a program's fixed name, and an address from the settings)
                [name, *options, *address],
                stdin=None if stdout else subprocess.PIPE,
                stdout=subprocess.PIPE if stdout else subprocess.DEVNULL,
                stderr=said,
                env={**os.environ, **environment},
            )
        except FileNotFoundError:
            raise CopyFailed(
                f"{name} is not installed (apt-get install postgresql-client)"
            ) from None
        program = _Program(name, process, said)
        try:
            yield program
            program.finish()
        finally:
            # Without effect on one that has ended.
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()


def _address(url: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """How a program finds the database: an argument without the password, and the environment with it."""
    found = conninfo_to_dict(make_url(url).set(drivername="postgresql").render_as_string(False))
    password = found.pop("password", None)
    secret = {} if password is None else {"PGPASSWORD": str(password)}
    return ("--dbname", make_conninfo("", **found)), secret


# Putting back


def put_back(url: str, pieces: Iterable[bytes]) -> None:
    """Make a store of a copy, where there is none. Raises `CopyFailed`, and what reading the copy raises: then nothing
    was made."""
    if (path := sqlite_path(url)) is not None:
        _write_sqlite(path, pieces)
        return
    options = "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"
    with _program(url, "pg_restore", *options) as program:
        _feed(program, pieces)


def _feed(program: _Program, pieces: Iterable[bytes]) -> None:
    assert program.process.stdin is not None  # noqa: S101  (a pipe was asked for)
    for piece in pieces:
        # Where it stops reading, what it says and its status tell why; and the pieces are read to their end, which
        # alone says that the backup is whole.
        with suppress(BrokenPipeError):
            program.process.stdin.write(piece)


def _write_sqlite(path: Path, pieces: Iterable[bytes]) -> None:
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        check_sqlite(part)
        # A log of a store that is gone would be written into the copy.
        for beside in ("-wal", "-shm", "-journal"):
            destroy(path.with_name(path.name + beside))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def check_sqlite(path: Path) -> None:
    """Whether a file is a whole database. Raises `CopyFailed`."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as opened:
            found = opened.execute("PRAGMA integrity_check").fetchall()
    except sqlite3.Error as error:
        raise CopyFailed(f"{path.name}: {error}") from error
    if found != [("ok",)]:
        raise CopyFailed(f"{path.name} is damaged")


def check_dump(pieces: Iterable[bytes]) -> None:
    """Read a dump of PostgreSQL to its end without a database. Raises `CopyFailed`."""
    with _program(None, "pg_restore", "--file", os.devnull) as program:
        _feed(program, pieces)
