"""Roles are given and taken back with their keys: what was lost opens no more, and what comes later never does."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.colleagues import Colleague, join
from tests.factories import (
    DEMO_CALL,
    TO_CALL,
    TO_READ,
    publish_demo_call,
    signed_in,
    submit_one,
)
from tests.integration.desk.worker import Worker
from tests.rows import change
from webapp.models import Call, Coordinator, PurposeKeySeal, RecoveryKey, RoleGrant, Slot
from webapp.rules import clock
from webapp.rules.roles import Grant, Grants, Role
from webapp.services.calls import published_calls
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.keys import (
    authentication,
    authenticator_change,
    key_rotations,
    key_slots,
    passphrase_change,
    purpose_keys,
    recovery,
    role_changes,
)
from webapp.services.keys.authentication import NotSignedIn
from webapp.services.keys.authenticator_change import AlreadyInUse
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder, NoSuchCoordinator, NotAnOwner
from webapp.services.keys.role_changes import LastOwner, LastToOpen, NotForOneOwner
from webapp.services.opening import disclosure
from webapp.services.opening.disclosure import NotAuthorisedToOpen

pytestmark = pytest.mark.usefixtures("inside")
SECOND = "second-call"
COORDINATOR = Grant(Role.COORDINATOR)


class PowerGone(BaseException):
    """The process ends here, as `kill -9` ends it."""


@pytest.fixture
def ana(founded: Founded) -> Holder:
    """The demo's coordinator, who is an owner, too."""
    return signed_in(founded)


@pytest.fixture
def ben() -> Colleague:
    """A second coordinator, who was there when the second call was published."""
    ben = join("Ben", Role.COORDINATOR)
    publish_demo_call(SECOND)
    return ben


def again(who: Founded) -> Holder:
    """Another session, as if time had gone by: the next six-digit code is a new one."""
    with stores.writing() as main:
        change(main, select(Coordinator), {"totp_last_step": 0})
    return signed_in(who)


def opens(who: Holder, submission_id: UUID) -> bool:
    try:
        disclosure.open_testimony(who, submission_id, TO_READ)
    except NotAuthorisedToOpen:
        return False
    return True


def holders() -> dict[tuple[UUID, str, int], frozenset[UUID]]:
    """Who holds which key, by its authenticated rows. The seals must say the same."""
    with stores.reading() as main:
        keys = purpose_keys.all_keys(main)
    with stores.reading("erasure") as erasure:
        seals = erasure.scalars(select(PurposeKeySeal)).all()
    by_key: dict[UUID, set[UUID]] = {}
    for seal in seals:
        by_key.setdefault(seal.purpose_key_id, set()).add(seal.holder_id)
    assert set(by_key) == {key.id for key in keys}, "a seal of no key, or a key without a seal"
    for key in keys:
        assert purpose_keys.verified(key).holders == by_key[key.id]
    return {(key.owner_id, key.purpose, key.epoch): key.holder_ids for key in keys}


def newest_epochs(call_id: UUID) -> dict[str, int]:
    found: dict[str, int] = {}
    for owner_id, purpose, epoch in holders():
        if owner_id == call_id:
            found[purpose] = max(epoch, found.get(purpose, 0))
    return found


# Giving


def test_a_role_is_given_with_an_entry_and_no_key(ana: Holder, ben: Colleague) -> None:
    role_changes.give(ana, ben.id, Grant(Role.AUDITOR))
    line = audit.recent(1)[0]
    assert (line.actor, line.tag, line.subject_id) == (
        str(ana.coordinator_id),
        "role given",
        ben.id,
    )
    assert line.detail is not None
    assert line.detail.as_text() == '{"role":"auditor"}'
    assert signed_in(ben).grants.roles == (Role.COORDINATOR, Role.AUDITOR)


def test_a_role_is_given_once(ana: Holder, ben: Colleague) -> None:
    # Given an owner who gave it a moment ago, in another tab
    role_changes.give(ana, ben.id, Grant(Role.AUDITOR))
    with pytest.raises(EditConflict):
        role_changes.give(ana, ben.id, Grant(Role.AUDITOR))


