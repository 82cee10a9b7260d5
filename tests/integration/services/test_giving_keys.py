"""Keys go from a person who holds them to a colleague whose roles open them, and to nobody else."""

import threading
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from flask import Flask
from sqlalchemy import event, update
from sqlalchemy.orm import Session

from tests.colleagues import join
from tests.factories import TO_CALL, TO_READ, publish_demo_event, signed_in, submit_one
from tests.integration.at_once import at_once
from tests.integration.services.test_role_changes import (
    PowerGone,
    again,
    holders,
    opens,
    power_goes_at,
)
from webapp.models import Coordinator, PurposeKeySeal
from webapp.rules import clock
from webapp.rules.roles import Grant, Role
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.row_authentication import RowForged
from webapp.services.keys import giving_keys, key_overview, key_rotations, role_changes
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder, NotAnOwner
from webapp.services.keys.giving_keys import Given
from webapp.services.opening import disclosure
from webapp.services.opening.disclosure import NotAuthorisedToOpen, SignInAgainToOpen
from webapp.vault.keyring import make_coordinator_key

pytestmark = pytest.mark.usefixtures("inside")


@pytest.fixture
def ana(call: Call, founded: Founded) -> Holder:
    """The demo's coordinator, who holds every key of its call."""
    return signed_in(founded)


def test_a_new_colleague_reads_what_their_role_is_for_and_no_more(
    call: Call, ana: Holder, founded: Founded
) -> None:
    # Given answers from before Cy came, under two epochs, and a role of his that opens testimony alone
    sent = submit_one(call)
    key_rotations.begin(ana, call.id, "to try it")
    key_rotations.go_on()
    later = submit_one(call)
    cy = join("Cy", Role.ANALYST)
    assert not opens(signed_in(cy), sent.submission_id)
    keys = len(giving_keys.pending()[cy.id])
    # When Ana, whose session began before the second epoch, lets him read
    given = giving_keys.give_held(ana, cy.id)
    # Then what she has is his: testimony and equality of the first epoch
    assert given == Given(2, keys - 2)
    # And after she signed in again, all of it
    anew = again(founded)
    assert giving_keys.give_held(anew, cy.id) == Given(2, keys - 4)
    assert audit.recent(1)[0].tag == "keys given"
    # And it opens for him, in a session that begins then
    holder = again(cy)
    assert opens(holder, sent.submission_id)
    assert opens(holder, later.submission_id)
    with pytest.raises(NotAuthorisedToOpen):
        disclosure.open_contact(holder, sent.submission_id, TO_CALL)
    # And there is nothing left to give
    assert giving_keys.give_held(anew, cy.id).keys == 0
    holders()


def test_an_older_session_is_asked_to_sign_in_again(
    call: Call, ana: Holder, founded: Founded
) -> None:
    sent, cy = submit_one(call), join("Cy", Role.ANALYST)
    session = signed_in(cy)
    giving_keys.give_held(ana, cy.id)
    with pytest.raises(SignInAgainToOpen):
        disclosure.open_testimony(session, sent.submission_id, TO_READ)


def test_nobody_gives_what_they_do_not_hold(call: Call, ana: Holder) -> None:
    # Given an analyst without keys, and an owner without any
    cy, dee = join("Cy", Role.ANALYST), join("Dee", Role.OWNER)
    before = holders()
    assert giving_keys.give_held(signed_in(dee), cy.id).keys == 0
    assert giving_keys.give_held(signed_in(cy), cy.id).keys == 0
    assert giving_keys.give_held(ana, dee.id) == Given(0, 0)
    assert holders() == before


def test_nothing_is_sealed_to_a_key_that_was_put_in(call: Call, ana: Holder) -> None:
    # Given a thief's public key in the row of a colleague
    cy, before = join("Cy", Role.ANALYST), holders()
    with stores.writing() as main:
        main.execute(
            update(Coordinator)
            .where(Coordinator.id == cy.id)
            .values(public_key=make_coordinator_key()[1])
        )
    # When Ana lets him read, then it is found, and no private half was sealed
    with pytest.raises(RowForged):
        giving_keys.give_held(ana, cy.id)
    assert holders() == before


