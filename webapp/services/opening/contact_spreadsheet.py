"""Contacts as an encrypted spreadsheet, made in memory: a temporary file would leave contacts on the disk."""

import io
from typing import Final

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from webapp.rules.row_heights import row_height, wide_enough
from webapp.services.infrastructure.workbooks import TEXT_CELL, new_workbook, with_password
from webapp.services.opening.contact_files import (
    COLUMNS,
    HEADINGS,
    AboutList,
    ContactRow,
    day_in_words,
)

#: The columns that stay in sight while the others are looked at.
FROZEN: Final = 2
A4: Final = 9


def write_xlsx(rows: list[ContactRow], about: AboutList, password: str) -> bytes:
    """A spreadsheet under a password (ECMA-376 agile encryption), which Excel and LibreOffice open."""
    plain = io.BytesIO()
    with new_workbook(plain) as book:
        # First, and open: mail merges and imports take the first sheet.
        people = book.add_worksheet("List")
        _fill(book, people, [row.cells() for row in rows])
        _set_paper(people, about)
        _say(book, book.add_worksheet("About this list"), about)
    return with_password(plain, password)


def _fill(book: Workbook, sheet: Worksheet, rows: list[list[str]]) -> None:
    """The sheet: all of every cell in sight, on the screen and on paper."""
    words = book.add_format(TEXT_CELL)
    # Bold as well as coloured: most office printers are grey.
    careful = book.add_format({**TEXT_CELL, "bold": True, "bg_color": "#fbdcd0"})
    heading = book.add_format({"text_wrap": True, "valign": "top", "bold": True, "bottom": 1})
    widths = _set_columns(sheet, rows)
    for number, cells in enumerate([list(HEADINGS), *rows]):
        sheet.set_row(number, row_height(cells, widths))
        for place, (column, cell) in enumerate(zip(COLUMNS, cells, strict=True)):
            marked = careful if cell in column.careful else words
            sheet.write_string(number, place, cell, heading if number == 0 else marked)


def _say(book: Workbook, sheet: Worksheet, about: AboutList) -> None:
    """The sheet about the list: what it may be used for, and until when."""
    heading, words = book.add_format({**TEXT_CELL, "bold": True}), book.add_format(TEXT_CELL)
    widths = (30.0, 70.0)
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width)
    for number, fact in enumerate(about.facts()):
        sheet.set_row(number, row_height(list(fact), list(widths)))
        sheet.write_string(number, 0, fact[0], heading)
        sheet.write_string(number, 1, fact[1], words)


def _set_columns(sheet: Worksheet, rows: list[list[str]]) -> list[float]:
    widths = []
    for place, column in enumerate(COLUMNS):
        texts = [cells[place] for cells in rows]
        widths.append(wide_enough(column.width, texts))
        hidden = column.only_if_used and not any(texts)
        sheet.set_column(place, place, widths[-1], None, {"hidden": hidden})
    return widths


def _set_paper(sheet: Worksheet, about: AboutList) -> None:
    """One page wide, so that a name is never on another sheet than what is not safe; headings on every page."""
    sheet.freeze_panes(1, FROZEN)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.hide_gridlines(0)
    until = f"&RDelete by {day_in_words(about.delete_by)}" if about.delete_by else ""
    sheet.set_header(f"&LList {about.reference}{until}")
    sheet.set_footer("&LDestroy this as soon as you have used it.&RPage &P of &N")
