"""Lists that were made for a member organisation as a file: whether what they rest on still covers that member."""

from collections.abc import Callable, Collection, Iterable
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import Session

from webapp.models import Consent, Export
from webapp.services.answers import shared_with
from webapp.services.infrastructure import stores

#: The SQL condition, on an `Export` and a consent that stands, that the list may still be used.
Rule = Callable[[type[Consent]], ColumnElement[bool]]


def how_many(organisation_id: UUID) -> int:
    """How many lists were made for a member. Raises `StoreUnavailable`."""
    with stores.reading() as main:
        made = select(func.count()).where(Export.recipient_id == organisation_id)
        return main.scalar(made) or 0


def any_yes(consent: type[Consent]) -> ColumnElement[bool]:
    """The rule where no list was made for a member."""
    return true()


def rule_for(main: Session, exports: Iterable[Export]) -> Rule:
    """The rule for these lists: of one for a member, the consent covers that member now."""
    return rule_of(main, {one.recipient_id for one in exports if one.recipient_id is not None})


def rule_of(main: Session, members: Collection[UUID | None]) -> Rule:
    """The same for lists that were made for these members, and for no other one."""
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
            if one is not None
        )
        return or_(Export.recipient_id.is_(None), *covered)

    return still_covered
