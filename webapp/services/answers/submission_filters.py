"""Faceted filtering of a call's submissions: what the desk may choose by, how many there are of each, which is next.

Only what lies in the clear is filtered by. A sealed answer is no facet: choosing by it would open every submission.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select

from webapp.models import Consent, Submission
from webapp.services.answers import consents
from webapp.services.answers.setting_aside import not_set_aside
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import stores

#: What may have happened to answers: no coordinator has read them since they were given or changed; the participant
#: changed them, or how to reach them; the participant asked us not to contact them; a coordinator put them aside as not
#: genuine, so that they are in no other list.
UNREAD, CHANGED, NO_CONTACT, ASIDE = "unread", "changed", "no-contact", "aside"
_CHANGED = or_(
    Submission.answers_changed_on.is_not(None), Submission.contact_changed_on.is_not(None)
)
_STATES: Mapping[str, ColumnElement[bool]] = {
    UNREAD: Submission.first_opened_on.is_(None),
    CHANGED: _CHANGED,
    NO_CONTACT: Submission.do_not_contact_on.is_not(None),
    ASIDE: ~not_set_aside(),
}


@dataclass(frozen=True)
class Filter:
    """What a coordinator chose to see; an empty choice leaves all submissions in."""

    state: str = ""
    consent: str = ""
    language: str = ""
    typed_by: str = ""

    @property
    def chosen(self) -> dict[str, str]:
        """What is chosen, by name: for an address."""
        return {name: value for name, value in vars(self).items() if value}

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """The SQL conditions of all that is chosen. A value that is not known leaves no submission."""
        if self.state != ASIDE:
            yield not_set_aside()
        if self.state:
            yield _STATES[self.state]
        if self.language:
            yield Submission.language == self.language
        if self.typed_by:
            yield Submission.typed_by == self.typed_by
        if self.consent:
            yield exists().where(
                Consent.submission_id == Submission.id, consents.stands(Consent, self.consent)
            )


EVERYBODY = Filter()


@dataclass(frozen=True)
class Facets:
    """For each value that can be chosen, how many submissions of the call have it.

    `total` is all of them but those that were put aside, which only the state of that name counts.
    """

    total: int
    state: Mapping[str, int]
    consent: Mapping[str, int]
    language: Mapping[str, int]
    typed_by: Mapping[str, int]


def facets(call: Call) -> Facets:
    """Count what a call's submissions may be chosen by, in two statements."""
    of_call = Submission.call_id == call.id
    marks = [
        func.sum(
            case((condition if name == ASIDE else and_(condition, not_set_aside()), 1), else_=0)
        )
        for name, condition in _STATES.items()
    ]
    with stores.reading() as main:
        groups = main.execute(
            select(
                Submission.language,
                Submission.typed_by,
                func.count().filter(not_set_aside()),
                *marks,
            )
            .where(of_call)
            .group_by(Submission.language, Submission.typed_by)
        ).all()
        agreed = main.execute(
            select(Consent.purpose, func.count())
            .join(Submission, Submission.id == Consent.submission_id)
            .where(of_call, not_set_aside(), consents.stands(Consent))
            .group_by(Consent.purpose)
        ).all()
    language: dict[str, int] = {}
    typed_by: dict[str, int] = {}
    for group in groups:
        language[group[0]] = language.get(group[0], 0) + group[2]
        typed_by[group[1]] = typed_by.get(group[1], 0) + group[2]
    state = {name: sum(group[3 + place] for group in groups) for place, name in enumerate(_STATES)}
    return Facets(
        sum(language.values()), state, {row[0]: row[1] for row in agreed}, language, typed_by
    )


def how_many(call: Call, chosen: Filter) -> int:
    """How many of a call's submissions are chosen."""
    with stores.reading() as main:
        counted = select(func.count()).select_from(Submission).where(chosen_of(call.id, chosen))
        return main.scalar(counted) or 0


def next_unread(call_id: UUID, chosen: Filter) -> UUID | None:
    """The first submission in the order of the list, among those chosen, that no coordinator has read."""
    with stores.reading() as main:
        return main.scalar(
            select(Submission.id)
            .where(chosen_of(call_id, chosen), _STATES[UNREAD])
            .order_by(Submission.received_on.desc(), Submission.id)
            .limit(1)
        )


def chosen_of(call_id: UUID, chosen: Filter) -> ColumnElement[bool]:
    """The SQL condition of what is chosen of a call."""
    return and_(Submission.call_id == call_id, *chosen.conditions())
