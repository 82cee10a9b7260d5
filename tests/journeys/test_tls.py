"""The whole way over TLS, as in production: behind a proxy that ends TLS and says who asked for what."""

import http.client
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from playwright.sync_api import Browser

from tests import browser as browsers
from tests import live, ways
from tests.journeys.conftest import codes
from tests.journeys.steps import answer_everything, begin, come_back, follow, path, press, send
from tests.live import Server

HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding", "te", "upgrade")


def certificate(folder: Path) -> Path:
    """A certificate for this machine that only we signed, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    path = folder / "proxy.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


class Proxy(BaseHTTPRequestHandler):
    """Hands each request on, as an operator's web server does."""

    protocol_version = "HTTP/1.1"
    behind = ("127.0.0.1", 0)

    def hand_on(self) -> None:
        """One request there, and its answer back."""
        length = int(self.headers.get("Content-Length") or 0)
        headers = {
            name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP
        }
        headers["X-Forwarded-For"] = self.client_address[0]
        headers["X-Forwarded-Proto"] = "https"
        headers["X-Forwarded-Host"] = self.headers["Host"]
        connection = http.client.HTTPConnection(*self.behind, timeout=20)
        connection.request(self.command, self.path, self.rfile.read(length), headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in (*HOP_BY_HOP, "content-length", "server", "date"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_HEAD = hand_on  # noqa: N815

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Server]]:
    """Hearth behind TLS; its address for visitors, and the server behind it."""
    folder = tmp_path_factory.mktemp("tls")
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(folder))
    proxy.socket = context.wrap_socket(proxy.socket, server_side=True)
    address = f"https://127.0.0.1:{proxy.server_port}"
    server = live.start(folder / "instance", BASE_URL=address, PROXY_HOPS="1")
    Proxy.behind = ("127.0.0.1", int(server.url.rpartition(":")[2]))
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    yield address, server
    proxy.shutdown()
    proxy.server_close()
    server.stop()


def test_the_whole_way_over_tls(browser: Browser, tls: tuple[str, Server]) -> None:
    address, _ = tls
    with browsers.person_at(browser, address, ignore_https_errors=True) as person:
        # When a visitor looks
        answered = person.page.goto(f"{address}/en/")
        # Then the browser is told to come by TLS only, and has no cookie yet
        assert answered is not None
        assert "max-age=" in answered.headers["strict-transport-security"]
        assert person.context.cookies() == []
        # When they begin, answer and send: every form works
        begin(person)
        (cookie,) = person.context.cookies()
        answer_everything(person)
        code = send(person, "quote")
        press(person, "I have kept my code")
        # Then the cookie was for this host and TLS alone
        assert cookie["name"] == "__Host-hearth"
        assert cookie["secure"] and cookie["httpOnly"] and cookie["path"] == "/"
        assert cookie["sameSite"] == "Lax"
        # And they can come back, and erase
        come_back(person, code)
        follow(person, "Delete everything")
        press(person, "Yes, delete everything")
        assert path(person) == "/en/choices/erased"
        assert person.outside == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "own"}, 303),
        ({"Referer": "own"}, 303),
        ({"Origin": "http://127.0.0.1"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "own"}, 403),
        ({}, 403),
    ],
)
def test_posts_over_tls_come_from_our_pages(
    tls: tuple[str, Server], headers: dict[str, str], status: int
) -> None:
    # Given a post, with what an older browser says about where it comes from
    address, _ = tls
    own = {"Origin": address, "Referer": f"{address}/en/"}
    headers = {name: own[name] if value == "own" else value for name, value in headers.items()}
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(
        address.removeprefix("https://"), context=trusting, timeout=20
    )
    # When it reaches the form that needs no token
    connection.request(
        "POST", "/en/calls/support-needs/begin", headers={"Content-Length": "0", **headers}
    )
    # Then only our own pages may
    assert connection.getresponse().status == status
    connection.close()


def test_the_desk_over_tls(browser: Browser, tls: tuple[str, Server]) -> None:
    address, server = tls
    with browsers.person_at(browser, address, ignore_https_errors=True) as person:
        # When a coordinator signs in
        ways.sign_in(person, server.sign_in, codes(server)())
        # Then their cookies, of the session and of the browser, are the desk's own, and stricter
        cookies = person.context.cookies()
        assert {cookie["name"] for cookie in cookies} == {
            "__Host-hearth-desk",
            "__Host-hearth-device",
        }
        for cookie in cookies:
            assert cookie["secure"] and cookie["httpOnly"] and cookie["sameSite"] == "Strict"
