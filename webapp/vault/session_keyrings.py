"""The keyring of one session: the purpose keys of a coordinator, sealed under a random key that is the session's alone.

A session (Visit) holds that key and never the coordinator's long-term seed, with which the keyring was filled at
sign-in. So what a stolen session leads to is what the coordinator held then; it signs nobody in, and opens no seal that
is made later.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from webapp.vault.contexts import SESSION_KEYRING, Context
from webapp.vault.envelope import KEY_SIZE, LARGEST_WAITING, DoesNotOpen
from webapp.vault.labels import Label
from webapp.vault.symmetric import open_keyed, require_key, seal_keyed

_COUNT_SIZE = 4
_ID_SIZE = 16
_PAIR_SIZE = _ID_SIZE + KEY_SIZE
#: So many purpose keys fit into one keyring: three for each of 3,640 calls.
MOST_KEYS = (LARGEST_WAITING - _COUNT_SIZE) // _PAIR_SIZE


@dataclass(frozen=True, slots=True)
class Keyring:
    """Private halves of purpose keys by the keys' ids, and the ids of those whose seals did not open at sign-in."""

    seeds: Mapping[UUID, bytes] = field(repr=False)
    damaged: frozenset[UUID] = frozenset()


def new_session_key() -> bytes:
    """The key of one session's keyring: 32 random bytes."""
    return secrets.token_bytes(KEY_SIZE)


def seal_keyring(keyring: Keyring, *, key: bytes, context: Context) -> bytes:
    """Seal a keyring under its session's key: KEYED.

    The data: how many private halves (4 bytes, big-endian); for each its key's id (16) and the half (32); then the ids
    of what did not open (16 each). All in the order of the ids. Raises TooLong (over 524,284 bytes); ValueError for a
    wrong field, or a key or half of wrong size.
    """
    _require_keyring(context)
    data = bytearray(len(keyring.seeds).to_bytes(_COUNT_SIZE, "big"))
    for key_id, seed in sorted(keyring.seeds.items()):
        require_key(seed)
        data += key_id.bytes + seed
    for key_id in sorted(keyring.damaged):
        data += key_id.bytes
    return seal_keyed(
        bytes(data),
        key=key,
        label=Label.SESSION_KEYRING_CONTENT,
        context=context,
        most=LARGEST_WAITING,
    )


def open_keyring(envelope: bytes, *, key: bytes, context: Context) -> Keyring:
    """Open the keyring of a session. Raises DoesNotOpen: another session's, another coordinator's, forged."""
    _require_keyring(context)
    data = open_keyed(envelope, key=key, label=Label.SESSION_KEYRING_CONTENT, context=context)
    end = _COUNT_SIZE + int.from_bytes(data[:_COUNT_SIZE], "big") * _PAIR_SIZE
    if len(data) < end or (len(data) - end) % _ID_SIZE:
        raise DoesNotOpen
    pairs = _pieces(data[_COUNT_SIZE:end], _PAIR_SIZE)
    return Keyring(
        {UUID(bytes=pair[:_ID_SIZE]): pair[_ID_SIZE:] for pair in pairs},
        frozenset(UUID(bytes=key_id) for key_id in _pieces(data[end:], _ID_SIZE)),
    )


def _pieces(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def _require_keyring(context: Context) -> None:
    if context.field != SESSION_KEYRING:
        raise ValueError("not the context of a session's keyring")
