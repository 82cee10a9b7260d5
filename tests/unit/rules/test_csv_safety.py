from datetime import date

import pytest
from hypothesis import given

from tests.unit.rules.strategies import TYPED
from webapp.rules.csv_safety import FORMULA_CHARACTERS, safe_cell


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
        ("+44 7700 900123", "'+44 7700 900123"),
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
    assert not cell.startswith(tuple(FORMULA_CHARACTERS))
    assert not cell.strip().startswith(tuple(FORMULA_CHARACTERS))
    assert safe_cell(cell) == cell
    # Split as a program with another separator would: still none.
    for separator in ",;|\n\t":
        assert not any(
            piece.strip().startswith(("=", "@", "+", "-")) for piece in cell.split(separator)
        )
