"""Parts opened on every core: processes that open, with the desk's process feeding them (a process pool).

A Python process uses one core for opening, whatever its threads do. So for a long list the purpose keys are handed to
one process for each core, through a pipe (`services.opening.opening_process`), and gone with it when the list is made.
"""

import logging
import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO, Final, TypeVar, cast

from webapp.vault.opening_messages import (
    SealedPart,
    decode_opened,
    encode_keys,
    encode_parts,
    receive,
    send,
)

log = logging.getLogger("hearth.disclosure")
ROOT: Final = Path(__file__).parents[3]
COMMAND: Final = (sys.executable, "-m", "webapp.services.opening.opening_process")
#: What a process needs to start; nothing of our configuration is handed on.
ENVIRONMENT: Final = ("PATH", "PYTHONPATH", "VIRTUAL_ENV", "LANG", "LD_LIBRARY_PATH")
#: Below this many parts, starting processes takes longer than they save.
WORTH_IT: Final = 1500
#: So many batches wait for a process, so that none is ever idle, and memory stays bounded.
AHEAD: Final = 2
PATIENCE_SECONDS: Final = 60
_Tag = TypeVar("_Tag")
#: Opens a batch in this process.
Open = Callable[[Sequence[SealedPart]], list[bytes | None]]


class HelperFailed(Exception):
    """A process that opens ended in the middle, or could not begin."""


def how_many() -> int:
    """One for each core that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class _Helper:
    to: BinaryIO
    back: BinaryIO

    def open(self, parts: Sequence[SealedPart]) -> list[bytes | None]:
        try:
            send(self.to, encode_parts(parts))
            answer = receive(self.back)
        except (OSError, EOFError, ValueError) as error:
            # ValueError: its pipes are closed already.
            raise HelperFailed from error
        if answer is None:
            raise HelperFailed
        return decode_opened(answer)


@contextmanager
def _started(seeds: Sequence[bytes]) -> Iterator[_Helper]:
    environment = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
    try:
        process = subprocess.Popen(  # noqa: S603  (our own interpreter and module)
            COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=environment
        )
    except OSError as error:
        raise HelperFailed from error
    to, back = cast("BinaryIO", process.stdin), cast("BinaryIO", process.stdout)
    try:
        with suppress(OSError):
            send(to, encode_keys(seeds))
        yield _Helper(to, back)
    finally:
        # In the middle of a batch it would first finish it; nobody waits for that any more.
        process.kill()
        process.wait(PATIENCE_SECONDS)
        for pipe in (to, back):
            with suppress(OSError):
                pipe.close()


@contextmanager
def _pool(seeds: Sequence[bytes]) -> Iterator[Callable[[Sequence[SealedPart]], "_Opening"]]:
    """Start the processes; what is submitted is opened by the next of them that is free."""
    with ExitStack() as stack:
        # At the end what waits is given up first, then the processes are killed, whatever they do. So their threads
        # find the end of a pipe, and the last step waits for no one that hangs.
        threads = stack.enter_context(ThreadPoolExecutor(how_many()))
        idle: SimpleQueue[_Helper] = SimpleQueue()
        for _ in range(how_many()):
            idle.put(stack.enter_context(_started(seeds)))
        stack.callback(threads.shutdown, wait=False, cancel_futures=True)
        yield lambda parts: threads.submit(_open, idle, parts)


def _open(idle: "SimpleQueue[_Helper]", parts: Sequence[SealedPart]) -> list[bytes | None]:
    helper = idle.get()
    try:
        return helper.open(parts)
    finally:
        idle.put(helper)


_Opening = Future[list[bytes | None]]


def open_batches(
    seeds: Sequence[bytes], batches: Iterable[tuple[_Tag, Sequence[SealedPart]]], here: Open
) -> Iterator[tuple[_Tag, list[bytes | None]]]:
    """Open each batch, on every core; yields its tag and the plaintext of its parts, in the order that they came.

    `batches` is read a little ahead, in the caller's thread. None stands for what does not open. `here` opens a batch
    in this process: all of them without `seeds`, or where no process can be started; one where a process ends in its
    middle.
    """
    waiting: deque[tuple[_Tag, Sequence[SealedPart], _Opening]] = deque()
    with ExitStack() as stack:
        try:
            submit = stack.enter_context(_pool(seeds)) if seeds else None
        except HelperFailed:
            submit = None
            log.warning("no process that opens could be started; all is opened here")
        for tag, parts in batches:
            if submit is None:
                yield tag, here(parts)
                continue
            waiting.append((tag, parts, submit(parts)))
            if len(waiting) > how_many() + AHEAD:
                yield _next(waiting, here)
        while waiting:
            yield _next(waiting, here)


def _next(
    waiting: "deque[tuple[_Tag, Sequence[SealedPart], _Opening]]", here: Open
) -> tuple[_Tag, list[bytes | None]]:
    tag, parts, opening = waiting.popleft()
    try:
        return tag, opening.result()
    except HelperFailed:
        log.warning("a process that opens has failed; its parts are opened here")
        return tag, here(parts)
