"""Fork server (zygote): processes of Hearth start as copies of one that has imported it, in a tenth of the time.

`python()` is a program to be given in the place of `sys.executable`, also to what starts more processes itself. It
hands its words, environment, folder, umask and standard streams to the fork server, passes signals on, and ends as its
copy does: by the same status or the same signal. When it is killed, its copy is too, with all that the copy started.
A copy has a session of its own, and its end is that of an ordinary process.

What a copy has imported says nothing about what a process of its own would have: a test of imports, of starts, of
`/proc`, of a terminal, or of `kill -9` at a moment that it chooses takes `sys.executable`.
"""

import atexit
import functools
import gc
import json
import os
import runpy
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from tests.in_memory import new_folder

ROOT = Path(__file__).parents[1]
CLIENT = Path(__file__).with_name("fork_client.py")
MESSAGE_BYTES = 2**20
#: What Hearth's processes import; all but `wsgi`, which makes an application at once.
IMPORTED = (
    *("webapp.factory", "webapp.public", "webapp.desk", "gunicorn.app.wsgiapp"),
    *("gunicorn.workers.gthread", "psycopg", "time_machine", "aiosmtpd.controller"),
)


@dataclass(frozen=True)
class Asked:
    """A process to be: the words after `python`, and its surroundings."""

    words: list[str]
    environ: Mapping[str, str]
    folder: str
    umask: int


@functools.cache
def python() -> str:
    """The program; the first call starts the fork server of this process, which ends with it."""
    folder = new_folder("fork")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    program = folder / "python"
    # Isolated and without `site`: it starts in fifteen milliseconds.
    program.write_text(f"#!{sys.executable} -ISE\n{CLIENT.read_text()}")
    program.chmod(0o700)
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.fork_server", str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    atexit.register(server.communicate)
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n", "the fork server did not start"
    return str(program)


class Forking:
    """The fork server's side: a copy for each connection, watched until it ends."""

    def __init__(self, folder: Path) -> None:
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listening.bind(str(folder / "socket"))
        self._listening.listen(64)
        self._watched = selectors.DefaultSelector()
        self._watched.register(self._listening, selectors.EVENT_READ)
        # Its end closes with the tests' own process.
        self._watched.register(sys.stdin, selectors.EVENT_READ)
        #: By the descriptor of each copy (pidfd_open(2)) its number, and whoever asked for it.
        self._copies: dict[int, tuple[int, socket.socket]] = {}

    def serve(self) -> Asked | None:
        """Returns in each copy, with what it is to be; in the fork server when the tests end, with nothing."""
        while True:
            for key, _ in self._watched.select():
                if key.fileobj is self._listening:
                    if (asked := self._fork()) is not None:
                        return asked
                elif key.fileobj is sys.stdin:
                    for copy, _ in self._copies.values():
                        _kill(copy)
                    return None
                elif key.fd in self._copies:
                    self._tell_end(key.fd)
                elif not _says_more(key.fileobj):
                    self._watched.unregister(key.fileobj)
                    _kill(key.data)

    def _fork(self) -> Asked | None:
        """In the copy what it is to be; nothing in the fork server."""
        connection, _ = self._listening.accept()
        said, streams, _, _ = socket.recv_fds(connection, MESSAGE_BYTES, 3)
        if copy := os.fork():
            for stream in streams:
                os.close(stream)
            connection.send(str(copy).encode())
            self._copies[ended := os.pidfd_open(copy)] = copy, connection
            self._watched.register(ended, selectors.EVENT_READ)
            self._watched.register(connection, selectors.EVENT_READ, copy)
            return None
        os.setsid()
        connection.close()
        self._forget()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        return Asked(**json.loads(said))

    def _tell_end(self, ended: int) -> None:
        copy, connection = self._copies.pop(ended)
        status = os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1])
        for one in (ended, connection):
            with suppress(KeyError):
                self._watched.unregister(one)
        os.close(ended)
        with suppress(BrokenPipeError):
            connection.send(str(status).encode())
        connection.close()

    def _forget(self) -> None:
        """A copy has nothing open of the others."""
        self._watched.close()
        self._listening.close()
        for ended, (_, connection) in self._copies.items():
            os.close(ended)
            connection.close()


def _says_more(connection: object) -> bool:
    assert isinstance(connection, socket.socket)
    with suppress(ConnectionError):
        return bool(connection.recv(1))
    return False


def _kill(copy: int) -> None:
    # Perhaps it has no session yet.
    for end in (os.killpg, os.kill):
        with suppress(ProcessLookupError):
            end(copy, signal.SIGKILL)


def become(asked: Asked) -> None:
    """Be that process; ends as it does."""
    os.environ.clear()
    os.environ.update(asked.environ)
    time.tzset()
    tempfile.tempdir = None
    os.umask(asked.umask)
    os.chdir(asked.folder)
    sys.stdin, sys.stdout = open(0), open(1, "w", buffering=1)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1)  # noqa: SIM115
    flag, what, *rest = asked.words
    sys.argv = [what if flag == "-m" else flag, *rest]
    if flag == "-m":
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102


def main(folder: Path) -> None:
    """Import Hearth, and serve copies of this process."""
    # Hearth's processes start further ones by it.
    sys.executable = str(folder / "python")
    commands = import_module("webapp.cli")
    for name in commands.MODULE_OF:
        commands.command(name)
    for module in IMPORTED:
        import_module(module)
    gc.freeze()
    forking = Forking(folder)
    print("ready", flush=True)
    if (asked := forking.serve()) is not None:
        become(asked)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
