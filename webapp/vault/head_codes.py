"""Codes of the audit log's heads: what is noted outside of the database, on paper or in a file.

A code is a MAC of one head of the hash chain, and so of every entry before it, cut to 115 bits, with a check character.
It tells nothing, not even how long the log is. Without the key no code can be made; with it, an attacker who rewrites
the log meets a code that was noted before only by trying 2^115 times (second preimage), and prepares two logs with one
code in about 2^57 tries (birthday bound).
"""

from typing import Final

from webapp.vault.crockford import (
    ALPHABET,
    MistypedCode,
    check_character,
    grouped,
    read_code,
)
from webapp.vault.labels import Label
from webapp.vault.macs import mark

__all__ = ["MistypedCode", "head_code", "read_head_code"]

LENGTH: Final = 24
BITS_PER_CHARACTER: Final = 5


def head_code(key: bytes, head: bytes) -> str:
    """The code of one head, like K7QF-2M9X-TC4R-8ZHD-W3NP-51QX."""
    number = int.from_bytes(mark(key, Label.MAC_HEAD_CODE, head), "big")
    data = "".join(ALPHABET[number >> (BITS_PER_CHARACTER * at) & 31] for at in range(LENGTH - 1))
    return grouped(data + check_character(data))


def read_head_code(typed: str) -> str:
    """The canonical form of a code that was copied by hand. Raises `MistypedCode`."""
    return read_code(typed, LENGTH)
