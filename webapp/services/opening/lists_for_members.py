"""Lists that were made for a member organisation as a file: whether what they rest on still covers that member."""

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import Session

from webapp.models import Consent, Export
from webapp.services.answers import shared_with


def still_covered(main: Session, consent: type[Consent]) -> ColumnElement[bool]:
    """The SQL condition on an `Export` and a consent that stands: if the list is for a member, this covers it now."""
    made_for = select(Export.recipient_id).where(Export.recipient_id.is_not(None)).distinct()
    members = [one for one in main.scalars(made_for) if one is not None]
    if not members:
        return true()
    now = shared_with.cover(main)
    covered = (
        and_(
            Export.recipient_id == one,
            consent.member_list_id.in_(now.lists_with(now.period_of(one))),
        )
        for one in members
    )
    return or_(Export.recipient_id.is_(None), *covered)
