"""Messages to the registrants of an event: symmetric, under the service key, for the public door to show.

Each takes an erasure secret (crypto-shredding), because a coordinator may have named a person in it. An attacker who
can write to the database, but has no config, cannot put words on a booking page.
"""

from webapp.vault.contexts import EVENT_MESSAGE, Context
from webapp.vault.labels import Label
from webapp.vault.symmetric import open_keyed, seal_keyed


def seal_event_message(words: str, *, key: bytes, secret: bytes, context: Context) -> bytes:
    """A message to registrants, in UTF-8, under the service key (32 bytes) and an erasure secret: KEYED.

    Raises TooLong (over 32,764 bytes); ValueError for a wrong field or size of key.
    """
    _require_event_message(context)
    return seal_keyed(
        words.encode(), key=key, label=Label.EVENT_MESSAGE_CONTENT, context=context, secret=secret
    )


def open_event_message(
    envelope: bytes, *, key: bytes, secret: bytes | None, context: Context
) -> str:
    """The words again. Raises DoesNotOpen, also when the secret is gone; ValueError for a wrong field."""
    _require_event_message(context)
    data = open_keyed(
        envelope, key=key, label=Label.EVENT_MESSAGE_CONTENT, context=context, secret=secret
    )
    return data.decode()


def _require_event_message(context: Context) -> None:
    if context.field != EVENT_MESSAGE:
        raise ValueError("not the context of an event message")
