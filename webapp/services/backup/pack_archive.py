"""The archive inside a pack: an uncompressed POSIX tar (ustar) of small regular files, written and read in one pass.

A hostile archive must harm nobody: no member is larger than `LARGEST`, none is compressed, sparse or a link, no name
leads anywhere but to the places that the format has, and nothing is ever extracted under a name of the archive.
`docs/pack-format.md` is the contract; a change of it is a new version.
"""

import re
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

BLOCK: Final = tarfile.BLOCKSIZE
#: A piece of a table or of a long list is begun anew where it would be larger.
PIECE: Final = 4 << 20
#: One row more than a piece holds fits into it, whatever the row is.
LARGEST: Final = 16 << 20
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._@-]*(?:/[A-Za-z0-9_][A-Za-z0-9._@-]*){0,7}")
_END: Final = bytes(2 * BLOCK)


class PackDamaged(Exception):
    """A pack is not as Hearth wrote it, or not whole. Its text says what is wrong, and names no value."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the archive."""

    name: str
    data: bytes = field(repr=False)


def written(members: Iterable[Member]) -> Iterator[bytes]:
    """The bytes of an archive, as its members come. Raises `ValueError` for a name or a size that no reader takes."""
    for member in members:
        if not is_name(member.name) or len(member.data) > LARGEST:
            raise ValueError(f"no member of a pack: {member.name}")
        header = tarfile.TarInfo(member.name)
        header.size, header.mode = len(member.data), 0o600
        yield header.tobuf(tarfile.USTAR_FORMAT, "ascii")
        yield member.data
        yield bytes(-len(member.data) % BLOCK)
    yield _END


def read(pieces: Iterable[bytes]) -> Iterator[Member]:
    """The members of an archive, in their order, to its very end. Raises `PackDamaged`, and what the pieces raise."""
    source = _Source(pieces)
    while any(header := source.take(BLOCK)):
        size, name = _told(header)
        data = source.take(size)
        if any(source.take(-size % BLOCK)):
            raise PackDamaged(f"something stands behind {name}")
        yield Member(name, data)
    if any(source.take(BLOCK)) or source.has_more():
        raise PackDamaged("something stands behind its end")


def _told(header: bytes) -> tuple[int, str]:
    try:
        told = tarfile.TarInfo.frombuf(header, "ascii", "strict")
    except (tarfile.HeaderError, UnicodeDecodeError):
        raise PackDamaged("it is no archive (tar)") from None
    if told.type != tarfile.REGTYPE or not is_name(told.name):
        raise PackDamaged("it has a file that no pack has")
    if told.size > LARGEST:
        raise PackDamaged(f"{told.name} is larger than any file of a pack")
    return told.size, told.name


def is_name(name: str) -> bool:
    """Whether a member may be called so: no absolute path, no `..`, nothing hidden, no character that a shell or a file
    system reads in its own way."""
    return _NAME.fullmatch(name) is not None


class _Source:
    """So many bytes after so many, of pieces of any size."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._waiting = bytearray()

    def take(self, size: int) -> bytes:
        """The next bytes. Raises `PackDamaged` where there are fewer."""
        while len(self._waiting) < size:
            piece = next(self._pieces, None)
            if piece is None:
                raise PackDamaged("it is cut off")
            self._waiting += piece
        taken = bytes(self._waiting[:size])
        del self._waiting[:size]
        return taken

    def has_more(self) -> bool:
        """Whether anything is left. Reads the pieces to their end, which alone says that all of them are authentic."""
        return bool(self._waiting) or any(list(self._pieces))
