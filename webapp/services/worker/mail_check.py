"""Trying the mail server as the worker uses it: connect, TLS, EHLO, sign in, and a test mail if one is asked for.

Nothing about a person is in it; the address is the operator's own.
"""

from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate

from webapp.extensions import current_settings
from webapp.services.worker.smtp import NeutralConnection

SUBJECT = "A test"
BODY = "This is a test. If you can read it, mails from this server arrive.\n"


@dataclass(frozen=True)
class Answer:
    """How the mail server answered. `wrong` is empty when all went well."""

    steps: tuple[str, ...]
    wrong: str = ""


def try_server(send_to: str = "") -> Answer:
    """Do all that the worker does before a mail, and the mail itself when there is an address for it."""
    mailing = current_settings().mailing
    steps: list[str] = []
    try:
        # It needs no mail of Flask-Mail's: how it connects is in our settings alone.
        server = NeutralConnection(None).configure_host()  # type: ignore[arg-type]
    except OSError as error:
        where = f"{mailing.server}, port {mailing.port}, security {mailing.security}"
        return Answer((), f"{where}: {_said(error)}")
    try:
        steps.append(
            f"connected to {mailing.server}, port {mailing.port}, security {mailing.security}"
        )
        if mailing.username:
            steps.append("signed in")
        server.ehlo_or_helo_if_needed()
        code, _ = server.mail(mailing.sender)
        if code >= 400:
            return Answer(tuple(steps), f"it does not take MAIL_FROM {mailing.sender}: {code}")
        server.rset()
        steps.append(f"takes mails from {mailing.sender}")
        if send_to:
            server.sendmail(mailing.sender, [send_to], _test_mail(mailing.sender, send_to))
            steps.append("took the test mail: look whether it arrives, and where")
    except OSError as error:
        return Answer(tuple(steps), _said(error))
    finally:
        server.close()
    return Answer(tuple(steps))


def _said(error: OSError) -> str:
    """What went wrong, as an operator can look it up. A server's own words may repeat an address: only its number."""
    code = getattr(error, "smtp_code", None)
    name = type(error).__name__
    return (
        f"{name} {code}"
        if code
        else f"{name}: {error.strerror or error.args[-1] if error.args else name}"
    )


def _test_mail(sender: str, to: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["Date"] = sender, to, SUBJECT, formatdate()
    mail.set_content(BODY)
    return bytes(mail)
