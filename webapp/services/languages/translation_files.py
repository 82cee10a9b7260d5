"""Texts for a translator or reviewer who works elsewhere, as a spreadsheet made in memory."""

import io
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Final

from webapp.services.infrastructure.workbooks import TEXT_CELL, new_workbook

MIMETYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDTHS: Final = (26, 50, 50, 34, 22)
#: Of XlsxWriter's formats: 1 is from left to right, 2 from right to left.
LEFT_TO_RIGHT, RIGHT_TO_LEFT = 1, 2
A4: Final = 9
FROZEN_ROWS: Final = 1


@dataclass(frozen=True)
class Row:
    """One text: where it stands, the English, the words (empty where there are none), notes, and who has checked it."""

    where: str
    english: str
    words: str
    note: str
    checked_by: str


def headings(language: str) -> tuple[str, ...]:
    """What stands over the columns.

    `rules.languages.translation_sheets` reads the second and the third when the file comes back.
    """
    return ("Where", "English", f"Words in {language}", "Note", "Checked by")


def write_xlsx(rows: Sequence[Row], *, language: str, right_to_left: bool) -> bytes:
    """The rows as a spreadsheet: every cell a text, whatever it begins with (OWASP ASVS 5.0, 1.2.10)."""
    content = io.BytesIO()
    with new_workbook(content) as book:
        plain = book.add_format({**TEXT_CELL, "reading_order": LEFT_TO_RIGHT})
        order = RIGHT_TO_LEFT if right_to_left else LEFT_TO_RIGHT
        theirs = book.add_format({**TEXT_CELL, "reading_order": order, "bg_color": "#fdf6e3"})
        heading = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        sheet = book.add_worksheet("Words")
        for place, (title, width) in enumerate(zip(headings(language), WIDTHS, strict=True)):
            sheet.set_column(place, place, width)
            sheet.write_string(0, place, title, heading)
        for number, row in enumerate(rows, start=1):
            for place, cell in enumerate(astuple(row)):
                sheet.write_string(number, place, cell, theirs if place == 2 else plain)
        sheet.freeze_panes(FROZEN_ROWS, 0)
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
    return content.getvalue()
