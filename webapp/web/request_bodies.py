"""Limits on request bodies, against memory exhaustion: so many bytes for each view, and nothing is spooled to disk."""

import threading
from typing import Any

from flask import request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from webapp.rules.forms.size_limits import SMALL_BODY
from webapp.rules.urlencoded import TooManyFields, read_form

#: One long form is parsed at a time in a process, so that 64 threads cannot fill the memory.
_parsing = threading.Lock()
#: So much more than is taken is read and dropped before it is refused.
MOST_DROPPED = 8 * 1024 * 1024


def read_body(view: Any) -> None:
    """Read what was sent, as far as this view takes it. Raises RequestEntityTooLarge before anything larger is read."""
    if most_bytes := getattr(view, "most_bytes", None):
        request.max_content_length = most_bytes(**(request.view_args or {}))
    if request.content_length is None or request.content_length > SMALL_BODY:
        # First all of it, however slowly it comes; only then is there anything to wait for.
        try:
            body = request.get_data(cache=False)
        except RequestEntityTooLarge:
            _drop_the_rest()
            raise
        with _parsing:
            request.form, request.files = _form_in(body), ImmutableMultiDict()


def _form_in(body: bytes) -> ImmutableMultiDict[str, str]:
    if request.mimetype != "application/x-www-form-urlencoded":
        return ImmutableMultiDict()
    try:
        return ImmutableMultiDict(read_form(body))
    except TooManyFields:
        raise RequestEntityTooLarge from None


def _drop_the_rest() -> None:
    """Read what is refused to its end and keep none of it: a browser that is hung up on shows a page of its own."""
    body, left = request.environ["wsgi.input"], MOST_DROPPED
    while left > 0 and (piece := body.read(SMALL_BODY)):
        left -= len(piece)
