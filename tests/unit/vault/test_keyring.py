"""Coordinators' keys: slots, codes and words. Each Argon2id costs about 0.2 s, so there are few."""

import subprocess
import sys
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.unit.vault.factories import a_context, flipped
from webapp.vault import keyring, stretching
from webapp.vault.contexts import OWN_COPY, SLOT, TOTP_SECRET
from webapp.vault.envelope import DoesNotOpen, TooLong
from webapp.vault.labels import Label
from webapp.vault.phrases import phrase_of
from webapp.vault.word_list import WORDS

PEPPER = b"p" * 32
SEED = b"s" * 32


# Slots


def test_a_passphrase_opens_its_slot_and_nothing_else_does() -> None:
    # Given a slot closed on a laptop that writes an accented letter as two characters
    context = a_context(SLOT)
    typed = unicodedata.normalize("NFD", "Caf\u00e9 window otter")
    slot = keyring.close_slot_with_passphrase(SEED, typed, pepper=PEPPER, context=context)

    # Then a phone that writes it as one opens it
    phone = unicodedata.normalize("NFC", typed)
    assert keyring.open_slot_with_passphrase(slot, phone, pepper=PEPPER, context=context) == SEED

    # And another passphrase, pepper, row or salt does not
    for passphrase, pepper, where, which in [
        (phone.lower(), PEPPER, context, slot),
        (phone, b"q" * 32, context, slot),
        (phone, PEPPER, a_context(SLOT), slot),
        (phone, PEPPER, context, replace(slot, salt=flipped(slot.salt, 0))),
        (phone, PEPPER, context, replace(slot, envelope=flipped(slot.envelope, 100))),
        ("", PEPPER, context, slot),
    ]:
        with pytest.raises(DoesNotOpen):
            keyring.open_slot_with_passphrase(which, passphrase, pepper=pepper, context=where)


def test_a_passphrase_is_the_same_on_every_keyboard() -> None:
    # Given a passphrase with letters that keyboards and password managers write in several ways (NFKC)
    context = a_context(SLOT)
    slot = keyring.close_slot_with_passphrase(
        SEED, "Café fire 12 otters", pepper=PEPPER, context=context
    )
    # Then it opens in full width, with a ligature, with a circled number, with an accent of its own, pasted or typed
    for typed in (
        "\uff23\uff41\uff46é fire 12 otters",
        "Café \ufb01re 12 otters",
        "Café fire \u246b otters",
        "Cafe\u0301 fire 12\u00a0otters",
    ):
        opened = keyring.open_slot_with_passphrase(slot, typed, pepper=PEPPER, context=context)
        assert opened == SEED


def test_a_recovery_code_opens_its_slot_without_a_pepper() -> None:
    context, code = a_context(SLOT), keyring.new_recovery_code()
    slot = keyring.close_slot_with_recovery_code(SEED, code, context=context)

    typed = code.lower().replace("-", " ")
    assert keyring.open_slot_with_recovery_code(slot, typed, context=context) == SEED
    with pytest.raises(DoesNotOpen):
        keyring.open_slot_with_recovery_code(slot, keyring.new_recovery_code(), context=context)
    with pytest.raises(keyring.MistypedCode):
        keyring.open_slot_with_recovery_code(slot, code[:-1], context=context)


def test_the_stored_cost_is_bounded_both_ways() -> None:
    assert stretching.COST.written() == "argon2id,v=19,m=65536,t=3,p=1"
    assert stretching.read_cost("argon2id,v=19,m=131072,t=4,p=2") == stretching.Cost(131_072, 4, 2)
    for written in (
        "",
        "argon2id,v=19,m=65535,t=3,p=1",
        "argon2id,v=19,m=65536,t=2,p=1",
        "argon2id,v=19,m=65536,t=3,p=0",
        "argon2id,v=19,m=9999999,t=3,p=1",
        "argon2id,v=19,m=65536,t=999,p=1",
        "argon2id,v=19,m=65536,t=3,p=1\n",
        "argon2i,v=19,m=65536,t=3,p=1",
        "argon2id,v=19,m=\u0666\u0665\u0665\u0663\u0666,t=3,p=1",
    ):
        slot = keyring.SlotBytes(b"s" * 16, written, b"")
        with pytest.raises(DoesNotOpen):
            keyring.open_slot_with_passphrase(slot, "any", pepper=PEPPER, context=a_context(SLOT))


def test_mistakes_of_ours_are_loud() -> None:
    context = a_context(SLOT)
    with pytest.raises(ValueError, match="empty"):
        keyring.close_slot_with_passphrase(SEED, "", pepper=PEPPER, context=context)
    with pytest.raises(TooLong):
        keyring.close_slot_with_passphrase(SEED, "x" * 4_097, pepper=PEPPER, context=context)
    with pytest.raises(ValueError, match="pepper"):
        keyring.close_slot_with_passphrase(SEED, "words", pepper=b"", context=context)
    with pytest.raises(ValueError, match="slot"):
        keyring.close_slot_with_passphrase(
            SEED, "words", pepper=PEPPER, context=a_context(OWN_COPY)
        )


