"""QR codes, drawn in this process: a service elsewhere would learn whom we invite to what."""

from dataclasses import dataclass
from io import BytesIO

import segno

#: Modules of white around the code, as readers need them (ISO/IEC 18004), and pixels of the picture for each module.
QUIET_ZONE, PIXELS = 4, 12


@dataclass(frozen=True)
class Square:
    """A QR code as one SVG path in a square of `size` modules, the quiet zone included."""

    size: int
    path: str


def _code(address: str) -> segno.QRCode:
    return segno.make(address, error="m", micro=False)


def square(address: str) -> Square:
    """The QR code of an address, to be put into a page."""
    code = _code(address)
    rows = [bytes(row) for row in code.matrix_iter(border=QUIET_ZONE)]
    path = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, on in enumerate(row) if on
    )
    return Square(len(rows), path)


def picture(address: str) -> bytes:
    """The QR code of an address as a PNG file."""
    content = BytesIO()
    _code(address).save(content, kind="png", scale=PIXELS, border=QUIET_ZONE)
    return content.getvalue()
