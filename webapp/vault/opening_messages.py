"""What goes to a process that opens parts, and what comes back: framed bytes, so that nothing in them is ever run.

A message is its length (4 bytes, big-endian) and framed pieces. The first one has private halves of purpose keys, and
each that follows a batch of parts: six pieces for each. The answer to a batch has one piece for each part, in its
order: a byte 1 and the plaintext, or a byte 0 where it does not open.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO
from uuid import UUID

from webapp.vault.contexts import PART_FIELDS, Context
from webapp.vault.framing import INTEGER_SIZE, LENGTH_SIZE, framed, unframed, whole_number

_PIECES = 6
_OPENED, _DOES_NOT_OPEN = b"\1", b"\0"


@dataclass(frozen=True, slots=True)
class SealedPart:
    """One part to open: which of the keys it is sealed to, its envelope, its erasure secret, what it is bound to."""

    key: int
    envelope: bytes = field(repr=False)
    secret: bytes = field(repr=False)
    context: Context


def encode_parts(parts: Iterable[SealedPart]) -> bytes:
    """A batch of parts as one message."""
    pieces: list[bytes] = []
    for part in parts:
        context = part.context
        numbers = part.key, context.epoch, context.form_version
        pieces += (
            b"".join(whole_number(number) for number in numbers),
            context.field.purpose.encode(),
            context.owner_id.bytes,
            context.row_id.bytes,
            part.envelope,
            part.secret,
        )
    return framed(*pieces)


def decode_parts(message: bytes) -> list[SealedPart]:
    """The parts of a batch. Raises ValueError or LookupError for bytes that are no batch."""
    pieces = unframed(message)
    return [_part(*pieces[at : at + _PIECES]) for at in range(0, len(pieces), _PIECES)]


def _part(
    numbers: bytes, purpose: bytes, owner_id: bytes, row_id: bytes, envelope: bytes, secret: bytes
) -> SealedPart:
    key, epoch, form_version = (
        int.from_bytes(numbers[at : at + INTEGER_SIZE], "big")
        for at in range(0, len(numbers), INTEGER_SIZE)
    )
    context = Context(
        PART_FIELDS[purpose.decode()],
        owner_id=UUID(bytes=owner_id),
        row_id=UUID(bytes=row_id),
        epoch=epoch,
        form_version=form_version,
    )
    return SealedPart(key, envelope, secret, context)


def encode_opened(opened: Iterable[bytes | None]) -> bytes:
    """The answer to a batch; None where a part does not open."""
    return framed(*[_DOES_NOT_OPEN if one is None else _OPENED + one for one in opened])


def decode_opened(message: bytes) -> list[bytes | None]:
    """The plaintext of each part of a batch. Raises ValueError."""
    return [piece[1:] if piece[:1] == _OPENED else None for piece in unframed(message)]


def encode_keys(seeds: Sequence[bytes]) -> bytes:
    """The private halves of purpose keys; a part names one by its place among them."""
    return framed(*seeds)


def decode_keys(message: bytes) -> list[bytes]:
    """The private halves that came. Raises ValueError."""
    return unframed(message)


def send(pipe: BinaryIO, message: bytes) -> None:
    """Write one message. Raises OSError, OverflowError (4 GiB)."""
    pipe.write(len(message).to_bytes(LENGTH_SIZE, "big"))
    pipe.write(message)
    pipe.flush()


def receive(pipe: BinaryIO) -> bytes | None:
    """Read one message; None at the end. Raises EOFError where it ends within one."""
    length = pipe.read(LENGTH_SIZE)
    if not length:
        return None
    message = pipe.read(int.from_bytes(length, "big"))
    if len(length) < LENGTH_SIZE or len(message) < int.from_bytes(length, "big"):
        raise EOFError
    return message
