"""Encryption at rest under the service key (config of both doors), for what the public door must show again later.

That is how people come in to an event: its joining link, the number to dial in and the address, as
one text (`rules/events/joining_details.py`). It is not personal data, so it takes no erasure secret.
A stolen database does not reveal it; and an attacker who can write to the database, but has no
config, cannot send registrants to a room of their own.
"""

from webapp.vault.contexts import JOINING_LINK, Context
from webapp.vault.labels import Label
from webapp.vault.symmetric import open_keyed, seal_keyed


def seal_joining_link(link: str, *, key: bytes, context: Context) -> bytes:
    """Seal an event's joining details, in UTF-8, under the service key (32 bytes): KEYED.

    Raises TooLong (over 32,764 bytes); ValueError for a wrong field or size of key.
    """
    _require_joining_link(context)
    return seal_keyed(link.encode(), key=key, label=Label.JOINING_LINK_CONTENT, context=context)


def open_joining_link(envelope: bytes, *, key: bytes, context: Context) -> str:
    """Open joining details. Raises DoesNotOpen; ValueError for a wrong field."""
    _require_joining_link(context)
    data = open_keyed(envelope, key=key, label=Label.JOINING_LINK_CONTENT, context=context)
    return data.decode()


def _require_joining_link(context: Context) -> None:
    if context.field != JOINING_LINK:
        raise ValueError("not the context of a joining link")
