"""References: short ids for people, of submissions and registrations, derived from their random UUIDs.

A reference identifies a row and discloses nothing about a participant. It is shown on pages, in contact files and in
the audit log, and is read out and typed, so it must survive a spreadsheet program and a telephone.

- Three groups of three, each beginning with a letter. So no group is a number, and neither the whole nor any part of
  it between separators can be read as a number, a date, an amount of money or a formula in any notation or locale
  (a reference like 12E45678 was read as 1.2E+46, and 00012345 lost its zeros).
- No vowels: no E for an exponent, no month's name, no TRUE, and no words.
- No 0, 1 and L, which look like other characters.

There are (20 x 28 x 28)^3, or 3.9 x 10^12, references. By the birthday bound, the probability that any two of n
random ids share one is about n^2 / (2 x 3.9 x 10^12): 1.3 in 100,000 for ten thousand, and 0.13 in a million for one
thousand. (Eight hexadecimal digits had 1.2 in 100 for ten thousand.) Nothing depends on uniqueness: every link and
every change goes by the id.
"""

import re
from typing import Final
from uuid import UUID

LETTERS: Final = "BCDFGHJKMNPQRSTVWXYZ"
CHARACTERS: Final = "23456789" + LETTERS
GROUPS: Final = 3
_IN_A_GROUP: Final = len(LETTERS) * len(CHARACTERS) ** 2
#: The number of different references.
ALL: Final = _IN_A_GROUP**GROUPS
#: The first 48 bits of a random UUID (RFC 9562, version 4) are random.
_RANDOM_BITS: Final = 48


def reference(row_id: UUID) -> str:
    """The reference of a row, like "K7Q-M2X-HB4". References sort as their ids do."""
    number = (row_id.int >> (128 - _RANDOM_BITS)) * ALL >> _RANDOM_BITS
    groups = [number // _IN_A_GROUP**place % _IN_A_GROUP for place in reversed(range(GROUPS))]
    return "-".join(map(_group, groups))


def _group(number: int) -> str:
    first, rest = divmod(number, len(CHARACTERS) ** 2)
    return LETTERS[first] + "".join(CHARACTERS[one] for one in divmod(rest, len(CHARACTERS)))


def ids_with(text: str) -> tuple[UUID, UUID] | None:
    """Parse a typed reference to the first and the last id that have it; None when it is not one.

    Case is ignored, and so are hyphens or spaces, wherever they are.
    """
    typed = re.sub(r"[\s-]", "", text).upper()
    if not re.fullmatch(f"([{LETTERS}][{CHARACTERS}]{{2}}){{{GROUPS}}}", typed):
        return None
    number = 0
    for start in range(0, len(typed), GROUPS):
        first, second, third = tuple(typed[start : start + GROUPS])
        rest = CHARACTERS.index(second) * len(CHARACTERS) + CHARACTERS.index(third)
        number = number * _IN_A_GROUP + LETTERS.index(first) * len(CHARACTERS) ** 2 + rest
    low, high = (-(-(one << _RANDOM_BITS) // ALL) for one in (number, number + 1))
    rest_bits = 128 - _RANDOM_BITS
    return UUID(int=low << rest_bits), UUID(int=(high << rest_bits) - 1)
