"""Account reset through colleagues: an owner makes a link, and the person alone makes all that they sign in with anew.

The link is an invitation that names an account (`invitations`, `joining`). The account keeps its id, name and roles,
and gets a key of its own that opens nothing: every seal to the key before is deleted, and colleagues who hold the
purpose keys give them (`giving_keys`). So an owner who uses the link herself reads nothing, and the person's passphrase
stops working, which they notice. Until the link is used, the account is as it was.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from webapp.models import AuditEntry, Coordinator, Invitation, Passkey, PurposeKeySeal, Slot
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.roles import Grants
from webapp.services.infrastructure import audit, ended_visits, failed_sign_ins, stores
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.keys import (
    coordinators,
    invitations,
    key_holders,
    key_macs,
    purpose_keys,
    role_changes,
)
from webapp.services.keys.accounts import NewAccount
from webapp.services.keys.coordinators import Holder, NoSuchCoordinator
from webapp.services.keys.invitations import AlreadyMade, Made, NoSuchInvitation
from webapp.services.keys.role_changes import LastToOpen


class OwnAccount(ValueError):
    """Who can sign in changes their own passphrase, with the present one."""


@dataclass(frozen=True)
class Wanted:
    """Whose account, and why (at most 200 characters). `id` is an idempotency key, as in `invitations.Wanted`."""

    id: UUID
    coordinator_id: UUID
    reason: str


def make_link(holder: Holder, wanted: Wanted, *, even_alone: bool = False) -> Made:
    """Store the link, in one transaction with its audit entry. A link of before ends.

    The caller has checked a fresh second factor. Raises `OwnAccount`, `LastToOpen` unless `even_alone`, `NotAnOwner`,
    `AlreadyMade`, `NoSuchCoordinator`; `NotAMember` or `EditConflict` where the account was closed meanwhile.
    """
    if wanted.coordinator_id == holder.coordinator_id:
        raise OwnAccount
    alone = role_changes.loss(wanted.coordinator_id, None).alone
    if alone and not even_alone:
        raise LastToOpen(alone)
    made = invitations.new_link(wanted.id)
    with stores.writing() as main:
        row = _locked_account(main, holder, wanted)
        _store(main, holder, row, made, wanted.reason)
    return made


def _locked_account(main: Session, holder: Holder, wanted: Wanted) -> Coordinator:
    """The account, after links of before were taken back.

    Lock order: organisations, invitations, coordinators; then the head of the record, which taking back writes to.
    """
    row = main.get(Coordinator, wanted.coordinator_id)
    if row is None:
        raise NoSuchCoordinator(wanted.coordinator_id)
    invitations.ensure_member(main, row.organisation_id)
    before = select(Invitation).where(Invitation.account_id == row.id).with_for_update()
    older = main.scalars(before).all()
    found = coordinators.lock_as_owner(main, holder.coordinator_id)[row.id]
    if found.left_on is not None:
        raise EditConflict
    for one in older:
        if one.id == wanted.id:
            raise AlreadyMade(wanted.id)
        invitations.delete_unused(main, holder.coordinator_id, one)
    return found


def _store(main: Session, holder: Holder, row: Coordinator, made: Made, reason: str) -> None:
    who = holder.coordinator_id
    whom = invitations.Wanted(made.id, row.name, row.organisation_id, Grants.of(()))
    link = invitations.row_of(holder, whom, made)
    link.account_id, link.account_key_mac = row.id, row.public_key_mac
    main.add(link)
    audit.enter(main, who, AuditEvent.ACCOUNT_RESET_OFFERED, row.id, reason)


def last_used(people: Collection[UUID]) -> dict[UUID, date]:
    """The day on which each of these people last made their account anew with a link, of those who ever did."""
    mine = (
        AuditEntry.actor.in_([str(one) for one in people]),
        AuditEntry.tag == AuditEvent.ACCOUNT_RESET.value,
    )
    newest = select(AuditEntry.actor, func.max(AuditEntry.at)).where(*mine)
    with stores.reading() as main:
        rows = main.execute(newest.group_by(AuditEntry.actor)) if people else ()
        return {
            UUID(who): clock.moment(at).astimezone(clock.COALITION_ZONE).date() for who, at in rows
        }


def put_in_place(main: Session, link: Invitation, new: NewAccount) -> Sequence[UUID]:
    """Use the link up: the account gets the new key, and holds no purpose key. Inside the caller's transaction.

    Returns the ids of the seals to the key before, for `clear_away`. Raises `NoSuchInvitation` where the account was
    closed or got another key meanwhile, and `IntegrityError` where another account has the sign-in name.
    """
    account = coordinators.lock_all(main)[new.coordinator.id]
    if not invitations.is_current(main, link):
        raise NoSuchInvitation
    main.delete(link)
    _replace_key(main, account, new)
    held = [key for key in purpose_keys.locked_keys(main) if account.id in key.holder_ids]
    key_holders.take_away(held, account.id)
    # With the key: no session outlives a crash with the one of before.
    ended_visits.note_within(main, coordinators.visit_ids(account.id))
    failed_sign_ins.settle(main, account.id)
    audit.enter(main, account.id, AuditEvent.ACCOUNT_RESET, account.id)
    return _seals_of(account.id)


def _replace_key(main: Session, account: Coordinator, new: NewAccount) -> None:
    made = new.coordinator
    account.sign_in_name, account.public_key = made.sign_in_name, made.public_key
    account.public_key_mac = key_macs.mac_of(key_macs.claim_of_coordinator(account))
    account.totp_envelope, account.totp_last_step = made.totp_envelope, made.totp_last_step
    # Passkeys are sealed under the key of before, and one of them may be what was lost.
    for table in (Slot, Passkey):
        main.execute(delete(table).where(table.coordinator_id == account.id))
    main.add_all(new.slots)
    main.flush()


def _seals_of(coordinator_id: UUID) -> Sequence[UUID]:
    with stores.reading("erasure") as erasure:
        theirs = select(PurposeKeySeal.id).where(PurposeKeySeal.holder_id == coordinator_id)
        return erasure.scalars(theirs).all()


def clear_away(coordinator_id: UUID, seals: Sequence[UUID]) -> None:
    """End every session, and delete what the key before opened. What a crash leaves opens nothing, and is swept.

    The seals by their ids: a colleague may have given new ones already. Raises `StoreUnavailable`.
    """
    coordinators.end_visits(coordinator_id)
    with stores.writing("erasure") as erasure:
        erasure.execute(delete(PurposeKeySeal).where(PurposeKeySeal.id.in_(list(seals))))
