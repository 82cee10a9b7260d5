"""Client timestamps of pages: the script adds one to each POST, so that an older post never overwrites newer input."""

from flask import request

#: The form field of the timestamp, in milliseconds; empty without scripts.
AT = "at"
MOST_DIGITS = 15


def sent_at() -> int:
    """The client's timestamp of this request's page; 0 when there is none."""
    at = request.form.get(AT, "")
    return int(at) if at.isascii() and at.isdecimal() and len(at) <= MOST_DIGITS else 0
