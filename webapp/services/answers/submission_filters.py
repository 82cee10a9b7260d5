"""Faceted filtering of a call's submissions: what the desk may choose by, how many there are of each, which is next.

Only what lies in the clear is filtered by. A sealed answer is no facet: choosing by it would open every submission.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal_column, or_, select
from sqlalchemy.orm import Session

from webapp.canonical_types import MALFORMED
from webapp.models import Consent, Submission
from webapp.rules.bounded_counts import MOST, MOST_IN_INDEX, AtLeast, counted
from webapp.services.answers import consents
from webapp.services.answers.setting_aside import not_set_aside
from webapp.services.calls import form_versions
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.row_authentication import TOLERANT
from webapp.services.infrastructure.stored_keys import After, as_stored, beyond, short_of

#: What may have happened to answers: no coordinator has read them since they were given or changed; the participant
#: changed them, or how to reach them; the participant asked us not to contact them; a coordinator put them aside as not
#: genuine, so that they are in no other list.
UNREAD, CHANGED, NO_CONTACT, ASIDE = "unread", "changed", "no-contact", "aside"
#: The order of the list: the newest day first, and in no telling order within a day.
IN_ORDER = (Submission.received_on.desc(), Submission.id.desc())
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

    `total` is all of them but those that were put aside, which only the state of that name counts. Of a call with very
    many, the newest are looked at: then `is_whole` is false, and a number is a least one.
    """

    total: int
    state: Mapping[str, int]
    consent: Mapping[str, int]
    language: Mapping[str, int]
    typed_by: Mapping[str, int]
    is_whole: bool = True


def facets(call: Call) -> Facets:
    """Count what a call's submissions may be chosen by. Yes and no of people is counted up to a bound."""
    asked = form_versions.every_consent(call)
    with stores.reading() as main:
        groups = main.execute(_newest_by_group(call.id)).all()
        agreed = {
            consent.purpose: consents.how_many_agree(
                main, call.id, consent.purpose, not_set_aside()
            )
            for consent in asked
        }
        language, typed_by = Counter[str](), Counter[str]()
        for group in groups:
            language[group[0]] += group[2]
            typed_by[group[1]] += group[2]
        state = {
            name: sum(group[3 + place] for group in groups) for place, name in enumerate(_STATES)
        }
        total = sum(language.values())
        if total + state[ASIDE] < MOST_IN_INDEX:
            return Facets(total, state, agreed, language, typed_by)
        lasting: dict[str, int] = {name: AtLeast(people) for name, people in state.items()}
        lasting[UNREAD] = _up_to_bound(main, call.id, Filter(UNREAD))
        return Facets(
            _up_to_bound(main, call.id, EVERYBODY),
            lasting,
            agreed,
            {name: AtLeast(people) for name, people in language.items()},
            {name: AtLeast(people) for name, people in typed_by.items()},
            is_whole=False,
        )


def _newest_by_group(call_id: UUID) -> Select[Any]:
    newest = (
        select(Submission)
        .where(Submission.call_id == call_id)
        .order_by(*IN_ORDER)
        .limit(MOST_IN_INDEX)
        .with_only_columns(
            Submission.language,
            Submission.typed_by,
            not_set_aside().label("listed"),
            *(
                (condition if name == ASIDE else and_(condition, not_set_aside())).label(name)
                for name, condition in _STATES.items()
            ),
        )
        .subquery()
    )
    flags = [newest.c.listed, *(newest.c[name] for name in _STATES)]
    return select(
        newest.c.language, newest.c.typed_by, *(func.count().filter(flag) for flag in flags)
    ).group_by(newest.c.language, newest.c.typed_by)


def _up_to_bound(main: Session, call_id: UUID, chosen: Filter) -> int:
    some: Select[Any] = (
        select(literal_column("1")).where(chosen_of(call_id, chosen)).limit(MOST_IN_INDEX + 1)
    )
    found = main.scalar(select(func.count()).select_from(some.subquery())) or 0
    return counted(found, MOST_IN_INDEX)


@dataclass(frozen=True)
class Matching:
    """What is chosen of a call: how many submissions, up to a bound; and where they are few, which."""

    call_id: UUID
    chosen: Filter
    people: int
    ids: tuple[UUID, ...] | None = None

    def condition(self) -> ColumnElement[bool]:
        """The SQL condition. Those that are few were looked for once, and are not looked for again."""
        if self.ids is not None:
            return Submission.id.in_(self.ids)
        return chosen_of(self.call_id, self.chosen)


def matching(call: Call, chosen: Filter, facets: Facets | None = None) -> Matching:
    """What is chosen. `facets`: what was counted before, where everyone is to be counted who can be."""
    if not chosen.chosen and facets is not None:
        return Matching(call.id, chosen, facets.total)
    with stores.reading() as main:
        if chosen.consent:
            rest = replace(chosen, consent="").conditions()
            ids = consents.who_agree(main, call.id, chosen.consent, *rest)
        else:
            these = select(Submission.id).where(chosen_of(call.id, chosen))
            ids = main.scalars(these.limit(MOST + 1)).all()
        if len(ids) <= MOST:
            return Matching(call.id, chosen, len(ids), tuple(ids))
        is_counted = facets is not None and facets.is_whole
        people = _up_to_bound(main, call.id, chosen) if is_counted else AtLeast(MOST)
        return Matching(call.id, chosen, people)


def next_unread(found: Matching) -> UUID | None:
    """The first submission in the order of the list, among those chosen, that no coordinator has read."""
    with stores.reading() as main:
        unread = select(Submission).where(found.condition(), _STATES[UNREAD])
        rows = in_list_order(main, unread, 1)
        return rows[0].id if rows else None


def in_list_order(
    main: Session, query: Select[Submission], most: int, *, newest_first: bool = True
) -> list[Submission]:
    """So many rows in the order of the list. One whose day or id is malformed has no place in it: it is passed over,
    whatever it hides behind, and is named where false rows are.
    """
    keys = [as_stored(column) for column in (Submission.received_on, Submission.id)]
    ordered = query.add_columns(*keys).limit(most)
    ordered = ordered.order_by(*(one.desc() for one in keys) if newest_first else keys)
    found: list[Submission] = []
    after: After = None
    while len(found) < most:
        these = ordered
        if after is not None:
            these = ordered.where((short_of if newest_first else beyond)(keys, after))
        batch = main.execute(these, execution_options=TOLERANT).all()
        found += [row for row, *_ in batch if MALFORMED not in (row.received_on, row.id)]
        if len(batch) < most:
            break
        after = batch[-1][1:]
    return found[:most]


def chosen_of(call_id: UUID, chosen: Filter) -> ColumnElement[bool]:
    """The SQL condition of what is chosen of a call."""
    return and_(Submission.call_id == call_id, *chosen.conditions())
