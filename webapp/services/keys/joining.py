"""Accepting an invitation: the person alone makes what they sign in with, and nobody else ever has it.

Until the last step nothing is stored but the invitation. Then account, slots and roles are added and the invitation is
deleted in one transaction: of two browsers with one link, one makes an account. What happens instead with a link for an
account that is there already is in `account_resets`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.models import Coordinator, Invitation
from webapp.rules import clock
from webapp.rules import invitations as rules
from webapp.rules.audit_events import AuditEvent
from webapp.rules.roles import Act
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.limits import TooMany
from webapp.services.infrastructure.row_authentication import RowForged
from webapp.services.keys import account_resets, accounts, coordinators, invitations, key_slots
from webapp.services.keys.accounts import NewAccount, Whose
from webapp.services.keys.invitations import NoSuchInvitation
from webapp.services.keys.key_slots import Credentials
from webapp.services.keys.organisation_changes import NotAMember
from webapp.vault.invitations import MistypedCode, lookup_of
from webapp.vault.stretching import TooBusy


class SignInNameTaken(ValueError):
    """Another account has this sign-in name."""


@dataclass(frozen=True)
class Joining:
    """An invitation that can be accepted now: whose it is, in the words of the owner who invited them."""

    id: UUID
    name: str
    lookup: bytes = field(repr=False)
    #: Of the account that is reset with it; empty and None for a new one.
    sign_in_name: str = ""
    account_id: UUID | None = None


def find(secret: str) -> Joining:
    """The invitation behind a link. Raises `NoSuchInvitation`, whatever the reason is."""
    try:
        lookup = lookup_of(secret)
    except MistypedCode:
        raise NoSuchInvitation from None
    with stores.reading() as main:
        row = _find(main, lookup)
        if row.account_id is None:
            return Joining(row.id, row.name, lookup)
        account = main.get_one(Coordinator, row.account_id)
        return Joining(row.id, account.name, lookup, account.sign_in_name, account.id)


def is_taken(joining: Joining, sign_in_name: str) -> bool:
    """Whether another account has this sign-in name, or had it: people who leave keep theirs, for the record."""
    with stores.reading() as main:
        theirs = select(Coordinator.id).where(
            Coordinator.sign_in_name == sign_in_name.strip().lower()
        )
        return main.scalar(theirs) not in {None, joining.account_id}


def join(joining: Joining, credentials: Credentials, *, last_step: int) -> None:
    """Make the account, or reset it.

    `last_step`: of the code that proved the second factor, so that it does not count again. Raises
    `NoSuchInvitation` where it was used, taken back or ended meanwhile, `SignInNameTaken`, `TooMany`.
    """
    account = _new_account(joining, credentials, last_step)
    try:
        with stores.writing() as main:
            seals = _accept(main, joining, account)
    except IntegrityError:
        raise SignInNameTaken from None
    if joining.account_id:
        account_resets.clear_away(joining.account_id, seals)


def _new_account(joining: Joining, credentials: Credentials, last_step: int) -> NewAccount:
    with stores.reading() as main:
        row = _find(main, joining.lookup)
    account_id = row.account_id or row.id
    whose = Whose(account_id, row.organisation_id, row.name, rules.from_text(row.roles))
    try:
        return accounts.new_account(whose, credentials, last_step=last_step)
    except TooBusy:
        raise TooMany("sign-in") from None


def _accept(main: Session, joining: Joining, account: NewAccount) -> Sequence[UUID]:
    """Returns the seals to a key that was replaced."""
    # Lock order: organisations before invitations, as where a membership ends.
    organisation_id = account.coordinator.organisation_id
    try:
        invitations.ensure_member(main, organisation_id)
    except NotAMember:
        raise NoSuchInvitation from None
    row = _find(main, joining.lookup, lock=True)
    if row.account_id is not None:
        return account_resets.put_in_place(main, row, account)
    # A row that was put back into the database after it was used meets the account that was made with it.
    if main.get(Coordinator, row.id) is not None:
        raise NoSuchInvitation
    main.delete(row)
    accounts.add(main, account)
    audit.enter(main, row.id, AuditEvent.PERSON_JOINED, row.id)
    return ()


def _find(main: Session, lookup: bytes, *, lock: bool = False) -> Invitation:
    """The invitation, if it can be used today. Raises `NoSuchInvitation`, also for a row that Hearth did not write."""
    query = select(Invitation).where(Invitation.lookup == lookup)
    if lock:
        query = query.with_for_update()
    try:
        row = main.scalars(query, execution_options={"populate_existing": True}).one_or_none()
        if row is None or row.last_day < clock.today() or not _may_invite(main, row.made_by):
            raise NoSuchInvitation
        if not invitations.is_current(main, row):
            raise NoSuchInvitation
    except RowForged:
        # It is in the log. The person who opens the link is a stranger, and is told nothing about the database.
        raise NoSuchInvitation from None
    return row


def _may_invite(main: Session, coordinator_id: UUID) -> bool:
    """Whether who made the invitation is still an owner: what a dismissed owner left behind opens nothing."""
    made_by = main.get_one(Coordinator, coordinator_id)
    return made_by.left_on is None and coordinators.grants_of(main, coordinator_id).allow(
        Act.PEOPLE
    )


def begin() -> Credentials:
    """A fresh passphrase, recovery code and second factor, for the person to take or to leave. Nothing is stored."""
    return key_slots.new_credentials("")
