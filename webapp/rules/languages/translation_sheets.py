"""A spreadsheet of words that comes back from a translator, read with the standard library alone.

Only texts are read: no formula is reckoned, no macro and no link is looked at.
"""

import io
import zipfile
import zlib
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree


class NotTheFile(ValueError):
    """This is not a spreadsheet that the desk gave out; the message says what is wrong with it."""


@dataclass(frozen=True)
class Returned:
    """One row of a file that came back: its number in the file, the English, and the words (empty where none)."""

    number: int
    english: str
    words: str


SHARED: Final = "xl/sharedStrings.xml"
SHEET: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
ENGLISH, WORDS = 1, 2
#: A file with all our words has a third of a megabyte. More than this is no list of words (decompression bomb).
MOST_BYTES: Final = 20_000_000
#: What the standard library raises for a file that was damaged, encrypted, or made to break a reader.
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
    """The rows of a file that the desk made, after Excel or LibreOffice have saved it. Raises `NotTheFile`."""
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
    # In UTF-16 every other byte of these is a zero.
    plain = xml.replace(b"\0", b"")
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        # No spreadsheet program writes one: entities only serve to read files or to fill the memory.
        raise NotTheFile("it is not a spreadsheet in XLSX")
    return ElementTree.fromstring(xml)  # noqa: S314


def _shared(xml: bytes) -> list[str]:
    return [_text(item) for item in _parsed(xml).iter(f"{SHEET}si")]


def _text(item: ElementTree.Element) -> str:
    """All runs of a text, without its phonetic guide."""
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
