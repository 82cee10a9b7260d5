"""Validation of the few values that a mail may contain: a link, a booking's reference, a day and time in words."""

import re
from typing import Final
from urllib.parse import urlsplit

LONGEST_LINK: Final = 300  # a line of a plain text mail holds 998 (RFC 5322 2.1.1)

#: A day and time in words, in any language, on one line.
LONGEST_WHEN: Final = 160
_REFERENCE = re.compile(r"(?:[A-Z0-9]{3}-){2}[A-Z0-9]{3}", re.ASCII)

_LINK = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+/[A-Za-z0-9/_~.-]*", re.ASCII)


def says_which(booking: object, when: object) -> bool:
    """Whether these are a booking's reference, and its day and time in words on one line."""
    return (
        isinstance(booking, str)
        and isinstance(when, str)
        and _REFERENCE.fullmatch(booking) is not None
        and 0 < len(when) <= LONGEST_WHEN
        # No line break, and no invisible character that could reverse the text's direction.
        and all(one.isprintable() or one == "\N{NO-BREAK SPACE}" for one in when)
        and not set(when) & set("<>{}@/")
    )


def is_link(link: str) -> bool:
    """Whether it is a plain URL of a page: no space, line break, query or sign that a header could interpret."""
    if len(link) > LONGEST_LINK or not _LINK.fullmatch(link):
        return False
    try:
        return bool(urlsplit(link).hostname)
    except ValueError:
        return False
