"""A process that opens parts for the desk and does nothing else: `python -m webapp.services.opening.opening_process`.

One Python process uses one core, and opening is most of the work of a long list. Keys come through its standard input,
which no other process reads: never through arguments or the environment. It has no configuration, no database, no
network of its own, writes plaintext to the pipe of the process that started it, and ends with it.
"""

import signal
import sys
from typing import BinaryIO

from webapp import core_dumps
from webapp.vault.envelope import DoesNotOpen
from webapp.vault.opening import PurposeReader
from webapp.vault.opening_messages import (
    SealedPart,
    decode_keys,
    decode_parts,
    encode_opened,
    receive,
    send,
)


def serve(source: BinaryIO, target: BinaryIO) -> None:
    """Open one batch after another with the keys that came first, until the pipe ends."""
    keys = receive(source)
    if keys is None:
        return
    readers = [PurposeReader(seed) for seed in decode_keys(keys)]
    while (batch := receive(source)) is not None:
        send(target, encode_opened(_open(readers, part) for part in decode_parts(batch)))


def _open(readers: list[PurposeReader], part: SealedPart) -> bytes | None:
    try:
        return readers[part.key].open_part(part.envelope, secret=part.secret, context=part.context)
    except DoesNotOpen:
        return None


if __name__ == "__main__":
    core_dumps.forbid()
    # Ctrl-C in a terminal goes to the whole group; the process that started this one ends it by its pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(sys.stdin.buffer, sys.stdout.buffer)
