"""Decryption with the worker's private key: what it needs to send a mail, and rows that wait to be written.

Least privilege: it is apart from `opening`, so that the worker never loads what opens answers. Inside a row that waits
there is a part, which stays sealed to its purpose.
"""

from uuid import UUID

from webapp.vault.contexts import MAIL_FIELDS, WAITING_PART, WAITING_PART_KEY, Context
from webapp.vault.labels import Label
from webapp.vault.sealing import WaitingEnvelope
from webapp.vault.seeds import open_direct, open_sealed_part, private_key
from webapp.vault.symmetric import open_keyed


class MailReader:
    """The mailer's private key, loaded once to open many mails. It lives as long as this object."""

    def __init__(self, mailer_seed: bytes) -> None:
        """Raises NotAKey when the seed has not 32 bytes."""
        self._key = private_key(mailer_seed)

    def open_mail(self, envelope: bytes, *, secret: bytes | None, context: Context) -> bytes:
        """Open what was sealed for the mailer. `secret` is None when it was shredded.

        Raises DoesNotOpen; ValueError for a field that is not a mail's.
        """
        if context.field not in MAIL_FIELDS:
            raise ValueError(f"not the context of a mail: {context.field.purpose}")
        return open_sealed_part(envelope, key=self._key, secret=secret, context=context)


def open_until_written(
    sealed: WaitingEnvelope, *, mailer_seed: bytes, owner_id: UUID, row_id: UUID
) -> bytes:
    """Open a row of `parts` that waited for the worker. Raises DoesNotOpen, NotAKey."""
    data_key = open_direct(
        sealed.sealed_key,
        seed=mailer_seed,
        context=Context(WAITING_PART_KEY, owner_id, row_id),
    )
    return open_keyed(
        sealed.content,
        key=data_key,
        label=Label.WAITING_PART_CONTENT,
        context=Context(WAITING_PART, owner_id, row_id),
    )
