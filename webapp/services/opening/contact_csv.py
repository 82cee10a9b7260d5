"""Contacts as comma-separated values, in memory, safe from CSV injection (formula injection, OWASP)."""

import csv
import io

from webapp.rules.csv_safety import phone_cell, safe_cell
from webapp.services.opening.contact_files import ABOUT, COLUMNS, HEADINGS, AboutList, ContactRow


def write_csv(rows: list[ContactRow], about: AboutList) -> bytes:
    """UTF-8 with a byte-order mark, so that Excel reads it; no cell can be taken for a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow([*HEADINGS, *ABOUT])
    of_the_list = [safe_cell(cell) for cell in about.cells()]
    writer.writerows([*_csv_cells(row), *of_the_list] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _csv_cells(row: ContactRow) -> list[str]:
    return [
        safe_cell(phone_cell(cell) if column.is_phone else cell)
        for column, cell in zip(COLUMNS, row.cells(), strict=True)
    ]
