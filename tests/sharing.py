"""Member organisations with recipients, and people who allow sharing with them. Wants an application context."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from tests.colleagues import Colleague, join
from tests.factories import DEMO_CALL, Sent, code_for, submit_one
from tests.rows import change
from webapp.models import Coordinator, ErasureSecret, Part, Share
from webapp.rules import clock
from webapp.rules.organisations import Standing
from webapp.rules.reasons import Reason
from webapp.rules.roles import Grant, Role
from webapp.services.calls import published_calls
from webapp.services.infrastructure import stores
from webapp.services.keys import (
    authentication,
    member_lists,
    organisation_changes,
    organisation_keys,
    organisations,
)
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import shared_reading, sharing
from webapp.services.opening.disclosure import Erased, NotAuthorisedToOpen
from webapp.services.opening.sharing import Asked
from webapp.services.sealed.shared_sealing import seal_to_organisation

OWNER = UUID(int=1)
WHY, TO_REACH = Reason("share"), Reason("reach")


@dataclass(frozen=True)
class Member:
    """A member organisation, and a recipient of it."""

    id: UUID
    recipient: Colleague

    def signed_in(self) -> Holder:
        """The recipient, in a new session: it has the keys of now."""
        return anew(self.recipient)


def new_member(name: str, person: str) -> Member:
    """A member from today on, with one recipient."""
    member_id = organisation_changes.add(OWNER, name)
    recipient = join(person, Grant(Role.RECIPIENT, member_id), organisation=member_id)
    return Member(member_id, recipient)


def anew(who: Founded) -> Holder:
    """Signed in with a fresh code, as if time had gone by."""
    with stores.writing() as main:
        change(main, select(Coordinator), {"totp_last_step": 0})
    owner = who.owner
    return authentication.sign_in(owner.sign_in_name, owner.passphrase, code_for(who))


def list_shown() -> UUID | None:
    """The list that a page shows now; None where the host is alone."""
    found = member_lists._current()
    return found.id if found and found.members else None


def list_now() -> UUID:
    """The same, where there is one."""
    found = list_shown()
    assert found is not None
    return found


def says_yes(**options: Any) -> Sent:
    """A person who allows sharing with the members on the list of now."""
    return submit_one(members=list_now(), **options)


def share(founded: Founded, member: Member) -> int:
    """The demo's coordinator shares all that may be shared with a member. Returns of how many people."""
    return share_with(founded, member.id)


def share_with(founded: Founded, organisation_id: UUID) -> int:
    """The same, with an organisation by its id."""
    holder = anew(founded)
    call = published_calls.find_call(DEMO_CALL)
    return sharing.share(holder, call, asked(organisation_id)) or 0


def asked(organisation_id: UUID, reason: Reason = WHY) -> Asked:
    """The act, with whom may read it now, as a coordinator agrees to all that the page says."""
    with stores.reading() as main:
        readers = organisation_keys.recipients(main, organisation_id)
    return Asked(organisation_id, reason, readers, anew=True)


def reads(member: Member, sent: Sent) -> bool:
    """Whether a member's recipient can read one person's details now, listed and opened alike."""
    holder = member.signed_in()
    rows = {row.submission_id: row for row in shared_reading.page_of(holder).rows}
    if sent.submission_id not in rows:
        return False
    try:
        found = shared_reading.open_shared(holder, rows[sent.submission_id].share_id, TO_REACH)
    except (Erased, NotAuthorisedToOpen):
        return False
    assert found.contact.contact is not None
    return True


def end_membership(member: Member) -> None:
    """The member leaves today; its people left before."""
    known = next(one for one in organisations.coalition().everyone if one.id == member.id)
    term = known.going_on(Standing.MEMBER)
    assert term is not None
    with stores.writing() as main:
        row = main.get_one(Coordinator, member.recipient.id)
        left, row.left_on = row.left_on, known.terms[0].period.began_on
    organisation_changes.end_membership(OWNER, member.id, term.period.began_on, seen=term.id)
    with stores.writing() as main:
        # The strictest case: a session and keys that should have gone are still there.
        main.get_one(Coordinator, member.recipient.id).left_on = left


def share_a_first_one() -> None:
    """Share the details of some person with a new member, past their consent: there is something sealed to steal."""
    member = new_member("Lantern", "Lou")
    with stores.reading() as main:
        part = main.scalars(select(Part).where(Part.purpose == "contact")).all()[0]
    with stores.reading("erasure") as erasure:
        of_part = erasure.get_one(ErasureSecret, part.secret_id).secret
    by: Any = SimpleNamespace(coordinator_id=OWNER)
    key = organisation_keys.key_to_share_with(by, member.id, asked(member.id).readers)
    row = Share(
        id=uuid4(),
        submission_id=part.bound_to,
        organisation_id=member.id,
        period_id=uuid4(),
        shared_on=clock.today(),
    )
    sealed, secret = seal_to_organisation(row, part, of_part, {"email": "x@example.org"}, key)
    with stores.writing("erasure") as erasure:
        erasure.add(secret)
    with stores.writing() as main:
        main.add(row)
        main.flush()
        main.add(sealed)
