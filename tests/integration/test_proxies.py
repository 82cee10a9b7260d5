"""Reverse proxies: what docs/operating.md asks of one, the real nginx and the real Caddy do with our examples."""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.proxies import ANSWER, BROKEN, DESK, PUBLIC, UNBUFFERED, Proxy, rest, running

#: Between two looks at a door that must not have been asked, in seconds.
A_WHILE = 0.3
MANUAL = Path(__file__).parents[2] / "docs" / "operating.md"
#: Proxies that end an answer as if it were whole when the door dies in its middle.
BREAKS_OFF_UNSEEN = ("caddy",)


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def one_proxy(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    with running(request.param, tmp_path_factory.mktemp("proxy")) as made:
        yield made


@pytest.fixture
def proxy(one_proxy: Proxy) -> Proxy:
    """The same, with doors that were asked nothing yet."""
    for door in (one_proxy.public, one_proxy.desk):
        door.asked.clear()
        door.answer, door.later = ANSWER, b""
    return one_proxy


def fields(asked: bytearray) -> dict[str, list[str]]:
    """Each header of a request, in small letters, with every value that it has."""
    found: dict[str, list[str]] = {}
    for line in asked.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]:
        name, _, value = line.partition(": ")
        found.setdefault(name.lower(), []).append(value)
    return found


def test_no_client_says_where_it_comes_from(proxy: Proxy) -> None:
    # When a client says that it comes from somewhere else, by every name that there is for it
    forged = ("X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: http", "Forwarded: for=1.2.3.4")
    proxy.ask("/en/", *forged, "X-Forwarded-Host: evil.example")
    # Then the door hears what the proxy itself knows, once, and the host as it was asked for
    (asked,) = proxy.public.asked
    heard = fields(asked)
    assert heard["x-forwarded-for"] == ["127.0.0.1"]
    assert heard["x-forwarded-proto"] == ["https"]
    assert heard["host"] == [PUBLIC]
    assert "forwarded" not in heard
    assert "x-forwarded-host" not in heard


def test_each_name_leads_to_its_own_door(proxy: Proxy) -> None:
    assert proxy.ask("/desk/sign-in", name=DESK).endswith(b"heard")
    assert len(proxy.desk.asked) == 1
    # And the desk is at no other name, however its address is written
    for path in ("/desk/", "/desk/sign-in", "/%64esk/", "//desk/", "/en/../desk/"):
        assert proxy.ask(path).split()[1] in (b"404", b"400"), path
    assert proxy.public.asked == []


def test_a_slow_client_waits_at_the_proxy(proxy: Proxy) -> None:
    # Given a client whose body comes in two halves
    with proxy.connect() as client:
        head = f"POST /en/ HTTP/1.1\r\nHost: {PUBLIC}\r\nContent-Length: 40000\r\nConnection: close\r\n\r\n"
        client.sendall(head.encode() + b"a" * 20_000)
        time.sleep(A_WHILE)
        # Then the door hears nothing of it
        assert proxy.public.asked == []
        # Until all of it is there
        client.sendall(b"b" * 20_000)
        assert rest(client).endswith(b"heard")
    (asked,) = proxy.public.asked
    assert asked.endswith(b"a" * 20_000 + b"b" * 20_000)


def test_a_body_that_is_too_long_is_refused_in_words(proxy: Proxy) -> None:
    answer = proxy.ask("/en/", body=b"a" * 3_000_000)
    assert answer.split()[1] == b"413"
    assert b"make it shorter" in answer
    assert proxy.public.asked == []


def test_a_list_that_breaks_off_does_not_look_whole(proxy: Proxy) -> None:
    # Given a door that dies in the middle of a list
    proxy.public.answer = BROKEN
    answer = proxy.ask("/list")
    assert b"first" in answer
    assert b"content-length" not in answer.lower()
    # Then what comes does not end as a whole answer does; with Debian's Caddy it does, which the manual says
    looks_whole = answer.endswith(b"0\r\n\r\n")
    assert looks_whole == (proxy.kind in BREAKS_OFF_UNSEEN)
    caddy = MANUAL.read_text().partition("\n### Caddy\n")[2].partition("\n#")[0]
    assert "looks whole" in caddy


def test_how_far_a_list_is_comes_while_it_is_made(proxy: Proxy) -> None:
    # Given a door that says the first thing about a list, and is still at work
    for answer in (UNBUFFERED, BROKEN):
        proxy.public.answer, proxy.public.later = answer, b"0\r\n\r\n"
        proxy.public.goes_on.clear()
        with proxy.connect() as client:
            request = f"GET /list HTTP/1.1\r\nHost: {PUBLIC}\r\nConnection: close\r\n\r\n"
            client.sendall(request.encode())
            # Then whoever waits hears of it; behind nginx only because our answer asks for that
            assert heard_first(client) == (answer == UNBUFFERED or proxy.kind != "nginx")
            proxy.public.goes_on.set()
            assert rest(client).endswith(b"0\r\n\r\n")


def heard_first(client: ssl.SSLSocket) -> bool:
    """Whether the first words come while the door waits."""
    said = b""
    client.settimeout(A_WHILE)
    with suppress(TimeoutError):
        while b"first" not in said:
            said += client.recv(65_536)
    client.settimeout(20)
    return b"first" in said


def test_without_tls_nothing_is_said_but_where_to_go(proxy: Proxy) -> None:
    with socket.create_connection(("127.0.0.1", proxy.plain_port), timeout=20) as client:
        client.sendall(f"GET /en/ HTTP/1.1\r\nHost: {PUBLIC}\r\nConnection: close\r\n\r\n".encode())
        answer = rest(client)
    assert answer.split()[1] in (b"301", b"308")
    assert f"location: https://{PUBLIC}/en/".encode() in answer.lower()
    assert proxy.public.asked == []


def test_nobody_is_listed(proxy: Proxy) -> None:
    # When a person asks for something, and another thing goes wrong
    proxy.ask("/en/choices?told=canary-in-an-address", "User-Agent: canary-of-a-browser")
    proxy.ask("/en/", "User-Agent: canary-of-a-browser", body=b"canary-in-a-body" * 200_000)
    # Then nothing of it is in any file that the proxy wrote
    kept = [path for path in proxy.folder.rglob("*") if path.is_file()]
    assert kept
    for path in kept:
        assert b"canary" not in path.read_bytes(), path


def test_a_door_that_does_not_run_is_told_in_words(tmp_path: Path, one_proxy: Proxy) -> None:
    # Last, because it takes the door away
    one_proxy.public.stop()
    answer = one_proxy.ask("/en/")
    assert answer.split()[1] == b"503"
    _, _, body = answer.partition(b"\r\n\r\n")
    assert b"Please try again in a few minutes" in body
    assert b"nginx" not in body.lower()
    assert b"caddy" not in answer.lower()
