"""What is done with a call that people have answered: it takes no more answers."""

from sqlalchemy import select

from webapp.models import Call
from webapp.rules.audit_events import AuditEvent
from webapp.rules.states import CallState
from webapp.services.calls.published_calls import NoSuchCall
from webapp.services.infrastructure import audit, stores


def close(slug: str, *, actor: str, reason: str) -> None:
    """Take no more answers before the call's last day. Those there are stay: people still see, change and erase theirs.

    Doing it again changes nothing. `reason` is at most 200 characters. Raises `NoSuchCall`.
    """
    with stores.writing() as main:
        # Whoever is sending holds the row: they are in, or they are told that it has closed.
        row = main.scalars(
            select(Call).where(Call.slug == slug).with_for_update(key_share=True)
        ).one_or_none()
        if row is None:
            raise NoSuchCall(slug)
        if row.state == CallState.OPEN:
            row.state = CallState.CLOSED
            audit.enter(main, actor, AuditEvent.CALL_CLOSED, row.id, reason)
