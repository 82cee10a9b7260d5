"""Password policy for passphrases that people make themselves (NIST SP 800-63B, OWASP ASVS 5.0, 6.2).

Length counts, and what is easy to guess is refused; no mix of capitals, digits and signs is asked for, and nothing
expires. A passphrase of ours, six random words, needs no such check.
"""

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

SHORTEST: Final = 15
LONGEST: Final = 500
#: So many letters must be left when everything is taken out that an attacker tries first.
LEFT_OVER: Final = 8
#: What the lists of the most common passwords are made of, as far as they reach this length at all.
COMMON: Final = (
    *("password", "passphrase", "passwort", "motdepasse", "qwertyuiop", "qwerty", "azerty"),
    *("asdfghjkl", "zxcvbnm", "1q2w3e4r5t", "1q2w3e4r", "1q2w3e", "qazwsx", "abc123", "iloveyou"),
    *(
        "letmein",
        "welcome",
        "administrator",
        "admin",
        "changeme",
        "sunshine",
        "princess",
        "football",
    ),
    *("liverpool", "charlie", "superman", "trustno1", "dragon", "monkey", "master", "secret"),
    *("login", "hello", "whatever", "correcthorsebatterystaple", "survivor", "hearth"),
)
_RUNS: Final = ("abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "98765432109876543210")
_SHORTEST_RUN: Final = 4


class Weakness(StrEnum):
    """Why a passphrase is refused. The door has the words."""

    SHORT = "short"
    LONG = "long"
    EDGES = "edges"
    NAME = "name"
    EASY = "easy"


def normalised(typed: str) -> str:
    """Unicode normalization form NFKC, as the key slot has it: keyboards encode one letter in several ways."""
    return unicodedata.normalize("NFKC", typed)


def weakness(typed: str, *, names: Iterable[str]) -> Weakness | None:
    """Why this passphrase cannot be; None where it can. `names`: of the person, for signing in, and of this service."""
    passphrase = normalised(typed)
    if passphrase != passphrase.strip():
        return Weakness.EDGES
    if len(passphrase) < SHORTEST:
        return Weakness.SHORT
    if len(passphrase) > LONGEST:
        return Weakness.LONG
    letters = _letters(passphrase)
    without_names = _without(letters, (_letters(normalised(name)) for name in names))
    if len(without_names) < len(letters) and len(without_names) < SHORTEST:
        return Weakness.NAME
    return Weakness.EASY if len(_hard(without_names)) < LEFT_OVER else None


def _letters(text: str) -> str:
    """Letters and digits in lower case: what stands between them hardly slows a guesser down."""
    return "".join(one for one in text.casefold() if one.isalnum())


def _without(letters: str, words: Iterable[str]) -> str:
    for word in sorted(words, key=len, reverse=True):
        if len(word) > 2:
            letters = letters.replace(word, "")
    return letters


def _hard(letters: str) -> str:
    """What is left without common passwords, runs like 12345 and what is said again."""
    return _once(_without_runs(_without(letters, COMMON)))


def _without_runs(letters: str) -> str:
    pieces = {
        run[at : at + size]
        for run in _RUNS
        for size in range(_SHORTEST_RUN, len(run) + 1)
        for at in range(len(run) - size + 1)
    }
    return _without(letters, pieces)


def _once(letters: str) -> str:
    """A piece that is said again at once stands for one: "aaaa" is "a", "blueblue" is "blue"."""
    return re.sub(r"(.+?)\1+", r"\1", letters)
