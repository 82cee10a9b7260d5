"""Receipts: typed by tired people on small screens, and the keys that come out of them."""

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.unit.vault.factories import a_context, flipped, one_element_away, sampled_places
from webapp.vault.contexts import OWN_COPY, SLOT
from webapp.vault.crockford import ALPHABET, grouped, read_code
from webapp.vault.envelope import DoesNotOpen, TooLong
from webapp.vault.receipts import (
    MistypedCode,
    labels,
    new_receipt,
    open_own_copy,
    read_receipt,
    seal_own_copy,
)
from webapp.vault.sealing import new_erasure_secret

SALT = b"s" * 32


def problem_with(typed: str) -> str | None:
    try:
        read_receipt(typed)
    except MistypedCode as mistyped:
        return mistyped.problem
    return None


# The code


def test_a_receipt_looks_as_promised() -> None:
    for _ in range(50):
        code = new_receipt()
        assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){5}[0-9A-HJKMNP-TV-Z]{4}", code)
        assert read_receipt(code) == code


def test_receipts_do_not_repeat_and_use_the_whole_alphabet() -> None:
    codes = [new_receipt() for _ in range(500)]

    assert len(set(codes)) == 500
    assert set("".join(codes)) == {*ALPHABET, "-"}


def test_any_single_wrong_character_is_caught() -> None:
    for _ in range(3):
        plain = new_receipt().replace("-", "")
        for at, wrong in itertools.product(range(20), ALPHABET):
            if wrong != plain[at]:
                assert problem_with(plain[:at] + wrong + plain[at + 1 :]) == "check"


def test_any_two_exchanged_characters_are_caught() -> None:
    for _ in range(20):
        plain = new_receipt().replace("-", "")
        for one, other in itertools.combinations(range(24), 2):
            characters = list(plain)
            characters[one], characters[other] = characters[other], characters[one]
            if characters != list(plain):
                assert problem_with("".join(characters)) == "check"


@settings(max_examples=200)
@given(some.text(ALPHABET, min_size=24, max_size=24))
def test_one_code_in_32_passes_and_no_more(typed: str) -> None:
    passing = [last for last in ALPHABET if problem_with(typed[:23] + last) is None]

    assert len(passing) == 1


def test_a_known_check_character() -> None:
    # By hand: in GF(32) on x^5 + x^2 + 1, "1" at weight x gives x, which is 2.
    assert read_code("0" * 22 + "12", 24) == "0000-0000-0000-0000-0000-0012"
    # "G" is x^4; times x is x^5 = x^2 + 1, which is 5.
    assert read_code("0" * 22 + "G5", 24) == "0000-0000-0000-0000-0000-00G5"


@pytest.mark.parametrize(
    "typing",
    [
        str.lower,
        str.title,
        lambda code: code.replace("-", ""),
        lambda code: code.replace("-", " "),
        lambda code: "  " + code.replace("-", " - ") + "\r\n",
        lambda code: code.replace("-", "\u2013"),
        lambda code: code.replace("-", "\u2212"),
        lambda code: code.replace("-", "."),
        lambda code: code.replace("0", "O").replace("1", "I"),
        lambda code: code.replace("0", "o").replace("1", "l"),
        lambda code: "\u202d" + code + "\u202c\u200b",
        lambda code: code.translate({ord("0") + n: 0x0660 + n for n in range(10)}),
        lambda code: code.translate({ord(c): ord(c) + 0xFEE0 for c in ALPHABET}),
    ],
)
def test_typing_is_forgiven(typing: object) -> None:
    assert callable(typing)
    for code in ["0110-0000-1111-0000-1010-" + end for end in _endings("01100000111100001010")]:
        assert read_receipt(typing(code)) == code


def _endings(start: str) -> list[str]:
    return [
        grouped("XYZ" + last) for last in ALPHABET if problem_with(start + "XYZ" + last) is None
    ]


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", "length"),
        ("K7QF", "length"),
        ("0" * 25, "length"),
        ("0" * 5_000, "length"),
        ("U" * 24, "characters"),
        ("K7QF-2M9X-TC4R-8ZHD-W3NP-J6S?", "characters"),
        ("\u0634" * 24, "characters"),
        ("0000-0000-0000-0000-0000-0001", "check"),
    ],
)
def test_a_slip_is_named(typed: str, problem: str) -> None:
    assert problem_with(typed) == problem


