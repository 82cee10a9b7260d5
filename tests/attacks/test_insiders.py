"""An owner, or a person who was one of us a moment ago, tries to read more than their roles hold."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from flask import Flask

from tests.colleagues import Colleague, join
from tests.factories import DEMO_CALL, TO_READ, signed_in, submit_one
from tests.integration.services.test_role_changes import again
from webapp.rules.roles import Grant, Role
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import audit
from webapp.services.keys import giving_keys, key_overview, key_rotations, role_changes
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder, NotAnOwner
from webapp.services.opening import disclosure
from webapp.services.opening.disclosure import NotAuthorisedToOpen, SignInAgainToOpen

pytestmark = pytest.mark.usefixtures("inside")


@pytest.fixture
def inside(app: Flask) -> Iterator[Flask]:
    with app.app_context():
        yield app


@pytest.fixture
def call(inside: Flask) -> Call:
    return published_calls.find_call(DEMO_CALL)


def reads(holder: Holder, submission_id: UUID) -> bool:
    try:
        disclosure.open_testimony(holder, submission_id, TO_READ)
    except (NotAuthorisedToOpen, SignInAgainToOpen):
        return False
    return True


def owner_who_gave_herself_a_role() -> Colleague:
    dee = join("Dee", Role.OWNER)
    role_changes.give(signed_in(dee), dee.id, Grant(Role.COORDINATOR))
    return dee


def test_an_owner_who_gives_herself_a_role_reads_nothing_that_was_told_before(
    call: Call, founded: Founded
) -> None:
    # Given answers, and an owner without keys
    sent = submit_one(call)
    dee = owner_who_gave_herself_a_role()
    # When she signs in anew, and gives the keys to herself
    holder = again(dee)
    given = giving_keys.give_held(holder, dee.id)
    # Then there is nothing that she could give, and nothing opens
    assert given.keys == 0
    assert not reads(holder, sent.submission_id)
    # And colleagues see her name on the page of keys, and what she did in the record
    assert key_overview.whole().waits(dee.id)
    assert "role given" in {line.tag for line in audit.recent(10)}


def test_with_new_keys_she_reads_what_comes_later_and_nothing_else(
    call: Call, founded: Founded
) -> None:
    # This is the limit that the threat model names.
    before = submit_one(call)
    dee = owner_who_gave_herself_a_role()
    holder = again(dee)
    key_rotations.begin(holder, None, "to read what comes")
    key_rotations.go_on()
    later = submit_one(call)
    holder = again(dee)
    assert not reads(holder, before.submission_id)
    assert reads(holder, later.submission_id)
    assert "new keys asked for" in {line.tag for line in audit.recent(20)}


def test_who_was_an_owner_a_moment_ago_changes_nothing(call: Call, founded: Founded) -> None:
    # Given an owner whose session began before another owner took the role back
    ana, dee = signed_in(founded), join("Dee", Role.OWNER)
    session = signed_in(dee)
    role_changes.take_back(ana, dee.id, Grant(Role.OWNER))
    # Then no act of hers counts, whatever the session says
    for act in (
        lambda: role_changes.give(session, dee.id, Grant(Role.COORDINATOR)),
        lambda: role_changes.leave(session, ana.coordinator_id),
        lambda: key_rotations.begin(session, None, "because"),
    ):
        with pytest.raises(NotAnOwner):
            act()


def test_who_left_opens_nothing_in_a_session_of_before(call: Call, founded: Founded) -> None:
    # Given an analyst who reads
    ana, cy = signed_in(founded), join("Cy", Role.ANALYST)
    giving_keys.give_held(ana, cy.id)
    sent, session = submit_one(call), signed_in(cy)
    assert reads(session, sent.submission_id)
    # When the account is closed
    role_changes.leave(ana, cy.id, reason="To be safe")
    # Then nothing opens in the session that is still in his hand, nor what comes later
    assert not reads(session, sent.submission_id)
    assert not reads(session, submit_one(call).submission_id)
