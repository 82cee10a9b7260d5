"""AEAD associated data (HPKE's `info`) of each sealed value: the inventory of everything that this service seals.

A context is stored in no envelope; it is built again from the row when the value is opened. So a ciphertext that an
attacker copies into another row, call, purpose, epoch or form version does not open (no replay across contexts).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from webapp.vault.envelope import Format
from webapp.vault.framing import framed, whole_number


@dataclass(frozen=True, slots=True)
class Field:
    """One kind of sealed value.

    `purpose` and `name` are encoded into the context and are final. `takes_secret` says that the value is personal
    data, and so must take an erasure secret (crypto-shredding).
    """

    purpose: str
    name: str
    format: Format
    takes_secret: bool


CONTACT = Field("contact", "part", Format.PART, True)
TESTIMONY = Field("testimony", "part", Format.PART, True)
EQUALITY = Field("equality", "part", Format.PART, True)
OWN_COPY = Field("own-copy", "copy", Format.KEYED, True)
PURPOSE_KEY_SEAL = Field("purpose-key", "seal", Format.DIRECT, False)
SLOT = Field("coordinator-key", "slot", Format.KEYED, False)
RECOVERY_SEED = Field("recovery-key", "seed", Format.KEYED, False)
TOTP_SECRET = Field("second-factor", "totp-secret", Format.KEYED, False)
PASSKEY = Field("second-factor", "passkey", Format.KEYED, False)
VISIT_PUBLIC = Field("visit-public", "visit", Format.KEYED, False)
VISIT_DESK = Field("visit-desk", "visit", Format.KEYED, False)
REGISTRANT = Field("registrant", "part", Format.PART, True)
NEEDS = Field("needs", "part", Format.PART, True)
ROOM = Field("room", "part", Format.PART, True)
MAIL = Field("mail", "parameters", Format.PART, True)
REGISTRATION_MAIL = Field("registration-mail", "address", Format.PART, True)
COORDINATOR_MAIL = Field("coordinator-mail", "address", Format.PART, True)
JOINING_LINK = Field("joining-link", "link", Format.KEYED, False)
EVENT_MESSAGE = Field("event-message", "words", Format.KEYED, True)
RETURN_DRAFT = Field("return-draft", "draft", Format.KEYED, True)
ENTRY_DRAFT = Field("entry-draft", "draft", Format.KEYED, True)
# A whole row of `parts` that waits for the worker. They take no erasure secret, because the part inside has its own: a
# second one would have to outlive the waiting, for a backup of `main` that still has the part here.
WAITING_PART_KEY = Field("waiting-part", "key", Format.DIRECT, False)
WAITING_PART = Field("waiting-part", "row", Format.KEYED, False)
SESSION_KEYRING = Field("session-keyring", "keyring", Format.KEYED, False)
SESSION_NOTE = Field("session-keyring", "note", Format.KEYED, False)
# Its secret is mixed from two: the share's own, and that of the participant's part (`shared_contacts`).
SHARED_CONTACT = Field("shared", "contact", Format.PART, True)
# The key of a whole file: what is in it is sealed already, or is configuration.
BACKUP_FILE = Field("backup", "file-key", Format.DIRECT, False)

#: The sealed parts of submissions and registrations, by the purpose whose key opens them.
PART_FIELDS: Mapping[str, Field] = MappingProxyType(
    {one.purpose: one for one in (CONTACT, TESTIMONY, EQUALITY, REGISTRANT, NEEDS, ROOM)}
)

#: The mails among what is sealed to the worker's key.
MAIL_FIELDS = frozenset({MAIL, REGISTRATION_MAIL, COORDINATOR_MAIL})

FIELDS: tuple[Field, ...] = (
    CONTACT,
    TESTIMONY,
    EQUALITY,
    OWN_COPY,
    PURPOSE_KEY_SEAL,
    SLOT,
    RECOVERY_SEED,
    TOTP_SECRET,
    PASSKEY,
    VISIT_PUBLIC,
    VISIT_DESK,
    REGISTRANT,
    NEEDS,
    ROOM,
    MAIL,
    REGISTRATION_MAIL,
    COORDINATOR_MAIL,
    JOINING_LINK,
    EVENT_MESSAGE,
    RETURN_DRAFT,
    ENTRY_DRAFT,
    WAITING_PART_KEY,
    WAITING_PART,
    SESSION_KEYRING,
    SESSION_NOTE,
    SHARED_CONTACT,
    BACKUP_FILE,
)


@dataclass(frozen=True, slots=True)
class Context:
    """The associated data of one sealed value: what it is, whose it is and in which row it lives.

    `owner_id` is the thing it belongs to (a call, an event, a coordinator, what a mail is about),
    `row_id` the row that holds it.
    `epoch` is the purpose key's (the version of a Visit, or of a draft); `form_version` the form's number. Both are 0
    where they mean nothing.
    """

    field: Field
    owner_id: UUID
    row_id: UUID
    epoch: int = 0
    form_version: int = 0

    def encode(self, suite: int, format: int) -> bytes:  # noqa: A002  (the word of the design)
        """The associated data as bytes, in a canonical encoding that is final.

        Eight pieces, each as a 4-byte big-endian length and its bytes: suite (1 byte), format
        (1 byte), purpose (UTF-8), field (UTF-8), owner id (16 bytes), epoch (8 bytes, big-endian),
        row id (16 bytes), form version (8 bytes, big-endian).

        Raises ValueError when the field is not sealed in that format: a mistake in our code, which
        no stored bytes can cause.
        """
        if format != self.field.format:
            raise ValueError(f"{self.field.purpose}/{self.field.name} is not of format {format}")
        return framed(
            bytes((suite,)),
            bytes((format,)),
            self.field.purpose.encode(),
            self.field.name.encode(),
            self.owner_id.bytes,
            whole_number(self.epoch),
            self.row_id.bytes,
            whole_number(self.form_version),
        )


@dataclass(frozen=True, slots=True)
class VisitContext(Context):
    """The associated data of a Visit, which also says what else its row has in the clear: both ends, whose it is, and
    which of their sessions.

    So an attacker who can write to the database cannot prolong a session, hand it to another coordinator, or hide it
    from the list of theirs.
    """

    expires_at: int = 0
    ends_at: int = 0
    coordinator_id: UUID | None = None
    session_id: UUID | None = None

    def encode(self, suite: int, format: int) -> bytes:  # noqa: A002  (the word of the design)
        """As for any context, and then three pieces more: expires at, ends at (8 bytes each), coordinator (16 or 0).

        At the desk a fourth: which session (16 bytes). Each piece says its length, so none can pass for another.
        """
        whose = b"" if self.coordinator_id is None else self.coordinator_id.bytes
        which = () if self.session_id is None else (self.session_id.bytes,)
        return Context.encode(self, suite, format) + framed(
            whole_number(self.expires_at), whole_number(self.ends_at), whose, *which
        )
