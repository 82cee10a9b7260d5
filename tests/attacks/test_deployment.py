"""Attacks on what surrounds the code: files of three users, reverse proxies, databases, browsers, processes."""

import os
import resource
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from tests import fork_server, three_users
from tests.conftest import MakeApp
from tests.factories import environment
from tests.integration.test_listening import instance, listening, serving
from tests.live import ROOT, free_port, surroundings
from tests.stores import DEMO, PostgresShelf, SqliteShelf, Stores
from webapp.services.infrastructure.limits import coarse
from webapp.settings import Settings, WrongSetting

__all__ = ["instance"]
OURS = "https://take-part.example.org"
BEHIND_NGINX = {"BASE_URL": OURS, "PROXY_HOPS": "1"}
REMOTE = "postgresql://hearth:secret@db.example.net/hearth_"
STORES = ("DATABASE_URL", "ERASURE_DATABASE_URL", "VOLATILE_DATABASE_URL")


# The public door was taken over: its user and its database role


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become three users")
def test_the_public_doors_user_cannot_exchange_the_desks_configuration_or_empty_the_list() -> None:
    """As the public door's user: put a desk.env of one's own in the place of the real one; empty `tombstones.txt`.

    Before (c7b8640): the configuration lay in the folder of the data, and only that folder's mode (2770, a little
    earlier) decided whether it could be moved away; the list of what was deleted could be emptied with `: >`, and a
    restore then brought people back. Now the configuration has a folder of root's elsewhere, and the list only grows.
    """
    with three_users.instance() as made:
        exchange = (
            f"mv {made.config} {made.config}.old && mkdir {made.config}"
            f" && echo DATABASE_URL=postgresql://evil.example/x > {made.config}/desk.env"
        )
        for attempt in (
            exchange,
            f"mv {made.data} {made.data}.old",
            f"echo DATABASE_URL=x >> {made.config}/desk.env",
            f"rm -f {made.tombstones}",
            f": > {made.tombstones}",
            f"truncate --size 0 {made.tombstones}",
            f"dd if=/dev/zero of={made.tombstones} bs=32 count=1 conv=notrunc",
        ):
            ids = (str(three_users.IDS[name]) for name in ("hearth-public", "hearth"))
            user, group = ids
            who = ["setpriv", "--reuid", user, "--regid", user, "--groups", group]
            done = subprocess.run([*who, "sh", "-c", attempt], capture_output=True, check=False)
            assert done.returncode != 0, attempt


def start(stores: Stores, folder: Path, door: str, **settings: str) -> str:
    """Start one process as the manual says; what it said when it refused, or nothing when it serves."""
    given = {**environment(folder, DOORS=door), **stores.environment(), **settings}
    given = {name: value for name, value in given.items() if name != "INSTANCE"}
    program = "from wsgi import app; print('serves')"
    done = subprocess.run(
        [fork_server.python(), "-c", program],
        cwd=ROOT,
        env=surroundings(folder, **given),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return "" if "serves" in done.stdout else done.stderr


def test_a_public_door_with_the_owners_role_does_not_start(
    postgres_shelf: PostgresShelf, tmp_path: Path
) -> None:
    """Give the public door the address of the owner of the tables, as an operator in a hurry does.

    Before (c7b8640): it started without a word, and whoever took it over read slots, sealed keys and desk Visits. Now
    it compares the rights that it has with those that it needs.
    """
    with postgres_shelf.fresh(tmp_path, DEMO) as stores:
        *_, last = start(stores, tmp_path, "public").splitlines()
        begins = (
            "Hearth does not start: DATABASE_URL leads to PostgreSQL as the role postgres, which "
        )
        assert last.startswith(f"{begins}may do more than the public door needs (")
        assert "may do less" not in last


# Databases that are somewhere else, or not three


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?sslmode=disable",
        "?sslmode=prefer",
        "?sslmode=require",
        "?sslmode=verify-ca&sslrootcert=/etc/hearth/ca.pem",
        "?sslmode=verify-full",
        "?sslmode=verify-full&sslrootcert=/etc/hearth/ca.pem&sslmode=disable",
    ],
)
def test_secrets_cross_no_network_to_a_database_that_only_says_it_is_ours(
    tmp_path: Path, query: str
) -> None:
    """A database on another machine, without TLS or with one that does not prove whose it is.

    Before (c7b8640): `postgresql://…@db.example.net/x?sslmode=disable` was accepted.
    """
    urls = {name: f"{REMOTE}{name.lower()}{query}" for name in STORES}
    with pytest.raises(WrongSetting, match="DATABASE_URL leads to another machine") as refused:
        Settings.from_environment(environment(tmp_path, **urls))
    assert "secret" not in str(refused.value)


def test_three_spellings_of_one_database_are_one(
    postgres_shelf: PostgresShelf, tmp_path: Path
) -> None:
    """Name one database in three ways.

    Before (c7b8640): texts were compared, so crypto-shredding keys could lie beside what they protect.
    """
    with postgres_shelf.fresh(tmp_path, DEMO) as stores:
        spelled = (
            stores.main,
            f"{stores.main}&application_name=erasure",
            f"{stores.main}&connect_timeout=7",
        )
        one = dict(zip(STORES, spelled, strict=True))
        said = start(stores, tmp_path, "public", DEMO="yes", **one)
    assert "DATABASE_URL and ERASURE_DATABASE_URL lead to one database" in said


