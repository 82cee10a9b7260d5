"""Answers as comma-separated values with their codebook, in a ZIP archive that is made and sent piece by piece.

Safe from CSV injection (formula injection, OWASP): no cell can be taken for a formula. That puts a single quote before
some words; who needs them exactly takes JSON or the spreadsheet.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import IO, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from webapp.rules.csv_safety import safe_cell
from webapp.services.opening.answer_files import IN_TABLE, AnswerFile, AnswerRow
from webapp.services.opening.codebook_table import codebook_table
from webapp.services.opening.streamed_file import Piece

DATA, CODEBOOK, ABOUT = "data.csv", "codebook.csv", "about.txt"
QUOTE_IN_FRONT: Final = (
    "A single quote stands before what a spreadsheet program could take for a formula, and control characters are left "
    "out. The JSON file has all words exactly."
)
#: UTF-8 with a byte-order mark before it, so that Excel reads it.
_MARK: Final = "\ufeff"


class _Sink(io.RawIOBase):
    """Takes what an archive writes, until it is sent. It cannot be sought, so the archive looks back at nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, some: bytes) -> int:  # type: ignore[override]
        self._waiting += some
        return len(some)

    def take(self) -> bytes:
        """What was written since the last time."""
        taken, self._waiting = bytes(self._waiting), bytearray()
        return taken


def write_zip(file: AnswerFile, batches: Iterable[tuple[int, list[AnswerRow]]]) -> Iterator[Piece]:
    """The archive: the answers, sent while they are opened, then the codebook with its counts, and the rules."""
    opened, sink, day = 0, _Sink(), file.about.made_on
    with ZipFile(sink, "w", ZIP_DEFLATED) as archive:
        with archive.open(_entry(DATA, day), "w") as data:
            data.write(_lines([file.headings], _MARK))
            for read, rows in batches:
                opened += read
                data.write(_lines(file.cells(row) for row in rows))
                yield Piece(opened, sink.take())
        _write(archive, _entry(CODEBOOK, day), _lines(codebook_table(file), _MARK))
        _write(archive, _entry(ABOUT, day), _told(file).encode())
    yield Piece(opened, sink.take())


def _entry(name: str, day: date) -> ZipInfo:
    """An entry of the archive. It says the day alone, as the file does (data minimisation)."""
    entry = ZipInfo(name, (day.year, day.month, day.day, 0, 0, 0))
    entry.compress_type = ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


def _write(archive: ZipFile, entry: ZipInfo, content: bytes) -> None:
    place: IO[bytes]
    with archive.open(entry, "w") as place:
        place.write(content)


def _lines(rows: Iterable[Sequence[str | None]], before: str = "") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(map(safe_cell, row) for row in rows)
    return (before + text.getvalue()).encode()


def _told(file: AnswerFile) -> str:
    facts = file.about.facts(file.people, IN_TABLE, QUOTE_IN_FRONT)
    return _MARK + "\r\n\r\n".join(f"{name}: {words}" for name, words in facts) + "\r\n"
