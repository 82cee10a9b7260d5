"""Opening what was sealed to the mailer, after a re-check: is the mail still true, does the consent still stand?

The one module that opens mail parameters (address and link); they exist in memory only. Only the worker runs it.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from flask import current_app, g
from flask_babel import force_locale
from sqlalchemy.orm import Session

from webapp.extensions import current_settings
from webapp.models import ErasureSecret, Event, OutboxMessage, Registration
from webapp.rules import clock
from webapp.rules.coordinator_mails import COORDINATOR_MAILS, RecordCode
from webapp.rules.events.event_times import EventTime
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.rules.mail_kinds import BookingMail, Facts, MailKind, MailWithLink, kind_named
from webapp.rules.references import reference
from webapp.services.answers import consents
from webapp.services.desk_home import news_subscriptions
from webapp.services.events import published_events
from webapp.services.events.registration_sealing import mail_context
from webapp.services.infrastructure import head_file, outbox, record_check, stores
from webapp.services.worker.mail_claims import Claimed
from webapp.services.worker.smtp import PutOff
from webapp.vault.contexts import MAIL, Context
from webapp.vault.mailroom import MailReader


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


def open_mail(message: Claimed, *, sure: bool = True) -> Opened | None:
    """The mail, if it is still true and still wanted; None when it is not.

    Raises `PutOff` when only a clock in doubt may say so.
    """
    with stores.reading() as main:
        row = main.get(OutboxMessage, message.id)
        if row is None or row.claim != message.claim:
            return None
        if row.kind in COORDINATOR_MAILS:
            address = news_subscriptions.sealed_address(main, row)
            return _open_for_coordinator(row.kind, row.subject_id, *address) if address else None
        kind, registration = kind_named(row.kind), main.get(Registration, row.subject_id)
        if not kind.is_still_wanted(_facts(main, row, registration)):
            if not sure:
                raise PutOff
            return None
        sealed = _sealed(row, registration)
        booking = _booking(main, registration)
    content = None if sealed is None else _content(*sealed)
    if content is None:
        return None
    return Opened(_written(kind, content, booking, row.language), content["address"], row.language)


def _written(
    kind: type[MailKind], content: dict[str, str], booking: Booking | None, language: str
) -> MailKind:
    """The mail with the values that its kind declares."""
    if not issubclass(kind, MailWithLink):
        return kind()
    link = _own_page(content["ticket"], language)
    if not issubclass(kind, BookingMail):
        return kind(link=link)
    return kind(link=link, **_which(booking, language))


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
    with in_language(language):
        # Through the filter, because services know no pages. A mail needs no space that does not break.
        when = str(current_app.jinja_env.filters["event_when"](booking.time))
    return {"booking": booking.reference, "when": when.replace("\N{NO-BREAK SPACE}", " ")}


def _open_for_coordinator(kind: str, who: UUID, envelope: bytes, secret_id: UUID) -> Opened | None:
    content = _content(envelope, secret_id, news_subscriptions.context_of(who))
    if content is None:
        return None
    link = f"{current_settings().desk_url}/desk/"
    mail = _code_of_the_day(link) if kind == RecordCode.name else COORDINATOR_MAILS[kind](link)
    return Opened(mail, content["address"], "en")


def _code_of_the_day(link: str) -> RecordCode:
    """The head of the record that was noted last; no code while a finding waits for a coordinator."""
    noted, is_whole = head_file.last(), record_check.standing().found.is_whole
    day = noted.day if noted else clock.today()
    return RecordCode(
        link, code=noted.code if noted and is_whole else "", day=f"{day.day} {day:%B %Y}"
    )


def _content(envelope: bytes, secret_id: UUID, context: Context) -> dict[str, str] | None:
    """What was sealed for the mailer; None when it was erased meanwhile: there is no address left."""
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
        registration=registration.state,
        event=event.state,
        starts_at=clock.moment(event.starts_at),
        is_unconfirmed=outbox.awaits_owner(main, registration.id),
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


@contextmanager
def in_language(language: str) -> Iterator[None]:
    """Words are made in this language. No request says which: the reader of the mail does."""
    g.language = language
    with force_locale(LANGUAGES[language].locale):
        yield
