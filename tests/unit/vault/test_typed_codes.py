"""Codes as people bring them back: out of messages, notes and photographs, in the letters of their own keyboard."""

import unicodedata
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from hypothesis import assume, given
from hypothesis import strategies as some

from webapp.vault import confusables, crockford, receipts, return_codes, tickets
from webapp.vault.crockford import ALPHABET, MistypedCode, check_character, grouped
from webapp.vault.receipts import part_that_differs, read_receipt
from webapp.vault.tickets import read_room_code

CATALOGUES = Path(__file__).parents[3] / "webapp" / "translations"
QUOTES = ["„“", "“”", "«»", "‚‘", "''", '""', "‹›", "「」", "()", "[]", "<>", "``", "״״", "´´"]
DASHES = list("-‐‑–—−﹣－־‒_~·•.,،…።፡")
SPACES = [" ", "\u00a0", "\u2009", "\u3000", "\r\n", "\n", "\t", "\u2028", "\u3164", "\u2800"]
UNSEEN = [
    "",
    "\u200b",
    "\u200d",
    "\ufeff",
    "\u202a",
    "\u2066",
    "\u2069",
    "\u00ad",
    "\u200f",
    "\ufe0f",
    "\u2060",
]
ENDS = ["", ".", ",", ";", "!", "\n", " .", "።", "۔", "。"]
LABELS = [
    "Code:",
    "code",
    "CODE -",
    "My code is",
    "Your code\n",
    "الرمز:",
    "ኮድ፦",
    "Mã:",
    "Kodi:",
    "Cod:",
    "code：",
]
# What our own pages print above a code.
PRINTED = ["Your code", "Your code for the room", "Your code, as you wrote it down"]
LOOK_ALIKES = {
    "A": "АΑÁ", "B": "ВΒ", "E": "ЕΕЁ", "H": "НΗҺ", "K": "КΚ", "M": "МΜ", "N": "ΝÑ", "P": "РΡ", "C": "СÇ", "T": "ТΤ",
    "X": "ХΧⅩ", "Y": "УΥҮ", "Z": "ΖŽ", "S": "Ѕ", "J": "Ј", "V": "Ѵ", "W": "Ԝ", "Q": "Ԛ",
    "0": "oOоОοΟØ٠۰०𝟎", "1": "iIlLіІӀιΙ١۱፩१①ı", "2": "٢۲፪२²", "7": "٧۷፯७７",
}  # fmt: skip


@cache
def printed_labels() -> list[str]:
    """What stands above a code on our pages, in every language."""
    said = set(PRINTED)
    for path in CATALOGUES.glob("*/LC_MESSAGES/messages.po"):
        with path.open("rb") as file:
            catalogue = read_po(file)
        said |= {str(entry.string) for label in PRINTED if (entry := catalogue.get(label))}
    return sorted(said - {""})


def codes(length: int = 24) -> some.SearchStrategy[str]:
    """Codes as we print them, of any letters."""
    data = some.text(ALPHABET, min_size=length - 1, max_size=length - 1)
    return data.map(lambda first: grouped(first + check_character(first)))


def as_brought(code: str, draw: some.DrawFn) -> str:
    """A code after what hands, keyboards, messages and copying do to it."""
    between = some.sampled_from([*DASHES, *SPACES, ""])
    pieces = []
    for character in code:
        if character == "-":
            pieces.append(draw(between) + draw(some.sampled_from(UNSEEN)))
            continue
        typed = draw(some.sampled_from([character, *LOOK_ALIKES.get(character, "")]))
        if draw(some.booleans()):
            typed = typed.lower()
        if typed.isascii() and draw(some.booleans()):
            typed = chr(ord(typed) + 0xFEE0)
        pieces.append(typed + draw(some.sampled_from(UNSEEN)))
    before, after = draw(some.sampled_from([*QUOTES, ("", "")]))
    label = draw(some.sampled_from(["", *LABELS, *printed_labels()]))
    end = draw(some.sampled_from(ENDS))
    return f"{label}{draw(some.sampled_from(SPACES)) if label else ''}{before}{''.join(pieces)}{after}{end}"


