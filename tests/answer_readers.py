"""Readers of files of answers, as other programs read them: ZIP, CSV, XLSX under its password, and JSON."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Sequence
from typing import Any

import msoffcrypto
import openpyxl

from webapp.services.opening.streamed_file import StreamedFile

PASSWORD = "correct horse battery"
#: What a person may have written, whether or not a form takes it.
HOSTILE = "=cmd|' /C calc'!A0\n@SUM(1),\"+2\"\t-3; \x00\x07_x0041_ end"
AMHARIC = "ሰላም ነው። " * 420

_CONTROL = re.compile("_x(00[01][0-9A-F])_")


def printable(words: str) -> str:
    """What CSV keeps of a text, without the quotes that it adds."""
    return "".join(one for one in words if one in "\n\t" or ord(one) >= 32).replace("'", "")


def plain_of(file: StreamedFile) -> dict[str, bytes]:
    """The files inside, as their programs read them."""
    content = io.BytesIO(file.content)
    if file.file_name.endswith(".xlsx"):
        locked, content = msoffcrypto.OfficeFile(content), io.BytesIO()
        locked.load_key(password=PASSWORD)
        locked.decrypt(content)
    if file.file_name.endswith(".json"):
        return {"": file.content}
    with zipfile.ZipFile(content) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


Table = list[list[Any]]


def tables(file: StreamedFile) -> tuple[Table, Table]:
    """The answers and the codebook of a CSV archive or a spreadsheet."""
    if file.file_name.endswith(".zip"):
        there = plain_of(file)
        read = [
            list(csv.reader(io.StringIO(there[name].decode("utf-8-sig"), newline="")))
            for name in ("data.csv", "codebook.csv")
        ]
        return read[0], read[1]
    locked, content = msoffcrypto.OfficeFile(io.BytesIO(file.content)), io.BytesIO()
    locked.load_key(password=PASSWORD)
    locked.decrypt(content)
    book = openpyxl.load_workbook(content)
    found = []
    for name in ("Answers", "Codebook"):
        rows = [list(row) for row in book[name].iter_rows()]
        assert not [cell for row in rows for cell in row if cell.data_type == "f"]
        found.append([[_text(cell.value) for cell in row] for row in rows])
    return found[0], found[1]


def _text(value: object) -> str:
    """As Excel reads it: ECMA-376 writes control characters in this way, which openpyxl leaves as it is."""
    words = "" if value is None else str(value)
    return _CONTROL.sub(lambda found: chr(int(found[1], 16)), words)


def by_name(table: Sequence[Sequence[str]]) -> list[dict[str, str]]:
    return [dict(zip(table[0], row, strict=True)) for row in table[1:]]


def rows_of(file: StreamedFile) -> list[dict[str, Any]]:
    """The rows of a JSON document."""
    return list(json.loads(file.content)["rows"])
