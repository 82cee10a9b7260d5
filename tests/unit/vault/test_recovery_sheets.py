"""Recovery sheets: any two of three open the recovery key's seed, and nothing else does."""

import hashlib
from dataclasses import replace
from itertools import combinations, permutations
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as some

from tests.unit.vault.factories import (
    a_context,
    context_of,
    flipped,
    one_element_away,
    stored,
)
from webapp.vault import recovery_sheets
from webapp.vault.contexts import RECOVERY_SEED, SLOT, Context
from webapp.vault.envelope import DoesNotOpen
from webapp.vault.recovery_sheets import MistypedWords, Sheet, WeakSheets

FROZEN = stored("frozen_sheets")
SHEETS = {
    one["number"]: Sheet(one["number"], bytes.fromhex(one["secret"]))
    for one in FROZEN["recovery_sheets"]["sheets"]
}
SEED = bytes.fromhex(FROZEN["recovery_sheets"]["seed"])
PAIRS = [name for name in FROZEN if name.startswith("recovery_pair_")]


def frozen(name: str) -> tuple[bytes, Sheet, Sheet, Context]:
    """A stored pair: its envelope, its sheets and its context."""
    pair: dict[str, Any] = FROZEN[name]
    one, other = (SHEETS[number] for number in pair["sheets"])
    return bytes.fromhex(pair["envelope"]), one, other, context_of(pair)


def opens(envelope: bytes, one: Sheet, other: Sheet, context: Context) -> bool:
    try:
        return recovery_sheets.open_with_pair(envelope, one, other, context=context) == SEED
    except DoesNotOpen:
        return False


def test_there_is_a_stored_envelope_for_each_pair() -> None:
    assert len(PAIRS) == 3
    assert {tuple(FROZEN[name]["sheets"]) for name in PAIRS} == set(recovery_sheets.PAIRS)


@pytest.mark.parametrize("name", PAIRS)
def test_a_stored_pair_opens_in_either_order(name: str) -> None:
    envelope, one, other, context = frozen(name)

    assert opens(envelope, one, other, context)
    assert opens(envelope, other, one, context)


@pytest.mark.parametrize("name", PAIRS)
def test_the_key_is_what_the_standards_say(name: str) -> None:
    """RFC 5869 over both secrets, and AES-256-GCM, written out: what another program would need to recover with."""
    envelope, one, other, context = frozen(name)

    def hkdf(key: bytes, info: bytes) -> bytes:
        return HKDF(algorithm=SHA256(), length=32, salt=b"", info=info).derive(key)

    info = b"hearth/1/recovery-pair/key" + bytes((one.number, other.number))
    pair_key = hkdf(one.secret + other.secret, info)
    associated = context.encode(1, 2)
    digest = hashlib.sha256(associated).digest()
    content_key = hkdf(pair_key, b"hearth/1/recovery-pair/content" + digest)
    plain = AESGCM(content_key).decrypt(envelope[2:14], envelope[14:], associated)

    assert pair_key.hex() == FROZEN[name]["pair_key"]
    assert plain == len(SEED).to_bytes(4, "big") + SEED + bytes(512 - 4 - len(SEED))


@pytest.mark.parametrize("name", PAIRS)
def test_a_flipped_byte_anywhere_does_not_open(name: str) -> None:
    envelope, one, other, context = frozen(name)

    assert not [
        at for at in range(len(envelope)) if opens(flipped(envelope, at), one, other, context)
    ]


@pytest.mark.parametrize("name", PAIRS)
def test_a_flipped_byte_of_a_sheet_does_not_open(name: str) -> None:
    envelope, one, other, context = frozen(name)

    for at in range(32):
        slipped = replace(one, secret=flipped(one.secret, at))
        assert not opens(envelope, slipped, other, context)


@pytest.mark.parametrize("name", PAIRS)
def test_another_context_does_not_open(name: str) -> None:
    envelope, one, other, context = frozen(name)

    for elsewhere in one_element_away(context):
        if elsewhere.field == RECOVERY_SEED:
            assert not opens(envelope, one, other, elsewhere)
        else:
            with pytest.raises(ValueError, match="recovery seed"):
                recovery_sheets.open_with_pair(envelope, one, other, context=elsewhere)


@pytest.mark.parametrize("name", PAIRS)
def test_no_other_pair_and_no_exchanged_number_opens_it(name: str) -> None:
    envelope, one, other, context = frozen(name)

    for first, second in permutations(SHEETS.values(), 2):
        assert opens(envelope, first, second, context) == ({first, second} == {one, other})
    # The secrets under each other's numbers, and under the third one's
    assert not opens(
        envelope, replace(one, number=other.number), replace(other, number=one.number), context
    )
    third = (set(SHEETS) - {one.number, other.number}).pop()
    assert not opens(envelope, replace(one, number=third), other, context)


def test_an_envelope_in_anothers_row_does_not_open() -> None:
    for name, elsewhere in permutations(PAIRS, 2):
        envelope, *_ = frozen(name)
        _, one, other, context = frozen(elsewhere)
        assert not opens(envelope, one, other, context)


