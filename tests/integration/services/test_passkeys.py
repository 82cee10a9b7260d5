"""A passkey is a second factor beside the six digits: added, used once for each challenge, and removed by its owner."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests import colleagues, passkeys
from tests.authenticator import Device
from tests.factories import code_for, sheets_of, signed_in
from webapp.models import Passkey
from webapp.rules import clock
from webapp.services.infrastructure import audit, stores
from webapp.services.keys import (
    authentication,
    own_passkeys,
    recovery,
    role_changes,
    second_factor,
)
from webapp.services.keys import passkeys as challenges
from webapp.services.keys.authentication import NotSignedIn
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder
from webapp.services.keys.own_passkeys import MOST, EnoughPasskeys, NewPasskey, NotAdded
from webapp.services.keys.second_factor import WrongCode

pytestmark = pytest.mark.usefixtures("inside")


@pytest.fixture
def ana(inside: Flask, founded: Founded) -> Holder:
    """The demo coordinator at the desk."""
    return signed_in(founded)


def newest_tag() -> str:
    return audit.recent(1)[0].tag


def rows() -> list[Passkey]:
    with stores.reading() as main:
        return list(main.scalars(select(Passkey)))


def test_signing_in_with_a_passkey_in_place_of_the_six_digits(
    ana: Holder, founded: Founded
) -> None:
    # Given a passkey
    device = passkeys.add(ana)
    assert newest_tag() == "passkey added"
    # When she signs in with it
    owner = founded.owner
    holder = authentication.sign_in("ana", owner.passphrase, passkeys.answered(device))
    # Then it is the same person with the same keys, and the record says so
    assert (holder.coordinator_id, holder.keys.totp_key) == (ana.coordinator_id, ana.keys.totp_key)
    assert newest_tag() == "signed in"
    # And the six digits go on working
    assert authentication.sign_in("ana", owner.passphrase, code_for(founded, 1)).name == "Ana"


def test_a_passkey_is_no_passphrase(ana: Holder) -> None:
    device = passkeys.add(ana)
    for name in ("ana", "nobody"):
        with pytest.raises(NotSignedIn):
            authentication.sign_in(name, "not the six words", passkeys.answered(device))


def test_a_step_up_takes_either(ana: Holder, founded: Founded) -> None:
    device = passkeys.add(ana)
    second_factor.confirm_second_factor(ana, passkeys.answered(device))
    assert newest_tag() == "passkey confirmed"
    second_factor.confirm_second_factor(ana, code_for(founded, 1))
    assert newest_tag() == "second factor confirmed"


def test_several_with_names_and_days_and_each_removed(ana: Holder) -> None:
    # Given two passkeys
    phone, key = passkeys.add(ana), passkeys.add(ana, name="Key in the office")
    assert [one.name for one in own_passkeys.listed(ana)] == ["Key in the office", "my phone"]
    assert {one.added_on for one in own_passkeys.listed(ana)} == {clock.today()}
    # When the phone's is removed, with the key as the second factor
    (lost,) = [one for one in own_passkeys.listed(ana) if one.name == "my phone"]
    own_passkeys.remove(ana, lost.id, passkeys.answered(key))
    assert newest_tag() == "passkey removed"
    # Then the phone opens nothing, and the key does
    with pytest.raises(WrongCode):
        second_factor.confirm_second_factor(ana, passkeys.answered(phone))
    second_factor.confirm_second_factor(ana, passkeys.answered(key))


def test_the_last_passkey_may_go_because_the_six_digits_stay(ana: Holder, founded: Founded) -> None:
    # When the only passkey is removed with itself
    device = passkeys.add(ana)
    (only,) = own_passkeys.listed(ana)
    own_passkeys.remove(ana, only.id, passkeys.answered(device))
    # Then a passkey that vanished leads to the six digits
    assert own_passkeys.listed(ana) == []
    with pytest.raises(NotSignedIn):
        authentication.sign_in("ana", founded.owner.passphrase, passkeys.answered(device))
    assert authentication.sign_in("ana", founded.owner.passphrase, code_for(founded, 1))


def test_nothing_is_removed_with_a_wrong_second_factor(ana: Holder) -> None:
    passkeys.add(ana)
    (only,) = own_passkeys.listed(ana)
    with pytest.raises(WrongCode):
        own_passkeys.remove(ana, only.id, "000000")
    assert own_passkeys.listed(ana) == [only]
    assert newest_tag() == "wrong six-digit code"


def test_nobody_removes_anothers(ana: Holder, founded: Founded) -> None:
    # Given a colleague at the desk
    device = passkeys.add(ana)
    (hers,) = own_passkeys.listed(ana)
    bea = colleagues.join("Bea")
    holder = signed_in(bea)
    # When she names Ana's passkey
    with pytest.raises(own_passkeys.NoSuchPasskey):
        own_passkeys.remove(holder, hers.id, code_for(bea, 1))
    with pytest.raises(own_passkeys.NoSuchPasskey):
        own_passkeys.find(holder, hers.id)
    # Then it is there, and nothing of hers is listed
    assert own_passkeys.listed(holder) == []
    second_factor.confirm_second_factor(ana, passkeys.answered(device))


def test_there_are_at_most_so_many(ana: Holder) -> None:
    for number in range(MOST):
        passkeys.add(ana, name=f"key {number}")
    with pytest.raises(EnoughPasskeys):
        passkeys.add(ana, name="one more")
    assert len(rows()) == MOST


def test_one_device_is_added_once(ana: Holder) -> None:
    device = passkeys.add(ana)
    with pytest.raises(NotAdded):
        passkeys.add(ana, device, name="again")
    assert len(rows()) == 1


def test_a_device_that_has_one_is_told_so(ana: Holder) -> None:
    device = passkeys.add(ana)
    options = own_passkeys.options_to_add(ana, challenges.new_challenge(passkeys.SITE))
    assert len(options["excludeCredentials"]) == 1
    assert device.handle == ana.coordinator_id.bytes


def test_a_challenge_is_over_after_five_minutes(ana: Holder) -> None:
    device, challenge = passkeys.add(ana), challenges.new_challenge(passkeys.SITE)
    late = second_factor.PasskeyAnswer(
        device.answer(challenges.options_to_answer(challenge)), challenge
    )
    made = Device().make(own_passkeys.options_to_add(ana, challenge))
    with time_machine.travel(clock.now() + timedelta(minutes=5, seconds=1)):
        with pytest.raises(WrongCode):
            second_factor.confirm_second_factor(ana, late)
        with pytest.raises(NotAdded):
            own_passkeys.add(ana, NewPasskey("late", made, challenge))
    # And in time it is good
    second_factor.confirm_second_factor(ana, late)


def test_a_synced_passkey_counts_nothing(ana: Holder) -> None:
    device = passkeys.add(ana, Device(step=0))
    for _ in range(3):
        second_factor.confirm_second_factor(ana, passkeys.answered(device))


def test_what_is_stored_says_nothing(ana: Holder) -> None:
    # Given a passkey with a name
    device = passkeys.add(ana, name="Ana’s phone at home")
    (row,) = rows()
    # Then neither the name nor anything of the device is in the row
    for part in ("Ana’s phone".encode(), device.credential_id, device.public_key()[-32:]):
        assert part not in row.envelope


def test_spent_challenges_are_forgotten_when_they_are_over(ana: Holder) -> None:
    # Given a passkey that is used every minute
    device = passkeys.add(ana)
    start = clock.now()
    sizes = set()
    for minute in range(40):
        with time_machine.travel(start + timedelta(minutes=minute)):
            second_factor.confirm_second_factor(ana, passkeys.answered(device))
            sizes.add(len(rows()[0].envelope))
    # Then its row does not grow
    assert len(sizes) <= 2


def test_two_posts_of_one_answer_are_one(inside: Flask, ana: Holder) -> None:
    # Given an answer that a doubled request brings twice at once, of a device that counts nothing
    answer = passkeys.answered(passkeys.add(ana, Device(step=0)))
    outcomes: list[str] = []

    def post() -> None:
        with inside.app_context():
            try:
                second_factor.confirm_second_factor(ana, answer)
                outcomes.append("taken")
            except WrongCode:
                outcomes.append("refused")

    posts = [threading.Thread(target=post) for _ in range(4)]
    for one in posts:
        one.start()
    for one in posts:
        one.join()
    # Then it is taken once
    assert sorted(outcomes) == ["refused", "refused", "refused", "taken"]


def test_recovery_takes_the_passkeys_of_before(ana: Holder, founded: Founded) -> None:
    # Given a stolen phone with a passkey on it
    device = passkeys.add(ana)
    # When Ana is let back in with two sheets
    back = recovery.let_back_in("ana", *sheets_of(founded, 1, 2))
    # Then the phone's passkey is gone, with her new passphrase, too
    assert rows() == []
    with pytest.raises(NotSignedIn):
        authentication.sign_in("ana", back.given.passphrase, passkeys.answered(device))


def test_passkeys_of_a_person_who_leaves_go(ana: Holder) -> None:
    # Given a colleague with a passkey, and Ana's own
    bea = colleagues.join("Bea")
    passkeys.add(signed_in(bea))
    passkeys.add(ana)
    # When the colleague leaves
    role_changes.leave(ana, bea.id)
    # Then only Ana's is there
    assert {row.coordinator_id for row in rows()} == {ana.coordinator_id}


def test_a_full_lane_lets_no_passkey_in(
    make_app: Callable[..., Flask], ana: Holder, founded: Founded
) -> None:
    # Given an attacker with the passphrase, who has used the guesses up
    device = passkeys.add(ana)
    with make_app(LIMIT_FACTOR="1").app_context():
        for _ in range(20):
            with pytest.raises(NotSignedIn):
                authentication.sign_in("ana", founded.owner.passphrase, "000000")
        # Then not even the right passkey is right, so that no answer tells one from the other
        with pytest.raises(NotSignedIn):
            authentication.sign_in("ana", founded.owner.passphrase, passkeys.answered(device))
