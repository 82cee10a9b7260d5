"""Flash messages after post/redirect/get: the address carries a key, and the page that follows looks up its words."""

from collections.abc import Mapping

from flask import request
from flask_babel import LazyString

#: The words, and whether what was asked for was done.
Flash = tuple[LazyString, bool]


def flash_in(flashes: Mapping[str, Flash]) -> Flash | None:
    """The message that the address asks for; None where it asks for none of these."""
    return flashes.get(request.args.get("done", ""))
