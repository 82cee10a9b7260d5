"""Fingerprints of texts and of their words in a language, so that a review holds for exactly what was read."""

import hashlib
from collections.abc import Iterable

_LENGTH = 4


def text_id(english: str) -> bytes:
    """32 bytes (SHA-256) for a text of ours, whatever its words in other languages are."""
    return _digest("text", english)


def wording_id(language: str, english: str, words: str) -> bytes:
    """32 bytes for these exact words of a text. When either side changes by a letter, they are others."""
    return _digest("wording", language, english, words)


def words_id(language: str, wordings: Iterable[bytes]) -> bytes:
    """32 bytes for a whole set of wordings, whatever their order."""
    return _digest("words", language, *(one.hex() for one in sorted(wordings)))


def _digest(*pieces: str) -> bytes:
    """Each piece behind its length, so that no two lists of pieces look alike."""
    found = hashlib.sha256()
    for piece in (one.encode() for one in pieces):
        found.update(len(piece).to_bytes(_LENGTH, "big") + piece)
    return found.digest()
