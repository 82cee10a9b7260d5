"""Codes that people copy by hand: Crockford's base 32, with an error-detecting check character over GF(32).

The alphabet leaves out I, L, O (they look like 1 and 0) and U; we read the first three as the
digits they look like.

The check character. Read each character as an element of GF(32), built on x^5 + x^2 + 1, and let
`a` be x, which generates all 31 non-zero elements. In a code of n characters the one at distance d
from the end has weight a^d, and the weighted sum of all n is zero; the check character is the last
one (weight 1). In codes of up to 31 characters all weights differ and none is zero, so
- a single wrong character changes the sum by weight times (right - wrong), never zero;
- two characters exchanged, neighbours or not and the check character included, change it by
  (difference of the weights) times (difference of the characters), never zero.
All such mistakes are caught, and 31 of 32 of any others.
"""

import secrets

from webapp.vault.confusables import folded_words

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUP = 4
#: Of a code that people carry: 115 bits of entropy (ASVS 5.0, 6.5.2 asks for 112) and a check character, in six groups
#: that can still be written by hand.
CODE_LENGTH = 24
LONGEST_TYPED = 200

_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_LOOK_LIKE_DIGITS = str.maketrans("OIL", "011")


class MistypedCode(Exception):
    """What was typed cannot be a code, whether or not such a code exists.

    `problem` is "characters" (one that no code has), "length", or "check" (a typing error).
    """

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def new_code(length: int) -> str:
    """A random code of `length` characters in groups of four: 5 bits of entropy in each but the last."""
    data = new_characters(length - 1)
    return grouped(data + check_character(data))


def read_code(typed: str, length: int) -> str:
    """The canonical form of a typed code. Raises MistypedCode.

    Forgives small letters, spaces, dashes, quotes and other punctuation, letters that look like
    digits, letters and digits of other scripts that look like ours, the unseen marks that copying
    may add, and words before the code ("Code: ...").
    """
    characters = read_labelled(typed, length)
    if check_character(characters[:-1]) != characters[-1]:
        raise MistypedCode("check")
    return grouped(characters)


def new_characters(length: int) -> str:
    """`length` random characters, 5 bits in each: for codes in links, with no check or groups."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def read_characters(typed: str, length: int) -> str:
    """The canonical form of a code in a link, read as forgivingly, without a check character. Raises MistypedCode.

    No label may precede such a code: the address of another site must not be read as one of ours.
    """
    return _of_the_alphabet(_words(typed), length)


def read_labelled(typed: str, length: int) -> str:
    """The characters of a typed code, its check character not verified. Raises MistypedCode.

    Words before the code are its label, in whatever language: of letters only, and apart from it.
    They are left out one by one, and only while there is more than a code has.
    """
    words = _words(typed)
    while sum(map(len, words)) > length and words[0].isalpha():
        del words[0]
    return _of_the_alphabet(words, length)


def check_character(data: str) -> str:
    """The character that makes the weighted sum of the whole code zero."""
    total = 0
    for character in data:
        total = _times_a(total ^ _VALUES[character])
    return ALPHABET[total]


def grouped(characters: str) -> str:
    """The characters in groups of four with hyphens between."""
    return "-".join(characters[at : at + GROUP] for at in range(0, len(characters), GROUP))


def ungrouped(code: str) -> str:
    """A canonical code without its hyphens."""
    return code.replace("-", "")


def _times_a(element: int) -> int:
    doubled = element << 1
    return doubled ^ 0b100101 if doubled & 0b100000 else doubled


def _words(typed: str) -> list[str]:
    if len(typed) > LONGEST_TYPED:
        raise MistypedCode("length")
    return folded_words(typed)


def _of_the_alphabet(words: list[str], length: int) -> str:
    characters = "".join(words).translate(_LOOK_LIKE_DIGITS)
    if any(character not in _VALUES for character in characters):
        raise MistypedCode("characters")
    if len(characters) != length:
        raise MistypedCode("length")
    return characters
