"""Neutral wording check: words in titles, addresses and file names that would expose participants to other readers."""

import re

_GIVES_AWAY = re.compile(
    r"traffick\w*|slaver\w*|slaves?\b|victims?\b|survivors?\b|exploit\w*|abuse\w*|asylum|refugee\w*"
    r"|prostitut\w*|rescued?\b",
    re.IGNORECASE,
)


def gives_away(words: str) -> str | None:
    """The first revealing word (whom a page is for, or about what), in lower case; None when there is none."""
    found = _GIVES_AWAY.search(words)
    return found.group(0).lower() if found else None
