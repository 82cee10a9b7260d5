"""Answers as an encrypted spreadsheet with their codebook, made in memory: a temporary file would leave answers on the
disk.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from webapp.rules.forms.answer_columns import (
    MAY_QUOTE,
    ROW,
    VERSION,
    Cell,
    Holds,
    numbers_in,
)
from webapp.rules.row_heights import row_height, wide_enough
from webapp.services.infrastructure.workbooks import TEXT_CELL, new_workbook, with_password
from webapp.services.opening.answer_files import IN_TABLE, AnswerFile, AnswerRow
from webapp.services.opening.codebook_table import FACTS, codebook_table
from webapp.services.opening.streamed_file import Piece

#: In characters. Words of one's own are long; codes, keys and numbers are not.
NARROW, USUAL, WIDE = 7.0, 16.0, 44.0
A4: Final = 9
FACT_WIDTHS: Final = (30.0, 90.0)


class DoesNotFit(ValueError):
    """A cell was not taken: no answer is that long, because a sealed part has room for 32,768 bytes."""


def write_spreadsheet(
    file: AnswerFile, batches: Iterable[tuple[int, list[AnswerRow]]], password: str
) -> Iterator[Piece]:
    """The spreadsheet under a password. It is locked as a whole, so all of it comes at the end."""
    opened = 0
    everybody: list[list[Cell]] = []
    for read, rows in batches:
        opened += read
        everybody += [file.cells(row) for row in rows]
        yield Piece(opened, b"")
    yield Piece(opened, _written(file, everybody, password))


def _written(file: AnswerFile, rows: Sequence[Sequence[Cell]], password: str) -> bytes:
    plain = io.BytesIO()
    with new_workbook(plain) as book:
        # First, and open: programs that import take the first sheet.
        answers = [[cell or "" for cell in row] for row in rows]
        _fill(book, book.add_worksheet("Answers"), [file.headings, *answers], _numbers(file))
        _fill(book, book.add_worksheet("Codebook"), codebook_table(file), {FACTS.index("count")})
        _say(book, book.add_worksheet("About this file"), file)
    return with_password(plain, password)


def _numbers(file: AnswerFile) -> set[int]:
    """The places of columns that can be summed up: ticks, ranks, answers that are whole numbers, our own numbers.

    Never of words: a phone number would lose its first digit.
    """
    ours = (ROW, VERSION, MAY_QUOTE)
    beside = len(file.headings) - len(file.columns)
    found = {file.headings.index(name) for name in ours}
    counted = {key for one in file.forms for key in numbers_in(one.form)}
    return found | {
        beside + place
        for place, one in enumerate(file.columns)
        if one.holds in (Holds.TICK, Holds.PLACE)
        or (one.holds is Holds.ANSWER and one.question in counted)
    }


def _fill(
    book: Workbook, sheet: Worksheet, table: Sequence[Sequence[str]], numbers: set[int]
) -> None:
    """A sheet with all of every cell in sight; the headings stay in sight, and are on every page of paper."""
    words, number = book.add_format(TEXT_CELL), book.add_format({"valign": "top"})
    heading = book.add_format({**TEXT_CELL, "bold": True, "bottom": 1})
    widths = [_width(place, table, numbers) for place in range(len(table[0]))]
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width)
    for line, cells in enumerate(table):
        sheet.set_row(line, row_height(cells, widths))
        for place, cell in enumerate(cells):
            if line and place in numbers and cell.isascii() and cell.isdecimal():
                sheet.write_number(line, place, int(cell), number)
            elif cell and sheet.write_string(line, place, cell, words if line else heading):
                raise DoesNotFit
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(len(table) - 1, 1), len(table[0]) - 1)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.repeat_rows(0)


def _width(place: int, table: Sequence[Sequence[str]], numbers: set[int]) -> float:
    texts = [line[place] for line in table[1:]]
    longest = max(map(len, texts), default=0)
    if place in numbers:
        return max(NARROW, min(float(len(table[0][place])), USUAL))
    return wide_enough(USUAL if longest <= USUAL else WIDE, texts)


def _say(book: Workbook, sheet: Worksheet, file: AnswerFile) -> None:
    heading, words = book.add_format({**TEXT_CELL, "bold": True}), book.add_format(TEXT_CELL)
    for place, width in enumerate(FACT_WIDTHS):
        sheet.set_column(place, place, width)
    for number, fact in enumerate(file.about.facts(file.people, IN_TABLE)):
        sheet.set_row(number, row_height(list(fact), list(FACT_WIDTHS)))
        sheet.write_string(number, 0, fact[0], heading)
        sheet.write_string(number, 1, fact[1], words)
