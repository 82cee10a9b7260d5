"""Neutral wording: words in titles, addresses and file names that give people away to others who see them."""

import re

_GIVES_AWAY = re.compile(
    r"traffick\w*|slaver\w*|slaves?\b|victims?\b|survivors?\b|exploit\w*|abuse\w*|asylum|refugee\w*"
    r"|prostitut\w*|rescued?\b",
    re.IGNORECASE,
)


def gives_away(words: str) -> str | None:
    """The first word that tells who somebody might be, in small letters; None when there is none."""
    found = _GIVES_AWAY.search(words)
    return found.group(0).lower() if found else None
