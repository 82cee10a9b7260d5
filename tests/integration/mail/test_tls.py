"""Mail over TLS: the server's certificate is checked, and nothing is said before it is."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask

from tests.conftest import MakeApp
from tests.factories import publish_demo_event, register_one
from tests.integration.house import make_house
from tests.integration.mail.postbox import Odd, Postbox, serving_tls
from webapp.services.infrastructure import outbox
from webapp.services.worker import delivery, smtp

pytestmark = pytest.mark.usefixtures("trusting")


def certificate(folder: Path, name: str, *, of: str = "127.0.0.1") -> Path:
    """A certificate that vouches for itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    alternative: x509.GeneralName = (
        x509.IPAddress(ip_address(of)) if of[0].isdigit() else x509.DNSName(of)
    )
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def trusted(tmp_path: Path) -> Path:
    return certificate(tmp_path, "trusted")


@pytest.fixture
def trusting(trusted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine trusts one certificate, and no other."""
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    monkeypatch.setenv("SSL_CERT_DIR", "/nowhere")


def options(security: str, path: Path) -> dict[str, object]:
    context = serving_tls(str(path), str(path))
    if security == "tls":
        return {"ssl_context": context}
    return {"tls_context": context, "require_starttls": True}


@pytest.fixture(params=["tls", "starttls"])
def security(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def post() -> Iterator[Postbox]:
    yield Postbox()


def waiting_house(make_page_app: MakeApp, port: int, **changes: str) -> Flask:
    house = make_house(make_page_app, port, **changes)
    with house.app_context():
        register_one(publish_demo_event())
    return house


def test_a_server_with_a_certificate_that_we_trust_gets_our_mail(
    make_page_app: MakeApp, post: Postbox, security: str, trusted: Path
) -> None:
    house = waiting_house(make_page_app, post.port, MAIL_SECURITY=security)
    with post.open(**options(security, trusted)), house.app_context():
        assert delivery.send_waiting() == 1
    assert len(post.mails) == 1


@pytest.mark.parametrize("whose", ["unknown", "another-name"])
def test_a_server_that_cannot_show_who_it_is_gets_nothing(
    make_page_app: MakeApp,
    post: Postbox,
    security: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    whose: str,
) -> None:
    # Given a server with a certificate that no authority vouches for, or one for another host
    of = "127.0.0.1" if whose == "unknown" else "mail.other.example"
    path = certificate(tmp_path, whose, of=of)
    if whose == "another-name":
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
    house = waiting_house(make_page_app, post.port, MAIL_SECURITY=security)
    with post.open(**options(security, path)), house.app_context():
        # When the worker meets it
        assert delivery.send_waiting() == 0
        # Then it was told no address, and the mail waits
        assert outbox.backlog().waiting == 1
    assert post.offered == []
    assert post.mails == []


@pytest.mark.parametrize(
    "script",
    [
        {},
        {"STARTTLS": "454 not now"},
        {"EHLO": "250-hello\r\n250 STARTTLS", "STARTTLS": "454 not now"},
        {"EHLO": "250-hello\r\n250 AUTH PLAIN"},
    ],
    ids=["not offered", "not offered, and refused", "offered, and refused", "stripped"],
)
def test_nothing_is_said_in_the_clear(make_page_app: MakeApp, script: dict[str, str]) -> None:
    # Given a server, or an attacker between, that would have us go on without TLS
    odd = Odd(**script)
    house = waiting_house(
        make_page_app,
        odd.port,
        MAIL_SECURITY="starttls",
        MAIL_USERNAME="hearth",
        MAIL_PASSWORD="spud village dollar",
    )
    with house.app_context():
        assert delivery.send_waiting() == 0
        assert outbox.backlog().waiting == 1
    odd.stop()
    # Then it heard our neutral name and the wish for TLS, no address, no password
    assert {line.split(" ")[0].upper() for line in odd.heard} <= {
        "EHLO",
        "HELO",
        "STARTTLS",
        "QUIT",
    }


def test_the_password_goes_over_tls_only(
    make_page_app: MakeApp,
    post: Postbox,
    trusted: Path,
    security: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given a server that wants us to sign in
    seen: list[bytes] = []

    def authenticate(  # type: ignore[no-untyped-def]
        server, session, envelope, mechanism: str, auth_data: object
    ) -> AuthResult:
        assert isinstance(auth_data, LoginPassword)
        assert session.ssl is not None or security == "tls"
        seen.append(auth_data.password)
        return AuthResult(success=auth_data.password == b"spud village dollar")

    # For aiosmtpd, TLS from the first byte is no TLS that it knows of.
    signs_in = {"authenticator": authenticate, "auth_require_tls": security == "starttls"}
    monkeypatch.setattr(smtp, "SEND_SECONDS", 1)
    right = waiting_house(
        make_page_app,
        post.port,
        MAIL_SECURITY=security,
        MAIL_USERNAME="hearth",
        MAIL_PASSWORD="spud village dollar",
    )
    with post.open(**options(security, trusted), **signs_in):
        # When the password is right
        with right.app_context():
            assert delivery.send_waiting() == 1
            register_one(publish_demo_event("small-group"))
        # And when it is wrong: that is ours to put right, and no mail is lost
        wrong = make_house(
            make_page_app,
            post.port,
            MAIL_SECURITY=security,
            MAIL_USERNAME="hearth",
            MAIL_PASSWORD="wrong",
        )
        with wrong.app_context():
            assert delivery.send_waiting() == 0
            assert outbox.backlog().waiting == 1
    assert set(seen) == {b"spud village dollar", b"wrong"}
    assert len(post.mails) == 1