def test_a_role_about_everything_is_not_for_one_call(ana: Holder, ben: Colleague) -> None:
    call = published_calls.find_call(SECOND)
    with pytest.raises(NotForOneOwner):
        role_changes.give(ana, ben.id, Grant(Role.OWNER, call.id))
    with pytest.raises(NotForOneOwner):
        role_changes.give(ana, ben.id, Grant(Role.ANALYST, uuid4()))


def test_only_an_owner_changes_roles(ana: Holder, ben: Colleague) -> None:
    # Given a coordinator whose session says, by whatever hole, that they may
    holder = signed_in(ben)
    for act in (
        lambda: role_changes.give(holder, ben.id, Grant(Role.OWNER)),
        lambda: role_changes.take_back(holder, ana.coordinator_id, COORDINATOR, even_alone=True),
        lambda: role_changes.leave(holder, ana.coordinator_id, even_alone=True),
    ):
        with pytest.raises(NotAnOwner):
            act()
    with pytest.raises(NoSuchCoordinator):
        role_changes.give(ana, uuid4(), Grant(Role.OWNER))


# Taking back


def test_what_was_sealed_opens_no_more_and_what_comes_later_never_does(
    ana: Holder, ben: Colleague, founded: Founded
) -> None:
    # Given answers that Ben can read
    call = published_calls.find_call(SECOND)
    before = submit_one(call)
    assert opens(signed_in(ben), before.submission_id)
    # When his role is taken back, with a session of his still open
    session = again(ben)
    role_changes.take_back(ana, ben.id, COORDINATOR)
    # Then nothing opens for him, in that session neither
    assert not opens(session, before.submission_id)
    # And new answers are sealed to a key that never was his
    later = submit_one(call)
    assert newest_epochs(call.id) == {"contact": 2, "testimony": 2, "equality": 2}
    assert all(ben.id not in who for who in holders().values())
    tags = [line.tag for line in audit.recent(9)]
    assert tags.index("new keys for a call") == tags.index("role taken back") - 1
    # And who holds both epochs reads both after signing in again
    both = again(founded)
    assert opens(both, before.submission_id)
    assert opens(both, later.submission_id)


def test_keys_that_another_role_opens_stay(ana: Holder, ben: Colleague) -> None:
    # Given a coordinator who is an analyst of one call, too
    call = published_calls.find_call(SECOND)
    role_changes.give(ana, ben.id, Grant(Role.ANALYST, call.id))
    sent = submit_one(call)
    # When the wider role is taken back
    role_changes.take_back(ana, ben.id, COORDINATOR)
    # Then answers open, and contact details do not
    holder = signed_in(ben)
    assert opens(holder, sent.submission_id)
    with pytest.raises(NotAuthorisedToOpen):
        disclosure.open_contact(holder, sent.submission_id, TO_CALL)
    # And new answers of this call open for him as well: a new epoch is sealed to those who hold it now
    assert opens(again(ben), submit_one(call).submission_id)


def test_a_call_that_is_long_over_and_empty_gets_no_new_keys(ana: Holder, ben: Colleague) -> None:
    call = published_calls.find_call(SECOND)
    with stores.writing() as main:
        row = main.get_one(Call, call.id)
        row.closes_on -= timedelta(days=400)
    role_changes.take_back(ana, ben.id, COORDINATOR)
    assert set(newest_epochs(call.id).values()) == {1}
    assert all(ben.id not in who for who in holders().values())


@pytest.mark.parametrize(
    "less",
    [
        lambda by, who: role_changes.take_back(by, who, COORDINATOR),
        lambda by, who: role_changes.leave(by, who),
    ],
    ids=["a role is taken back", "the account is closed"],
)
def test_sessions_of_the_person_end(
    less: Callable[[Holder, UUID], None], inside: Flask, ana: Holder, ben: Colleague
) -> None:
    worker = Worker(inside, ben)
    worker.sign_in()
    assert worker.path == "/desk/"
    less(ana, ben.id)
    worker.get("/desk/calls")
    assert worker.path == "/desk/sign-in"


