"""Reads a screenshot: as much of PNG (ISO/IEC 15948) as browsers write, without a library."""

import zlib
from dataclasses import dataclass

SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: Bytes a pixel, by PNG's colour type: RGB, and RGB with opacity.
DEPTHS = {2: 3, 6: 4}


@dataclass(frozen=True)
class Picture:
    """A picture in true colour, row by row."""

    width: int
    height: int
    rows: tuple[bytes, ...]
    depth: int

    def darkest(self, row: int) -> int:
        """The darkest red, green or blue in a row, 0 to 255."""
        pixels = self.rows[row]
        return min(min(pixels[colour :: self.depth]) for colour in range(3))

    @classmethod
    def read(cls, data: bytes) -> "Picture":
        """A picture from a file's bytes. Raises AssertionError for a kind of PNG that no screenshot is."""
        chunks = dict[bytes, bytes]()
        assert data.startswith(SIGNATURE)
        at = len(SIGNATURE)
        while at < len(data):
            length, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
            chunks[kind] = chunks.get(kind, b"") + data[at + 8 : at + 8 + length]
            at += 12 + length
        head = chunks[b"IHDR"]
        width, height = int.from_bytes(head[:4]), int.from_bytes(head[4:8])
        assert head[8] == 8, "eight bits a colour"
        assert head[12] == 0, "not interlaced"
        depth = DEPTHS[head[9]]
        return cls(
            width, height, _rows(zlib.decompress(chunks[b"IDAT"]), width * depth, depth), depth
        )


def _rows(raw: bytes, length: int, depth: int) -> tuple[bytes, ...]:
    """Undo each row's filter (section 9)."""
    rows: list[bytes] = []
    above = bytes(length)
    for start in range(0, len(raw), length + 1):
        above = _unfiltered(raw[start], raw[start + 1 : start + 1 + length], above, depth)
        rows.append(above)
    return tuple(rows)


def _unfiltered(kind: int, row: bytes, above: bytes, depth: int) -> bytes:
    done = bytearray(row)
    for place, value in enumerate(row):
        left = done[place - depth] if place >= depth else 0
        corner = above[place - depth] if place >= depth else 0
        done[place] = (value + _predicted(kind, left, above[place], corner)) & 0xFF
    return bytes(done)


def _predicted(kind: int, left: int, above: int, corner: int) -> int:
    if kind == 4:  # Paeth
        guess = left + above - corner
        return min((left, above, corner), key=lambda near: abs(guess - near))
    return (0, left, above, (left + above) // 2)[kind]
