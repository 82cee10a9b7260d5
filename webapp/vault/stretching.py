"""Password-based key derivation with Argon2id (RFC 9106): passphrases made slow to guess."""

import re
import threading
from dataclasses import dataclass

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from webapp.vault.envelope import KEY_SIZE, VaultError

SALT_SIZE = 16
AT_ONCE = 2
#: A place of its own for browsers that have signed in here before: a flood of strangers cannot take it.
RESERVED = 1
LONGEST_WAIT_SECONDS = 3

# 64 MiB each: a flood of sign-ins must queue, not exhaust the machine's memory (denial of service).
_turnstile = threading.BoundedSemaphore(AT_ONCE)
_reserved = threading.BoundedSemaphore(RESERVED)

_WRITTEN = re.compile(r"argon2id,v=19,m=([0-9]{1,7}),t=([0-9]{1,3}),p=([0-9]{1,2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cost:
    """Argon2id's parameters, which are what one guess costs: memory in KiB, iterations, lanes."""

    memory: int
    iterations: int
    lanes: int

    def written(self) -> str:
        """The parameters as stored beside a slot, so that a slot still opens when new ones cost more."""
        return f"argon2id,v=19,m={self.memory},t={self.iterations},p={self.lanes}"


COST = Cost(memory=65_536, iterations=3, lanes=1)
MOST = Cost(memory=1_048_576, iterations=16, lanes=8)


def read_cost(written: str) -> Cost:
    """Parse stored parameters within bounds: no downgrade below ours, no denial of service. Raises ValueError.

    An attacker who can write to the database could otherwise make a sign-in take all the memory there is.
    """
    found = _WRITTEN.fullmatch(written)
    if found is None:
        raise ValueError("not a cost")
    cost = Cost(*(int(number) for number in found.groups()))
    if not (
        COST.memory <= cost.memory <= MOST.memory
        and COST.iterations <= cost.iterations <= MOST.iterations
        and COST.lanes <= cost.lanes <= MOST.lanes
    ):
        raise ValueError("not a cost we accept")
    return cost


class TooBusy(VaultError):
    """Too many passphrases are being derived at once; try again later."""


def stretch(
    typed: bytes, *, salt: bytes, pepper: bytes | None, cost: Cost, reserved: bool = False
) -> bytes:
    """Derive 32 bytes from a passphrase, at most two at once in this process, and one more in the `reserved` place.

    Raises TooBusy after a short wait: a flood of sign-ins must not hold up the threads that serve pages.
    """
    argon2 = Argon2id(
        salt=salt,
        length=KEY_SIZE,
        iterations=cost.iterations,
        lanes=cost.lanes,
        memory_cost=cost.memory,
        secret=pepper,
    )
    turnstile = _reserved if reserved else _turnstile
    if not turnstile.acquire(timeout=LONGEST_WAIT_SECONDS):
        raise TooBusy
    try:
        return argon2.derive(typed)
    finally:
        turnstile.release()
