"""What was lost can be put right: a passphrase with the recovery code, everything with two recovery sheets."""

import csv
import io
from dataclasses import replace
from secrets import token_hex

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import MakeApp
from tests.factories import (
    TO_CALL,
    TO_PREPARE,
    TO_READ,
    Sent,
    publish_demo_call,
    publish_demo_event,
    register_one,
    seed_of,
    sheets_of,
    signed_in,
    submit_one,
)
from tests.integration.desk.worker import Worker
from tests.integration.house import make_house
from tests.integration.tables import everything, written
from tests.rows import change
from webapp.models import Coordinator, PurposeKey, PurposeKeySeal, Slot
from webapp.rules.references import reference
from webapp.services.calls import published_calls
from webapp.services.events import desk_registrations
from webapp.services.infrastructure import audit, stores
from webapp.services.keys import (
    authentication,
    passphrase_reset,
    purpose_keys,
    recovery,
    recovery_sheets,
    session_keyrings,
)
from webapp.services.keys.authentication import NotSignedIn
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import NoSuchCoordinator
from webapp.services.keys.key_slots import MistypedCode
from webapp.services.keys.recovery_sheets import MistypedWords, SameSheetTwice, UnknownSheet
from webapp.services.opening import contact_exports, disclosure
from webapp.services.opening.disclosure import SignInAgainToOpen
from webapp.vault import keyring
from webapp.vault.envelope import DoesNotOpen
from webapp.vault.macs import KeySwapped
from webapp.vault.recovery_sheets import Sheet

pytestmark = pytest.mark.usefixtures("inside")


def another_half_minute() -> None:
    """As if time had gone by: the next six-digit code is a new one."""
    with stores.writing() as main:
        change(main, select(Coordinator), {"totp_last_step": 0})


def with_passphrase(founded: Founded, passphrase: str) -> Founded:
    return replace(founded, owner=replace(founded.owner, passphrase=passphrase))


def tags(how_many: int) -> list[str]:
    return [line.tag for line in audit.recent(how_many)]


# A passphrase was lost


def test_the_recovery_code_makes_a_new_passphrase(founded: Founded) -> None:
    # Given a participant's answers, and a coordinator who has her recovery code on paper
    sent = submit_one()
    typed = founded.owner.recovery_code.lower().replace("-", " ")
    # When she makes a new passphrase
    new = passphrase_reset.new_passphrase(" Ana ", typed)
    # Then it is six words, and it is in the record
    assert new.sign_in_name == "ana"
    assert len(new.passphrase.split()) == 6
    line = audit.recent(1)[0]
    assert (line.actor, line.tag) == (audit.OPERATOR, "new passphrase made")
    # And with it and the authenticator she has, she reads what she could read before
    holder = signed_in(with_passphrase(founded, new.passphrase))
    assert disclosure.open_testimony(holder, sent.submission_id, TO_READ).answers
    # And the old one opens nothing any more
    another_half_minute()
    with pytest.raises(NotSignedIn):
        signed_in(founded)


def test_the_recovery_code_stays_good(founded: Founded) -> None:
    first = passphrase_reset.new_passphrase("ana", founded.owner.recovery_code)
    second = passphrase_reset.new_passphrase("ana", founded.owner.recovery_code)
    # Then the newest passphrase is the only one
    assert first.passphrase != second.passphrase
    with pytest.raises(NotSignedIn):
        signed_in(with_passphrase(founded, first.passphrase))
    assert signed_in(with_passphrase(founded, second.passphrase)).name == "Ana"


def test_a_new_passphrase_alone_opens_nothing(founded: Founded) -> None:
    # Given an attacker who found the recovery code, and not the phone
    new = passphrase_reset.new_passphrase("ana", founded.owner.recovery_code)
    # When they sign in without the second factor
    with pytest.raises(NotSignedIn):
        authentication.sign_in("ana", new.passphrase, "000000")


def test_a_coordinator_at_the_desk_is_signed_out(inside: Flask, founded: Founded) -> None:
    # Given a coordinator who is signed in with the old passphrase
    worker = Worker(inside, founded)
    worker.sign_in()
    assert worker.path == "/desk/"
    # When a new one is made
    passphrase_reset.new_passphrase("ana", founded.owner.recovery_code)
    # Then they are out
    worker.get("/desk/")
    assert worker.path == "/desk/sign-in"


def test_after_a_lost_pepper_the_recovery_code_makes_a_passphrase_that_works(
    make_app: MakeApp, founded: Founded
) -> None:
    # Given a desk whose pepper is gone, and that was given another
    with make_app(PEPPER=token_hex(32)).app_context():
        with pytest.raises(NotSignedIn):
            signed_in(founded)
        # When a new passphrase is made there, then it works there
        new = passphrase_reset.new_passphrase("ana", founded.owner.recovery_code)
        assert signed_in(with_passphrase(founded, new.passphrase)).name == "Ana"


