"""Invitations of people to the desk, after step-up authentication: a link that works once, within seven days.

The secret in the link exists in the answer to the owner alone; the row opens no invitation (`vault.invitations`). What
the link leads to is in `joining`. A writer to the database alone can put no invitation in, because its row is
authenticated, and put none back that was used, because the account that was made has its id.
"""

from dataclasses import dataclass, field
from datetime import date
from hmac import compare_digest
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.models import Coordinator, Invitation
from webapp.rules import clock
from webapp.rules import invitations as rules
from webapp.rules.audit_events import AuditEvent
from webapp.rules.organisations import Standing
from webapp.rules.roles import Grants
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.row_authentication import (
    TOLERANT,
    RowForged,
    derived_id,
    genuine,
)
from webapp.services.keys import coordinators, look_alike_names, organisations, people
from webapp.services.keys.coordinators import Holder
from webapp.services.keys.organisation_changes import NotAMember
from webapp.vault.invitations import lookup_of, new_invitation


class NoSuchInvitation(LookupError):
    """It was used, taken back, is over, or never was."""


class PersonNameTaken(ValueError):
    """Another person is here, or invited, under this name: the record could not tell them apart."""


class AlreadyMade(ValueError):
    """The button was pressed twice: the first press made the invitation, and has its link."""


@dataclass(frozen=True)
class Wanted:
    """Whom an owner invites: a name to be known by at the desk, the organisation, and roles.

    `id` is an idempotency key, made by `id_of_press`.
    """

    id: UUID
    name: str
    organisation_id: UUID
    grants: Grants


def id_of_press(holder: Holder, pressed: UUID, about: str = "") -> UUID:
    """The id of what one press of a button makes: the same for its second press (idempotency key).

    An account takes the id of its invitation, so the browser must not choose it: with an id that is something else's,
    of a recovery key or an organisation, the two could not be told apart. `about`: which button.
    """
    owner = holder.coordinator_id
    return derived_id(Invitation.__tablename__, made_by=owner, pressed=pressed, about=about)


@dataclass(frozen=True)
class Made:
    """A new invitation. `secret` goes into the link, is shown once, and is stored nowhere."""

    id: UUID
    last_day: date
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Open:
    """An invitation that nobody has used yet, as the desk lists it."""

    id: UUID
    name: str
    organisation_id: UUID
    grants: Grants
    made_by: str
    made_on: date
    last_day: date
    #: None, or the account that is there already and is reset with it.
    account_id: UUID | None = None


def open_invitations() -> list[Open]:
    """Those that can still be used, the newest first. A row that Hearth did not write invites nobody."""
    names, owners = coordinators.names(), people.owners()
    with stores.reading() as main:
        today = [row for row in _of_today(main) if row.made_by in owners]
        rows = [row for row in today if _is_of_use(main, row)]
    rows.sort(key=lambda row: (row.made_on, row.name), reverse=True)
    return [_shown(row, names.get(str(row.made_by), "")) for row in rows]


def _of_today(main: Session) -> list[Invitation]:
    current = select(Invitation).where(Invitation.last_day >= clock.today())
    return genuine(main.scalars(current, execution_options=TOLERANT))


def _is_of_use(main: Session, row: Invitation) -> bool:
    try:
        return is_current(main, row)
    except RowForged:
        return False


def _shown(row: Invitation, made_by: str) -> Open:
    return Open(
        row.id,
        row.name,
        row.organisation_id,
        rules.from_text(row.roles),
        made_by,
        row.made_on,
        row.last_day,
        row.account_id,
    )


def invite(holder: Holder, wanted: Wanted) -> Made:
    """Store the invitation, in one transaction with its audit entry. The caller has checked a fresh second factor.

    Raises `AlreadyMade`, `NotAMember` where the organisation has left meanwhile, `PersonNameTaken`.
    """
    made = new_link(wanted.id)
    try:
        with stores.writing() as main:
            # Lock order: organisations before coordinators, as where a membership ends.
            ensure_member(main, wanted.organisation_id)
            _refuse_taken(main, wanted.name)
            main.add(row_of(holder, wanted, made))
            who = holder.coordinator_id
            audit.enter(main, who, AuditEvent.PERSON_INVITED, made.id)
    except IntegrityError:
        raise AlreadyMade(wanted.id) from None
    return made


def new_link(invitation_id: UUID) -> Made:
    """A fresh secret, and until when it is to count. Nothing is stored."""
    return Made(invitation_id, rules.last_day(clock.today()), new_invitation())


def row_of(holder: Holder, wanted: Wanted, made: Made) -> Invitation:
    """The row of a link, which does not open it."""
    return Invitation(
        id=made.id,
        lookup=lookup_of(made.secret),
        organisation_id=wanted.organisation_id,
        name=wanted.name,
        roles=rules.as_text(wanted.grants),
        made_by=holder.coordinator_id,
        made_on=clock.today(),
        last_day=made.last_day,
    )


def _refuse_taken(main: Session, name: str) -> None:
    """All invitations wait for the lock of the organisations, so that two at once cannot both pass."""
    here = genuine(main.scalars(select(Coordinator), execution_options=TOLERANT))
    known = [row.name for row in here if row.left_on is None]
    known += [row.name for row in _of_today(main)]
    if look_alike_names.is_taken(name, known):
        raise PersonNameTaken(name)


def ensure_member(main: Session, organisation_id: UUID) -> None:
    """Raise `NotAMember` unless the organisation is a member without an end, and stays one in this transaction."""
    found = organisations.locked(main).everyone
    known = next((one for one in found if one.id == organisation_id), None)
    if known is None or known.going_on(Standing.MEMBER) is None:
        raise NotAMember(organisation_id)


def is_current(main: Session, row: Invitation) -> bool:
    """Whether the account that it resets, if any, is open and has the key that it had then. Raises `RowForged`."""
    if row.account_id is None or row.account_key_mac is None:
        return True
    account = main.get_one(Coordinator, row.account_id)
    return account.left_on is None and compare_digest(account.public_key_mac, row.account_key_mac)


def take_back(actor: UUID, invitation_id: UUID) -> None:
    """The link opens nothing from now on. Raises `NoSuchInvitation` where it was used, taken back or is over."""
    with stores.writing() as main:
        row = main.get(Invitation, invitation_id, with_for_update=True)
        if row is None:
            raise NoSuchInvitation(invitation_id)
        delete_unused(main, actor, row)


def delete_unused(main: Session, actor: UUID, row: Invitation) -> None:
    """Delete an invitation that nobody used, with its audit entry, inside the caller's transaction."""
    main.delete(row)
    main.flush()
    audit.enter(main, actor, AuditEvent.INVITATION_TAKEN_BACK, row.account_id or row.id)
