"""The list of members beside a consent to share: the page carries its id, so that a yes is about what was shown."""

from uuid import UUID

from flask import request

FIELD = "members"


def posted() -> UUID | None:
    """The list that was on the page that was sent; None where there was none. The service looks whether it exists."""
    try:
        return UUID(hex=request.form.get(FIELD, ""))
    except ValueError:
        return None
