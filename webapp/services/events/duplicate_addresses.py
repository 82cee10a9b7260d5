"""Duplicate addresses at one event, found by keyed hashes (HMAC) that end with the event; nothing is opened.

Only at events for professionals: at an event that survivors may come to, no one can be looked up by an address. Against
user enumeration, the public door answers every booking the same, whether its address is known or not.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from webapp.extensions import current_settings
from webapp.models import ErasureSecret, Registration
from webapp.models import Event as EventRow
from webapp.rules.events.event_definition import EventDefinition
from webapp.rules.events.registration_form import same_mailbox
from webapp.rules.states import EventState
from webapp.services.events import published_events
from webapp.services.events.published_events import PublishedEvent
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine, is_genuine
from webapp.services.sealed import parts, shredding
from webapp.vault.address_marks import address_mark

# Written once: putting a statement together takes longer than running it.
SECRET_WITH_ID = select(ErasureSecret.secret).where(ErasureSecret.id == bindparam("id"))


def new_secret(definition: EventDefinition) -> UUID | None:
    """Make and store the secret of an event that is about to be published; None for one that compares no addresses."""
    if not definition.is_for_professionals:
        return None
    secret = parts.new_secret()
    with stores.writing("erasure") as erasure_store:
        erasure_store.add(secret)
        return secret.id


def mark_of(event: PublishedEvent, address: str | None) -> bytes | None:
    """The mark of an address at this event. None without an address, or where addresses are not compared."""
    if address is None or event.marks_secret_id is None:
        return None
    with stores.reading("erasure") as erasure_store:
        wanted = {"id": event.marks_secret_id}
        secret = erasure_store.connection().scalar(SECRET_WITH_ID, wanted)
    if secret is None:
        return None
    return address_mark(
        same_mailbox(address),
        event_id=event.id,
        secret=secret,
        salt=current_settings().receipt_salt,
    )


def forget_over(moment: datetime) -> None:
    """When an event is over or off, no addresses are compared any more: marks and secret go (worker)."""
    now = int(moment.timestamp())
    with stores.writing() as main:
        done = select(EventRow.id).where(
            EventRow.marks_secret_id.is_not(None),
            or_(EventRow.ends_at <= now, EventRow.state == EventState.CANCELLED),
        )
        # A malformed id is one that was changed by hand: no event has it.
        for event_id in sorted(one for one in main.scalars(done) if isinstance(one, UUID)):
            row = published_events.lock_even_false(main, event_id)
            # The end of an event that Hearth did not write ends nothing.
            if row.marks_secret_id is None or not is_genuine(row):
                continue
            shredding.shred_secret(main, row.marks_secret_id)
            row.marks_secret_id = None
            for registration in _marked(main, event_id):
                registration.address_mark = None


def _marked(main: Session, event_id: UUID) -> list[Registration]:
    """The registrations with a mark. A false one keeps its mark, which means nothing without the secret."""
    marked = select(Registration).where(
        Registration.event_id == event_id, Registration.address_mark.is_not(None)
    )
    in_order = marked.order_by(Registration.id).with_for_update()
    return genuine(main.scalars(in_order.execution_options(**TOLERANT)))