@pytest.mark.parametrize("step", range(2))
def test_a_kill_at_any_step_leaves_keys_given_or_pending(
    step: int, call: Call, ana: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, cy = submit_one(call), join("Cy", Role.ANALYST)
    with power_goes_at(step, monkeypatch), pytest.raises(PowerGone):
        giving_keys.give_held(ana, cy.id)
    # Then nothing opens yet, it is still to be given, and giving it again completes it
    assert not opens(signed_in(cy), sent.submission_id)
    assert giving_keys.give_held(ana, cy.id) == Given(2, 0)
    assert opens(again(cy), sent.submission_id)
    holders()


def test_two_people_give_the_same_keys_at_one_moment(
    call: Call, inside: Flask, ana: Holder
) -> None:
    # Given two people who hold the keys, and a colleague who has none yet
    sent, ben, cy = submit_one(call), join("Ben", Role.COORDINATOR), join("Cy", Role.ANALYST)
    giving_keys.give_held(ana, ben.id)
    both, meet = (ana, signed_in(ben)), threading.Barrier(2)

    def together(session: Session, *_: object) -> None:
        # On SQLite one of them waits for the other's transaction anyway.
        if any(isinstance(row, PurposeKeySeal) for row in session.new):
            with suppress(threading.BrokenBarrierError):
                meet.wait(timeout=1)

    # When both give them to him, and neither sees the other's seals
    event.listen(Session, "before_flush", together)
    try:
        acts = [partial(giving_keys.give_held, giver, cy.id) for giver in both]
        given = at_once(inside, *acts)
    finally:
        event.remove(Session, "before_flush", together)
    # Then each is told that they did, and he has each key once
    assert given == [Given(2, 0), Given(2, 0)]
    assert opens(signed_in(cy), sent.submission_id)
    holders()


# Rotation


def test_only_an_owner_asks_for_new_keys(call: Call, ana: Holder) -> None:
    cy = join("Cy", Role.COORDINATOR)
    with pytest.raises(NotAnOwner):
        key_rotations.begin(signed_in(cy), None, "because")


def test_new_keys_of_all_go_on_after_a_kill_at_any_step(
    call: Call, ana: Holder, founded: Founded, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a call and two events, and new keys asked for all of them
    sent = submit_one(call)
    for slug in ("one", "two"):
        publish_demo_event(slug=slug)
    owners = {owner for owner, _, _ in holders()}
    assert key_rotations.begin(ana, None, "A laptop was stolen") == 3
    assert key_rotations.begin(ana, None, "Pressed twice") == 0
    # When the power goes at each step, again and again
    cuts = 0
    for step in (0, 1, 1, 2, 3):
        try:
            with power_goes_at(step, monkeypatch):
                key_rotations.go_on()
        except PowerGone:
            cuts += 1
        submit_one(call)
    assert cuts >= 4
    with time_machine.travel(clock.now() + timedelta(days=3)):
        assert key_rotations.go_on() == 0
    # Then each has one new epoch of each purpose, and what was there opens
    epochs = Counter((owner, purpose) for owner, purpose, _ in holders())
    assert {owner for owner, _ in epochs} == owners
    assert set(epochs.values()) == {2}
    told = key_rotations.progress()
    assert told is not None
    assert (told.done, told.of, told.waiting) == (3, 3, 0)
    assert opens(again(founded), sent.submission_id)
    asked = [line for line in audit.recent(50) if line.tag == "new keys asked for"]
    assert [line.reason for line in asked] == ["A laptop was stolen"]


# What the page says


def test_it_is_said_where_too_few_can_open(call: Call, ana: Holder) -> None:
    # Given one person and the recovery key
    assert {one.is_thin for one in key_overview.overview()} == {True}
    # When a second one can read, too
    cy = join("Cy", Grant(Role.COORDINATOR))
    assert all(one.pending == {cy.id} for one in key_overview.overview())
    giving_keys.give_held(ana, cy.id)
    # Then two and the sheets are enough
    now = key_overview.overview()
    assert {one.is_thin for one in now} == {False}
    assert all(one.able == {ana.coordinator_id, cy.id} and not one.pending for one in now)
    # And when she leaves it to him, it is one again
    role_changes.take_back(ana, cy.id, Grant(Role.COORDINATOR))
    assert {one.is_thin for one in key_overview.overview()} == {True}
