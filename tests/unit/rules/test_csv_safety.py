import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.rules.factories import question
from tests.unit.rules.strategies import TYPED
from webapp.rules.csv_safety import FORMULA_CHARACTERS, phone_cell, safe_cell
from webapp.rules.forms.kinds import read_answer

#: Two numbers with only a space between them are no sum, no reference and no name: there is nothing to run.
LIKE_A_PHONE = re.compile(r"\+[0-9]+( \(?[0-9]+\)?[0-9]*)+( ext [0-9]+)?")


@pytest.mark.parametrize("character", FORMULA_CHARACTERS)
def test_a_cell_never_begins_like_a_formula(character: str) -> None:
    assert safe_cell(f"{character}1+1")[0] not in FORMULA_CHARACTERS


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("Ana", "Ana"),
        ("", ""),
        (None, ""),
        (7, "7"),
        (-7, "'-7"),
        (date(2026, 7, 20), "2026-07-20"),
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+44 7700 900123", "+44 7700 900123"),  # nothing can be run in it
        ("+44 (0)20 7946 0018", "+44 (0)20 7946 0018"),
        ("+447700900123", "'+447700900123"),
        ("+44 7700-900123", "'+44 7700-900123"),
        ("+44 7700 A1", "'+44 7700 A1"),
        ("+1+1", "'+1+1"),
        ("@ana", "'@ana"),
        ("\uff1d1", "'\uff1d1"),
        ("  =1", "'  =1"),
        ("\u200e=1", "'\u200e=1"),
        ("\t=1", "'\t'=1"),
        ("x\r\ny", "x\ny"),
        ("x\n=1", "x\n'=1"),
        ('",=1', "\",'=1"),
        ("a;=1", "a;'=1"),
        ("a\x00\x1bb", "ab"),
        ("half-way, 2 + 2 = 4", "half-way, 2 + 2 = 4"),
    ],
)
def test_cells_are_left_alone_unless_a_program_could_run_them(
    value: str | int | date | None, cell: str
) -> None:
    assert safe_cell(value) == cell


@given(TYPED)
def test_nothing_typed_can_become_a_formula(typed: str) -> None:
    cell = safe_cell(typed)
    assert safe_cell(cell) == cell
    if LIKE_A_PHONE.fullmatch(cell):
        return
    assert not cell.startswith(tuple(FORMULA_CHARACTERS))
    assert not cell.strip().startswith(tuple(FORMULA_CHARACTERS))
    # Split as a program with another separator would: still none.
    for separator in ",;|\n\t":
        assert not any(
            piece.strip().startswith(("=", "@", "+", "-")) for piece in cell.split(separator)
        )


@pytest.mark.parametrize(
    ("typed", "cell"),
    [
        ("+44 7700 900456", "+44 7700 900456"),
        ("07700 900456", "07700 900456"),
        ("+447700900456", "+44 7700900456"),  # was read as a number: the plus was lost
        ("07700900456", "07700 900456"),  # the zero was lost
        ("+33 612 345 678", "+33 612 345678"),  # a number, where a space parts thousands
        ("912 345 678", "912 345678"),
        ("0770090 456", "0770 090456"),
        ("+44-7700-900456", "+44 7700 900456"),  # a subtraction
        ("07.12.2026", "07 12 2026"),  # a date
        ("12-05-2026", "12 05 2026"),
        ("07/12/2026", "07 12 2026"),
        ("+49/30/901820", "+49 30 901820"),
        ("(020) 7946 0018", "020 7946 0018"),
        ("+44 (0)20 7946 0018", "+44 (0)20 7946 0018"),
        ("+44(0)2079460018", "+44 (0)2079460018"),
        ("+1 (202) 555-0143", "+1 202 555 0143"),
        ("+/(0)000000", "+0 000000"),  # no country before the trunk prefix
        ("+12025550143", "+1 2025550143"),
        ("+251911123456", "+251 911123456"),
        ("1234567", "123 4567"),
        ("020 7946 0018 ext 12", "020 7946 0018 ext 12"),
        ("020 7946 0018 x12", "020 7946 0018 ext 12"),
        ("+44 20 7946 0018 ext. 1234567", "+44 20 7946 0018 ext 1234567"),
        ("", ""),
        ("ask Sam", "ask Sam"),
        ("=1+1", "=1+1"),  # not a number; the guard is `safe_cell`
    ],
)
def test_a_phone_number_stays_one_when_it_is_opened_as_a_spreadsheet(typed: str, cell: str) -> None:
    assert phone_cell(typed) == cell


@pytest.mark.parametrize("typed", ["+49/30/901820", "+44 20 7946 0018 ext. 1234567", "07/12/2026"])
def test_every_number_that_a_form_takes_is_written_without_an_apostrophe(typed: str) -> None:
    asked = question(kind="phone")
    number = str(read_answer([typed], asked))
    cell = safe_cell(phone_cell(number))
    assert "'" not in cell
    assert "/" not in cell


@given(st.from_regex(r"\+?[0-9 ()./-]{7,30}", fullmatch=True, alphabet="+0123456789 ()./-"))
def test_a_phone_number_keeps_its_digits_and_gets_no_apostrophe(typed: str) -> None:
    digits = [one for one in typed if one.isdigit()]
    cell = safe_cell(phone_cell(typed))
    assert [one for one in cell if one.isdigit()] == digits
    if len(digits) >= 7:
        assert "'" not in cell
        # Two numbers beside each other are none; and the last three digits alone would be thousands.
        *_, last = cell.split()
        assert " " in cell
        assert len(last) != 3 or "(0)" in cell
        assert phone_cell(cell) == cell
