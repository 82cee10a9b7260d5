"""Confusables (Unicode TR 39): typed or pasted codes folded to the letters and digits that they look like.

Folding works on one character at a time and maps every character of our alphabet to itself. So two different codes
never become the same.
"""

import unicodedata

#: Capitals of other scripts that look like one of ours.
_LOOK_ALIKES = {
    **dict(zip("АВЕЅІЈКМНОРСТУХҮҺӀԚԜѴӨ", "ABESIJKMHOPCTYXYHIQWVO", strict=True)),
    **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", strict=True)),
    # A zero with a stroke through it, as some typefaces print it.
    **dict.fromkeys("Ø∅⌀", "0"),
}
#: Spaces and line breaks, dashes, brackets, quotes and other punctuation of every script.
_BETWEEN = frozenset({"Cc", "Zs", "Zl", "Zp", "Pd", "Pc", "Ps", "Pe", "Pi", "Pf", "Po"})
#: More separators, which Unicode classifies as symbols or letters.
_MORE_BETWEEN = frozenset("−<>`^~∙⋅─━❛❜❝❞ʹʺʻʼʽːˑـ\u1160\u2800")
#: What people write for a letter that they cannot read, and what belongs to an address: in no code.
_NEVER_BETWEEN = frozenset("?*#%&@/\\¿؟፧")
#: Invisible and combining marks: zero width, direction, accents, emoji variation selectors.
_UNSEEN = frozenset({"Cf", "Mn", "Me"})


def folded_words(typed: str) -> list[str]:
    """The typed words in capitals, with look-alike letters and the digits of any script as ASCII."""
    return "".join(map(_folded, unicodedata.normalize("NFKD", typed))).split()


def _folded(character: str) -> str:
    if character in _NEVER_BETWEEN:
        return character
    category = unicodedata.category(character)
    if category in _UNSEEN:
        return ""
    if category in _BETWEEN or character in _MORE_BETWEEN:
        return " "
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    capital = character.upper()
    return _LOOK_ALIKES.get(capital, capital)
