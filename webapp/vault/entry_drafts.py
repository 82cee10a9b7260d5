"""Drafts of answers that a coordinator enters for a participant: symmetric, under a key derived from their own seed.

Not sealed to the public half: HPKE's base mode does not authenticate the sender, so an attacker who can write to the
database could put words of theirs into a draft, and they would be sent as the participant's.
"""

from dataclasses import dataclass, field

from webapp.vault.contexts import ENTRY_DRAFT, Context
from webapp.vault.envelope import LARGEST_WAITING
from webapp.vault.labels import Label
from webapp.vault.symmetric import derive, open_keyed, require_key, seal_keyed


@dataclass(frozen=True, slots=True)
class EntryLabels:
    """Two values of 32 bytes derived from a coordinator's seed, independent by domain separation.

    `lookup` is stored to list their drafts; `key` opens them. They never show in a repr.
    """

    lookup: bytes = field(repr=False)
    key: bytes = field(repr=False)


def labels(seed: bytes) -> EntryLabels:
    """HKDF-SHA256 over the seed, with one label each. Raises ValueError for a seed of wrong size."""
    require_key(seed)
    return EntryLabels(
        lookup=derive(seed, salt=b"", label=Label.ENTRY_LOOKUP),
        key=derive(seed, salt=b"", label=Label.ENTRY_KEY),
    )


def seal_entry(data: bytes, *, key: bytes, secret: bytes, context: Context) -> bytes:
    """A draft that only this coordinator opens, and only while the secret exists: KEYED.

    Raises TooLong (over 524,284 bytes); ValueError for a wrong field or size of key or secret.
    """
    _require_entry(context)
    return seal_keyed(
        data,
        key=key,
        secret=secret,
        label=Label.ENTRY_DRAFT_CONTENT,
        context=context,
        most=LARGEST_WAITING,
    )


def open_entry(envelope: bytes, *, key: bytes, secret: bytes | None, context: Context) -> bytes:
    """The data in a draft; `secret` is None when it was erased. Raises DoesNotOpen."""
    _require_entry(context)
    return open_keyed(
        envelope, key=key, secret=secret, label=Label.ENTRY_DRAFT_CONTENT, context=context
    )


def _require_entry(context: Context) -> None:
    if context.field != ENTRY_DRAFT:
        raise ValueError("not the context of an entry draft")
