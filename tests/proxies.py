"""The examples in deploy/ run by the real nginx and the real Caddy, in front of a door that notes what it is asked."""

import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.live import free_port

DEPLOY: Final = Path(__file__).parents[1] / "deploy"
PUBLIC, DESK = "take-part.example.org", "desk.example.org"
#: Where users who are not root do not look.
PATH: Final = f"{os.environ['PATH']}:/usr/sbin:/usr/bin"
ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nheard"
#: A list that is sent while it is made, and breaks off.
BROKEN: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n"
)
#: The same with the header of answers whose few bytes must not be kept back.
UNBUFFERED: Final = BROKEN.replace(b"\r\n\r\n", b"\r\nX-Accel-Buffering: no\r\n\r\n", 1)


@dataclass
class Door:
    """A server that notes every request, whole, and answers each with a word."""

    port: int = field(default_factory=free_port)
    asked: list[bytearray] = field(default_factory=list)
    answer: bytes = ANSWER
    #: What follows the answer when `goes_on` is set.
    later: bytes = b""
    goes_on: threading.Event = field(default_factory=threading.Event)

    def serve(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """As a door that does not run: nothing listens on its port."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self._hear, args=(connection,), daemon=True).start()

    def _hear(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            said = bytearray(connection.recv(65_536))
            self.asked.append(said)
            while not _is_whole(bytes(said)):
                said += connection.recv(65_536)
            connection.sendall(self.answer)
            if self.later:
                self.goes_on.wait(20)
                connection.sendall(self.later)


def _is_whole(said: bytes) -> bool:
    head, ended, body = said.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    if fields.get(b"transfer-encoding") == b"chunked":
        return body.endswith(b"0\r\n\r\n")
    return bool(ended) and len(body) >= int(fields.get(b"content-length", b"0"))


@dataclass
class Proxy:
    """A proxy that runs, what is behind it, and the folder of all that it writes."""

    kind: str
    plain_port: int
    port: int
    folder: Path
    public: Door
    desk: Door

    def connect(self, name: str = PUBLIC) -> ssl.SSLSocket:
        """A client's connection to this host name, over TLS."""
        context = ssl.create_default_context(cafile=self.folder / "fullchain.pem")
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        return context.wrap_socket(plain, server_hostname=name)

    def ask(self, path: str, *headers: str, name: str = PUBLIC, body: bytes = b"") -> bytes:
        """All that comes back."""
        lines = [f"{'POST' if body else 'GET'} {path} HTTP/1.1", f"Host: {name}", *headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join([*lines, "Connection: close", "", ""])
        with self.connect(name) as connection:
            with suppress(OSError):
                connection.sendall(head.encode() + body)
            return rest(connection)


def rest(connection: socket.socket) -> bytes:
    """What comes until the connection ends, however it does."""
    said = b""
    with suppress(OSError):
        while block := connection.recv(65_536):
            said += block
    return said


@contextmanager
def running(kind: str, folder: Path) -> Iterator[Proxy]:
    """The example for this program, with ports and a certificate of a test."""
    program = shutil.which(kind, path=PATH)
    assert program, f"{kind} is not installed; .ci/system-packages installs it"
    made = Proxy(kind, free_port(), free_port(), folder, Door(), Door())
    _certificate(folder)
    command = MADE[kind](made, program)
    for door in (made.public, made.desk):
        door.serve()
    with (folder / "said").open("wb") as said:
        surroundings = {**os.environ, "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        process = subprocess.Popen(command, stdout=said, stderr=said, env=surroundings)
        try:
            _wait(made, process)
            yield made
        finally:
            process.terminate()
            process.wait(20)
            for door in (made.public, made.desk):
                with suppress(OSError):
                    door.stop()


def _wait(made: Proxy, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError), made.connect():
            return
        time.sleep(0.05)
    raise RuntimeError((made.folder / "said").read_text())


def _certificate(folder: Path) -> None:
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=test",
    ]
    names = f"subjectAltName=DNS:{PUBLIC},DNS:{DESK}"
    files = ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
    subprocess.run([*command, "-addext", names, *files], check=True, capture_output=True)


def _replaced(name: str, made: Proxy, more: dict[str, str]) -> str:
    text = (DEPLOY / name).read_text()
    ports = {":8000": f":{made.public.port}", ":8001": f":{made.desk.port}"}
    for there, here in {**ports, **more}.items():
        assert there in text, f"{name} has no {there!r}"
        text = text.replace(there, here)
    return text


def _nginx(made: Proxy, program: str) -> list[str]:
    site = made.folder / "site.conf"
    more = {
        "/etc/letsencrypt/live/hearth": str(made.folder),
        "/etc/nginx/hearth-": f"{DEPLOY}/hearth-",
        "/var/log/nginx": str(made.folder),
        "listen 80;": f"listen {made.plain_port};",
        "listen [::]:80;": f"listen [::]:{made.plain_port};",
        "listen 443 ": f"listen {made.port} ",
        "listen [::]:443 ": f"listen [::]:{made.port} ",
    }
    site.write_text(_replaced("nginx.conf", made, more))
    kept = "".join(
        f"{kind}_temp_path {made.folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # A test's folder is its user's alone.
    user = "user root;" if os.geteuid() == 0 else ""
    (made.folder / "nginx.conf").write_text(
        f"{user} daemon off; pid {made.folder}/pid; events {{}} http {{ {kept} include {site}; }}"
    )
    log = str(made.folder / "log")
    return [program, "-e", log, "-c", str(made.folder / "nginx.conf")]


def _caddy(made: Proxy, program: str) -> list[str]:
    ours = f"http_port {made.plain_port}\n https_port {made.port}\n auto_https disable_certs"
    certificate = f"tls {made.folder}/fullchain.pem {made.folder}/privkey.pem"
    more = {"admin off": f"admin off\n {ours}", "(hearth) {": f"(hearth) {{\n {certificate}"}
    path = made.folder / "Caddyfile"
    path.write_text(_replaced("Caddyfile", made, more))
    return [program, "run", "--adapter", "caddyfile", "--config", str(path)]


MADE: Final[dict[str, Callable[[Proxy, str], list[str]]]] = {"nginx": _nginx, "caddy": _caddy}
