"""Fingerprints (SHA-256) of texts and translations, so that a review applies to exactly what was reviewed."""

import hashlib
from collections.abc import Iterable

_LENGTH = 4


def text_id(english: str) -> bytes:
    """The fingerprint of one of our texts, whatever its translations: 32 bytes."""
    return _digest("text", english)


def wording_id(language: str, english: str, words: str) -> bytes:
    """The fingerprint of an exact translation of a text: it changes when either side changes by a letter."""
    return _digest("wording", language, english, words)


def words_id(language: str, wordings: Iterable[bytes]) -> bytes:
    """The fingerprint of a set of translations, whatever their order."""
    return _digest("words", language, *(one.hex() for one in sorted(wordings)))


def _digest(*pieces: str) -> bytes:
    """Hash length-prefixed pieces, so that different lists of pieces never collide."""
    found = hashlib.sha256()
    for piece in (one.encode() for one in pieces):
        found.update(len(piece).to_bytes(_LENGTH, "big") + piece)
    return found.digest()
