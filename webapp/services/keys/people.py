"""The people of the coalition at the desk: who can sign in, with which roles, and who has left."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Coordinator, RoleGrant
from webapp.rules.roles import Act, Grant, Grants
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine


@dataclass(frozen=True)
class Person:
    """A person with an account, now or in the past."""

    id: UUID
    name: str
    organisation_id: UUID
    grants: Grants
    since: date
    left_on: date | None


def everyone() -> list[Person]:
    """Everyone with an account, by name. A row that Hearth did not write is no person and no role."""
    with stores.reading() as main:
        rows = genuine(main.scalars(select(Coordinator), execution_options=TOLERANT))
        given = _roles(main)
    people = [_person(row, given.get(row.id, [])) for row in rows]
    return sorted(people, key=lambda one: one.name.casefold())


def owners() -> frozenset[UUID]:
    """Who looks after organisations, people and roles now."""
    return frozenset(
        one.id for one in everyone() if one.left_on is None and one.grants.allow(Act.PEOPLE)
    )


def _roles(main: Session) -> dict[UUID, list[Grant]]:
    found: dict[UUID, list[Grant]] = {}
    for row in genuine(main.scalars(select(RoleGrant), execution_options=TOLERANT)):
        found.setdefault(row.coordinator_id, []).append(Grant(row.role, row.scope_id))
    return found


def _person(row: Coordinator, given: list[Grant]) -> Person:
    grants = Grants.of(given)
    return Person(row.id, row.name, row.organisation_id, grants, row.created_on, row.left_on)
