"""Phrases: 32 bytes as 24 words that people can print, read aloud and type, in the layout of BIP-39.

The word list (`word_list`) and the check are our own, so it is no BIP-39 mnemonic.
"""

import hashlib

from webapp.vault.labels import Label
from webapp.vault.symmetric import require_key
from webapp.vault.word_list import NUMBER_OF, WORD_BITS, WORDS

PHRASE_WORDS = 24
SECRET_SIZE = 32
_CHECK_BITS = 8


class MistypedWords(Exception):
    """The typed words are not a phrase.

    `problem` is "length" (not 24), "words" (one is not in our list) or "check" (a wrong one, or
    two exchanged). `position`, from 1, is the first unknown word; `number`, how many words were typed.
    """

    def __init__(
        self, problem: str, position: int | None = None, number: int = PHRASE_WORDS
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.position = position
        self.number = number


def phrase_of(secret: bytes, check: Label) -> tuple[str, ...]:
    """Encode 32 bytes as 24 words: their 256 bits and 8 check bits, 11 bits in each word.

    The check is over its label (domain separation): a phrase of another kind is a typing error in all but one case
    of 256.
    """
    require_key(secret)
    number = int.from_bytes(secret + _check_of(secret, check), "big")
    places = range((PHRASE_WORDS - 1) * WORD_BITS, -1, -WORD_BITS)
    return tuple(WORDS[(number >> place) % len(WORDS)] for place in places)


def secret_of(typed: str, check: Label) -> bytes:
    """Decode 32 bytes from 24 typed words, in any case, with any numbers or punctuation between them.

    Raises MistypedWords. The checksum has 8 bits: one wrong word passes once in 256 times.
    """
    words = "".join(c if c.isascii() and c.isalpha() else " " for c in typed.lower()).split()
    if len(words) != PHRASE_WORDS:
        raise MistypedWords("length", number=len(words))
    number = 0
    for position, word in enumerate(words, start=1):
        if word not in NUMBER_OF:
            raise MistypedWords("words", position)
        number = number << WORD_BITS | NUMBER_OF[word]
    secret = (number >> _CHECK_BITS).to_bytes(SECRET_SIZE, "big")
    if _check_of(secret, check)[0] != number % (1 << _CHECK_BITS):
        raise MistypedWords("check")
    return secret


def _check_of(secret: bytes, check: Label) -> bytes:
    return hashlib.sha256(check.value + secret).digest()[: _CHECK_BITS // 8]