def test_a_slot_does_not_show_in_a_log() -> None:
    slot = keyring.SlotBytes(b"salt", "cost", b"envelope")

    assert repr(slot) == "SlotBytes(parameters='cost')"


PEAK = """
import sys, threading
from webapp.vault import keyring, stretching

if sys.argv[1] == "without the turnstile":
    stretching._turnstile = threading.BoundedSemaphore(6)


def peak():
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) // 1024


before = peak()
threads = [
    threading.Thread(target=keyring.waste_the_same_time, args=("words", b"p" * 32))
    for _ in range(6)
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(peak() - before)
"""


def memory_taken_by_six(how: str) -> int:
    """MiB at the peak, while six sign in at the same moment, in a process of its own."""
    command = [sys.executable, "-c", PEAK, how]
    return int(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)


def test_six_at_once_take_the_memory_of_two() -> None:
    # Each takes 64 MiB, so the peak tells how many there were at one time.
    assert 100 <= memory_taken_by_six("with the turnstile") <= 160
    assert memory_taken_by_six("without the turnstile") > 180


# The second factor


def test_the_second_factor_is_under_the_coordinators_own_key() -> None:
    seed, public_key = keyring.make_coordinator_key()
    other, _ = keyring.make_coordinator_key()
    context = a_context(TOTP_SECRET)
    envelope = keyring.seal_totp(b"t" * 20, seed=seed, context=context)

    assert keyring.open_totp(envelope, key=keyring.totp_key(seed), context=context) == b"t" * 20
    for wrong_seed, where in ((other, context), (seed, a_context(TOTP_SECRET))):
        with pytest.raises(DoesNotOpen):
            keyring.open_totp(envelope, key=keyring.totp_key(wrong_seed), context=where)
    with pytest.raises(ValueError, match="totp"):
        keyring.seal_totp(b"t" * 20, seed=seed, context=a_context(SLOT))
    # It cannot be forged from what is public alone
    with pytest.raises(DoesNotOpen):
        forged = keyring.seal_totp(b"t" * 20, seed=public_key[:32], context=context)
        keyring.open_totp(forged, key=keyring.totp_key(seed), context=context)


# Codes and words


def test_a_recovery_code_has_24_characters_and_a_check() -> None:
    code = keyring.new_recovery_code()
    assert len(code.replace("-", "")) == 24
    assert keyring.read_recovery_code(" ".join(code.lower())) == code

    wrong = ("1" if code[0] != "1" else "2") + code[1:]
    with pytest.raises(keyring.MistypedCode) as mistyped:
        keyring.read_recovery_code(wrong)
    assert mistyped.value.problem == "check"


def test_a_passphrase_has_six_words_of_ours() -> None:
    made = [keyring.new_passphrase().split(" ") for _ in range(20)]

    assert all(len(words) == 6 and set(words) <= set(WORDS) for words in made)
    assert len({tuple(words) for words in made}) == 20


def printed(seed: bytes) -> tuple[str, ...]:
    """A recovery key as it was printed before there were sheets."""
    return phrase_of(seed, Label.RECOVERY_WORDS_CHECK)


@given(some.binary(min_size=32, max_size=32))
def test_recovery_words_come_back(seed: bytes) -> None:
    words = printed(seed)

    assert len(words) == 24
    assert keyring.words_to_seed(" ".join(words)) == seed


def test_recovery_words_are_read_as_people_copy_them() -> None:
    seed = bytes(range(32))
    words = printed(seed)
    numbered = "\n".join(f"{n}. {word.title()}," for n, word in enumerate(words, start=1))

    assert keyring.words_to_seed(numbered) == seed


@settings(max_examples=20)
@given(some.binary(min_size=32, max_size=32), some.integers(0, 23))
def test_a_single_wrong_word_is_nearly_always_caught(seed: bytes, at: int) -> None:
    words = list(printed(seed))
    right, passed = words[at], 0
    for wrong in WORDS[:512]:
        words[at] = wrong
        try:
            passed += keyring.words_to_seed(" ".join(words)) != seed
        except keyring.MistypedWords as mistyped:
            assert mistyped.problem == "check"
            assert wrong != right

    # Two of 512 are expected to pass; ten would be very bad luck.
    assert passed <= 12


@pytest.mark.parametrize(
    ("change", "problem", "position"),
    [
        (lambda words: words[:23], "length", None),
        (lambda words: [*words, "acorn"], "length", None),
        (lambda words: [], "length", None),
        (lambda words: [*words[:4], "zzzz", *words[5:]], "words", 5),
    ],
)
def test_what_is_wrong_with_words_is_named(
    change: object, problem: str, position: int | None
) -> None:
    assert callable(change)
    with pytest.raises(keyring.MistypedWords) as mistyped:
        keyring.words_to_seed(" ".join(change(list(printed(SEED)))))
    assert (mistyped.value.problem, mistyped.value.position) == (problem, position)
