"""Erasing a registration: its sealed parts are shredded, its mails withdrawn; only a count by state remains."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import EventCount, Registration, RegistrationPart
from webapp.services.infrastructure.row_authentication import TOLERANT, is_genuine
from webapp.services.sealed import tombstones
from webapp.services.sealed.shredding import forget_mails, shred_parts, shred_secret


def shred_registration(main: Session, row: Registration) -> None:
    """Delete a registration with everything sealed for it, inside the caller's transaction. That there was one in its
    state is counted, unless it was never confirmed or Hearth did not write it; the caller has locked its event."""
    if is_genuine(row) and not row.state.is_pending:
        _count(main, row)
    mine = select(RegistrationPart).where(RegistrationPart.registration_id == row.id)
    shred_parts(main, main.scalars(mine, execution_options=TOLERANT).all())
    forget_mails(main, row.id)
    tombstones.leave(main, row.id, row.mail_secret_id)
    main.delete(row)
    main.flush()


def _count(main: Session, row: Registration) -> None:
    counted = main.get(EventCount, (row.event_id, row.state), with_for_update=True)
    if counted is None:
        counted = EventCount(event_id=row.event_id, state=row.state, people=0)
        main.add(counted)
    counted.people += 1
    main.flush()


def forget_address(main: Session, row: Registration) -> None:
    """Wipe what was kept to write to a registrant, inside the caller's transaction."""
    if row.mail_secret_id is not None:
        shred_secret(main, row.mail_secret_id)
        row.mail_envelope, row.mail_secret_id = None, None
        row.address_mark = None