@pytest.mark.parametrize("how", ["symbolic link", "hard link", "another path"])
def test_three_names_of_one_file_are_one(
    sqlite_shelf: SqliteShelf, tmp_path: Path, how: str
) -> None:
    """The same with files. Before (c7b8640): accepted."""
    with sqlite_shelf.fresh(tmp_path, DEMO) as stores:
        file, other = tmp_path / "main.sqlite3", tmp_path / "other.sqlite3"
        if how == "symbolic link":
            other.symlink_to(file)
        elif how == "hard link":
            other.hardlink_to(file)
        else:
            (tmp_path / "beside").mkdir()
            other = tmp_path / "beside" / ".." / "main.sqlite3"
        said = start(stores, tmp_path, "public", ERASURE_DATABASE_URL=f"sqlite:///{other}")
    assert "DATABASE_URL and ERASURE_DATABASE_URL lead to one database" in said


# What a client says about itself


def plain(app: Flask) -> FlaskClient:
    """A client of no browser: no header but the ones a test gives."""
    return FlaskClient(app)


def test_no_forwarded_host_is_believed(make_page_app: MakeApp) -> None:
    """`X-Forwarded-Host: localhost:666`, and our own name with another port, behind one proxy.

    Before (c7b8640): `308 https://localhost:666/en/`, which a shared cache in between could have kept for others.
    """
    client = plain(make_page_app(**BEHIND_NGINX))
    proxied = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    for host in ("localhost:666", "take-part.example.org:666", "evil.example"):
        answer = client.get("/en", base_url=OURS, headers={**proxied, "X-Forwarded-Host": host})
        assert answer.status_code == 308
        assert answer.headers["Location"] == "/en/"
    # Nor the port in Host itself
    assert client.get("/en", base_url=f"{OURS}:666", headers=proxied).status_code == 400
    assert client.get("/en/", base_url=f"{OURS}:443", headers=proxied).status_code == 200
    # And an address with two slashes is no other host
    for path in ("//evil.example/en", "//evil.example//en", "/en//calls"):
        moved = client.get(path, base_url=OURS, headers=proxied)
        assert not moved.headers.get("Location", "/").startswith("//")
        assert "//" not in moved.headers.get("Location", "/")


@pytest.mark.parametrize(
    ("said", "network"),
    [
        ("203.0.113.9:51234", "203.0.113.0/24"),
        ("[2001:db8::1]:443", "2001:db8::/48"),
        ("[2001:db8::1]", "2001:db8::/48"),
        ("198.51.100.1, 203.0.113.9:51234", "203.0.113.0/24"),
    ],
)
def test_an_address_with_a_port_has_a_network_of_its_own(
    make_page_app: MakeApp, said: str, network: str
) -> None:
    """Proxies that write the client's port into `X-Forwarded-For` (Azure, some HAProxy).

    Before (c7b8640): everyone was "unknown", one network, and fifteen wrong codes from anywhere stopped all others.
    """
    app = make_page_app(**BEHIND_NGINX)
    seen: list[str] = []
    app.before_request(lambda: seen.append(coarse(request.remote_addr or "")))

    plain(app).get("/en/", base_url=OURS, headers={"X-Forwarded-For": said})
    assert seen == [network]


# Placeholders, and what the process itself gives away


@pytest.mark.parametrize("value", ["00" * 32, "ab" * 32, "0123456789abcdef" * 4, "deadbeef" * 8])
def test_a_key_that_anyone_guesses_stops_the_start(tmp_path: Path, value: str) -> None:
    """Zeros, or a short text again and again. Before (c7b8640): accepted."""
    for name in ("FORM_KEY", "PEPPER", "RECEIPT_SALT"):
        with pytest.raises(WrongSetting, match=f"{name} repeats itself") as refused:
            Settings.from_environment(environment(tmp_path, **{name: value}))
        assert value not in str(refused.value)


def test_one_key_for_two_purposes_stops_the_start(tmp_path: Path) -> None:
    """One secret copied under two names. Before (c7b8640): accepted."""
    given = environment(tmp_path)
    with pytest.raises(WrongSetting, match="KEY_MAC_KEY is the same as FORM_KEY"):
        Settings.from_environment({**given, "KEY_MAC_KEY": given["FORM_KEY"]})


def asked(port: int, request: bytes) -> bytes:
    """What comes back for these bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_the_server_on_the_wire(instance: Path) -> None:
    """A request without Host, the `Server` header, and a core dump with all keys in it.

    Before (c7b8640): HTTP/1.1 without Host was served, `Server: gunicorn`, and the shell's limit for core files.
    """
    port = free_port()
    with serving(instance, "public", PORT=str(port), BASE_URL="") as process:
        listening(process, port)
        ends = b"Connection: close\r\n\r\n"
        named = asked(port, b"GET /static/none HTTP/1.1\r\nHost: localhost\r\n" + ends)
        unnamed = asked(port, b"GET /static/none HTTP/1.1\r\n" + ends)
        broken = asked(port, b"GET / HTTP/9.9\r\n\r\n")
        assert named.startswith(b"HTTP/1.1 404")
        assert unnamed.startswith(b"HTTP/1.1 400")
        for answer in (named, unnamed, broken):
            assert b"\nserver:" not in answer.lower()
            assert b"gunicorn" not in answer.lower()
        # And every process of it may write no core file
        for pid in (process.pid, *children(process.pid)):
            assert resource.prlimit(pid, resource.RLIMIT_CORE) == (0, 0)


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has prctl")
def test_a_process_that_crashes_leaves_no_memory_to_a_collector_either() -> None:
    """A limit does not hold where the kernel pipes core dumps to a program (`core_pattern`).

    Before (c7b8640): nothing was said to the kernel. Now it is told not to dump, and closes the memory of a process to
    others of the same user with it; a forked process inherits that.
    """
    program = (
        "import ctypes, os, sys; from webapp import core_dumps; core_dumps.forbid()\n"
        "if (child := os.fork()): sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
        "os._exit(ctypes.CDLL(None).prctl(3))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
