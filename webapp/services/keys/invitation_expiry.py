"""The end of invitations that nobody used: the worker deletes their rows, and the record says so."""

from sqlalchemy import delete, func

from webapp.models import Invitation
from webapp.rules.audit_events import AuditEvent
from webapp.services.infrastructure import audit, clock_guard, stores


def forget_old() -> None:
    """Delete every invitation that is past its last day (worker). Raises `ClockDoubted`, `StoreUnavailable`."""
    today = clock_guard.sure().today
    named = func.coalesce(Invitation.account_id, Invitation.id)
    over = delete(Invitation).where(Invitation.last_day < today).returning(named)
    with stores.writing() as main:
        for person_id in main.scalars(over).all():
            audit.enter(main, audit.WORKER, AuditEvent.INVITATION_EXPIRED, person_id)
