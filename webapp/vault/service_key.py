"""The service key (config of both doors): for what the public door must show again later.

A message to the registrants of an event takes an erasure secret: whoever wrote it may have named someone.

An event's joining link is about no person, so it takes no erasure secret. A stolen database does
not show it; and whoever can write to the database, and has no config, cannot send registrants to a
room of their own.
"""

from webapp.vault.contexts import EVENT_MESSAGE, JOINING_LINK, Context, Field
from webapp.vault.labels import Label
from webapp.vault.symmetric import open_keyed, seal_keyed


def seal_joining_link(link: str, *, key: bytes, context: Context) -> bytes:
    """An event's joining link, in UTF-8, under the service key (32 bytes): KEYED.

    Raises TooLong (over 32,764 bytes); ValueError for a wrong field or size of key.
    """
    _require(JOINING_LINK, context)
    return seal_keyed(link.encode(), key=key, label=Label.JOINING_LINK_CONTENT, context=context)


def open_joining_link(envelope: bytes, *, key: bytes, context: Context) -> str:
    """The link again. Raises DoesNotOpen; ValueError for a wrong field."""
    _require(JOINING_LINK, context)
    data = open_keyed(envelope, key=key, label=Label.JOINING_LINK_CONTENT, context=context)
    return data.decode()


def seal_event_message(words: str, *, key: bytes, secret: bytes, context: Context) -> bytes:
    """A message to registrants, in UTF-8, under the service key (32 bytes) and an erasure secret: KEYED.

    Raises TooLong (over 32,764 bytes); ValueError for a wrong field or size of key.
    """
    _require(EVENT_MESSAGE, context)
    return seal_keyed(
        words.encode(), key=key, label=Label.EVENT_MESSAGE_CONTENT, context=context, secret=secret
    )


def open_event_message(
    envelope: bytes, *, key: bytes, secret: bytes | None, context: Context
) -> str:
    """The words again. Raises DoesNotOpen, also when the secret is gone; ValueError for a wrong field."""
    _require(EVENT_MESSAGE, context)
    data = open_keyed(
        envelope, key=key, label=Label.EVENT_MESSAGE_CONTENT, context=context, secret=secret
    )
    return data.decode()


def _require(field: Field, context: Context) -> None:
    if context.field != field:
        raise ValueError(f"not the context: {field.purpose.replace('-', ' ')}")
