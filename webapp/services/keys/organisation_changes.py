"""Changes to the coalition at the desk: who is a member, the host, the chair. Each is audited in its own transaction.

Optimistic locking: each change names what the page showed (a name, a period), and is refused (`EditConflict`) where
another owner has changed that meanwhile. All changes wait for one lock, so that there is never a second host.
"""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.models import Coordinator, Invitation, Organisation, OrganisationPeriod
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent, Source
from webapp.rules.organisations import Standing
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.keys import look_alike_names, member_lists, organisations
from webapp.services.keys.organisations import Coalition, Known, Term

ONE_DAY = timedelta(days=1)
HANDED_OVER = {Standing.HOST: AuditEvent.HOST_CHANGED, Standing.CHAIR: AuditEvent.CHAIR_CHANGED}


class NoSuchOrganisation(LookupError):
    """No organisation has this id."""


class NameTaken(ValueError):
    """Another organisation has this name, in capitals or not."""


class NotAMember(ValueError):
    """Its membership is over, so it cannot be what was asked for."""


class IsHost(ValueError):
    """The host runs this instance: another becomes the host before its membership can end."""


class NotSuchADay(ValueError):
    """A membership ends between its first day and today."""


class StillHasPeople(ValueError):
    """People of the organisation can still sign in: their accounts end first. `names` are theirs."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(len(names))
        self.names = names


def add(actor: UUID | Source, name: str) -> UUID:
    """A new member from today on. Returns its id. Raises `NameTaken`."""
    try:
        with stores.writing() as main:
            _refuse_taken(organisations.locked(main), name)
            organisation_id = organisations.add_row(main, name)
            member_lists.keep(main)
            audit.enter(main, actor, AuditEvent.ORGANISATION_ADDED, organisation_id)
    except IntegrityError:
        raise NameTaken from None
    return organisation_id


def rename(actor: UUID, organisation_id: UUID, name: str, *, was: str) -> None:
    """Another name for the same organisation; everything that is about it stays. Idempotent.

    Raises `NoSuchOrganisation`, `EditConflict`, `NameTaken`.
    """
    with stores.writing() as main:
        found = organisations.locked(main)
        known = find(found, organisation_id)
        if known.name == name:
            return
        if known.name != was:
            raise EditConflict
        set_name(main, actor, found, organisation_id, name)
        member_lists.keep(main)


def set_name(
    main: Session, actor: UUID, found: Coalition, organisation_id: UUID, name: str
) -> None:
    """The same inside a transaction that has locked the organisations, and keeps the list of members.

    Raises `NameTaken`.
    """
    _refuse_taken(found, name, besides=organisation_id)
    main.get_one(Organisation, organisation_id).name = name
    main.flush()
    audit.enter(main, actor, AuditEvent.ORGANISATION_RENAMED, organisation_id)


def end_membership(actor: UUID, organisation_id: UUID, last_day: date, *, seen: UUID) -> None:
    """End a membership, and with it being the chair. Open invitations to its people are taken back. Idempotent.

    `seen` is the period that the page showed. Raises `NoSuchOrganisation`, `EditConflict`, `IsHost`, `NotSuchADay`,
    `StillHasPeople`.
    """
    with stores.writing() as main:
        known = find(organisations.locked(main), organisation_id)
        term = next((one for one in known.terms if one.id == seen), None)
        if term is None or term.standing is not Standing.MEMBER:
            raise EditConflict
        if term.period.ended_on == last_day:
            return
        end_term(main, actor, known, term, last_day)
        member_lists.keep(main)


def end_term(main: Session, actor: UUID, known: Known, term: Term, last_day: date) -> None:
    """The same inside a transaction that has locked the organisations, and keeps the list of members.

    Raises as `end_membership` does.
    """
    _may_end(main, known, term, last_day)
    for one in (term, known.going_on(Standing.CHAIR)):
        if one is not None:
            _end(main, one, last_day)
    _take_back_invitations(main, actor, known.id)
    audit.enter(main, actor, AuditEvent.MEMBERSHIP_ENDED, known.id)


def _may_end(main: Session, known: Known, term: Term, last_day: date) -> None:
    if not term.goes_on:
        raise EditConflict
    if known.going_on(Standing.HOST):
        raise IsHost
    if not term.period.began_on <= last_day <= clock.today():
        raise NotSuchADay
    here = select(Coordinator).where(
        Coordinator.organisation_id == known.id, Coordinator.left_on.is_(None)
    )
    if people := main.scalars(here.with_for_update()).all():
        raise StillHasPeople(tuple(sorted(one.name for one in people)))


def _take_back_invitations(main: Session, actor: UUID, organisation_id: UUID) -> None:
    theirs = select(Invitation).where(Invitation.organisation_id == organisation_id)
    for row in main.scalars(theirs.with_for_update()):
        main.delete(row)
        audit.enter(main, actor, AuditEvent.INVITATION_TAKEN_BACK, row.account_id or row.id)


def begin_again(actor: UUID, organisation_id: UUID) -> None:
    """A former member is a member again, from today or the day after its last one. Raises `NoSuchOrganisation`.

    Idempotent. The days between are kept: what was agreed to before does not cover them.
    """
    with stores.writing() as main:
        known = find(organisations.locked(main), organisation_id)
        if known.going_on(Standing.MEMBER):
            return
        last_days = [one.period.ended_on for one in known.terms if one.period.ended_on]
        first = max([clock.today(), *(day + ONE_DAY for day in last_days)])
        organisations.add_period(main, organisation_id, Standing.MEMBER, first)
        member_lists.keep(main)
        audit.enter(main, actor, AuditEvent.MEMBERSHIP_BEGUN, organisation_id)


def hand_over(
    actor: UUID | Source, standing: Standing, organisation_id: UUID | None, *, seen: UUID | None
) -> None:
    """From today on, this member is the host or the chair: one period ends, another begins. None: there is no chair.

    `seen` is the period that the page showed; None where there was none. Idempotent. Raises `NoSuchOrganisation`,
    `EditConflict`, `NotAMember`.
    """
    with stores.writing() as main:
        found = organisations.locked(main)
        now = next(
            ((one, term) for one in found.everyone if (term := one.going_on(standing))), None
        )
        if (now[0].id if now else None) == organisation_id:
            return
        if (now[1].id if now else None) != seen:
            raise EditConflict
        if organisation_id is None and standing is Standing.HOST:
            raise IsHost
        if now:
            _end(main, now[1], clock.today() - ONE_DAY)
        if organisation_id is not None:
            _begin(main, find(found, organisation_id), standing)
        member_lists.keep(main)
        subject = organisation_id or (now[0].id if now else None)
        audit.enter(main, actor, HANDED_OVER[standing], subject)


def _begin(main: Session, known: Known, standing: Standing) -> None:
    if not known.going_on(Standing.MEMBER):
        raise NotAMember
    organisations.add_period(main, known.id, standing, clock.today())


def _end(main: Session, term: Term, last_day: date) -> None:
    row = main.get_one(OrganisationPeriod, term.id)
    if last_day < row.began_on:
        # It began today: it was that on no whole day. The record says both.
        main.delete(row)
    else:
        row.ended_on = last_day
    main.flush()


def find(found: Coalition, organisation_id: UUID) -> Known:
    """One organisation of the coalition. Raises `NoSuchOrganisation`."""
    known = next((one for one in found.everyone if one.id == organisation_id), None)
    if known is None:
        raise NoSuchOrganisation(organisation_id)
    return known


def _refuse_taken(found: Coalition, name: str, besides: UUID | None = None) -> None:
    others = (one.name for one in found.everyone if one.id != besides)
    if look_alike_names.is_taken(name, others):
        raise NameTaken(name)
