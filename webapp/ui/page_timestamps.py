"""When a page was written, as its device says: the script puts it into each post, so that older words never win."""

from flask import request

#: The field that says it, in milliseconds; empty without scripts.
AT = "at"
MOST_DIGITS = 15


def sent_at() -> int:
    """When the page of this request was written; 0 when it does not say."""
    at = request.form.get(AT, "")
    return int(at) if at.isascii() and at.isdecimal() and len(at) <= MOST_DIGITS else 0
