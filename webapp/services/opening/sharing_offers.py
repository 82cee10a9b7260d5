"""What could be shared with each member organisation, and who there would read it: numbers, and people by id.

Opens nothing. The numbers are counted in SQL, which does not see that a row is false: the act checks each row. They are
counted up to a bound (`rules.bounded_counts`), so that the page costs the same however many agreed.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import Session, aliased

from webapp.models import Consent, Part, SharedContact, Submission
from webapp.rules.bounded_counts import MOST, AtLeast, counted
from webapp.rules.consent import SHARING
from webapp.services.answers import consents, shared_with
from webapp.services.answers.setting_aside import not_set_aside
from webapp.services.answers.shared_with import Cover
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import stores
from webapp.services.keys import member_lists, organisation_keys
from webapp.services.keys.member_lists import Member


@dataclass(frozen=True)
class Offer:
    """One member organisation, and of how many people of a call: whose yes covers it, and who reads them now.

    `shared`: some there read them. `anew`: of these, the `newcomers` among the `readers`, who are the member's
    recipients of now, do not: sharing opens them to the newcomers as well.
    """

    organisation_id: UUID
    name: str
    agreed: int
    shared: int
    anew: int
    readers: frozenset[UUID]
    newcomers: frozenset[UUID]

    @property
    def new(self) -> int | None:
        """How many nobody there reads yet; None where too many were found to take one number from the other."""
        if not isinstance(self.agreed, AtLeast):
            return None if isinstance(self.shared, AtLeast) else max(self.agreed - self.shared, 0)
        return None if self.shared else self.agreed

    @property
    def is_useful(self) -> bool:
        """Whether sharing could open anything to a recipient of now."""
        return bool(self.readers) and bool(self.new is None or self.new or self.anew)


def preview(call: Call) -> tuple[Offer, ...]:
    """Every member that details could be shared with, with numbers of people."""
    with stores.reading() as main:
        members = member_lists.to_share_with(main)
        now = shared_with.cover(main) if members else None
        return tuple(_offer(main, call.id, one, now) for one in members if now is not None)


@dataclass(frozen=True)
class CannotOpen:
    """Recipients of a member who cannot open what was shared with it before they had their key of now."""

    organisation_id: UUID
    name: str
    call_id: UUID
    people: frozenset[UUID]


def cannot_open() -> tuple[CannotOpen, ...]:
    """Who cannot open some of what is shared with their organisation, by member and call.

    Sharing again opens it to them, with a tick. Raises `NoRecoveryKey`, `KeySwapped`, `RowForged`.
    """
    with stores.reading() as main:
        members = {one.organisation_id: one.name for one in member_lists.to_share_with(main)}
        missing = {
            key: people
            for key, people in organisation_keys.missing_by_epoch(main).items()
            if key[0] in members
        }
        found: dict[tuple[UUID, UUID], frozenset[UUID]] = {}
        for (organisation_id, epoch), people in missing.items():
            for call_id in _calls_sealed_to(main, organisation_id, epoch):
                of_both = organisation_id, call_id
                found[of_both] = found.get(of_both, frozenset()) | people
    return tuple(
        CannotOpen(organisation_id, members[organisation_id], call_id, people)
        for (organisation_id, call_id), people in sorted(found.items())
    )


def _calls_sealed_to(main: Session, organisation_id: UUID, epoch: int) -> Sequence[UUID]:
    """The calls of which something that stands is sealed to this epoch: seldom any that a recipient lacks."""
    calls = (
        select(Submission.call_id)
        .join(SharedContact, SharedContact.submission_id == Submission.id)
        .where(
            SharedContact.organisation_id == organisation_id,
            SharedContact.epoch == epoch,
            shared_with.stands_in_sql(shared_with.cover(main)),
        )
    )
    return main.scalars(calls.distinct()).all()


def shown(offers: Iterable[Offer]) -> str:
    """A version of the people whom a page named, for optimistic locking: a digest that is no secret."""
    lines = [
        " ".join([one.organisation_id.hex, *_hex(one.readers), "+", *_hex(one.newcomers)])
        for one in offers
    ]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _hex(people: Iterable[UUID]) -> list[str]:
    return sorted(one.hex for one in people)


def _offer(main: Session, call_id: UUID, member: Member, now: Cover) -> Offer:
    to = member.organisation_id
    covers = Consent.member_list_id.in_(now.lists_with(now.period_of(to)))
    readers = organisation_keys.recipients(main, to)
    sealed = and_(SharedContact.organisation_id == to, shared_with.stands_in_sql(now))
    read = organisation_keys.readers_by_epoch(main, to)
    # Seldom any: sharing seals to the newest epoch, which all recipients hold.
    lacking = {
        epoch: missing
        for epoch in organisation_keys.epochs(main, to)
        if (missing := readers - read.get(epoch, frozenset()))
        and _how_many(main, call_id, sealed, [epoch])
    }
    return Offer(
        to,
        member.name,
        agreed=consents.how_many_agree(main, call_id, SHARING, *_can_be_reached(), yes=covers),
        shared=_how_many(main, call_id, sealed),
        anew=_how_many(main, call_id, sealed, lacking) if lacking else 0,
        readers=readers,
        newcomers=frozenset[UUID]().union(*lacking.values()),
    )


def _how_many(
    main: Session,
    call_id: UUID,
    sealed: ColumnElement[bool],
    epochs: Collection[int] | None = None,
) -> int:
    """With how many people of a call something is sealed like this, to one of these epochs: up to a bound."""
    found = (
        select(SharedContact.submission_id)
        .join(Submission, Submission.id == SharedContact.submission_id)
        .where(Submission.call_id == call_id, sealed)
    )
    if epochs is not None:
        found = found.where(SharedContact.epoch.in_(epochs))
    return counted(len(main.scalars(found.limit(MOST + 1)).all()), MOST)


def agreed(main: Session, call_id: UUID, period_id: UUID | None) -> Sequence[UUID]:
    """The people of a call whose yes covers a membership, as SQL sees it, in the order of ids."""
    people = agreed_in_sql(call_id, shared_with.cover(main), period_id)
    return main.scalars(select(Submission.id).where(people).order_by(Submission.id)).all()


def agreed_in_sql(call_id: UUID, now: Cover, period_id: UUID | None) -> ColumnElement[bool]:
    """The same as a condition on `Submission`."""
    says_yes = aliased(Consent)
    return and_(
        *_reachable(call_id),
        exists().where(
            says_yes.submission_id == Submission.id,
            says_yes.member_list_id.in_(now.lists_with(period_id)),
            consents.stands(says_yes, SHARING),
        ),
    )


def _reachable(call_id: UUID) -> Iterator[ColumnElement[bool]]:
    yield Submission.call_id == call_id
    yield from _can_be_reached()


def _can_be_reached() -> Iterator[ColumnElement[bool]]:
    held = aliased(Part)
    yield consents.may_be_contacted()
    yield not_set_aside()
    yield exists().where(held.submission_id == Submission.id, held.purpose == "contact")
