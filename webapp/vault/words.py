"""The word list: 2,048 short, plain English words, so that a word carries 11 bits.

The list is final. Printed recovery keys are numbers written with it, and a word that moves makes
them wrong.
"""

from pathlib import Path

WORD_BITS = 11
WORD_COUNT = 1 << WORD_BITS


def _load() -> tuple[str, ...]:
    words = tuple(Path(__file__).with_name("words.txt").read_text("ascii").split())
    if len(words) != WORD_COUNT or list(words) != sorted(set(words)):
        raise RuntimeError("words.txt is damaged: 2,048 different words, sorted, are needed")
    return words


WORDS = _load()
NUMBER_OF = {word: number for number, word in enumerate(WORDS)}
