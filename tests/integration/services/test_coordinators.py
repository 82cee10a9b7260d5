"""Signing in is opening a slot; there is no other way in, and one code opens the desk once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from secrets import token_hex

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.factories import code_for, seed_of, sheets_of, signed_in
from tests.integration.tables import everything
from webapp.models import Coordinator, RecoveryKey, Slot
from webapp.rules.roles import Role
from webapp.services.infrastructure import audit, stores
from webapp.services.keys import authentication, key_slots, recovery_sheets, second_factor
from webapp.services.keys.authentication import NotSignedIn
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.second_factor import WrongCode
from webapp.vault import keyring
from webapp.vault.contexts import SLOT, Context
from webapp.vault.envelope import DoesNotOpen

pytestmark = pytest.mark.usefixtures("inside")


def slot_of(kind: str) -> tuple[keyring.SlotBytes, Context]:
    with stores.reading() as main:
        slot = main.scalars(select(Slot).where(Slot.kind == kind)).one()
    context = Context(SLOT, owner_id=slot.coordinator_id, row_id=slot.id)
    return keyring.SlotBytes(slot.salt, slot.parameters, slot.envelope), context


def test_passphrase_and_recovery_code_lead_to_the_same_key(founded: Founded) -> None:
    # Given a coordinator with a passphrase, and a recovery code on paper
    slot, context = slot_of(key_slots.RECOVERY_CODE)
    # When the slot of the code is opened, typed as people type
    typed = founded.owner.recovery_code.lower().replace("-", " ")
    seed = keyring.open_slot_with_recovery_code(slot, typed, context=context)
    # Then it is the same key, and the public one in the table is its other half
    assert seed == seed_of(founded)
    with stores.reading() as main:
        assert main.scalars(select(Coordinator.public_key)).one() == keyring.public_key_of(seed)


def test_any_two_sheets_are_the_recovery_key(founded: Founded) -> None:
    # Given the three sheets that are printed
    with stores.reading() as main:
        public_key = main.scalars(select(RecoveryKey.public_key)).one()
    # Then any two lead to the private half of the recovery key, which is not a coordinator's own
    for pair in ((1, 2), (1, 3), (3, 2)):
        seed = recovery_sheets.open_seed(*sheets_of(founded, *pair))
        assert keyring.public_key_of(seed) == public_key


def test_without_a_slot_there_is_no_way_in(founded: Founded) -> None:
    # Given a coordinator whose passphrase slot was removed
    with stores.writing() as main:
        main.delete(main.scalars(select(Slot).where(Slot.kind == "passphrase")).one())
    # When she signs in with the right words
    # Then she cannot: there is nothing else that would let her in
    with pytest.raises(NotSignedIn):
        signed_in(founded)


def test_the_pepper_of_the_desk_is_needed(make_app: Callable[..., Flask], founded: Founded) -> None:
    # Given all databases and the passphrase, on a server with another pepper
    stranger = make_app(PEPPER=token_hex(32))
    with stranger.app_context(), pytest.raises(NotSignedIn):
        # When a coordinator signs in there, then the slot does not open
        signed_in(founded)
    # And with the right one it does
    assert signed_in(founded).name == "Ana"


def test_a_slot_copied_from_elsewhere_does_not_open(founded: Founded) -> None:
    # Given a thief of the database, who closes a slot of a key of their own for the coordinator
    with stores.writing() as main:
        slot = main.scalars(select(Slot).where(Slot.kind == "recovery_code")).one()
        other = main.scalars(select(Slot).where(Slot.kind == "passphrase")).one()
        slot.salt, slot.parameters, slot.envelope = other.salt, other.parameters, other.envelope
    # When the right recovery code is used on it
    moved, context = slot_of("recovery_code")
    # Then it does not open
    with pytest.raises(DoesNotOpen):
        keyring.open_slot_with_recovery_code(moved, founded.owner.recovery_code, context=context)


@pytest.mark.parametrize("typed", ["ana", "  Ana ", "ANA"])
def test_the_sign_in_name_may_be_typed_in_any_case(founded: Founded, typed: str) -> None:
    # Given a coordinator who types her name on a phone
    holder = authentication.sign_in(typed, founded.owner.passphrase, code_for(founded))
    # Then she is signed in, and it is in the record
    assert holder.grants.roles == (Role.OWNER, Role.COORDINATOR)
    assert audit.recent(1)[0].tag == "signed in"


def test_a_code_may_be_typed_with_a_space(founded: Founded) -> None:
    # Given a code as authenticator apps show it
    code = code_for(founded)
    holder = authentication.sign_in("ana", founded.owner.passphrase, f"{code[:3]} {code[3:]}")
    assert holder.name == "Ana"


def coordinators_and_slots() -> tuple[object, object]:
    stored = everything()
    return stored["coordinators"], stored["slots"]


@pytest.mark.parametrize("wrong", ["name", "passphrase", "code", "everything", "nothing typed"])
def test_a_failed_sign_in_does_not_say_what_was_wrong(founded: Founded, wrong: str) -> None:
    # Given a coordinator who gets one thing wrong
    name, passphrase, code = "ana", founded.owner.passphrase, code_for(founded)
    if wrong in ("name", "everything"):
        name = "anna"
    if wrong in ("passphrase", "everything"):
        passphrase = passphrase + "x"
    if wrong in ("code", "everything"):
        code = "000000" if code != "000000" else "111111"
    if wrong == "nothing typed":
        name = passphrase = code = ""
    before = coordinators_and_slots(), audit.verify()
    # When they sign in
    with pytest.raises(NotSignedIn) as refused:
        authentication.sign_in(name, passphrase, code)
    # Then the answer is the same, with no cause to look at, and nothing has changed, but that a wrong code with the
    # right passphrase is in the record
    assert refused.value.args == ()
    assert refused.value.__cause__ is None
    assert (coordinators_and_slots(), audit.verify()) == (before[0], before[1] + (wrong == "code"))


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "0" * 5000, "-1"])
def test_an_odd_code_is_wrong_and_no_error(founded: Founded, code: str) -> None:
    # Given a signed-in coordinator who types something that is no code
    holder = signed_in(founded)
    # Then it is wrong, and that is all
    with pytest.raises(WrongCode):
        second_factor.confirm_second_factor(holder, code)


def test_a_code_that_was_used_is_used_up(founded: Founded) -> None:
    # Given an attacker who looked over a coordinator's shoulder
    code = code_for(founded)
    authentication.sign_in("ana", founded.owner.passphrase, code)
    # When they use the passphrase and the same code within the half minute
    # Then they are not let in
    with pytest.raises(NotSignedIn):
        authentication.sign_in("ana", founded.owner.passphrase, code)


def test_an_older_code_is_no_good_after_a_newer_one(founded: Founded) -> None:
    # Given a coordinator whose phone is ahead by half a minute
    now = datetime(2026, 12, 1, 12, 0, 15, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        ahead, exact = code_for(founded, 1), code_for(founded)
        holder = authentication.sign_in("ana", founded.owner.passphrase, ahead)
        # When the code before it is used after it, then it is refused
        with pytest.raises(WrongCode):
            second_factor.confirm_second_factor(holder, exact)
    # And the next one is good
    with time_machine.travel(now + timedelta(minutes=1), tick=False):
        second_factor.confirm_second_factor(holder, code_for(founded))


def test_a_clock_that_is_half_a_minute_off_locks_no_coordinator_out(founded: Founded) -> None:
    # Given a phone that is half a minute behind, and one that is two minutes behind
    now = datetime(2026, 12, 1, 12, 0, 15, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        late, too_late = code_for(founded, -1), code_for(founded, -4)
        with pytest.raises(NotSignedIn):
            authentication.sign_in("ana", founded.owner.passphrase, too_late)
        assert authentication.sign_in("ana", founded.owner.passphrase, late)


def test_the_stores_hold_no_passphrase_code_or_key(founded: Founded) -> None:
    # Given everything that lies in the stores after a coordinator signed in
    holder = signed_in(founded)
    rows = repr(everything())
    secret = founded.owner.totp_secret
    words = [" ".join(sheet.words) for sheet in founded.sheets]
    sheets = sheets_of(founded)
    # Then none of what was shown once is there, nor the unlocked key
    for kept_nowhere in (founded.owner.passphrase, founded.owner.recovery_code, secret, *words):
        assert kept_nowhere not in rows
        assert kept_nowhere.replace("-", "") not in rows
    recovery_seed = recovery_sheets.open_seed(*sheets[:2])
    keys = holder.keys
    own = (keys.keyring_key, keys.totp_key, keys.entry_key)
    for key in (seed_of(founded), recovery_seed, *own, *(one.sheet.secret for one in sheets)):
        assert repr(key)[2:-1] not in rows
        assert key.hex() not in rows
    # And what Python would print of them in an error page shows none of it
    shown = repr(founded) + repr(holder)
    assert founded.owner.passphrase not in shown
    assert secret not in shown
    assert not [key for key in (*own, keys.entry_lookup) if repr(key)[2:-1] in shown]
