"""Domain separation: every label of the vault, in one place.

A label goes into the derivation of a key (HKDF's `info`, RFC 5869 section 3.2) or in front of what
a MAC covers. Two uses with one label would share a key, and a value of one could then be
replayed in the other; `@unique` makes that mistake impossible to load.

Labels are part of the stored format: changing one makes everything under it unreadable.
"""

from enum import Enum, unique


@unique
class Label(Enum):
    """The domain of a derived key or a MAC: what it is for."""

    PART_CONTENT = b"hearth/1/part/content"

    RECEIPT_LOOKUP = b"hearth/1/receipt/lookup"
    RECEIPT_CONTACT_COPY = b"hearth/1/receipt/contact-copy"
    RECEIPT_TESTIMONY_COPY = b"hearth/1/receipt/testimony-copy"
    RECEIPT_EQUALITY_COPY = b"hearth/1/receipt/equality-copy"
    # No longer in use, and reserved: values may have been derived under them.
    RECEIPT_COPY = b"hearth/1/receipt/copy"
    RECEIPT_MAILBOX = b"hearth/1/receipt/mailbox"
    RECEIPT_ERASE = b"hearth/1/receipt/erase"
    OWN_COPY_CONTENT = b"hearth/1/own-copy/content"

    RETURN_LOOKUP = b"hearth/1/return/lookup"
    RETURN_COPY = b"hearth/1/return/copy"
    RETURN_DRAFT_CONTENT = b"hearth/1/return/draft/content"

    ENTRY_LOOKUP = b"hearth/1/entry/lookup"
    ENTRY_KEY = b"hearth/1/entry/key"
    ENTRY_DRAFT_CONTENT = b"hearth/1/entry/draft/content"

    # The first keys of Visits ("hearth/1/...") came from the cookie alone: decision 48.
    VISIT_PUBLIC_ID = b"hearth/1/visit/public/id"
    VISIT_PUBLIC_KEY = b"hearth/2/visit/public/key"
    VISIT_PUBLIC_CONTENT = b"hearth/2/visit/public/content"
    VISIT_DESK_ID = b"hearth/1/visit/desk/id"
    VISIT_DESK_KEY = b"hearth/2/visit/desk/key"
    VISIT_DESK_CONTENT = b"hearth/2/visit/desk/content"

    SESSION_KEYRING_CONTENT = b"hearth/1/session-keyring/content"
    SESSION_NOTE_KEY = b"hearth/1/session-note/key"
    SESSION_NOTE_CONTENT = b"hearth/1/session-note/content"

    SHARED_SECRETS = b"hearth/1/shared/secrets"

    WAITING_PART_CONTENT = b"hearth/1/waiting-part/content"

    SLOT_PASSPHRASE_CONTENT = b"hearth/1/slot/passphrase/content"
    SLOT_RECOVERY_CONTENT = b"hearth/1/slot/recovery/content"
    TOTP_KEY = b"hearth/1/second-factor/key"
    TOTP_CONTENT = b"hearth/1/second-factor/content"
    PASSKEY_CONTENT = b"hearth/1/second-factor/passkey/content"
    RECOVERY_WORDS_CHECK = b"hearth/1/recovery-words/check"
    RECOVERY_SHEET_CHECK = b"hearth/1/recovery-sheet/check"
    RECOVERY_SHEET_MARK = b"hearth/1/recovery-sheet/mark"
    RECOVERY_PAIR_KEY = b"hearth/1/recovery-pair/key"
    RECOVERY_PAIR_CONTENT = b"hearth/1/recovery-pair/content"

    BACKUP_WORDS = b"hearth/1/backup/words"
    BACKUP_CONTENT = b"hearth/1/backup/content"

    TICKET_LOOKUP = b"hearth/1/ticket/lookup"
    TICKET_ROOM = b"hearth/1/ticket/room"
    TICKET_FROM_CODE = b"hearth/1/ticket/from-code"
    CALENDAR_UID = b"hearth/1/calendar/uid"

    INVITATION_LOOKUP = b"hearth/1/invitation/lookup"

    JOINING_LINK_CONTENT = b"hearth/1/joining-link/content"
    EVENT_MESSAGE_CONTENT = b"hearth/1/event-message/content"
    ADDRESS_MARK_KEY = b"hearth/1/address-mark/key"

    MAC_PUBLIC_KEY = b"hearth/1/mac/public-key"
    MAC_CHAIN = b"hearth/1/mac/chain"
    MAC_HEAD_CODE = b"hearth/1/mac/head-code"
    MAC_RECORD_CHECK = b"hearth/1/mac/record-check"
    MAC_NETWORK = b"hearth/1/mac/network"
    MAC_DEVICE = b"hearth/1/mac/device"
    MAC_ROOM_CODE = b"hearth/1/mac/room-code"
    MAC_ADDRESS = b"hearth/1/mac/address"
    MAC_SUBMISSION = b"hearth/1/mac/submission"
    MAC_WAITING_PART = b"hearth/1/mac/waiting-part"
    MAC_WORKER_CLOCK = b"hearth/1/mac/worker-clock"
    MAC_TEXT_REVIEW = b"hearth/1/mac/text-review"
    MAC_TEXT_NOTE = b"hearth/1/mac/text-note"
    MAC_LANGUAGE_OFFER = b"hearth/1/mac/language-offer"
    MAC_ROW = b"hearth/1/mac/row"
    MAC_PACK = b"hearth/1/mac/pack"
