"""Key claims: all that the MAC of a stored public key vouches for, as one frozen value."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from uuid import UUID

from webapp.vault.framing import whole_number

#: The epoch of a new key. A key that is stored already says its own epoch.
FIRST_EPOCH: Final = 1


class KeyKind(StrEnum):
    """Whose public key it is: the first field under the MAC (domain separation)."""

    COORDINATOR = "coordinator"
    RECOVERY = "recovery"
    PURPOSE = "purpose"


@dataclass(frozen=True, slots=True)
class KeyClaim:
    """A public key, its kind and owner, what it is for, its epoch, and the holders of its private half.

    `owner_id` is the call or event of a purpose key, or the id of a coordinator or of the recovery key. `holders` is
    empty for a key whose private half is sealed to no other key.
    """

    kind: str
    owner_id: UUID
    purpose: str
    epoch: int
    holders: frozenset[UUID]
    public_key: bytes = field(repr=False)

    def fields(self) -> tuple[bytes, ...]:
        """The bytes under the MAC, final for ever: kind, owner id (16 bytes), purpose, epoch (8 bytes, big-endian),
        the holders' ids (16 bytes each, sorted, one after the other), public key."""
        return (
            self.kind.encode(),
            self.owner_id.bytes,
            self.purpose.encode(),
            whole_number(self.epoch),
            b"".join(sorted(holder.bytes for holder in self.holders)),
            self.public_key,
        )
