"""Codes that people copy by hand: Crockford's base 32, with a check character.

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
import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUP = 4
LONGEST_TYPED = 200

_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_LOOK_ALIKES = str.maketrans("OIL", "011")
_SEPARATORS = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp", "Pd", "Pc"})
_MORE_SEPARATORS = frozenset(".,\u2212")


class MistypedCode(Exception):
    """What was typed cannot be a code, whether or not such a code exists.

    `problem` is "characters" (one that no code has), "length", or "check" (a slip of the hand).
    """

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def new_code(length: int) -> str:
    """A random code of `length` characters, 5 bits in each but the last, in groups of four."""
    data = new_characters(length - 1)
    return grouped(data + check_character(data))


def read_code(typed: str, length: int) -> str:
    """What was typed, as the code looks when we print it. Raises MistypedCode.

    Forgives small letters, spaces, hyphens and dots, letters that look like digits, digits of
    other scripts, wide letters, and the unseen marks that copying may add.
    """
    characters = read_characters(typed, length)
    if check_character(characters[:-1]) != characters[-1]:
        raise MistypedCode("check")
    return grouped(characters)


def new_characters(length: int) -> str:
    """`length` random characters, 5 bits in each: for codes in links, with no check or groups."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def read_characters(typed: str, length: int) -> str:
    """What was typed, as forgivingly, for codes with no check character. Raises MistypedCode."""
    characters = _plain(typed)
    if any(character not in _VALUES for character in characters):
        raise MistypedCode("characters")
    if len(characters) != length:
        raise MistypedCode("length")
    return characters


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


def _plain(typed: str) -> str:
    if len(typed) > LONGEST_TYPED:
        raise MistypedCode("length")
    plain = "".join(_one_plain(character) for character in unicodedata.normalize("NFKC", typed))
    return plain.upper().translate(_LOOK_ALIKES)


def _one_plain(character: str) -> str:
    if unicodedata.category(character) in _SEPARATORS or character in _MORE_SEPARATORS:
        return ""
    digit = unicodedata.decimal(character, None)
    return character if digit is None else str(digit)
