"""A file that is made while it is downloaded: its pieces, which exist in memory only."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple


class Piece(NamedTuple):
    """The next bytes of a file, perhaps none yet, and for how many of its people something was opened so far."""

    opened: int
    content: bytes


@dataclass(frozen=True, kw_only=True)
class StreamedFile:
    """A file to download. It exists in memory only, a piece at a time: whoever takes the pieces makes it.

    Whoever stops taking them stops the opening. `people`: how many the file was made of.
    """

    file_name: str
    mimetype: str
    people: int
    pieces: Generator[Piece] = field(repr=False)

    @cached_property
    def content(self) -> bytes:
        """All of it at once."""
        return b"".join(piece.content for piece in self.pieces)


def after(first: Piece, rest: Iterator[Piece]) -> Generator[Piece]:
    """All pieces again. Closing it closes the others: processes that open are ended, and no key is held longer."""
    yield first
    yield from rest
