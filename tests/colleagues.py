"""People at the desk who do not exist, each with an account, a key and roles of their own."""

from dataclasses import dataclass
from functools import cache
from uuid import UUID, uuid4

from sqlalchemy import select

from tests import made_once
from webapp.models import Coordinator, OrganisationPeriod
from webapp.rules import clock
from webapp.rules.organisations import Standing
from webapp.rules.roles import OF_ORGANISATION, Grant, Role
from webapp.services.infrastructure import stores
from webapp.services.keys import coordinators, key_macs, key_slots
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.key_slots import Credentials


@dataclass(frozen=True)
class Colleague(Founded):
    """A person at the desk: signs in as the demo's coordinator does."""

    id: UUID

    @property
    def name(self) -> str:
        return self.owner.sign_in_name.capitalize()


def join(name: str, *roles: Role | Grant, organisation: UUID | None = None) -> Colleague:
    """A new person with these roles. Holds no key of what is there yet. Wants an application context.

    Of the host, unless another organisation is named; a role within an organisation is within the person's own.
    """
    seed, public_key = key_slots.new_key_pair()
    given, person_id = _known_by_heart(name.lower()), uuid4()
    with stores.writing() as main:
        house = (
            organisation
            or main.scalars(
                select(OrganisationPeriod.organisation_id).where(
                    OrganisationPeriod.standing == Standing.HOST
                )
            ).one()
        )
        row = Coordinator(
            id=person_id,
            organisation_id=house,
            sign_in_name=given.sign_in_name,
            name=name,
            public_key=public_key,
            totp_envelope=key_slots.seal_totp(person_id, seed, given.totp_secret),
            totp_last_step=0,
            created_on=clock.today(),
        )
        row.public_key_mac = key_macs.mac_of(key_macs.claim_of_coordinator(row))
        main.add(row)
        main.flush()
        with made_once.salt_of(name):
            main.add_all(key_slots.new_slots(person_id, seed, given))
        for one in roles:
            grant = one if isinstance(one, Grant) else in_scope(one, house)
            main.add(coordinators.role_row(person_id, grant))
    return Colleague(given, [], person_id)


@cache
def _known_by_heart(sign_in_name: str) -> Credentials:
    """What a person of this name has in every test of a run: to stretch a passphrase takes longer than most tests."""
    return key_slots.new_credentials(sign_in_name)


def in_scope(role: Role, organisation_id: UUID) -> Grant:
    """A role as it is given for as much as it can be: for everything, or within the person's organisation."""
    return Grant(role, organisation_id if role in OF_ORGANISATION else None)
