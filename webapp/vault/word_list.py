"""The word list of recovery phrases and generated passphrases: our own, of the size and kind of BIP-39's.

2,048 plain English words of three to eight letters, so that a word carries 11 bits; four letters tell any two apart.
It is not the BIP-39 list (870 words are in both), and wallets cannot read phrases written with it.

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
