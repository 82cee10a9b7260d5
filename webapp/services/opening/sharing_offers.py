"""What could be shared with each member organisation, and who there would read it: numbers, and people by id.

Opens nothing. The numbers are counted in SQL, which does not see that a row is false: the act checks each row.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from webapp.models import Consent, Part, SharedContact, Submission
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

    `new`: nobody there reads them yet. `anew`: some there do, and the `newcomers` among the `readers`, who are the
    member's recipients of now, do not: sharing opens these to them as well.
    """

    organisation_id: UUID
    name: str
    agreed: int
    new: int
    anew: int
    readers: frozenset[UUID]
    newcomers: frozenset[UUID]

    @property
    def shared(self) -> int:
        """How many are shared, whoever of the readers can open them."""
        return self.agreed - self.new


def preview(call: Call) -> tuple[Offer, ...]:
    """Every member that details could be shared with, with numbers of people."""
    with stores.reading() as main:
        people = _people(main, call.id)
        sealed = _by_epoch(main, call.id) if people else {}
        return tuple(
            _offer(main, one, agreed, sealed.get(one.organisation_id, {}))
            for one, agreed in people.items()
        )


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


def _people(main: Session, call_id: UUID) -> Mapping[Member, int]:
    """Every member, and of how many people of a call the yes covers it: one count for all of them."""
    members = member_lists.to_share_with(main)
    if not members:
        return {}
    now = shared_with.cover(main)
    counted = (
        select(Consent.member_list_id, func.count())
        .join(Submission, Submission.id == Consent.submission_id)
        .where(*_reachable(call_id), consents.stands(Consent, SHARING))
        .group_by(Consent.member_list_id)
    )
    people: Counter[UUID | None] = Counter(dict(main.execute(counted).all()))
    return {
        one: sum(people[covers] for covers in now.lists_with(now.period_of(one.organisation_id)))
        for one in members
    }


def shown(offers: Iterable[Offer]) -> str:
    """A version of the people whom a page named, for optimistic locking: a digest that is no secret."""
    lines = [
        " ".join([one.organisation_id.hex, *_hex(one.readers), "+", *_hex(one.newcomers)])
        for one in offers
    ]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _hex(people: Iterable[UUID]) -> list[str]:
    return sorted(one.hex for one in people)


def _offer(main: Session, member: Member, agreed: int, sealed: Mapping[int, int]) -> Offer:
    readers = organisation_keys.recipients(main, member.organisation_id)
    read = organisation_keys.readers_by_epoch(main, member.organisation_id)
    missing = {epoch: readers - read.get(epoch, frozenset()) for epoch in sealed}
    return Offer(
        member.organisation_id,
        member.name,
        agreed=agreed,
        new=agreed - sum(sealed.values()),
        anew=sum(sealed[epoch] for epoch, who in missing.items() if who),
        readers=readers,
        newcomers=frozenset[UUID]().union(*missing.values()),
    )


def _by_epoch(main: Session, call_id: UUID) -> Mapping[UUID, Mapping[int, int]]:
    """With how many people of a call something that stands is sealed to each epoch of each organisation's key."""
    counted = (
        select(SharedContact.organisation_id, SharedContact.epoch, func.count())
        .join(Submission, Submission.id == SharedContact.submission_id)
        .where(Submission.call_id == call_id, shared_with.stands_in_sql(shared_with.cover(main)))
        .group_by(SharedContact.organisation_id, SharedContact.epoch)
    )
    found: dict[UUID, dict[int, int]] = {}
    for organisation_id, epoch, people in main.execute(counted):
        found.setdefault(organisation_id, {})[epoch] = people
    return found


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
    held = aliased(Part)
    yield Submission.call_id == call_id
    yield consents.may_be_contacted()
    yield not_set_aside()
    yield exists().where(held.submission_id == Submission.id, held.purpose == "contact")
