"""Sending what the outbox promised: the one service that opens mails and speaks SMTP. Only the worker runs it.

A message is claimed for longer than any sending can take, looked at again (is it still true? does the consent still
stand?), sent, and wiped. A worker that dies loses its claim; then a mail may be sent twice, never lost: SMTP has no
way to say both. A server that refuses for now is asked again later and later, for two weeks.

While the clock is in doubt (`services.infrastructure.clock_guard`) nothing is dropped or given up by it, and no
reminder leaves.
"""

import json
import logging
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from uuid import UUID, uuid4

from flask import Flask, current_app, g
from flask_babel import force_locale
from flask_mail import BadHeaderError, Connection, Mail, Message
from sqlalchemy.orm import Session

from webapp.extensions import current_settings
from webapp.models import ErasureSecret, Event, NewsWish, OutboxMessage, Registration
from webapp.rules import clock
from webapp.rules.coordinator_mails import COORDINATOR_MAILS
from webapp.rules.events.event_times import EventTime
from webapp.rules.forms.kinds.email import mailable
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.rules.mail_kinds import (
    MAIL_KINDS,
    Facts,
    MailKind,
    MailWithLink,
    is_still_wanted,
    mail_kind,
)
from webapp.rules.messages import NotAccepted
from webapp.rules.references import reference
from webapp.services.answers import consents
from webapp.services.desk_home import news_subscriptions
from webapp.services.events import event_reminders, published_events
from webapp.services.events.registration_sealing import mail_context
from webapp.services.infrastructure import clock_guard, outbox, stores
from webapp.services.worker import mail_claims
from webapp.services.worker.mail_claims import Claimed
from webapp.vault.contexts import MAIL, Context
from webapp.vault.mailroom import MailReader

log = logging.getLogger("hearth.worker")

SEND_SECONDS = 20
#: A mail is only begun while so much of its claim is left that nobody else can begin it too: a time-out is for each
#: of about a dozen steps, TLS and signing in included.
ONE_MAIL_SECONDS = 12 * SEND_SECONDS


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


@dataclass(frozen=True)
class Opened:
    """A mail ready to be written: to whom, and what it may show. Exists in memory only."""

    kind: MailKind
    address: str
    language: str


@dataclass(frozen=True)
class Booking:
    """Which booking a mail is about, for a professional who may have two."""

    reference: str
    time: EventTime


def send_waiting() -> int:
    """Send what is due (worker). Returns how many left; raises `StoreUnavailable`."""
    sure = clock_guard.is_sure()
    if sure:
        event_reminders.promise()
    sent = 0
    with suppress(ServerAway):
        while claimed := mail_claims.claim(sure=sure):
            for message in claimed:
                sent += _deliver(message, sure=sure)
    return sent


def _deliver(message: Claimed, *, sure: bool = True) -> bool:
    """Send one mail. Returns whether it left; raises `ServerAway` when there is no sense in trying the next one."""
    if clock.now().timestamp() > message.until - ONE_MAIL_SECONDS:
        return False
    try:
        opened = _open(message, sure=sure)
        if opened is not None:
            _send(opened)
    except stores.StoreUnavailable:
        raise
    except Refused:
        mail_claims.finish(message, outbox.FAILED)
    except Exception as error:
        # Only the kind: a server's answer often repeats the address. Whatever it is, the other mails go on.
        away = isinstance(error, ServerAway)
        log.warning("a mail waits: %s", error if away else type(error).__name__)
        mail_claims.try_later(message, sure=sure)
        if away:
            raise
    else:
        mail_claims.finish(message, outbox.SENT if opened else outbox.DROPPED)
        return opened is not None
    return False


def _open(message: Claimed, *, sure: bool = True) -> Opened | None:
    """The mail, if it is still true and still wanted; None when it is not.

    Raises `PutOff` when only a clock in doubt may say so.
    """
    with stores.reading() as main:
        row = main.get(OutboxMessage, message.id)
        if row is None or row.claim != message.claim:
            return None
        if row.kind in COORDINATOR_MAILS:
            wish = news_subscriptions.still_wanted(main, row)
            return _open_for_coordinator(row.kind, wish) if wish else None
        kind, registration = MAIL_KINDS[row.kind], main.get(Registration, row.subject_id)
        if not is_still_wanted(kind, _facts(main, row, registration)):
            if not sure:
                raise PutOff
            return None
        sealed = _sealed(row, registration)
        booking = _booking(main, registration)
    if sealed is None:
        return None
    content = _content(*sealed)
    if content is None:
        return None
    values = (
        {"link": _own_page(content["ticket"], row.language), **_which(booking, row.language)}
        if issubclass(kind, MailWithLink)
        else {}
    )
    return Opened(mail_kind(row.kind, values), content["address"], row.language)


