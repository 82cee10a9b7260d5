"""Lists that were made for a member organisation as a file: whether what they rest on still covers that member."""

from collections.abc import Callable, Iterable

from sqlalchemy import ColumnElement, and_, or_, true
from sqlalchemy.orm import Session

from webapp.models import Consent, Export
from webapp.services.answers import shared_with

#: The SQL condition, on an `Export` and a consent that stands, that the list may still be used.
Rule = Callable[[type[Consent]], ColumnElement[bool]]


def any_yes(consent: type[Consent]) -> ColumnElement[bool]:
    """The rule where no list was made for a member."""
    return true()


def rule_for(main: Session, exports: Iterable[Export]) -> Rule:
    """The rule for these lists: of one for a member, the consent covers that member now."""
    members = {one.recipient_id for one in exports if one.recipient_id is not None}
    if not members:
        return any_yes
    now = shared_with.cover(main)

    def still_covered(consent: type[Consent]) -> ColumnElement[bool]:
        covered = (
            and_(
                Export.recipient_id == one,
                consent.member_list_id.in_(now.lists_with(now.period_of(one))),
            )
            for one in members
        )
        return or_(Export.recipient_id.is_(None), *covered)

    return still_covered
