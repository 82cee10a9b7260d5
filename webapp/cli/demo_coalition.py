"""The demo's coalition: a host and two members, and three people beside the first one, each with another role.

The organisations and people are made up. Nobody is invited here: what each person signs in with is written down.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid4

from webapp.rules.audit_events import AuditEvent
from webapp.rules.organisations import Standing
from webapp.rules.roles import OF_ORGANISATION, Grant, Grants, Role
from webapp.services.infrastructure import audit, stores
from webapp.services.keys import (
    accounts,
    coordinators,
    key_slots,
    organisation_changes,
    organisations,
)
from webapp.services.keys.accounts import Whose
from webapp.services.keys.key_slots import Credentials

HOST: Final = "The Demo House"
CHAIR: Final = "The Demo Harbour"
MEMBER: Final = "The Demo Lantern"


@dataclass(frozen=True)
class Planned:
    """A person of the demo, with all that they sign in with."""

    name: str
    organisation: str
    role: Role
    sign_in_name: str
    passphrase: str = field(repr=False)
    totp_secret: str = field(repr=False)
    totp_uri: str = field(repr=False)
    recovery_code: str = field(repr=False)

    @property
    def credentials(self) -> Credentials:
        """What opens their account."""
        return Credentials(
            self.sign_in_name,
            self.passphrase,
            self.recovery_code,
            self.totp_secret,
            self.totp_uri,
        )


PEOPLE: Final = (
    # Calls say that a team at the lead charity reads answers, so the analyst is one of the host's people.
    ("Bea", HOST, Role.ANALYST),
    ("Cem", MEMBER, Role.REGISTRAR),
    ("Dee", MEMBER, Role.RECIPIENT),
)


def planned(written: Iterable[Mapping[str, Any]]) -> list[Planned]:
    """The people: as they were written down before, or with something new to sign in with."""
    known = {one["sign_in_name"]: one for one in written}
    return [
        Planned(**{**known[name.lower()], "role": role})
        if name.lower() in known
        else _new(name, organisation, role)
        for name, organisation, role in PEOPLE
    ]


def _new(name: str, organisation: str, role: Role) -> Planned:
    made = key_slots.new_credentials(name.lower())
    return Planned(
        name,
        organisation,
        role,
        made.sign_in_name,
        made.passphrase,
        made.totp_secret,
        made.totp_uri,
        made.recovery_code,
    )


def gather(people: Iterable[Planned]) -> None:
    """Make the two members, the chair and the accounts that are not there yet. Idempotent, also after a crash."""
    ids = {name: _member(name) for name in (CHAIR, MEMBER)} | _host()
    if organisations.coalition().one(Standing.CHAIR) is None:
        organisation_changes.hand_over(audit.OPERATOR, Standing.CHAIR, ids[CHAIR], seen=None)
    for one in people:
        _join(one, ids[one.organisation])


def _host() -> dict[str, UUID]:
    """The host, whatever a visitor named it."""
    host = organisations.coalition().one(Standing.HOST)
    return {HOST: host.id} if host else {}


def _member(name: str) -> UUID:
    known = next((one for one in organisations.coalition().everyone if one.name == name), None)
    return known.id if known else organisation_changes.add(audit.OPERATOR, name)


def _grant(role: Role, organisation_id: UUID) -> Grant:
    return Grant(role, organisation_id if role in OF_ORGANISATION else None)


def _join(person: Planned, organisation_id: UUID) -> None:
    with stores.reading() as main:
        if coordinators.named(main, person.sign_in_name) is not None:
            return
    whose = Whose(
        uuid4(), organisation_id, person.name, Grants.of([_grant(person.role, organisation_id)])
    )
    account = accounts.new_account(whose, person.credentials)
    with stores.writing() as main:
        accounts.add(main, account)
        audit.enter(main, audit.OPERATOR, AuditEvent.PERSON_JOINED, whose.account_id)
