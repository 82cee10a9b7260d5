"""Tickets: the bearer capability in a registrant's link (a capability URL), and the room code that is not in it.

A ticket has 160 bits of entropy. As for a receipt, we store neither it nor a key derived from it: only
the lookup label. The worker finds it again in what is sealed to the mailer key, until the last
mail is sent.

A link can be read by others who share a mailbox, a telephone or a browser history. Where an event
asks for a room code, shown once and never mailed, the link alone opens no room. The code has 35
bits of entropy. An attacker with the link can only guess online, where guesses are rate limited; a
stolen database does not allow offline guessing without the link, from which the MAC's key is derived.

A ticket is derived one way (HKDF) from a booking code of the receipts' kind (115 bits of entropy), so that a registrant
without an e-mail address can come back by typing it. The code cannot be computed from a link: an attacker who finds the
link in a history opens the booking, and not the room.
"""

import hmac
from dataclasses import dataclass, field
from uuid import UUID

from webapp.vault.crockford import (
    ALPHABET,
    CODE_LENGTH,
    MistypedCode,
    new_characters,
    new_code,
    read_characters,
    read_code,
    ungrouped,
)
from webapp.vault.envelope import VaultError
from webapp.vault.labels import Label
from webapp.vault.macs import mark
from webapp.vault.symmetric import derive, require_key

__all__ = [
    "MistypedCode",
    "TicketLabels",
    "WrongRoomCode",
    "calendar_uid",
    "check_room_code",
    "labels",
    "new_booking_code",
    "new_room_code",
    "new_ticket",
    "read_booking_code",
    "read_room_code",
    "read_ticket",
    "room_code_mac",
    "ticket_of",
]

TICKET_LENGTH = 32
ROOM_CODE_LENGTH = 8
BITS_A_CHARACTER = 5


class WrongRoomCode(VaultError):
    """A well-formed room code, but not this registration's."""


@dataclass(frozen=True, slots=True)
class TicketLabels:
    """Two values of 32 bytes derived from one ticket, independent by domain separation.

    `lookup` is stored to find the row; `room` is the key of the room code's mark. They never show
    in a repr, so in no log or error page. No key to what the registrant told us comes out of a
    ticket: the worker's config and the database lead to tickets.
    """

    lookup: bytes = field(repr=False)
    room: bytes = field(repr=False)


def new_ticket() -> str:
    """A fresh ticket with 160 bits of entropy: 32 lowercase letters and digits that need no escaping in a URL."""
    return new_characters(TICKET_LENGTH).lower()


def new_booking_code() -> str:
    """A fresh code such as K7QF-2M9X-TC4R-8ZHD-W3NP-J6SQ, with which a booking is found again."""
    return new_code(CODE_LENGTH)


def read_booking_code(typed: str) -> str:
    """The canonical form of a typed booking code. Raises MistypedCode."""
    return read_code(typed, CODE_LENGTH)


def ticket_of(code: str, salt: bytes) -> str:
    """Derive the ticket of a booking code, one way: HKDF-SHA256 over its 24 ASCII characters, 160 bits of the result.

    `salt` is a config key of 32 bytes. Raises MistypedCode; ValueError for a salt of another size.
    """
    require_key(salt)
    key_material = ungrouped(read_booking_code(code)).encode("ascii")
    bits = int.from_bytes(derive(key_material, salt=salt, label=Label.TICKET_FROM_CODE))
    places = range(TICKET_LENGTH)
    return "".join(ALPHABET[bits >> BITS_A_CHARACTER * place & 31] for place in places).lower()


def calendar_uid(registration_id: UUID, salt: bytes) -> str:
    """The stable UID of a registration's calendar entry (RFC 7986 5.3), which survives a new ticket.

    It is derived one way under a config key, so that a calendar holds no row id of ours.
    """
    require_key(salt)
    derived = derive(registration_id.bytes, salt=salt, label=Label.CALENDAR_UID)
    return str(UUID(bytes=derived[:16], version=4))


def read_ticket(text: str) -> str:
    """The canonical form of a ticket in a link. Raises MistypedCode.

    Forgives what mail programs and hands add: capitals, a broken line, a full stop at the end.
    """
    return read_characters(text, TICKET_LENGTH).lower()


def labels(ticket: str, salt: bytes) -> TicketLabels:
    """Derive the lookup label and the room code's key: HKDF-SHA256 over the 32 ASCII characters, in lowercase.

    `salt` is a config key of 32 bytes: a stolen database alone cannot be tested against a link that
    was found. Raises MistypedCode; ValueError for a salt of another size.
    """
    require_key(salt)
    key_material = read_ticket(ticket).encode("ascii")
    return TicketLabels(
        lookup=derive(key_material, salt=salt, label=Label.TICKET_LOOKUP),
        room=derive(key_material, salt=salt, label=Label.TICKET_ROOM),
    )


def new_room_code() -> str:
    """A fresh code such as K7QF-2M9Z: 35 bits of entropy and a check character."""
    return new_code(ROOM_CODE_LENGTH)


def read_room_code(typed: str) -> str:
    """The canonical form of a typed room code. Raises MistypedCode."""
    return read_code(typed, ROOM_CODE_LENGTH)


def room_code_mac(code: str, *, room_key: bytes, registration_id: UUID) -> bytes:
    """The MAC that is stored in place of a room code: HMAC-SHA256 under the ticket's room label, 32 bytes.

    Covers, each framed by its length: label, registration id (16 bytes), the 8 ASCII characters.
    Raises MistypedCode; ValueError for a key of wrong size.
    """
    require_key(room_key)
    characters = ungrouped(read_room_code(code)).encode("ascii")
    return mark(room_key, Label.MAC_ROOM_CODE, registration_id.bytes, characters)


def check_room_code(typed: str, *, mac: bytes, room_key: bytes, registration_id: UUID) -> None:
    """Verify a room code with a constant-time comparison.

    Raises MistypedCode for a typing error, which does not count as a guess; WrongRoomCode otherwise.
    """
    expected = room_code_mac(typed, room_key=room_key, registration_id=registration_id)
    if not hmac.compare_digest(expected, mac):
        raise WrongRoomCode
