"""Coordinators: the staff who can sign in at the desk, each with a key of their own that their key slots protect."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.models import Coordinator, DeskVisit, RoleGrant, SessionKeyring, Slot
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.roles import Act, Grant, Grants, Role
from webapp.services.infrastructure import audit, ended_visits, stores
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine
from webapp.services.keys import key_macs, key_slots, organisations
from webapp.services.keys.key_slots import Credentials


class NotAnOwner(Exception):
    """Only an owner may do this, and this coordinator is none, or is none any more."""


class NoSuchCoordinator(LookupError):
    """No coordinator has this sign-in name."""


@dataclass(frozen=True)
class SessionKeys:
    """What a session holds of a coordinator's keys, 32 bytes each, and never the long-term seed (forward secrecy).

    `keyring_key` opens the keyring of this session (`session_keyrings`), with the purpose keys of when they signed in.
    The others are subkeys that were derived one way: `totp_key` opens both kinds of second factor, the two for entries
    find and open what they began to enter for a participant, and `notes_key` opens the list of their sessions. The id
    of the keyring is that of the session.
    """

    keyring_id: UUID
    keyring_key: bytes = field(repr=False)
    totp_key: bytes = field(repr=False)
    entry_lookup: bytes = field(repr=False)
    entry_key: bytes = field(repr=False)
    notes_key: bytes = field(repr=False)


@dataclass(frozen=True)
class Holder:
    """A signed-in coordinator, with the keys of this session."""

    coordinator_id: UUID
    name: str
    grants: Grants
    keys: SessionKeys


#: What the first coordinator may do: everything, and open everything.
FIRST = (Role.OWNER, Role.COORDINATOR)


def make_owner(main: Session, *, organisation: str, name: str, sign_in_name: str) -> Credentials:
    """The first coordinator of a new instance, with a generated passphrase, recovery code and second factor."""
    seed, public_key = key_slots.new_key_pair()
    owner_id = uuid4()
    credentials = key_slots.new_credentials(sign_in_name.strip().lower())
    house_id = organisations.found_host(main, organisation)
    row = Coordinator(
        id=owner_id,
        organisation_id=house_id,
        sign_in_name=credentials.sign_in_name,
        name=name,
        public_key=public_key,
        totp_envelope=key_slots.seal_totp(owner_id, seed, credentials.totp_secret),
        totp_last_step=0,
        created_on=clock.today(),
    )
    row.public_key_mac = key_macs.mac_of(key_macs.claim_of_coordinator(row))
    main.add(row)
    main.flush()
    main.add_all(key_slots.new_slots(owner_id, seed, credentials))
    for role in FIRST:
        main.add(role_row(owner_id, Grant(role)))
    audit.enter(main, audit.OPERATOR, AuditEvent.OWNER_CREATED, owner_id)
    return credentials


def role_row(coordinator_id: UUID, grant: Grant) -> RoleGrant:
    """The row that gives a coordinator a role, from today on."""
    return RoleGrant(
        id=uuid4(),
        coordinator_id=coordinator_id,
        role=grant.role,
        scope_id=grant.scope,
        given_on=clock.today(),
    )


def grants_of(main: Session, coordinator_id: UUID) -> Grants:
    """The roles that a coordinator has. Raises `RowForged`: a role that was put in by hand is none."""
    rows = main.scalars(select(RoleGrant).where(RoleGrant.coordinator_id == coordinator_id))
    return Grants.of(Grant(row.role, row.scope_id) for row in rows)


def named(main: Session, sign_in_name: str) -> Coordinator | None:
    """The coordinator with this sign-in name, in any case and with spaces around it. Raises `RowForged`.

    A person who has left is not among them: nothing lets them in again, the recovery key neither.
    """
    found = main.scalars(
        select(Coordinator).where(Coordinator.sign_in_name == sign_in_name.strip().lower())
    ).one_or_none()
    return None if found is None or found.left_on is not None else found


def check_name(sign_in_name: str) -> None:
    """Look whether someone signs in with this name. Raises `NoSuchCoordinator`, `RowForged`."""
    with stores.reading() as main:
        if named(main, sign_in_name) is None:
            raise NoSuchCoordinator(sign_in_name)


def find_slot(sign_in_name: str, kind: str) -> tuple[Coordinator | None, Slot | None]:
    """A coordinator and their key slot of this kind; None for what is not there."""
    with stores.reading() as main:
        row = named(main, sign_in_name)
        if row is None:
            return None, None
        slots = select(Slot).where(Slot.coordinator_id == row.id, Slot.kind == kind)
        return row, main.scalars(slots).one_or_none()


def lock(main: Session, coordinator_id: UUID) -> Coordinator:
    """Lock a coordinator's row until the transaction ends, as it is now. Raises `RowForged`."""
    return main.get_one(Coordinator, coordinator_id, with_for_update=True, populate_existing=True)


def lock_all(main: Session) -> dict[UUID, Coordinator]:
    """Lock every coordinator's row, in the order of their ids (mutual exclusion of changes to roles and to who holds
    keys). Raises `RowForged`."""
    rows = select(Coordinator).order_by(Coordinator.id).with_for_update()
    found = main.scalars(rows.execution_options(populate_existing=True))
    return {row.id: row for row in found}


def lock_as_owner(main: Session, by: UUID) -> dict[UUID, Coordinator]:
    """The same for a change by an owner, whose session may be older than the loss of the role. Raises `NotAnOwner`."""
    people = lock_all(main)
    owner = people.get(by)
    if owner is None or owner.left_on is not None or not grants_of(main, by).allow(Act.PEOPLE):
        raise NotAnOwner
    return people


def end_visits(coordinator_id: UUID) -> None:
    """End every session of a coordinator, and delete the keyrings of purpose keys that they lead to."""
    ended_visits.note(visit_ids(coordinator_id))
    with stores.writing("volatile") as volatile:
        for table in (DeskVisit, SessionKeyring):
            volatile.execute(delete(table).where(table.coordinator_id == coordinator_id))


def visit_ids(coordinator_id: UUID) -> Sequence[bytes]:
    """The ids of a coordinator's sessions."""
    with stores.reading("volatile") as volatile:
        theirs = select(DeskVisit.id).where(DeskVisit.coordinator_id == coordinator_id)
        return volatile.scalars(theirs).all()


def names() -> dict[str, str]:
    """Coordinators' names by id, for the audit log. A row that Hearth did not write names no one."""
    with stores.reading() as main:
        rows = genuine(main.scalars(select(Coordinator), execution_options=TOLERANT))
        return {str(row.id): row.name for row in rows}
