"""Contacts as comma-separated values, in memory, safe from CSV injection (formula injection, OWASP)."""

import csv
import io
from collections.abc import Iterable, Sequence

from webapp.rules.csv_safety import phone_cell, safe_cell
from webapp.services.opening.contact_files import ABOUT, COLUMNS, HEADINGS, AboutList, ContactRow


def csv_head() -> bytes:
    """The headings, in UTF-8 with a byte-order mark before them, so that Excel reads it."""
    return _written([[*HEADINGS, *ABOUT]]).encode("utf-8-sig")


def csv_rows(rows: Iterable[ContactRow], about: AboutList) -> bytes:
    """The next rows of a list; no cell can be taken for a formula."""
    of_the_list = [safe_cell(cell) for cell in about.cells()]
    return _written([*_csv_cells(row), *of_the_list] for row in rows).encode()


def _written(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue()


def _csv_cells(row: ContactRow) -> list[str]:
    return [
        safe_cell(phone_cell(cell) if column.is_phone else cell)
        for column, cell in zip(COLUMNS, row.cells(), strict=True)
    ]
