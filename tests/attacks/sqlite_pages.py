"""SQLite's file format, read as a thief of the file does: which page, and which place in it, each row has.

After https://www.sqlite.org/fileformat2.html, as far as b-trees of tables WITHOUT ROWID and of indexes need it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HEADER = 100
LEAF, INTERIOR = (0x0A, 0x0D), (0x02, 0x05)
TABLE_LEAF, TABLE_INTERIOR = 0x0D, 0x05


@dataclass(frozen=True)
class Cell:
    """One row of a table, or one entry of an index, where it lies."""

    tree: str
    page: int
    #: Cells of a page are put in from its end: of two, the one at the larger offset is older.
    offset: int
    #: The first page of what did not fit, or 0.
    overflow: int
    #: The text values, as far as they are on the page.
    words: tuple[str, ...]


class Pages:
    """A database file in memory."""

    def __init__(self, file: Path) -> None:
        self.data = file.read_bytes()
        self.size = int.from_bytes(self.data[16:18], "big")
        self.usable = self.size - self.data[20]

    def cells(self) -> Iterator[Cell]:
        """Every cell of every b-tree but the schema's own."""
        for tree, root in self._trees():
            yield from self._walk(tree, root)

    def _trees(self, number: int = 1) -> Iterator[tuple[str, int]]:
        """The name and first page of every b-tree, from the schema's own."""
        for page, offset, kind in self._cell_places(number):
            if kind in INTERIOR:
                yield from self._trees(int.from_bytes(page[offset : offset + 4], "big"))
                continue
            _, at = self._varint(page, offset)
            _, at = self._varint(page, at)
            what, name, _, root = self._record(page, at, len(page))[:4]
            if what in ("table", "index") and isinstance(root, int):
                yield str(name), root
        page, start = self._page(number)
        if page[start] in INTERIOR:
            yield from self._trees(int.from_bytes(page[start + 8 : start + 12], "big"))

    def _walk(self, tree: str, number: int) -> Iterator[Cell]:
        for page, offset, kind in self._cell_places(number):
            at = offset
            if kind in INTERIOR:
                yield from self._walk(tree, int.from_bytes(page[at : at + 4], "big"))
                at += 4
            if kind not in (TABLE_LEAF, TABLE_INTERIOR):
                yield self._cell(tree, number, page, offset, at)
        page, start = self._page(number)
        if page[start] in INTERIOR:
            yield from self._walk(tree, int.from_bytes(page[start + 8 : start + 12], "big"))

    def _cell(self, tree: str, number: int, page: bytes, offset: int, at: int) -> Cell:
        length, at = self._varint(page, at)
        local = self._local(length)
        overflow = 0
        if local < length:
            overflow = int.from_bytes(page[at + local : at + local + 4], "big")
        values = self._record(page, at, at + local)
        words = tuple(value for value in values if isinstance(value, str))
        return Cell(tree, number, offset, overflow, words)

    def _local(self, length: int) -> int:
        """How many bytes of an index cell's payload are on its own page."""
        most = (self.usable - 12) * 64 // 255 - 23
        least = (self.usable - 12) * 32 // 255 - 23
        if length <= most:
            return length
        fitting = least + (length - least) % (self.usable - 4)
        return fitting if fitting <= most else least

    def _cell_places(self, number: int) -> Iterator[tuple[bytes, int, int]]:
        page, start = self._page(number)
        kind = page[start]
        assert kind in (*LEAF, *INTERIOR), f"page {number} is of no b-tree"
        pointers = start + (12 if kind in INTERIOR else 8)
        for n in range(int.from_bytes(page[start + 3 : start + 5], "big")):
            at = pointers + 2 * n
            yield page, int.from_bytes(page[at : at + 2], "big"), kind

    def _page(self, number: int) -> tuple[bytes, int]:
        start = (number - 1) * self.size
        return self.data[start : start + self.size], HEADER if number == 1 else 0

    def _record(self, page: bytes, start: int, end: int) -> list[str | int | None]:
        """The values of a record: text and whole numbers; None for anything else, or what is not on the page."""
        header, at = self._varint(page, start)
        types = []
        while at < start + header:
            one, at = self._varint(page, at)
            types.append(one)
        values: list[str | int | None] = []
        for one in types:
            size = (one - 12) // 2 if one >= 12 else (0, 1, 2, 3, 4, 6, 8, 8, 0, 0)[one]
            values.append(self._value(one, page[at : at + size]) if at + size <= end else None)
            at += size
        return values

    @staticmethod
    def _value(kind: int, data: bytes) -> str | int | None:
        if kind >= 13 and kind % 2:
            return data.decode()
        return int.from_bytes(data, "big", signed=True) if 1 <= kind <= 6 else None

    @staticmethod
    def _varint(page: bytes, at: int) -> tuple[int, int]:
        value = 0
        for n in range(9):
            byte = page[at + n]
            if n == 8:
                return value << 8 | byte, at + 9
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value, at + n + 1
        raise AssertionError