@given(some.text(max_size=300))
def test_any_text_is_a_code_or_mistyped(typed: str) -> None:
    assert problem_with(typed) in {None, "length", "characters", "check"}


# What comes out of it


def keys_of(code: str, salt: bytes = SALT) -> list[bytes]:
    found = labels(code, salt)
    return [found.lookup, *found.copy_keys.values()]


def test_one_code_gives_a_lookup_and_a_key_for_each_parts_copy() -> None:
    code = new_receipt()

    keys = keys_of(code)

    # Then none of them is another, and each is of this code and this salt alone
    assert set(labels(code, SALT).copy_keys) == {"contact", "testimony", "equality"}
    assert len(set(keys)) == len(keys) == 4
    assert all(len(key) == 32 for key in keys)
    assert keys_of(code.lower().replace("-", " ")) == keys
    assert not set(keys) & set(keys_of(new_receipt()))
    assert not set(keys) & set(keys_of(code, b"t" * 32))


def test_the_key_of_one_parts_copy_opens_no_others() -> None:
    # Given the own copies of one code, each under the key of its purpose
    keys = labels(new_receipt(), SALT).copy_keys
    secret, context = new_erasure_secret(), a_context(OWN_COPY)
    sealed = {
        purpose: seal_own_copy(b"mine", copy_key=key, secret=secret, context=context)
        for purpose, key in keys.items()
    }
    # Then the key that stands in the contact part opens that copy, and never the one about equality
    for purpose, key in itertools.product(keys, keys):
        if purpose == key:
            assert open_own_copy(sealed[key], copy_key=keys[key], secret=secret, context=context)
        else:
            with pytest.raises(DoesNotOpen):
                open_own_copy(sealed[purpose], copy_key=keys[key], secret=secret, context=context)


def test_keys_do_not_show_in_a_log() -> None:
    assert repr(labels(new_receipt(), SALT)) == "ReceiptLabels()"


def test_only_a_whole_code_and_a_whole_salt_give_keys() -> None:
    with pytest.raises(MistypedCode):
        labels("0000-0000-0000-0000-0000-0001", SALT)
    with pytest.raises(ValueError, match="32 bytes"):
        labels(new_receipt(), b"")


@pytest.mark.parametrize("length", [0, 508, 509, 32_764])
def test_an_own_copy_comes_back(length: int) -> None:
    key, secret, context = new_erasure_secret(), new_erasure_secret(), a_context(OWN_COPY)

    envelope = seal_own_copy(b"a" * length, copy_key=key, secret=secret, context=context)

    assert open_own_copy(envelope, copy_key=key, secret=secret, context=context) == b"a" * length


def test_an_own_copy_opens_only_with_all_that_belongs_to_it() -> None:
    key, secret, context = new_erasure_secret(), new_erasure_secret(), a_context(OWN_COPY)
    envelope = seal_own_copy(b"my words", copy_key=key, secret=secret, context=context)

    wrong_ways: list[dict[str, object]] = [
        {"copy_key": secret},
        {"secret": key},
        {"secret": None},
        {"envelope": b""},
    ]
    wrong_ways += [{"envelope": flipped(envelope, at)} for at in sampled_places(envelope)]
    wrong_ways += [
        {"context": other} for other in one_element_away(context) if other.field == context.field
    ]
    right: dict[str, object] = {
        "envelope": envelope,
        "copy_key": key,
        "secret": secret,
        "context": context,
    }
    for wrong in wrong_ways:
        with pytest.raises(DoesNotOpen):
            open_own_copy(**{**right, **wrong})  # type: ignore[arg-type]


def test_an_own_copy_is_bounded_and_needs_its_field_and_secret() -> None:
    key, secret = new_erasure_secret(), new_erasure_secret()
    with pytest.raises(TooLong):
        seal_own_copy(b"a" * 32_765, copy_key=key, secret=secret, context=a_context(OWN_COPY))
    with pytest.raises(ValueError, match="own copy"):
        seal_own_copy(b"", copy_key=key, secret=secret, context=a_context(SLOT))
    with pytest.raises(ValueError, match="secret"):
        seal_own_copy(b"", copy_key=key, secret=None, context=a_context(OWN_COPY))  # type: ignore[arg-type]