@pytest.mark.parametrize("wrong", ["name", "code"])
def test_a_wrong_name_or_code_changes_nothing(founded: Founded, wrong: str) -> None:
    before = everything()
    name = "anna" if wrong == "name" else "ana"
    code = founded.owner.recovery_code if wrong == "name" else keyring.new_recovery_code()
    with pytest.raises(NotSignedIn):
        passphrase_reset.new_passphrase(name, code)
    assert everything() == before


def test_a_slip_of_the_hand_is_told_apart(founded: Founded) -> None:
    code = founded.owner.recovery_code
    slip = code[:-1] + ("2" if code[-1] != "2" else "3")
    with pytest.raises(MistypedCode):
        passphrase_reset.new_passphrase("ana", slip)


# Everything was lost


def lose_everything() -> None:
    """Neither passphrase nor code nor phone: as if her slots were gone."""
    with stores.writing() as main:
        for slot in main.scalars(select(Slot)):
            main.delete(slot)


def let_back_in(founded: Founded) -> Founded:
    """With any two sheets of the safe."""
    return replace(founded, owner=recovery.let_back_in("ana", *sheets_of(founded, 3, 1)).given)


def exported(founded: Founded, sent: Sent) -> dict[str, str]:
    """The line about one person in a real list of those who want to be contacted."""
    holder = signed_in(founded)
    another_half_minute()
    file = contact_exports.export_consented(
        holder,
        published_calls.find_call("support-needs"),
        purpose="contact_me",
        reason=TO_CALL,
        file_format="csv",
        password="",
    )
    rows = csv.DictReader(io.StringIO(file.content.decode("utf-8-sig")))
    return {row["Reference"]: row for row in rows}[reference(sent.submission_id)]


def test_two_sheets_let_a_coordinator_back_in_and_she_exports(founded: Founded) -> None:
    # Given a participant who wants to be contacted, and a coordinator who has nothing left
    sent = submit_one()
    lose_everything()
    with pytest.raises(NotSignedIn):
        signed_in(founded)
    # When the coalition opens its safe
    back = let_back_in(founded)
    # Then she has everything anew, and exports as before
    assert back.owner.sign_in_name == "ana"
    for old, new in (
        (founded.owner.passphrase, back.owner.passphrase),
        (founded.owner.recovery_code, back.owner.recovery_code),
        (founded.owner.totp_secret, back.owner.totp_secret),
    ):
        assert old != new
    assert exported(back, sent)["E-mail"] == sent.answers["email"]
    # And reads what was told, and what comes from now on
    another_half_minute()
    holder = signed_in(back)
    for one in (sent, submit_one()):
        assert disclosure.open_testimony(holder, one.submission_id, TO_READ).answers
    # And all of it is in the record, whose chain holds
    assert {"recovery key used", "coordinator let back in"} <= set(tags(20))
    audit.verify()


def test_events_and_later_calls_are_hers_too(make_app: MakeApp, founded: Founded) -> None:
    # Given a registration for an event
    with make_house(make_app).app_context():
        booked = register_one(publish_demo_event(), "robin@example.org")
        # When she is let back in, another call is published after that, and she signs in
        back = let_back_in(founded)
        publish_demo_call("later")
        holder = signed_in(back)
        sent = submit_one(published_calls.find_call("later"))
        # Then both open for her
        opened = desk_registrations.open_registration(holder, booked.id, TO_PREPARE)
        assert "robin@example.org" in repr(opened)
        assert disclosure.open_testimony(holder, sent.submission_id, TO_READ).answers


def test_what_she_lost_opens_nothing_for_the_finder(inside: Flask, founded: Founded) -> None:
    # Given an attacker who sits at her desk, signed in, and has her passphrase, code and phone
    sent = submit_one()
    worker = Worker(inside, founded)
    worker.sign_in()
    another_half_minute()
    stolen, seed = signed_in(founded), seed_of(founded)
    # When she is let back in
    let_back_in(founded)
    # Then they are out, and cannot come in again, with the code neither
    worker.get("/desk/")
    assert worker.path == "/desk/sign-in"
    with pytest.raises(NotSignedIn):
        signed_in(founded)
    with pytest.raises(NotSignedIn):
        passphrase_reset.new_passphrase("ana", founded.owner.recovery_code)
    # And the session that they had opens nothing, nor does her old key open what is in the stores
    with pytest.raises(SignInAgainToOpen):
        disclosure.open_testimony(stolen, sent.submission_id, TO_READ)
    session_keyrings.fill(stolen, seed)
    with pytest.raises(DoesNotOpen):
        disclosure.open_testimony(stolen, sent.submission_id, TO_READ)


