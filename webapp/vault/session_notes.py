"""What a coordinator's list of their sessions says of one, sealed under a key that only their own sessions have.

The key is derived one way from the coordinator's seed, so any session of theirs opens the notes of all, and an attacker
with the tables opens none and can write none.
"""

from webapp.vault.contexts import SESSION_NOTE, Context
from webapp.vault.labels import Label
from webapp.vault.symmetric import derive, open_keyed, require_key, seal_keyed


def notes_key(seed: bytes) -> bytes:
    """HKDF-SHA256 over the seed: 32 bytes. Raises ValueError for a seed of wrong size."""
    require_key(seed)
    return derive(seed, salt=b"", label=Label.SESSION_NOTE_KEY)


def seal_note(data: bytes, *, key: bytes, context: Context) -> bytes:
    """Seal the note of one session: KEYED. Raises ValueError for a wrong field or size of key."""
    _require_note(context)
    return seal_keyed(data, key=key, label=Label.SESSION_NOTE_CONTENT, context=context)


def open_note(envelope: bytes, *, key: bytes, context: Context) -> bytes:
    """Open it. Raises DoesNotOpen: another session's, another coordinator's, forged."""
    _require_note(context)
    return open_keyed(envelope, key=key, label=Label.SESSION_NOTE_CONTENT, context=context)


def _require_note(context: Context) -> None:
    if context.field != SESSION_NOTE:
        raise ValueError("not the context of a session's note")
