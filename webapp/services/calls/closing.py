"""Closing a call: it takes no more answers."""

from sqlalchemy import select

from webapp.models import Call
from webapp.rules.audit_events import AuditEvent
from webapp.rules.states import CallState
from webapp.services.calls.published_calls import NoSuchCall
from webapp.services.infrastructure import audit, stores


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
        if row.state == CallState.OPEN:
            row.state = CallState.CLOSED
            audit.enter(main, actor, AuditEvent.CALL_CLOSED, row.id, reason)
