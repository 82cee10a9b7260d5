"""Import of a translator's spreadsheet (XLSX), parsed with the standard library alone.

Only texts are read: no formula is evaluated, and macros and links are ignored.
"""

import io
import zipfile
import zlib
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree


class NotTheFile(ValueError):
    """The file is not a spreadsheet that the desk exported; the message says what is wrong with it."""


@dataclass(frozen=True)
class Returned:
    """One row of a returned file: its row number, the English, and the translation (empty where none)."""

    number: int
    english: str
    words: str


SHARED: Final = "xl/sharedStrings.xml"
SHEET: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
ENGLISH, WORDS = 1, 2
#: A file with all our words has a third of a megabyte. Anything larger may be a decompression bomb.
MOST_BYTES: Final = 20_000_000
#: Exceptions of the standard library for files that are damaged, encrypted, or made to attack a parser.
BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    IndexError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
)


def read_returned(content: bytes) -> list[Returned]:
    """Parse the rows of a file that the desk exported and Excel or LibreOffice saved. Raises `NotTheFile`."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            _check_size(book)
            names = set(book.namelist())
            shared = _shared(book.read(SHARED)) if SHARED in names else []
            sheet = _parsed(book.read("xl/worksheets/sheet1.xml"))
        rows = [_cells(row, shared) for row in sheet.iter(f"{SHEET}row")]
    except NotTheFile:
        raise
    except (*BROKEN, ElementTree.ParseError):
        raise NotTheFile("it is not a spreadsheet in XLSX") from None
    if not rows or rows[0].get(ENGLISH) != "English":
        raise NotTheFile(
            "its second column is not headed English, as in the file that the desk gave"
        )
    return [
        Returned(number, row.get(ENGLISH, ""), row.get(WORDS, ""))
        for number, row in enumerate(rows[1:], start=2)
    ]


def _check_size(book: zipfile.ZipFile) -> None:
    if sum(one.file_size for one in book.infolist()) > MOST_BYTES:
        raise NotTheFile("it is too large for a list of words")


def _parsed(xml: bytes) -> ElementTree.Element:
    # Remove zero bytes, so that the check also finds these in UTF-16.
    plain = xml.replace(b"\0", b"")
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        # Against XXE and entity expansion: spreadsheet programs never write a DTD.
        raise NotTheFile("it is not a spreadsheet in XLSX")
    return ElementTree.fromstring(xml)  # noqa: S314


def _shared(xml: bytes) -> list[str]:
    return [_text(item) for item in _parsed(xml).iter(f"{SHEET}si")]


def _text(item: ElementTree.Element) -> str:
    """All runs of a text, without phonetic guides."""
    runs = [*item.findall(f"{SHEET}t"), *item.findall(f"{SHEET}r/{SHEET}t")]
    return "".join(run.text or "" for run in runs)


def _cells(row: ElementTree.Element, shared: list[str]) -> dict[int, str]:
    return {
        ord(cell.get("r", "A")[0]) - ord("A"): _value(cell, shared)
        for cell in row.iter(f"{SHEET}c")
    }


def _value(cell: ElementTree.Element, shared: list[str]) -> str:
    value = cell.findtext(f"{SHEET}v") or ""
    if cell.get("t") == "s":
        return shared[int(value)] if value.isdecimal() and int(value) < len(shared) else ""
    inline = cell.find(f"{SHEET}is")
    return _text(inline) if inline is not None else value
