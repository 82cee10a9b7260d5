"""Decryption with the mailer's private key: what the worker needs to send a mail, and nothing else.

Least privilege: it is apart from `opening`, so that sending mail never loads what opens answers.
"""

from webapp.vault.contexts import MAIL_FIELDS, Context
from webapp.vault.seeds import open_sealed_part, private_key


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
