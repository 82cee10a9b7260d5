"""Unambiguous (injective) encoding of several byte strings as one, with a length prefix before each."""

LENGTH_SIZE = 4
INTEGER_SIZE = 8


def framed(*pieces: bytes) -> bytes:
    """Concatenate with length prefixes (4 bytes, big-endian).

    Without the lengths ("ab", "c") and ("a", "bc") would be the same bytes, and a MAC or a context
    made for one would hold for the other.
    """
    return b"".join([len(piece).to_bytes(LENGTH_SIZE, "big") + piece for piece in pieces])


def unframed(data: bytes) -> list[bytes]:
    """The pieces that were framed. Raises ValueError where the lengths do not add up."""
    pieces, at = [], 0
    while at < len(data):
        start = at + LENGTH_SIZE
        at = start + int.from_bytes(data[at:start], "big")
        pieces.append(data[start:at])
    if at != len(data):
        raise ValueError("the lengths of framed pieces do not add up")
    return pieces


def whole_number(number: int) -> bytes:
    """A number from 0 to 2**64 - 1 as 8 bytes, big-endian. Raises OverflowError outside."""
    return number.to_bytes(INTEGER_SIZE, "big")