def test_one_sheet_opens_nothing_with_whatever_stands_for_the_second() -> None:
    # Given one sheet, and what an attacker has without the others: nothing, the same sheet, the marks, the ids
    guesses = [bytes(32), b"\xff" * 32, SEED[::-1]]
    guesses += [bytes.fromhex(one["mark"]) for one in FROZEN["recovery_sheets"]["sheets"]]
    for name in PAIRS:
        envelope, one, other, context = frozen(name)
        for stolen, lacking in ((one, other), (other, one)):
            for guess in (*guesses, stolen.secret):
                assert not opens(envelope, stolen, replace(lacking, secret=guess), context)
        with pytest.raises(ValueError, match="two of the three"):
            recovery_sheets.open_with_pair(envelope, one, one, context=context)


def test_words_and_marks_are_as_ever() -> None:
    key_id = UUID(FROZEN["recovery_sheets"]["recovery_key_id"])
    for one in FROZEN["recovery_sheets"]["sheets"]:
        sheet = SHEETS[one["number"]]
        assert " ".join(sheet.words) == one["words"]
        assert recovery_sheets.read_sheet(one["words"]) == sheet.secret
        assert recovery_sheets.mark_of(sheet.secret, key_id).hex() == one["mark"]
        assert recovery_sheets.mark_of(sheet.secret, uuid4()).hex() != one["mark"]


def test_a_recovery_key_of_before_is_no_sheet() -> None:
    # Given the words of a recovery key as they were printed before: the check has another label
    words = stored("frozen")["recovery_words"]["words"]
    with pytest.raises(MistypedWords) as mistyped:
        recovery_sheets.read_sheet(words)
    assert mistyped.value.problem == "check"


@given(some.binary(min_size=32, max_size=32))
def test_words_come_back(secret: bytes) -> None:
    words = Sheet(1, secret).words

    assert len(words) == 24
    assert recovery_sheets.read_sheet(" ".join(words)) == secret


def test_new_sheets_differ_and_open() -> None:
    sheets = recovery_sheets.new_sheets(SEED)
    again = recovery_sheets.new_sheets(SEED)

    assert [sheet.number for sheet in sheets] == [1, 2, 3]
    assert len({sheet.secret for sheet in (*sheets, *again)}) == 6
    for one, other in combinations(sheets, 2):
        context = a_context(RECOVERY_SEED)
        sealed = recovery_sheets.seal_for_pair(SEED, other, one, context=context)
        assert opens(sealed, one, other, context)
        assert SEED not in sealed
        assert one.secret not in sealed


def a_set(*secrets: bytes) -> list[Sheet]:
    return [Sheet(number, secret) for number, secret in enumerate(secrets, start=1)]


@pytest.mark.parametrize(
    "weak",
    [bytes(32), b"\xff" * 32, bytes(range(8)) * 4, b"0123456789abcde" * 2 + b"01", b"short", b""],
)
def test_a_secret_that_no_good_machine_makes_is_refused(weak: bytes) -> None:
    good = [sheet.secret for sheet in SHEETS.values()]
    for place in range(3):
        secrets = [weak if at == place else one for at, one in enumerate(good)]
        with pytest.raises(WeakSheets):
            recovery_sheets.check_sheets(a_set(*secrets))


def test_a_secret_that_is_used_twice_is_refused() -> None:
    one, other, third = (sheet.secret for sheet in SHEETS.values())
    for secrets in ((one, one, third), (one, other, one), (one, other, other)):
        with pytest.raises(WeakSheets):
            recovery_sheets.check_sheets(a_set(*secrets))
    # And one of an older set, or the seed itself
    with pytest.raises(WeakSheets):
        recovery_sheets.check_sheets(a_set(one, other, third), {third})
    with pytest.raises(WeakSheets):
        recovery_sheets.check_sheets([*SHEETS.values()][:2])
    recovery_sheets.check_sheets(a_set(one, other, third), {SEED})


def test_a_machine_without_randomness_makes_no_sheets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery_sheets.secrets, "token_bytes", lambda size: SEED[:size])
    with pytest.raises(WeakSheets):
        recovery_sheets.new_sheets(bytes(32))


def test_mistakes_of_ours_are_loud() -> None:
    one, other = SHEETS[1], SHEETS[2]
    with pytest.raises(ValueError, match="recovery seed"):
        recovery_sheets.seal_for_pair(SEED, one, other, context=a_context(SLOT))
    with pytest.raises(ValueError, match="32 bytes"):
        recovery_sheets.seal_for_pair(SEED[:16], one, other, context=a_context(RECOVERY_SEED))
    with pytest.raises(ValueError, match="two of the three"):
        recovery_sheets.seal_for_pair(
            SEED, one, Sheet(4, other.secret), context=a_context(RECOVERY_SEED)
        )


def test_a_sheet_does_not_show_in_a_log() -> None:
    assert repr(Sheet(2, b"secret")) == "Sheet(number=2)"
