"""Recovery sheets: any pair opens, a rehearsal proves it, and new sheets take the place of old ones without a gap."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from tests.factories import (
    TO_READ,
    publish_demo_call,
    publish_demo_event,
    rehearse_all,
    sheet_of,
    sheets_of,
    signed_in,
    submit_one,
)
from tests.integration.tables import everything
from tests.stores import Shelf, Stores, application
from webapp.models import PurposeKey, PurposeKeySeal, RecoveryKey, RecoveryPair
from webapp.rules import clock
from webapp.services.calls import published_calls
from webapp.services.infrastructure import audit, stores
from webapp.services.keys import (
    bootstrap,
    key_macs,
    key_slots,
    purpose_keys,
    recovery,
    recovery_rehearsal,
    recovery_renewal,
    recovery_sheets,
    recovery_state,
)
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.recovery_renewal import NotHeldYet, Renewed, SetReplaced
from webapp.services.keys.recovery_sheets import (
    OfAnotherSet,
    SameSheetTwice,
    UnknownSheet,
)
from webapp.services.keys.recovery_state import PAIRS, NotRehearsed, SheetsMissing
from webapp.services.opening import disclosure
from webapp.vault.labels import Label
from webapp.vault.phrases import phrase_of


def tags(how_many: int) -> list[str]:
    return [line.tag for line in audit.recent(how_many)]


@pytest.fixture
def fresh(shelf: Shelf, stores: Stores, tmp_path: object) -> Iterator[Founded]:
    """An instance that was founded a moment ago: nothing rehearsed, nothing published."""
    with application(stores, tmp_path, DOORS="public,desk,worker") as app, app.app_context():  # type: ignore[arg-type]
        yield bootstrap.found(organisation="A charity", name="Ana", sign_in_name="ana")


# Making, recognising


def test_three_sheets_are_stored_as_three_envelopes_and_nothing_else(fresh: Founded) -> None:
    # Given the sheets of a founding
    assert [(sheet.number, sheet.set_number) for sheet in fresh.sheets] == [(1, 1), (2, 1), (3, 1)]
    with stores.reading() as main:
        rows = {row.sheets: row for row in main.scalars(select(RecoveryPair))}
    assert set(rows) == set(PAIRS)
    # Then no word, secret or seed is in any table
    seed = recovery_sheets.open_seed(*sheets_of(fresh, 1, 2))
    stored = repr(everything())
    for secret in (seed, *(one.sheet.secret for one in sheets_of(fresh))):
        assert repr(secret)[2:-1] not in stored
        assert secret.hex() not in stored
    # And what is shown once does not show in an error
    assert fresh.sheets[0].words[0] not in repr(fresh)
    assert "secret" not in repr(sheet_of(fresh, 1))


def test_each_sheet_is_known_by_its_words(fresh: Founded) -> None:
    for number in (1, 2, 3):
        words = fresh.sheets[number - 1].words
        shouted = ", ".join(f"{n} {word.upper()}" for n, word in enumerate(words, start=1))
        found = recovery_sheets.recognise(shouted)
        assert (found.number, found.set_number, found.made_on) == (number, 1, clock.today())


def test_a_second_sheet_is_compared_with_the_first(fresh: Founded) -> None:
    first = sheet_of(fresh, 1)
    assert recovery_sheets.recognise(" ".join(fresh.sheets[1].words), beside=first).number == 2
    with pytest.raises(SameSheetTwice):
        recovery_sheets.recognise(" ".join(fresh.sheets[0].words), beside=first)


# Rehearsing


def test_nothing_is_published_before_every_pair_was_proved(fresh: Founded) -> None:
    # Given a founding of today
    assert recovery_state.standing().unproved == PAIRS
    before = everything()
    for publish in (publish_demo_call, publish_demo_event):
        with pytest.raises(NotRehearsed):
            publish()
    assert everything() == before
    # When two pairs are proved, then it is still refused
    recovery_rehearsal.rehearse(sheets_of(fresh, 1, 2))
    done = recovery_rehearsal.rehearse(sheets_of(fresh, 3, 1))
    assert (done.proved, done.left) == (((1, 3),), ((2, 3),))
    with pytest.raises(NotRehearsed):
        publish_demo_call()
    # When the last one is, then it is published
    assert recovery_rehearsal.rehearse(sheets_of(fresh, 2, 3)).left == ()
    publish_demo_call()
    publish_demo_event()
    # And the record has what was tried and what was proved, in that order
    assert tags(8)[:2] == ["event published", "call published"]
    assert tags(4)[2:] == ["recovery rehearsed", "recovery sheets typed"]
    audit.verify()


def test_three_sheets_at_once_prove_all_pairs(fresh: Founded) -> None:
    done = recovery_rehearsal.rehearse(sheets_of(fresh, 2, 3, 1))
    assert (done.proved, done.left, done.put_away) == (PAIRS, (), 0)
    now = recovery_state.standing()
    assert now.is_ready
    assert now.proved_on == clock.today()


def test_a_rehearsal_opens_nothing_that_people_told_us(founded: Founded, inside: Flask) -> None:
    # Given answers, and a rehearsal a year later
    submit_one()
    before = everything()
    with time_machine.travel("2027-11-30", tick=False):
        recovery_rehearsal.rehearse(sheets_of(founded, 1, 3))
        changed = {table for table, rows in everything().items() if rows != before[table]}
        # Then the day of that pair is noted, and it is in the record
        assert changed == {"recovery_pairs", "audit_entries", "audit_head"}
    with stores.reading() as main:
        days = {row.sheets: str(row.proved_on) for row in main.scalars(select(RecoveryPair))}
    assert days[1, 3] == "2027-11-30"
    assert "2027-11-30" not in (days[1, 2], days[2, 3])


def test_a_pair_that_does_not_open_proves_nothing(fresh: Founded) -> None:
    # Given an envelope that a disk spoiled, and that was signed all the same
    with stores.writing() as main:
        for row in main.scalars(select(RecoveryPair)):
            if row.sheets == (1, 3):
                row.envelope = row.envelope[:-1] + bytes([row.envelope[-1] ^ 1])
    with pytest.raises(disclosure.NOT_AS_WRITTEN):
        recovery_rehearsal.rehearse(sheets_of(fresh))
    # Then no pair counts as proved, not even those that open
    assert recovery_state.standing().unproved == PAIRS
    # And with the two others a new set is made
    renewed = renew(fresh, 1, 2)
    assert len(renewed.sheets) == 3


# New sheets


def renew(founded: Founded, one: int, other: int) -> Renewed:
    """As the command does it, with two sheets of the set before."""
    pair = sheets_of(founded, one, other)
    return recovery_renewal.renew(
        recovery.recovery_secret(*pair), {typed.sheet.secret for typed in pair}
    )


def with_sheets(founded: Founded, renewed: Renewed) -> Founded:
    return replace(founded, sheets=renewed.sheets)


def reads_after_recovery(founded: Founded, one: int, other: int) -> bool:
    """Let her back in with two sheets; whether she reads what a participant told us."""
    sent = submit_one()
    back = recovery.let_back_in("ana", *sheets_of(founded, one, other))
    assert back.missing == 0
    holder = signed_in(replace(founded, owner=back.given))
    return bool(disclosure.open_testimony(holder, sent.submission_id, TO_READ).answers)


def test_both_sets_are_good_until_the_new_one_is_rehearsed(founded: Founded, inside: Flask) -> None:
    # Given a call and an event, and a sheet that was burnt: the two others make a new set
    publish_demo_event()
    renewed = renew(founded, 1, 3)
    new = with_sheets(founded, renewed)
    assert (renewed.sealed, renewed.missing) == (6, 0)
    assert {sheet.set_number for sheet in renewed.sheets} == {2}
    assert recovery_state.standing().keys == 2
    # Then sheets of two sets do not mix
    with pytest.raises(OfAnotherSet):
        recovery.let_back_in("ana", sheet_of(founded, 1), sheet_of(new, 2))
    # And what is published now is sealed to both
    publish_demo_call("meanwhile")
    # When all pairs of the new set are proved
    done = recovery_rehearsal.rehearse(sheets_of(new))
    # Then the set before is put away, and its sheets are known no more
    assert (done.left, done.put_away) == ((), 1)
    assert recovery_state.standing().keys == 1
    for sheet in founded.sheets:
        with pytest.raises(UnknownSheet):
            recovery_sheets.recognise(" ".join(sheet.words))
    # And any pair of the new one lets her back in, also to what came meanwhile
    assert reads_after_recovery(new, 2, 3)
    audit.verify()


def test_every_key_is_held_by_the_new_recovery_key_alone(founded: Founded, inside: Flask) -> None:
    with stores.reading() as main:
        old_id = main.scalars(select(RecoveryKey.id)).one()
        coordinators = {key.id: key.holder_ids - {old_id} for key in purpose_keys.all_keys(main)}
    rehearse_all(with_sheets(founded, renew(founded, 1, 2)))
    # Then the claims of all purpose keys are authentic, with the same coordinators and one other recovery key
    with stores.reading() as main:
        new_id = main.scalars(select(RecoveryKey.id)).one()
        for key in purpose_keys.all_keys(main):
            assert purpose_keys.verified(key).holders == coordinators[key.id] | {new_id}
        rows = main.scalars(select(RecoveryPair)).all()
    assert new_id != old_id
    assert {row.recovery_key_id for row in rows} == {new_id}
    # And no seal to the old one is left
    with stores.reading("erasure") as erasure:
        assert old_id not in set(erasure.scalars(select(PurposeKeySeal.holder_id)))


def test_the_old_seed_opens_nothing_that_is_stored(founded: Founded, inside: Flask) -> None:
    # Given an attacker who got at two old sheets, and at the envelopes in an old backup of `main`
    holder = recovery.recovery_secret(*sheets_of(founded, 1, 2))
    # When the set was replaced
    rehearse_all(with_sheets(founded, renew(founded, 2, 3)))
    # Then the old seed fits no seal
    with stores.reading() as main:
        keys = {key.id: key for key in purpose_keys.all_keys(main)}
    with stores.reading("erasure") as erasure:
        seals = erasure.scalars(select(PurposeKeySeal)).all()
    for seal in seals:
        for holder_id in (holder.recovery_key_id, seal.holder_id):
            with pytest.raises(disclosure.NOT_AS_WRITTEN):
                open_with(keys[seal.purpose_key_id], seal, holder.seed, holder_id)


def open_with(key: PurposeKey, seal: PurposeKeySeal, seed: bytes, holder_id: UUID) -> bytes:
    context = recovery_renewal.purpose_key_generation.seal_context(key, holder_id)
    return recovery_renewal.open_purpose_seed(
        seal.envelope, holder_seed=seed, context=context, public_key=key.public_key
    )


def test_a_jammed_printer_costs_nothing(founded: Founded, inside: Flask) -> None:
    # Given new sheets of which one was printed wrongly: nobody has its words
    jammed = renew(founded, 1, 2)
    # When they are made once more with the set before
    again = renew(founded, 1, 2)
    # Then the first ones are of no use, and there are two sets
    with pytest.raises(UnknownSheet):
        recovery_sheets.recognise(" ".join(jammed.sheets[0].words))
    assert recovery_state.standing().keys == 2
    new = with_sheets(founded, again)
    rehearse_all(new)
    assert reads_after_recovery(new, 1, 3)


STEPS = {
    "when keys are to be sealed": (recovery_renewal, "_seal_to"),
    "when the new key is to be stored": (recovery_renewal, "_new_row"),
    "when sheets are to be made": (recovery_sheets, "make_for"),
    "when holders are to be noted": (recovery_renewal, "_add_holder"),
}


@pytest.mark.parametrize("step", STEPS)
def test_the_power_goes_while_sheets_are_made(
    founded: Founded, inside: Flask, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a renewal that breaks off
    def break_off(*what: object, **how: object) -> None:
        raise stores.StoreUnavailable("main")

    with monkeypatch.context() as patch:
        patch.setattr(*STEPS[step], break_off)
        with pytest.raises(stores.StoreUnavailable):
            renew(founded, 1, 2)
    # Then the set before is whole
    assert recovery_state.standing().is_ready
    # And doing it again makes a new one
    new = with_sheets(founded, renew(founded, 1, 2))
    rehearse_all(new)
    assert reads_after_recovery(new, 1, 2)


@pytest.mark.parametrize("at", ["erasure", "main"])
def test_the_power_goes_while_the_set_before_is_put_away(
    founded: Founded, inside: Flask, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = with_sheets(founded, renew(founded, 1, 2))

    def break_off(*what: object, **how: object) -> None:
        raise stores.StoreUnavailable("main")

    with monkeypatch.context() as patch:
        if at == "main":
            patch.setattr(recovery_renewal, "_locked_keys", break_off)
        else:
            patch.setattr(recovery_renewal, "_delete", break_off)
        with pytest.raises(stores.StoreUnavailable):
            rehearse_all(new)
    # Then the new set opens everything already, and one more rehearsal finishes it
    assert recovery_state.standing().is_ready
    assert recovery_rehearsal.rehearse(sheets_of(new, 1, 2)).put_away == 1
    assert recovery_state.standing().keys == 1
    assert reads_after_recovery(new, 2, 3)


def test_a_key_that_only_the_set_before_holds_keeps_it(founded: Founded, inside: Flask) -> None:
    # Given a call that was published while the sheets were renewed: it is not sealed to the new key
    new = with_sheets(founded, renew(founded, 1, 2))
    with stores.reading() as main:
        new_id = max(main.scalars(select(RecoveryKey)), key=lambda row: row.epoch).id
    with stores.writing("erasure") as erasure:
        seal = erasure.scalars(
            select(PurposeKeySeal).where(PurposeKeySeal.holder_id == new_id)
        ).first()
        erasure.delete(seal)
    # When all pairs of the new set are proved, then the set before stays, and says so
    with pytest.raises(NotHeldYet):
        rehearse_all(new)
    assert recovery_state.standing().keys == 2
    # And the way out is to make new sheets with it once more, which hold everything
    again = with_sheets(founded, renew(founded, 1, 2))
    rehearse_all(again)
    assert recovery_state.standing().keys == 1
    assert reads_after_recovery(again, 1, 2)


def test_a_set_that_lost_a_seal_cannot_throw_away_the_newer_one(
    founded: Founded, inside: Flask
) -> None:
    # Given new sheets that nobody rehearsed, and an older copy of the erasure store without a seal of the set before
    with stores.reading() as main:
        old_id = main.scalars(select(RecoveryKey.id)).one()
    new = with_sheets(founded, renew(founded, 1, 2))
    with stores.writing("erasure") as erasure:
        of_old = select(PurposeKeySeal).where(PurposeKeySeal.holder_id == old_id)
        erasure.delete(erasure.scalars(of_old).first())
    # When the set before is used once more, then nothing is lost
    with pytest.raises(NotHeldYet):
        renew(founded, 1, 3)
    rehearse_all(new)
    assert recovery_state.standing().keys == 1
    assert reads_after_recovery(new, 1, 2)


def test_a_replaced_set_cannot_throw_away_the_one_that_replaced_it(
    founded: Founded, inside: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a new set that was rehearsed, and a crash before the one before was put away
    new = with_sheets(founded, renew(founded, 1, 2))
    with monkeypatch.context() as patch:
        patch.setattr(recovery_renewal, "put_away_before", lambda key_id: 0)
        rehearse_all(new)
    # When the finder of two old sheets renews
    with pytest.raises(SetReplaced):
        renew(founded, 1, 3)
    # Then the new set is as it was
    assert recovery_state.standing().is_ready
    assert sheet_of(new, 1).set_number == 2


def test_new_sheets_stop_no_publishing_but_are_said(founded: Founded, inside: Flask) -> None:
    renew(founded, 1, 2)
    assert recovery_state.standing().unproved == PAIRS
    publish_demo_call("second")


# A recovery key of before there were sheets


@pytest.fixture
def of_before(fresh: Founded) -> str:
    """An instance of before: its recovery key has no pairs, and its seed is 24 words on paper."""
    seed, public_key = key_slots.new_key_pair()
    with stores.writing() as main:
        for pair in main.scalars(select(RecoveryPair)):
            main.delete(pair)
        row = main.scalars(select(RecoveryKey)).one()
        row.public_key = public_key
        row.mac = key_macs.mac_of(key_macs.claim_of_recovery_key(row))
    return " ".join(phrase_of(seed, Label.RECOVERY_WORDS_CHECK))


def test_the_words_of_before_make_sheets(fresh: Founded, of_before: str) -> None:
    # Given an instance of before
    assert not recovery_state.standing().has_sheets
    with pytest.raises(SheetsMissing):
        publish_demo_call()
    # When sheets are made with its words
    renewed = recovery_renewal.renew(recovery.secret_of_before(of_before))
    new = with_sheets(fresh, renewed)
    # Then after a rehearsal the words are of no use, and all goes on
    assert recovery_rehearsal.rehearse(sheets_of(new)).put_away == 1
    with pytest.raises(recovery.NotTheRecoveryKey):
        recovery.secret_of_before(of_before)
    publish_demo_call()
    assert published_calls.all_calls()
    assert reads_after_recovery(new, 1, 2)


def test_words_of_another_key_make_none(fresh: Founded, of_before: str) -> None:
    before = everything()
    others = " ".join(phrase_of(bytes(range(32)), Label.RECOVERY_WORDS_CHECK))
    with pytest.raises(recovery.NotTheRecoveryKey):
        recovery.secret_of_before(others)
    assert everything() == before


def test_the_day_of_a_rehearsal_is_under_the_rows_mac(fresh: Founded) -> None:
    # Given a row in which an attacker wrote a day
    with stores.writing() as main:
        main.execute(update(RecoveryPair).values(proved_on=clock.today()))
    # Then it proves nothing: such a pair counts as missing
    assert recovery_state.standing().missing == PAIRS
    with pytest.raises(SheetsMissing):
        publish_demo_call()
