"""Whether anything is new, by days: the condition of the one mail that coordinators can subscribe to.

Data minimisation: one SQL statement answers yes or no, without counts or names, so that no mail can have any. Of a
submission only the day is stored: what came on the day on which a coordinator signed in may have come after that.
"""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from webapp.models import (
    AuditEntry,
    Call,
    Consent,
    Event,
    OutboxMessage,
    Part,
    Registration,
    Submission,
)
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.coordinator_mails import COORDINATOR_MAILS
from webapp.rules.reasons import DANGER, OUTSIDE
from webapp.rules.states import EventState, MailState
from webapp.services.answers.in_lists import is_in_lists
from webapp.services.retention.expiry import NOTICE


def any_between(main: Session, after: date, until: date, *, reader: UUID) -> bool:
    """Whether anything is new to this coordinator of the days after `after` up to `until`, or on the day after it.

    What a coordinator has dealt with meanwhile is not new: answers that were read, an address that was corrected. What
    was put aside is not either, whatever its sender does with it.
    """

    def on(
        day: InstrumentedAttribute[date] | InstrumentedAttribute[date | None],
    ) -> ColumnElement[bool]:
        return and_(day > after, day <= until)

    def ahead(day: InstrumentedAttribute[date]) -> ColumnElement[bool]:
        return and_(day > after + NOTICE, day <= until + NOTICE)

    tomorrow = until + timedelta(days=1)
    unread = and_(Submission.first_opened_on.is_(None), Submission.set_aside_id.is_(None))
    new = (
        # By call, as the index of what is unread is ordered.
        exists().where(unread, Submission.call_id.in_(select(Call.id)), on(Submission.received_on)),
        exists().where(unread, on(Submission.answers_changed_on)),
        exists().where(Submission.set_aside_id.is_(None), on(Submission.contact_changed_on)),
        exists().where(
            ~Consent.granted, on(Consent.changed_on), is_in_lists(Consent.submission_id)
        ),
        exists().where(
            on(Registration.received_on),
            Registration.seat.is_not(None) | Registration.place.is_not(None),
        ),
        exists().where(
            OutboxMessage.state == MailState.FAILED,
            OutboxMessage.kind.not_in(COORDINATOR_MAILS),
            on(OutboxMessage.finished_on),
        ),
        exists().where(
            Event.state != EventState.CANCELLED,
            Event.starts_at.between(_begins(tomorrow), _begins(tomorrow + timedelta(days=1)) - 1),
        ),
        exists().where(ahead(Part.due_on), is_in_lists(Part.submission_id)),
        exists().where(ahead(Registration.due_on)),
        exists().where(
            AuditEntry.actor != str(reader),
            AuditEntry.at.between(_begins(after + timedelta(days=1)), _begins(tomorrow) - 1),
            or_(AuditEntry.reason.startswith(DANGER.words), AuditEntry.reason.startswith(OUTSIDE)),
        ),
    )
    return bool(main.scalar(select(or_(*new))))


def last_signed_in(main: Session, coordinator_id: UUID) -> date | None:
    """The day on which a coordinator last signed in, by the audit log."""
    at = main.scalar(
        select(func.max(AuditEntry.at)).where(
            AuditEntry.actor == str(coordinator_id), AuditEntry.tag == AuditEvent.SIGNED_IN
        )
    )
    return clock.moment(at).astimezone(clock.COALITION_ZONE).date() if at is not None else None


def _begins(day: date) -> int:
    """The first second of a day where the coalition works."""
    return int(datetime.combine(day, time(), clock.COALITION_ZONE).timestamp())
