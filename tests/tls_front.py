"""TLS in front of a PostgreSQL that has none: it answers libpq's SSLRequest and hands the rest on to a socket.

The PostgreSQL of the tests is built without TLS. What is tested is the client's side, which is real: psycopg's libpq
asks for TLS, verifies the certificate, and compares its name.
"""

import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

#: An address of loopback that is none of this machine's usual names: to Hearth it is another machine.
HOST = "127.0.0.2"
SSL_REQUEST_BYTES = 8


@dataclass(frozen=True)
class Authority:
    """A certificate authority of one test, and the file with its own certificate."""

    name: x509.Name
    key: ec.EllipticCurvePrivateKey
    file: Path

    def server(self, host: str = HOST) -> ssl.SSLContext:
        """The context of a server that proves to be this host."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))])
        made = _certificate(self.name, _named(host), key, signed_by=self.key, extension=names)
        path = self.file.with_name(f"{host}.pem")
        path.write_bytes(_pem(key) + made.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def authority(folder: Path, name: str) -> Authority:
    """A new authority, with its certificate in a file of this folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    own = _named(name)
    basic = x509.BasicConstraints(ca=True, path_length=0)
    made = _certificate(own, own, key, signed_by=key, extension=basic)
    file = folder / f"{name}.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return Authority(own, key, file)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _certificate(
    issuer: x509.Name,
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    *,
    signed_by: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> x509.Certificate:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(extension, critical=True)
        .sign(signed_by, hashes.SHA256())
    )


class Front(socketserver.BaseRequestHandler):
    """One connection from libpq, handed on to the socket behind."""

    server: "Fronts"

    def handle(self) -> None:
        """Answer what libpq asks first, then copy in both directions until either side ends."""
        self.request.recv(SSL_REQUEST_BYTES)
        tls = self.server.tls
        self.request.sendall(b"S" if tls else b"N")
        with suppress(OSError), ExitStack() as opened:
            outside = self.request
            if tls:
                outside = opened.enter_context(tls.wrap_socket(outside, server_side=True))
            inside = opened.enter_context(socket.socket(socket.AF_UNIX))
            inside.connect(str(self.server.folder / ".s.PGSQL.5432"))
            answers = threading.Thread(target=_copy, args=(inside, outside))
            answers.start()
            _copy(outside, inside)
            answers.join()


class Fronts(socketserver.ThreadingTCPServer):
    """What listens on `HOST`."""

    def __init__(self, folder: Path, tls: ssl.SSLContext | None) -> None:
        self.folder, self.tls = folder, tls
        super().__init__((HOST, 0), Front)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while block := source.recv(65_536):
            target.sendall(block)
    for one in (source, target):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


@contextmanager
def in_front_of(socket_folder: Path, tls: ssl.SSLContext | None) -> Iterator[int]:
    """A port of `HOST` that leads to the PostgreSQL of this socket; without a context, one that has no TLS."""
    with Fronts(socket_folder, tls) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()
