"""An owner, or a person who was one of us a moment ago, tries to read more than their roles hold."""

from collections.abc import Iterator
from http import HTTPStatus
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from tests.colleagues import Colleague, join
from tests.factories import DEMO_CALL, TO_READ, signed_in, submit_one
from tests.integration.desk.conftest import _early_in_a_step as _early_in_a_step
from tests.integration.desk.conftest import page_stranger as page_stranger
from tests.integration.desk.conftest import page_worker as page_worker
from tests.integration.desk.newcomer import invite
from tests.integration.desk.worker import Worker
from tests.integration.services.test_role_changes import again
from webapp.models import RecoveryKey
from webapp.rules.organisations import Standing
from webapp.rules.roles import Grant, Grants, Role
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import audit, stores
from webapp.services.keys import (
    giving_keys,
    invitations,
    key_overview,
    key_rotations,
    organisation_changes,
    organisations,
    role_changes,
)
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder, NotAnOwner
from webapp.services.keys.invitations import PersonNameTaken
from webapp.services.keys.organisation_changes import NameTaken
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


TWINS = ("BEA", "Bеa", "B e a", "Beá")


@pytest.mark.parametrize("twin", TWINS, ids=ascii)
def test_nobody_is_invited_under_a_name_that_looks_like_a_colleagues(
    twin: str, call: Call, founded: Founded
) -> None:
    # Given a colleague, whose name stands on the page of keys
    join("Bea", Role.ANALYST)
    ana, host = signed_in(founded), organisations.coalition().one(Standing.HOST)
    assert host
    wanted = invitations.Wanted(
        invitations.id_of_press(ana, uuid4()), twin, host.id, Grants.of([Grant(Role.ANALYST)])
    )
    with pytest.raises(PersonNameTaken):
        invitations.invite(ana, wanted)


def test_an_organisation_gets_no_name_that_looks_like_anothers(
    call: Call, founded: Founded
) -> None:
    ana = signed_in(founded)
    organisation_changes.add(ana.coordinator_id, "The Lantern")
    for twin in ("the lantern", "The Lаntern", "The\u00a0Lantern", "The Lantérn"):
        with pytest.raises(NameTaken):
            organisation_changes.add(ana.coordinator_id, twin)


def test_the_browser_does_not_choose_the_id_of_an_account(page_worker: Worker) -> None:
    # Given the id of the recovery key, out of a stolen copy of the database
    with page_worker.app.app_context(), stores.reading() as main:
        known = main.scalars(select(RecoveryKey.id)).one()
    # When an owner sends it along with an invitation
    link = invite(page_worker, "analyst", once=known.hex)
    # Then the invitation has another id, and so has the account
    assert link
    with page_worker.app.app_context():
        (made,) = invitations.open_invitations()
        assert made.id != known


def test_a_role_for_one_call_is_told_that_something_is_gone(page_worker: Worker) -> None:
    # Given an analyst of one call
    with page_worker.app.app_context():
        call = published_calls.find_call(DEMO_CALL)
        ben = join("Ben", Grant(Role.ANALYST, call.id))
    theirs = Worker(page_worker.app, ben)
    theirs.sign_in()
    # When they follow a link to answers that were deleted meanwhile
    theirs.get(f"/desk/submissions/{uuid4()}")
    assert theirs.status == HTTPStatus.NOT_FOUND
