"""Whether a session can open something is found out before an entry says that it was opened.

The entry and the look of an opening are committed first, and the participant reads the look. So where the key is
missing, or what is stored is not as Hearth wrote it, neither is made: the record says that it was tried.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from webapp.rules.audit_events import AuditEvent
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.row_authentication import RowForged
from webapp.services.keys.coordinators import Holder
from webapp.vault.envelope import DoesNotOpen, KeySwapped


class NotAuthorisedToOpen(Exception):
    """This coordinator holds no key for that purpose."""


class SignInAgainToOpen(Exception):
    """The key was sealed to this coordinator after they had signed in, or their session's keyring is gone."""


#: Why nothing can be opened.
NOTHING_OPENS = (NotAuthorisedToOpen, SignInAgainToOpen, DoesNotOpen, KeySwapped, RowForged)


@dataclass
class Attempt:
    """What the record says of an opening that finds no key: the transaction fills in what it learns."""

    event: AuditEvent
    subject_id: UUID
    recorded: str = ""


@contextmanager
def entered_as_tried(holder: Holder, attempt: Attempt) -> Iterator[Attempt]:
    """Around the transaction that enters an opening: if it finds that nothing opens, the record has the attempt.

    Raises what the transaction raised.
    """
    try:
        yield attempt
    except NOTHING_OPENS:
        with stores.writing() as main:
            audit.enter(
                main, holder.coordinator_id, attempt.event, attempt.subject_id, attempt.recorded
            )
        raise


def of_person(submission_id: UUID, recorded: str = "") -> Attempt:
    """An attempt at something of one person, whose *My choices* says nothing of it."""
    return Attempt(AuditEvent.OPENING_TRIED, submission_id, recorded)