def _booking(main: Session, registration: Registration | None) -> Booking | None:
    """Which booking it is; None where a mail must not say, because survivors may come to the event."""
    if registration is None:
        return None
    event = published_events.with_id(main, registration.event_id)
    if not event.definition.is_for_professionals:
        return None
    return Booking(reference(registration.id), event.time)


def _which(booking: Booking | None, language: str) -> dict[str, str]:
    """The number of a booking, and when it is, in the reader's words; nothing where a mail must not say."""
    if booking is None:
        return {"booking": "", "when": ""}
    with _in_language(language):
        # Through the filter, because services know no pages. A mail needs no space that does not break.
        when = str(current_app.jinja_env.filters["event_when"](booking.time))
    return {"booking": booking.reference, "when": when.replace("\N{NO-BREAK SPACE}", " ")}


@contextmanager
def _in_language(language: str) -> Iterator[None]:
    """Words are made in this language. No request says which: the person whom the mail is for does."""
    g.language = language
    with force_locale(LANGUAGES[language].locale):
        yield


def _open_for_coordinator(kind: str, wish: NewsWish) -> Opened | None:
    content = _content(
        wish.envelope, wish.secret_id, news_subscriptions.context_of(wish.coordinator_id)
    )
    if content is None:
        return None
    mail = COORDINATOR_MAILS[kind](f"{current_settings().desk_url}/desk/")
    return Opened(mail, content["address"], "en")


def _content(envelope: bytes, secret_id: UUID, context: Context) -> dict[str, str] | None:
    """What was sealed for the mailer; None when it was erased meanwhile: then there is nobody to write to."""
    with stores.reading("erasure") as erasure_store:
        secret = erasure_store.get(ErasureSecret, secret_id)
    if secret is None:
        return None
    # With a wrong key this fails, and the mail waits for the right one.
    reader = MailReader(current_settings().mailer_key)
    content: dict[str, str] = json.loads(
        reader.open_mail(envelope, secret=secret.secret, context=context)
    )
    return content


def _facts(main: Session, row: OutboxMessage, registration: Registration | None) -> Facts:
    if registration is None:
        standing = consents.standing_purposes(main, [row.subject_id])[row.subject_id]
        return Facts(now=clock.now(), consents=standing)
    event = main.get_one(Event, registration.event_id)
    return Facts(
        now=clock.now(),
        registration=registration.state,  # type: ignore[arg-type]
        event=event.state,  # type: ignore[arg-type]
        starts_at=clock.moment(event.starts_at),
    )


def _sealed(
    row: OutboxMessage, registration: Registration | None
) -> tuple[bytes, UUID, Context] | None:
    if registration is not None:
        if registration.mail_envelope is None or registration.mail_secret_id is None:
            return None
        return registration.mail_envelope, registration.mail_secret_id, mail_context(registration)
    if row.envelope is None or row.secret_id is None:
        return None
    return row.envelope, row.secret_id, Context(MAIL, owner_id=row.subject_id, row_id=row.id)


def _own_page(ticket: str, language: str) -> str:
    return f"{current_settings().base_url}/{language}/r/{ticket}"


def _send(opened: Opened) -> None:
    """Write and send one mail. Raises `Refused`, `PutOff`, `ServerAway`."""
    sender = current_settings().mailing.sender
    with _in_language(opened.language):
        subject = _written(opened.kind.subject_template, opened.kind).strip()
        body = _written(opened.kind.body_template, opened.kind)
    message = Message(
        subject=subject,
        sender=sender,
        recipients=[_in_ascii(opened.address)],
        body=body,
        extra_headers={"Auto-Submitted": "auto-generated"},
    )
    # The library would put this machine's name and a time there.
    message.msgId = f"<{uuid4().hex}@{sender.rpartition('@')[2]}>"
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


def _in_ascii(address: str) -> str:
    """The address as it was validated (IDNA 2008): the library would encode a domain by IDNA 2003, for another owner.

    Raises `Refused` for one that cannot be written to; such an address may have been stored before it was refused.
    """
    try:
        return mailable(address)
    except NotAccepted:
        raise Refused from None


def _written(template: str, kind: MailKind) -> str:
    """A template with the values that its kind declares, and nothing else of ours: no session, no settings."""
    return current_app.jinja_env.get_template(template).render(kind.values())


def init_app(app: Flask) -> None:
    """Give the worker's application its mailer. How it connects is decided in `NeutralConnection`."""
    Mail(app)
