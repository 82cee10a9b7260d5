"""Names of people and organisations that others decide by: every letter can be seen, and there is at least one.

A name with hidden characters looks like another name, or like nothing (homograph spoofing, Unicode TR 36).
"""

import unicodedata
from typing import Final

#: Letters and signs that are drawn as nothing, though Unicode does not class them as format characters
#: (Default_Ignorable_Code_Point, and the blank braille pattern).
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})
#: They join or part the letters around them in Persian and in scripts of India.
_JOINERS: Final = frozenset("\u200c\u200d")


def is_seen(name: str) -> bool:
    """Whether each character of a name is drawn, and at least one is a letter or a digit."""
    return any(map(_is_drawn_letter, name)) and not any(
        _is_hidden(name, at) for at in range(len(name))
    )


def _is_drawn_letter(one: str) -> bool:
    return unicodedata.category(one)[0] in "LN" and one not in _BLANK


def _is_hidden(name: str, at: int) -> bool:
    one = name[at]
    if one in _JOINERS:
        around = name[at - 1 : at] + name[at + 1 : at + 2]
        return len(around) < 2 or not all(_is_joined(other) for other in around)
    category = unicodedata.category(one)
    return (
        category in _HIDDEN or one in _BLANK or "\ufe00" <= one <= "\ufe0f" or one >= "\U000e0000"
    )


def _is_joined(one: str) -> bool:
    """Whether this is a letter, or a mark on one, of a script in which letters are joined."""
    return unicodedata.category(one)[0] in "LM" and one > "\u0590"