# The last


def test_the_last_owner_stays(ana: Holder, ben: Colleague) -> None:
    before = holders()
    with pytest.raises(LastOwner):
        role_changes.take_back(ana, ana.coordinator_id, Grant(Role.OWNER))
    with pytest.raises(LastOwner):
        role_changes.leave(ana, ana.coordinator_id, even_alone=True)
    assert holders() == before


def test_the_last_person_who_can_open_goes_only_if_that_is_meant(
    ana: Holder, ben: Colleague
) -> None:
    # Given a first call that Ana alone can open, and a second that Ben can open, too
    first, second = (published_calls.find_call(slug).id for slug in (DEMO_CALL, SECOND))
    told = role_changes.loss(ana.coordinator_id, COORDINATOR)
    assert told.alone == {(first, one) for one in ("contact", "testimony", "equality")}
    assert {owner for owner, _ in told.keys} == {first, second} == told.renewed
    # When her role is taken back, then this is refused, and nothing has changed
    before = holders()
    with pytest.raises(LastToOpen) as refused:
        role_changes.take_back(ana, ana.coordinator_id, COORDINATOR)
    assert refused.value.left == told.alone
    assert holders() == before
    # And when it is meant, the recovery key and Ben hold what is new
    role_changes.take_back(ana, ana.coordinator_id, COORDINATOR, even_alone=True)
    with stores.reading() as main:
        safe = main.scalars(select(RecoveryKey.id)).one()
    now = holders()
    assert now[first, "testimony", 2] == now[second, "testimony", 2] == {safe, ben.id}
    assert now[first, "testimony", 1] == {safe}


# Leaving


def test_a_person_who_leaves_keeps_a_name_and_nothing_else(ana: Holder, ben: Colleague) -> None:
    sent = submit_one(published_calls.find_call(SECOND))
    session = signed_in(ben)
    role_changes.leave(ana, ben.id)
    assert not opens(session, sent.submission_id)
    with stores.reading() as main:
        row = main.get_one(Coordinator, ben.id)
        assert row.left_on is not None
        assert main.scalars(select(Slot).where(Slot.coordinator_id == ben.id)).all() == []
        assert main.scalars(select(RoleGrant).where(RoleGrant.coordinator_id == ben.id)).all() == []
    with pytest.raises(NotSignedIn):
        again(ben)
    assert "coordinator left" in {line.tag for line in audit.recent(3)}
    # And nothing is done to the account any more, by the recovery key neither
    with pytest.raises(EditConflict):
        role_changes.give(ana, ben.id, COORDINATOR)
    with pytest.raises(NoSuchCoordinator):
        recovery.make_new_key("ben")
    # And later calls are not sealed to them
    publish_demo_call("third")
    assert all(ben.id not in who for who in holders().values())


# Two at once


