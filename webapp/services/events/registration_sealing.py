"""What one registration writes, sealed before any lock is taken: its parts, its mail, the labels of its ticket.

Nothing here opens anything: what a ticket leads to is in `services/events/own_registrations.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

from webapp.extensions import current_settings
from webapp.models import ErasureSecret, Registration, RegistrationPart
from webapp.rules.events.registration_form import address_of
from webapp.rules.forms.questions import PartName
from webapp.services.events.published_events import PublishedEvent
from webapp.services.keys.key_macs import VerifiedClaim
from webapp.services.sealed import parts
from webapp.vault import tickets
from webapp.vault.contexts import REGISTRATION_MAIL, Context
from webapp.vault.sealing import seal_for_mailer


@dataclass(frozen=True)
class Prepared:
    """Made before anything is sent: the idempotency key of a registration, its ticket and its codes.

    `code` leads to the ticket and is shown to registrants without an e-mail address; it is in no link and no mail.
    """

    registration_id: UUID
    ticket: str = field(repr=False)
    room_code: str | None = field(repr=False)
    code: str | None = field(repr=False, default=None)


@dataclass(frozen=True)
class Sealed:
    """Everything one registration writes, ready before any lock is taken."""

    row: Registration
    pieces: list[RegistrationPart]
    secrets: list[ErasureSecret]


def prepare(event: PublishedEvent, registration_id: UUID | None = None) -> Prepared:
    """The id, the link's ticket and, where the event asks for one, the room code of a registration to come.

    With the id of one that is there, they take the place of those it had.
    """
    code = tickets.new_booking_code()
    ticket = tickets.ticket_of(code, current_settings().receipt_salt)
    room_code = tickets.new_room_code() if event.definition.room_code else None
    return Prepared(registration_id or uuid4(), ticket, room_code, code)


def renewed(event: PublishedEvent, registration_id: UUID, room_code: str | None) -> Prepared:
    """A new link for a registration whose owner keeps the room code that they have."""
    return replace(prepare(event, registration_id), room_code=room_code)


def seal_registration(
    row: Registration,
    prepared: Prepared,
    by_part: Mapping[PartName, dict[str, Any]],
    keys: Mapping[str, VerifiedClaim],
) -> Sealed:
    """Seal everything that was told about a registration; fills in what is still missing in its row."""
    label(row, prepared)
    secrets, pieces = [], []
    address = address_of(by_part.get("registrant", {}))
    if address is not None:
        secrets.append(seal_mail(row, prepared.ticket, address))
    for purpose, content in by_part.items():
        piece, secret = seal_piece(row, purpose, content, keys[purpose])
        pieces.append(piece)
        secrets.append(secret)
    return Sealed(row, pieces, secrets)


def lookup_of(ticket: str) -> bytes:
    """By what a registration with this ticket is found. Raises `MistypedCode`."""
    return tickets.labels(ticket, current_settings().receipt_salt).lookup


def label(row: Registration, prepared: Prepared) -> None:
    """Write down by which ticket, and with which room code, this registration is found. Neither is stored."""
    labels = tickets.labels(prepared.ticket, current_settings().receipt_salt)
    row.lookup = labels.lookup
    if prepared.room_code is not None:
        row.room_mac = tickets.room_code_mac(
            prepared.room_code, room_key=labels.room, registration_id=row.id
        )


def seal_mail(row: Registration, ticket: str, address: str) -> ErasureSecret:
    """Seal to the mailer what later mails need; the secret is the caller's to store first."""
    secret = parts.new_secret()
    row.mail_secret_id = secret.id
    row.mail_envelope = seal_for_mailer(
        parts.as_bytes({"address": address, "ticket": ticket}),
        public_key=current_settings().mailer_public_key,
        secret=secret.secret,
        context=mail_context(row),
    )
    return secret


def mail_context(row: Registration) -> Context:
    """What a registrant's address and ticket are bound to."""
    return Context(REGISTRATION_MAIL, owner_id=row.event_id, row_id=row.id)


def seal_piece(
    row: Registration, purpose: str, content: dict[str, Any], key: VerifiedClaim
) -> tuple[RegistrationPart, ErasureSecret]:
    """Seal one part under a new id and a new secret."""
    piece = RegistrationPart(
        id=uuid4(),
        event_id=row.event_id,
        registration_id=row.id,
        purpose=purpose,
        epoch=key.epoch,
        form_version=row.form_version,
    )
    return piece, parts.seal(piece, content, key.public_key)
