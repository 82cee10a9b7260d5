"""Member organisations of the coalition: the host, the chair and the members, with the days on which each was that.

For both doors: a page may read what is here. Changing it is in `organisation_changes`, for the desk alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Organisation, OrganisationPeriod
from webapp.rules import clock
from webapp.rules.organisations import Period, Standing
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine


@dataclass(frozen=True)
class Term:
    """During which days an organisation was one thing: member, host or chair."""

    id: UUID
    standing: Standing
    period: Period

    @property
    def goes_on(self) -> bool:
        """Whether no last day is known."""
        return self.period.ended_on is None


@dataclass(frozen=True)
class Known:
    """An organisation that is or was in the coalition. Its periods, the newest first."""

    id: UUID
    name: str
    terms: tuple[Term, ...]

    def term(self, standing: Standing, day: date) -> Term | None:
        """The period that covers this day."""
        return next(
            (one for one in self.terms if one.standing is standing and one.period.covers(day)), None
        )

    def newest(self, standing: Standing) -> Term | None:
        """The newest period, whether it is over or not."""
        return next((one for one in self.terms if one.standing is standing), None)

    def going_on(self, standing: Standing) -> Term | None:
        """The period that has no last day."""
        return next((one for one in self.terms if one.standing is standing and one.goes_on), None)


@dataclass(frozen=True)
class Coalition:
    """Which organisations are together on one day, and which were before. By name, the host first, then the chair."""

    on: date
    everyone: tuple[Known, ...]

    def one(self, standing: Standing) -> Known | None:
        """The host, or the chair, on that day."""
        return next((one for one in self.everyone if one.term(standing, self.on)), None)

    @property
    def members(self) -> tuple[Known, ...]:
        """Every member of that day, host and chair among them."""
        return tuple(one for one in self.everyone if one.term(Standing.MEMBER, self.on))

    @property
    def former(self) -> tuple[Known, ...]:
        """Those that were members before that day."""
        return tuple(one for one in self.everyone if not one.term(Standing.MEMBER, self.on))


def coalition() -> Coalition:
    """The coalition as it is today. A row that Hearth did not write counts for nothing. Raises `StoreUnavailable`."""
    with stores.reading() as main:
        return read(main)


def read(main: Session) -> Coalition:
    """The same inside the caller's transaction."""
    today = clock.today()
    rows = genuine(main.scalars(select(Organisation), execution_options=TOLERANT))
    terms = _terms(genuine(main.scalars(select(OrganisationPeriod), execution_options=TOLERANT)))
    known = [Known(row.id, row.name, terms.get(row.id, ())) for row in rows]
    return Coalition(today, tuple(sorted(known, key=lambda one: _order(one, today))))


def locked(main: Session) -> Coalition:
    """The coalition, unchanged until the transaction ends: the lock of every organisation's row. Raises `RowForged`."""
    every = select(Organisation).order_by(Organisation.id)
    main.scalars(every.with_for_update(), execution_options={"populate_existing": True}).all()
    # Read past no false row: leaving one out could make a second host.
    main.scalars(select(OrganisationPeriod)).all()
    return read(main)


def _terms(rows: Iterable[OrganisationPeriod]) -> Mapping[UUID, tuple[Term, ...]]:
    found: dict[UUID, tuple[Term, ...]] = {}
    for row in sorted(rows, key=lambda one: one.began_on, reverse=True):
        term = Term(row.id, row.standing, Period(row.began_on, row.ended_on))
        found[row.organisation_id] = (*found.get(row.organisation_id, ()), term)
    return found


def _order(one: Known, today: date) -> tuple[bool, bool, str]:
    return (
        one.term(Standing.HOST, today) is None,
        one.term(Standing.CHAIR, today) is None,
        one.name.casefold(),
    )


def names() -> dict[str, str]:
    """The names of all organisations there are or were by id, for the audit log. A false row names none."""
    return {one.id.hex: one.name for one in coalition().everyone}


def found_host(main: Session, name: str) -> UUID:
    """The organisation that runs a new instance: host and member from today on. Returns its id."""
    organisation_id = add_row(main, name)
    add_period(main, organisation_id, Standing.HOST, clock.today())
    return organisation_id


def add_row(main: Session, name: str) -> UUID:
    """A new organisation, a member from today on. Returns its id. Raises `IntegrityError` where there is this name."""
    organisation_id = uuid4()
    main.add(Organisation(id=organisation_id, name=name))
    main.flush()
    add_period(main, organisation_id, Standing.MEMBER, clock.today())
    return organisation_id


def add_period(main: Session, organisation_id: UUID, standing: Standing, began_on: date) -> None:
    """From this day on, an organisation is a member, the host or the chair."""
    main.add(
        OrganisationPeriod(
            id=uuid4(), organisation_id=organisation_id, standing=standing, began_on=began_on
        )
    )
    main.flush()