def test_two_owners_cannot_take_each_other_out(ana: Holder, inside: Flask) -> None:
    # Given two owners who take each other's role back at the same moment
    eve = join("Eve", Role.OWNER)
    other = signed_in(eve)
    refused: list[type[Exception]] = []

    def take(by: Holder, whom: UUID) -> None:
        with inside.app_context():
            try:
                role_changes.take_back(by, whom, Grant(Role.OWNER))
            except (NotAnOwner, LastOwner) as error:
                refused.append(type(error))

    both = [
        threading.Thread(target=take, args=(ana, eve.id)),
        threading.Thread(target=take, args=(other, ana.coordinator_id)),
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()
    # Then one of them still is
    assert len(refused) == 1
    with stores.reading() as main:
        assert len(main.scalars(select(RoleGrant).where(RoleGrant.role == Role.OWNER)).all()) == 1


# The power goes


@contextmanager
def power_goes_at(turn: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process ends before its transaction of this number, whatever store that is in."""
    real, number = stores.writing, count()

    @contextmanager
    def writing(store: stores.Store = "main") -> Iterator[object]:
        if next(number) == turn:
            raise PowerGone
        with real(store) as session:
            yield session

    with monkeypatch.context() as patch:
        patch.setattr(stores, "writing", writing)
        yield


def take_back(by: Holder, who: UUID) -> None:
    role_changes.take_back(by, who, COORDINATOR)


#: How many transactions taking a role back has: the role, sessions, seals, new seals, new keys, sessions once more.
STEPS = 6


@pytest.mark.parametrize("act", [take_back, role_changes.leave])
@pytest.mark.parametrize("step", range(STEPS))
def test_a_kill_at_any_step_leaves_nothing_half(
    act: Callable[[Holder, UUID], None],
    step: int,
    ana: Holder,
    ben: Colleague,
    founded: Founded,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    call = published_calls.find_call(SECOND)
    sent, session = submit_one(call), signed_in(ben)
    # When the power goes before this step
    with power_goes_at(step, monkeypatch), pytest.raises(PowerGone):
        act(ana, ben.id)
    # Then the role and what it opens are both there, or both gone; and people can go on sending answers
    assert opens(session, sent.submission_id) == has_roles(ben)
    submit_one(call)
    # When it is done again, or completed where it was done
    try:
        act(ana, ben.id)
    except EditConflict:
        key_rotations.go_on()
    # Then everything is as if there had been no kill, except seals of a key that never came to be, for two days
    with time_machine.travel(clock.now() + timedelta(days=3)):
        key_rotations.go_on()
    assert all(ben.id not in who for who in holders().values())
    assert set(newest_epochs(call.id).values()) == {2}
    tags = [line.tag for line in audit.recent(50)]
    assert tags.count("new keys for a call") == 1
    assert tags.count("role taken back") + tags.count("coordinator left") == 1
    assert opens(again(founded), submit_one(call).submission_id)


def test_no_step_is_left_out(ana: Holder, ben: Colleague, monkeypatch: pytest.MonkeyPatch) -> None:
    with power_goes_at(STEPS, monkeypatch):
        take_back(ana, ben.id)


def has_roles(who: Colleague) -> bool:
    with stores.reading() as main:
        grants = select(RoleGrant).where(RoleGrant.coordinator_id == who.id)
        return main.scalars(grants).first() is not None


# While somebody signs in


def test_of_two_presses_at_once_one_sets_up_the_phone(ben: Colleague) -> None:
    secret, me = key_slots.new_totp_secret(), again(ben)
    authenticator_change.change(me, ben.owner.passphrase, secret, last_step=1)
    with pytest.raises(AlreadyInUse):
        authenticator_change.change(me, ben.owner.passphrase, secret, last_step=1)


@pytest.mark.parametrize(
    ("act", "gets_in"),
    [
        (lambda ana, who: role_changes.leave(ana, who.id), False),
        (
            lambda ana, who: passphrase_change.change(
                signed_in(who), who.owner.passphrase, "six other words that nobody else has"
            ),
            False,
        ),
        (lambda ana, who: role_changes.take_back(ana, who.id, COORDINATOR), True),
    ],
    ids=["the account is closed", "the passphrase is changed", "a role is taken back"],
)
def test_what_changes_while_a_slot_is_unlocked_counts(
    act: Callable[[Holder, Colleague], object],
    gets_in: bool,
    ana: Holder,
    ben: Colleague,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given a sign-in whose passphrase was right a moment ago (time of check to time of use)
    confirm = authentication.confirm_at_sign_in

    def overtaken(*given: Any) -> Any:
        monkeypatch.setattr(authentication, "confirm_at_sign_in", confirm)
        act(ana, ben)
        with stores.writing() as main:
            change(main, select(Coordinator), {"totp_last_step": 0})
        return confirm(*given)

    monkeypatch.setattr(authentication, "confirm_at_sign_in", overtaken)
    # Then it ends, or begins with the roles of now
    if gets_in:
        assert signed_in(ben).grants == Grants.of(())
    else:
        with pytest.raises(NotSignedIn):
            signed_in(ben)