brought = some.composite(lambda draw, code: as_brought(code, draw))


@given(some.data())
def test_however_a_code_is_brought_it_reads_as_the_code(data: some.DataObject) -> None:
    code = data.draw(codes())
    assert read_receipt(data.draw(brought(code))) == code


@given(some.data())
def test_a_room_code_is_read_as_generously(data: some.DataObject) -> None:
    code = data.draw(codes(8))
    assert read_room_code(data.draw(brought(code))) == code


@given(some.data())
def test_trying_a_new_code_is_as_generous(data: some.DataObject) -> None:
    code = data.draw(codes())
    assert part_that_differs(data.draw(brought(code)), code) is None


@given(some.data())
def test_a_return_code_leads_to_the_same_place_however_it_is_brought(data: some.DataObject) -> None:
    code, salt = data.draw(codes()), b"s" * 32
    brought_back = data.draw(brought(code))
    assert return_codes.labels(brought_back, salt) == return_codes.labels(code, salt)
    assert receipts.labels(brought_back, salt) == receipts.labels(code, salt)


@given(some.data())
def test_no_two_codes_become_one(data: some.DataObject) -> None:
    one, other = data.draw(codes()), data.draw(codes())
    assume(one != other)
    assert read_receipt(data.draw(brought(one))) != read_receipt(data.draw(brought(other)))


@given(some.data())
def test_a_slip_is_still_caught_under_every_decoration(data: some.DataObject) -> None:
    code = data.draw(codes())
    plain = code.replace("-", "")
    at, wrong = data.draw(some.integers(0, 23)), data.draw(some.sampled_from(ALPHABET))
    assume(wrong != plain[at])
    slipped = grouped(plain[:at] + wrong + plain[at + 1 :])
    assert problem_with(data.draw(brought(slipped))) == "check"


def test_every_letter_of_ours_stays_itself() -> None:
    for character in ALPHABET:
        assert confusables.folded_words(character) == [character]
        assert confusables.folded_words(character.lower()) == [character]


def test_a_digit_of_any_script_is_that_digit() -> None:
    for character in map(chr, range(0x11_0000)):
        if character.isdecimal():
            assert confusables.folded_words(character) == [str(unicodedata.decimal(character))]


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("Code:", "length"),
        ("Code: K7QF-2M9X", "length"),
        ("Your code: K7QF-2M9X-TC4R-8ZHD-W3NP-J6S", "length"),
        # A letter too many is not a label.
        ("K7QF-2M9X-TC4R-8ZHD-W3NP-J6SQK", "length"),
        # A group written twice is not one either.
        ("K7QF K7QF 2M9X TC4R 8ZHD W3NP J6SQ", "length"),
        ("Code: K7QF-2M9X-TC4R-8ZHD-W3NP-J6SU", "characters"),
        ("K7QF-2M9X-TC4R-8ZHD-W3NP-J6Sü", "characters"),
        # What a participant could not read.
        ("K7QF-2M9X-TC4R-8ZHD-W3NP-J6S?", "characters"),
        ("K7QF-2M9X-TC4R-8ZHD-W3NP-J6S*", "characters"),
        ("كلمة-2M9X-TC4R-8ZHD-W3NP-J6SQ", "characters"),
    ],
)
def test_what_is_wrong_is_named_all_the_same(typed: str, problem: str) -> None:
    assert problem_with(typed) == problem


def test_a_link_has_no_words_before_its_code() -> None:
    with pytest.raises(MistypedCode):
        tickets.read_ticket("elsewhere " + "0" * 32)


def test_reading_takes_no_more_than_a_bounded_text() -> None:
    # One letter can stand for eighteen.
    assert problem_with("\ufdfa" * crockford.LONGEST_TYPED) in ("length", "characters")
    assert problem_with("code " * 1_000) == "length"


def problem_with(typed: str) -> str | None:
    try:
        read_receipt(typed)
    except MistypedCode as mistyped:
        return mistyped.problem
    return None