def test_the_new_recovery_code_and_the_same_sheets_go_on_working(founded: Founded) -> None:
    sent = submit_one()
    back = let_back_in(founded)
    new = passphrase_reset.new_passphrase("ana", back.owner.recovery_code)
    assert signed_in(with_passphrase(back, new.passphrase)).name == "Ana"
    # And the sheets work once more
    again = let_back_in(founded)
    assert exported(again, sent)["E-mail"] == sent.answers["email"]


def test_the_power_goes_in_the_middle_and_doing_it_again_finishes_it(
    founded: Founded, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a participant's answers, and a recovery that breaks off when her key is there and the seals are not
    sent = submit_one()

    def break_off(*what: object) -> None:
        raise stores.StoreUnavailable("erasure")

    with monkeypatch.context() as patch:
        patch.setattr(recovery, "_replace_seals", break_off)
        with pytest.raises(stores.StoreUnavailable):
            recovery.let_back_in("ana", *sheets_of(founded, 1, 2))
    # When it is done again, then all is well
    assert exported(let_back_in(founded), sent)["E-mail"] == sent.answers["email"]


def swap_a_key() -> None:
    with stores.writing() as main:
        main.scalars(select(PurposeKey)).first().public_key = bytes(1216)  # type: ignore[union-attr]


def spoil_a_seal() -> None:
    with stores.writing("erasure") as erasure:
        for seal in erasure.scalars(select(PurposeKeySeal)):
            seal.envelope = seal.envelope[:-1] + bytes([seal.envelope[-1] ^ 1])


@pytest.mark.parametrize("spoil", [swap_a_key, spoil_a_seal])
def test_a_key_that_is_not_as_written_stops_it_before_anything_changes(
    founded: Founded, spoil: object
) -> None:
    # Given an attacker who wrote to the stores
    spoil()  # type: ignore[operator]
    before = everything()
    # When the recovery key is used
    with pytest.raises((KeySwapped, DoesNotOpen)):
        recovery.let_back_in("ana", *sheets_of(founded, 1, 2))
    # Then nothing has changed, but that it was used is in the record
    assert set(written(before, everything())) == {"audit_entries", "audit_head"}
    assert tags(1) == ["recovery key used"]


def test_a_key_that_the_safe_has_no_seal_for_is_counted(founded: Founded) -> None:
    # Given an older copy of the erasure store, without the seals of a second call
    publish_demo_call("second")
    call = published_calls.find_call("second")
    with stores.reading() as main:
        lost = set(main.scalars(select(PurposeKey.id).where(PurposeKey.owner_id == call.id)))
    with stores.writing("erasure") as erasure:
        for seal in erasure.scalars(select(PurposeKeySeal)):
            if seal.purpose_key_id in lost:
                erasure.delete(seal)
    # When she is let back in, then the operator is told how much came back
    back = recovery.let_back_in("ana", *sheets_of(founded, 1, 2))
    assert (back.sealed, back.missing) == (3, 3)


def test_getting_back_in_gives_a_coordinator_no_more_than_they_had(founded: Founded) -> None:
    # Given a key that was made without her
    with stores.reading() as main:
        before = {key.id: key.holder_ids for key in purpose_keys.all_keys(main)}
    let_back_in(founded)
    # Then who holds what is as it was
    with stores.reading() as main:
        assert {key.id: key.holder_ids for key in purpose_keys.all_keys(main)} == before


def test_sheets_that_do_not_fit_change_nothing(founded: Founded) -> None:
    before = everything()
    # Given a word too few, a word of another list, another coalition's sheet, one sheet twice, and an unknown name
    words = " ".join(founded.sheets[0].words)
    few = words.rpartition(" ")[0]
    for typed, problem in ((few, "length"), (f"{few} hearthstone", "words")):
        with pytest.raises(MistypedWords) as refused:
            recovery_sheets.recognise(typed)
        assert refused.value.problem == problem
    with pytest.raises(UnknownSheet):
        recovery_sheets.recognise(" ".join(Sheet(1, bytes(range(32))).words))
    with pytest.raises(SameSheetTwice):
        recovery.let_back_in("ana", *sheets_of(founded, 2, 2))
    with pytest.raises(NoSuchCoordinator):
        recovery.let_back_in("anna", *sheets_of(founded, 1, 2))
    # Then nothing has changed
    assert everything() == before


def test_the_stores_hold_nothing_of_what_was_shown(founded: Founded) -> None:
    back = recovery.let_back_in("ana", *sheets_of(founded, 1, 2))
    rows, shown = repr(everything()), repr(back)
    given = back.given
    words = [" ".join(sheet.words) for sheet in founded.sheets]
    for kept_nowhere in (*words, given.passphrase, given.recovery_code, given.totp_secret):
        assert kept_nowhere not in rows
        assert kept_nowhere not in shown
