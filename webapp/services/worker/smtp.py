"""SMTP: one connection a mail, with a time-out and checked TLS, and its answers as three exceptions."""

import smtplib
import ssl
from contextlib import suppress
from uuid import uuid4

from flask import Flask, current_app
from flask_mail import BadHeaderError, Connection, Mail, Message

from webapp.extensions import current_settings
from webapp.rules.forms.kinds.email import mailable
from webapp.rules.messages import NotAccepted

SEND_SECONDS = 20


class Refused(Exception):
    """The server will never take this mail; trying again would only annoy it."""


class PutOff(Exception):
    """The server does not take this mail now; it may take others."""


class ServerAway(Exception):
    """The server cannot be reached, or wants nothing from us: other mails would fare no better."""


class NeutralConnection(Connection):
    """An SMTP connection with a time-out, checked TLS, and a name that is not this machine's."""

    def configure_host(self) -> smtplib.SMTP:
        """Connect and sign in. Raises `OSError` or `smtplib.SMTPException`."""
        mailing = current_settings().mailing
        name = mailing.sender.rpartition("@")[2]
        if mailing.security == "tls":
            context = ssl.create_default_context()
            host: smtplib.SMTP = smtplib.SMTP_SSL(
                mailing.server,
                mailing.port,
                local_hostname=name,
                timeout=SEND_SECONDS,
                context=context,
            )
        else:
            host = smtplib.SMTP(
                mailing.server, mailing.port, local_hostname=name, timeout=SEND_SECONDS
            )
        try:
            if mailing.security == "starttls":
                host.starttls(context=ssl.create_default_context())
            if mailing.username:
                host.login(mailing.username, mailing.password)
        except OSError:
            host.close()
            raise
        return host

    def __exit__(self, *failure: object) -> None:
        # Whatever the server says to our goodbye changes nothing: it has the mail, or has refused it.
        if self.host is not None:
            with suppress(OSError):
                self.host.quit()
            self.host.close()


def send(address: str, *, subject: str, body: str) -> None:
    """Hand one mail to the server. Raises `Refused`, `PutOff`, `ServerAway`."""
    sender = current_settings().mailing.sender
    message = Message(
        subject=subject,
        sender=sender,
        recipients=[_in_ascii(address)],
        body=body,
        extra_headers={"Auto-Submitted": "auto-generated"},
    )
    # The library would put this machine's name and a time there.
    message.msgId = f"<{uuid4().hex}@{sender.rpartition('@')[2]}>"
    _transmit(message)


def _in_ascii(address: str) -> str:
    """The address as it was validated (IDNA 2008): the library would encode a domain by IDNA 2003, for another owner.

    Raises `Refused` for one that cannot be written to; such an address may have been stored before it was refused.
    """
    try:
        return mailable(address)
    except NotAccepted:
        raise Refused from None


def _transmit(message: Message) -> None:
    try:
        with NeutralConnection(current_app.extensions["mail"]) as connection:
            connection.send(message)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise (Refused if min(codes) >= 500 else PutOff) from None
    except smtplib.SMTPDataError as error:
        raise (Refused if error.smtp_code >= 500 else PutOff) from None
    except (UnicodeError, BadHeaderError):
        # No address that we can write to; it is not repeated.
        raise Refused from None
    except OSError as error:
        # Every other error of `smtplib` is one, too: a sender that is refused is a mistake in our own settings.
        raise ServerAway(type(error).__name__) from None


def init_app(app: Flask) -> None:
    """Give the worker's application its mailer. How it connects is decided in `NeutralConnection`."""
    Mail(app)
