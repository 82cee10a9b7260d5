"""A mail server for the tests: real SMTP on the loopback address, and it remembers all that it was told."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import SMTP as POLICY
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.live import free_port


@dataclass(frozen=True)
class Mail:
    """One mail as it arrived: the envelope's addresses, the name the sender gave itself, and every byte."""

    hello: str
    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> Message:
        return message_from_bytes(self.raw, policy=POLICY)

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def body(self) -> str:
        payload: Any = self.message.get_payload(decode=True)
        return str(payload.decode("utf-8"))

    @property
    def everything(self) -> str:
        """All that a person, a server or a logger between could read, decoded and as it was sent."""
        heads = [f"{name}: {value}" for name, value in self.message.items()]
        raw = self.raw.decode("utf-8", "replace")
        return "\n".join([self.hello, self.sender, *self.recipients, *heads, self.body, raw])


@dataclass
class Postbox:
    """A server that takes mails, or refuses them as a test tells it to."""

    port: int = field(default_factory=free_port)
    mails: list[Mail] = field(default_factory=list)
    #: What it answers to RCPT and to the mail itself, for whom it does not take mails.
    at_recipient: dict[str, str] = field(default_factory=dict)
    at_data: dict[str, str] = field(default_factory=dict)
    at_sender: str = ""
    #: Every address that a mail was offered for, taken or not.
    offered: list[str] = field(default_factory=list)

    def of(self, address: str) -> list[str]:
        """The subjects of the mails that one person got."""
        return [mail.subject for mail in self.mails if mail.recipients == (address,)]

    @property
    def addresses(self) -> list[str]:
        return sorted(address for mail in self.mails for address in mail.recipients)

    # What aiosmtpd calls

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.at_sender:
            return self.at_sender
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.offered.append(address)
        if address in self.at_recipient:
            return self.at_recipient[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        address = envelope.rcpt_tos[0]
        if address in self.at_data:
            return self.at_data[address]
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        hello, sender = str(session.host_name), str(envelope.mail_from)
        self.mails.append(Mail(hello, sender, tuple(envelope.rcpt_tos), content))
        return "250 OK"

    @contextmanager
    def open(self, **options: Any) -> Iterator["Postbox"]:
        """Listen, until the block ends."""
        controller = Controller(self, hostname="127.0.0.1", port=self.port, **options)
        controller.start()
        try:
            yield self
        finally:
            controller.stop()


class Odd:
    """A server that speaks from a script, for what no well-behaved server does.

    `script` maps the first word of each line to an answer; "" is the greeting, "." the end of a mail. `None` hangs
    up; `HANG` says nothing.
    """

    HANG = "hang"

    def __init__(self, **script: str | None) -> None:
        self.script: dict[str, str | None] = {
            "greeting": "220 hello",
            "EHLO": "250 hello",
            "MAIL": "250 ok",
            "RCPT": "250 ok",
            "DATA": "354 go on",
            "END": "250 taken",
            "RSET": "250 ok",
            "QUIT": "221 bye",
            **script,
        }
        self.taken = 0
        self.heard: list[str] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self._serve, daemon=True)]
        self.threads[0].start()

    def stop(self) -> None:
        self.over.set()
        self.socket.close()
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=0.1).close()

    def _serve(self) -> None:
        while not self.over.is_set():
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._talk, args=(connection,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, suppress(OSError), connection.makefile("rb") as lines:
            if not self._answer(connection, "greeting"):
                return
            in_data = False
            for line in lines:
                words = line.decode("latin-1").rstrip("\r\n")
                self.heard.append(words)
                if in_data and words != ".":
                    continue
                step = "END" if in_data else words.split(" ")[0].upper()
                in_data = step == "DATA"
                if step == "END":
                    self.taken += 1
                if not self._answer(connection, step):
                    return

    def _answer(self, connection: socket.socket, step: str) -> bool:
        answer = self.script.get(step, "502 what?")
        if answer is None:
            return False
        if answer == self.HANG:
            self.over.wait(30)
            return False
        connection.sendall(f"{answer}\r\n".encode())
        return True


def serving_tls(certificate: str, key: str) -> ssl.SSLContext:
    """What a server needs to speak TLS with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
