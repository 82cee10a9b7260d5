"""Closing a call: it takes no more answers."""

from sqlalchemy import select

from webapp.models import Call
from webapp.services.calls.published_calls import NoSuchCall
from webapp.services.infrastructure import audit, stores

OPEN, CLOSED = "open", "closed"


def close(slug: str, *, actor: str, reason: str) -> None:
    """Take no more answers before the call's last day. Answers that are there stay: participants still see, change and
    erase theirs.

    Idempotent. `reason` is at most 200 characters. Raises `NoSuchCall`.
    """
    with stores.writing() as main:
        # A submission being sent holds a lock on this row: it is stored before the call closes, or refused after it.
        row = main.scalars(
            select(Call).where(Call.slug == slug).with_for_update(key_share=True)
        ).one_or_none()
        if row is None:
            raise NoSuchCall(slug)
        if row.state == OPEN:
            row.state = CLOSED
            audit.enter(main, actor, "call closed", row.id, reason)
