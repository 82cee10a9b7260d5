"""Moderation in bulk: submissions that are not genuine (spam) are put aside together, audited, and can be put back.

A stranger may send false answers by the hundred, faster than coordinators can read. What is put aside is in no list,
count, export or mail to coordinators; nothing of it is deleted before its day, and its sender sees no difference: a
person whose answers were put aside by mistake can still see, correct, withdraw and erase, and is found when they ring.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from webapp.models import Coordinator, SetAside, Submission
from webapp.rules import clock
from webapp.rules.audit_details import OfPeople
from webapp.rules.audit_events import AuditEvent
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.row_authentication import (
    TOLERANT,
    TOLERANT_LOCK,
    genuine,
    is_genuine,
)
from webapp.services.keys.coordinators import Holder

#: In one transaction: so long may a participant's own post have to wait. The page offers the rest again.
MOST = 1000


class CountChanged(Exception):
    """Other submissions are concerned than the page showed: more came, or a coordinator read or put aside some."""


@dataclass(frozen=True)
class Span:
    """The submissions to a call that came on these days, in this language or in any; a coordinator has read none.

    Not those that were corrected: reading them starts anew then, so a coordinator may have read and known them before.
    """

    call_id: UUID
    first: date
    last: date
    language: str = ""

    def condition(self) -> ColumnElement[bool]:
        """The SQL condition. Those that a coordinator entered were real to someone, and are never among them."""
        found = and_(
            Submission.call_id == self.call_id,
            Submission.received_on.between(self.first, self.last),
            Submission.first_opened_on.is_(None),
            Submission.answers_changed_on.is_(None),
            Submission.typed_by != "coordinator",
            not_set_aside(),
        )
        return and_(found, Submission.language == self.language) if self.language else found


@dataclass(frozen=True)
class PutAside:
    """One bulk act, as the desk lists it."""

    id: UUID
    #: None where the act is false or gone: then only the submissions say that there was one.
    made_on: date | None
    #: Empty where the coordinator's account is false.
    by: str
    people: int
    undone_on: date | None


def not_set_aside() -> ColumnElement[bool]:
    """The SQL condition that no coordinator has put a submission aside."""
    return Submission.set_aside_id.is_(None)


def how_many(span: Span) -> int:
    """How many submissions `set_aside` would put aside now: `MOST` at most. False ones are not among them."""
    with stores.reading() as main:
        return len(genuine(main.scalars(_next(span.condition()).execution_options(**TOLERANT))))


def set_aside(holder: Holder, span: Span, *, shown: int, reason: str) -> None:
    """Put these submissions aside in one audited transaction. The caller has checked a fresh second factor.

    Idempotent in effect: pressed again, none is left, and `CountChanged` says so. `shown` is how many the page showed
    (optimistic locking). Raises `CountChanged`, `StoreUnavailable`.
    """
    with stores.writing() as main:
        rows = _locked(main, span.condition())
        if len(rows) != shown or not rows:
            raise CountChanged(len(rows))
        _put_aside(main, holder, span, rows, reason)


def _put_aside(
    main: Session, holder: Holder, span: Span, rows: list[Submission], reason: str
) -> None:
    made = SetAside(
        id=uuid4(),
        call_id=span.call_id,
        coordinator_id=holder.coordinator_id,
        made_on=clock.today(),
        people=len(rows),
    )
    main.add(made)
    main.flush()
    for row in rows:
        row.set_aside_id = made.id
    audit.enter(
        main,
        holder.coordinator_id,
        AuditEvent.SET_ASIDE,
        span.call_id,
        reason,
        detail=OfPeople(len(rows)),
    )


def put_back(holder: Holder, call_id: UUID, set_aside_id: UUID) -> int:
    """Undo a bulk act of this call: all that are still there are in the lists again. Idempotent; returns how many.

    Also where the act itself is false or gone: the submissions name it. Raises `LookupError`, `StoreUnavailable`.
    """
    with stores.writing() as main:
        made = _lock_act(main, call_id, set_aside_id)
        there = and_(Submission.set_aside_id == set_aside_id, Submission.call_id == call_id)
        rows = _locked(main, there)
        if made is None and not rows:
            raise LookupError(set_aside_id)
        if made is not None:
            made.undone_on = made.undone_on or clock.today()
        _put_back(main, holder, call_id, rows)
    return len(rows)


def _lock_act(main: Session, call_id: UUID, set_aside_id: UUID) -> SetAside | None:
    act = select(SetAside).where(SetAside.id == set_aside_id, SetAside.call_id == call_id)
    # A submission that names this row locks its key (FOR KEY SHARE), which a full lock would wait for.
    locked = act.with_for_update(key_share=True)
    found = main.scalars(locked.execution_options(**TOLERANT_LOCK))
    return next(iter(genuine(found)), None)


def put_one_back(holder: Holder, submission_id: UUID) -> None:
    """Undo for one submission. Idempotent. Raises `StoreUnavailable`."""
    with stores.writing() as main:
        rows = _locked(main, and_(Submission.id == submission_id, ~not_set_aside()))
        for row in rows:
            _put_back(main, holder, row.call_id, [row])


def _put_back(main: Session, holder: Holder, call_id: UUID, rows: list[Submission]) -> None:
    for row in rows:
        row.set_aside_id = None
    if rows:
        audit.enter(
            main,
            holder.coordinator_id,
            AuditEvent.PUT_BACK,
            call_id,
            detail=OfPeople(len(rows)),
        )


def _locked(main: Session, condition: ColumnElement[bool]) -> list[Submission]:
    """Lock these submissions, in the order of their ids (see `submission_locks`). A false one stays where it is, and
    keeps no other from being put aside or back."""
    found = _next(condition).with_for_update().execution_options(**TOLERANT_LOCK)
    return genuine(main.scalars(found))


def _next(condition: ColumnElement[bool]) -> Select[Submission]:
    return select(Submission).where(condition).order_by(Submission.id).limit(MOST)


def made_for(call: Call) -> tuple[PutAside, ...]:
    """The bulk acts of a call that still stand or were undone, the newest day first.

    After them those that are false or gone, by the submissions that name them: these can be put back all the same.
    """
    with stores.reading() as main:
        rows = main.execute(
            select(SetAside, Coordinator)
            .join(Coordinator, Coordinator.id == SetAside.coordinator_id)
            .where(SetAside.call_id == call.id)
            .order_by(SetAside.made_on.desc(), SetAside.id)
            .execution_options(**TOLERANT)
        ).all()
        still = _still_aside(main, call.id)
    acts = [_listed(row, by, still) for row, by in rows if is_genuine(row)]
    known = {act.id for act in acts}
    return (
        *acts,
        *(PutAside(one, None, "", n, None) for one, n in still.items() if one not in known),
    )


def _listed(row: SetAside, by: Coordinator, still: Mapping[UUID, int]) -> PutAside:
    name = by.name if is_genuine(by) else ""
    # Some of an act that was undone may have been put aside again, by hand.
    undone_on = None if row.id in still else row.undone_on
    return PutAside(row.id, row.made_on, name, row.people, undone_on)


def _still_aside(main: Session, call_id: UUID) -> dict[UUID, int]:
    """How many submissions of a call each act still keeps aside."""
    # Of all calls: given one, SQLite goes through everyone who answered it. In all there are few.
    named = (
        select(Submission.set_aside_id, Submission.call_id, func.count())
        .where(Submission.set_aside_id.is_not(None))
        .group_by(Submission.set_aside_id, Submission.call_id)
        .order_by(Submission.set_aside_id)
    )
    return {
        one: n
        for one, of_call, n in main.execute(named)
        if isinstance(one, UUID) and of_call == call_id
    }
