"""Double opt-in: what a booking waits for before it holds a seat or a place, and how many mails an address may get.

A stranger who fills in a form holds nothing with it. With an e-mail address the booking is a request, until the link
that only the mail has was followed and confirmed; the order of the waiting list is that of confirming. Without one it
holds a seat at once, within a small quota; beyond it a coordinator decides. People whose only mailbox is watched can
book, and one network cannot book out an event.
"""

from dataclasses import dataclass

from webapp.rules.events.registration_form import limited_mailbox
from webapp.rules.states import RegistrationState
from webapp.services.events.published_events import PublishedEvent
from webapp.services.infrastructure import limits
from webapp.services.infrastructure.limits import TooMany


@dataclass(frozen=True)
class Entry:
    """How a booking comes in: its state where it holds nothing yet, and whether a mail leaves for it."""

    pending: RegistrationState | None
    #: Whether it has no address and may hold a seat only while few others without one do.
    is_unvouched: bool
    mails: bool


def entry_of(event: PublishedEvent, address: str | None, network: str) -> Entry:
    """How a new booking comes in: with this address or none, from a network address that is not stored."""
    mails = may_mail(address)
    if not event.definition.confirm_address:
        return Entry(None, is_unvouched=False, mails=mails)
    if address is not None:
        return Entry(RegistrationState.REQUESTED, is_unvouched=False, mails=mails)
    pending = None if _within_quota(event, network) else RegistrationState.APPLIED
    return Entry(pending, is_unvouched=True, mails=False)


def may_mail(address: str | None) -> bool:
    """Take one of the day's few mails to this address; False when none is left. No page says which: the answer must
    not tell a stranger what others typed."""
    if address is None:
        return False
    try:
        limits.take_for("mails-to-address", limited_mailbox(address))
    except TooMany:
        return False
    return True


def _within_quota(event: PublishedEvent, network: str) -> bool:
    try:
        limits.take_here("seats-without-address", event.id.hex, network)
    except TooMany:
        return False
    return True
