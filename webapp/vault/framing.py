"""Unambiguous (injective) encoding of several byte strings as one, with a length prefix before each."""

LENGTH_SIZE = 4
INTEGER_SIZE = 8


def framed(*pieces: bytes) -> bytes:
    """Concatenate with length prefixes (4 bytes, big-endian).

    Without the lengths ("ab", "c") and ("a", "bc") would be the same bytes, and a MAC or a context
    made for one would hold for the other.
    """
    return b"".join([len(piece).to_bytes(LENGTH_SIZE, "big") + piece for piece in pieces])


def whole_number(number: int) -> bytes:
    """A number from 0 to 2**64 - 1 as 8 bytes, big-endian. Raises OverflowError outside."""
    return number.to_bytes(INTEGER_SIZE, "big")
