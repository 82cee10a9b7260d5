"""The demo's SMTP sink: it accepts every mail and only writes it to a folder. Nothing is relayed.

Files are `0001.eml` and so on, byte for byte as received, which aiosmtpd's own Maildir handler would not keep (decision
44).
"""

import logging
import signal
import threading
from itertools import count
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

LARGEST = 1_000_000


class Folder:
    """An aiosmtpd handler that writes each mail to a numbered .eml file, with the SMTP envelope's addresses on top."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        taken = [int(path.stem) for path in folder.glob("*.eml") if path.stem.isdecimal()]
        self.numbers = count(max(taken, default=0) + 1)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Write one mail; aiosmtpd calls this at the end of SMTP DATA."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        top = f"X-Envelope-From: {envelope.mail_from}\r\nX-Envelope-To: {', '.join(envelope.rcpt_tos)}\r\n"
        path = self.folder / f"{next(self.numbers):04}.eml"
        path.write_bytes(top.encode() + content)
        return "250 Kept"


def catch(port: int, folder: Path) -> None:
    """Listen on this port of the loopback address until INT or TERM."""
    stop = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, lambda *_: stop.set())
    # It would print every address.
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    controller = Controller(
        Folder(folder),
        hostname="127.0.0.1",
        port=port,
        data_size_limit=LARGEST,
        server_hostname="localhost",
    )
    controller.start()
    stop.wait()
    controller.stop()
