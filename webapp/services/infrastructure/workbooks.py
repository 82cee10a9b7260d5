"""Spreadsheets made in memory, safe from formula injection: every cell is a text, whatever it begins with."""

import io
from datetime import UTC, datetime, time
from typing import IO, Final

import msoffcrypto
import xlsxwriter
from msoffcrypto.format.ooxml import OOXMLFile
from xlsxwriter.workbook import Workbook

from webapp.rules import clock

#: A quote prefix keeps a cell a text, also after a reader edits it (OWASP ASVS 5.0, 1.2.10).
TEXT_CELL: Final = {"text_wrap": True, "valign": "top", "num_format": "@", "quote_prefix": True}

#: Against an offline brute-force attack on the file.
SHORTEST_PASSWORD: Final = 12


class PasswordTooShort(ValueError):
    """A spreadsheet file needs a password of at least 12 characters."""


def new_workbook(content: IO[bytes]) -> Workbook:
    """A workbook that writes to this stream when it is closed. No cell is taken for a formula, a link or a number."""
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(content, options)
    # By the day, as everything else: the library's own would be to the second.
    book.set_properties({"created": datetime.combine(clock.today(), time(tzinfo=UTC))})
    return book


def with_password(plain: io.BytesIO, password: str) -> bytes:
    """The workbook under a password (ECMA-376 agile encryption), which Excel and LibreOffice open."""
    plain.seek(0)
    book, locked = msoffcrypto.OfficeFile(plain), io.BytesIO()
    if not isinstance(book, OOXMLFile):
        raise TypeError("not a spreadsheet")
    book.encrypt(password, locked)
    return locked.getvalue()
