"""One visitor's session while a request lasts: a mapping of flat keys, and what was changed in it.

How it is found, sealed, kept and ended is in `sessions`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask.sessions import SessionMixin

if TYPE_CHECKING:
    # The contracts let nothing but `sessions` use what seals Visits; this is a name only.
    from webapp.vault.visits import Door


class VisitNotBegun(RuntimeError):
    """Something tried to keep a thing for a visitor who has not begun: a mistake in our code."""


class VisitFull(Exception):
    """More was typed than a Visit can hold (about 520,000 bytes), or than there is room for now from where it comes.

    What was kept before is still there.
    """


class VisitExpired(Exception):
    """The Visit is over, or there never was one."""


@dataclass(frozen=True)
class Left:
    """What a Visit was under its old secret: as it was read, and what a copy of it holds."""

    secret: bytes = field(repr=False)
    version: int
    read: dict[str, Any] = field(repr=False)
    content: dict[str, Any] = field(repr=False)


class Visit(dict[str, Any], SessionMixin):
    """One visitor's session. A mapping of flat keys to JSON values."""

    def __init__(self, door: "Door") -> None:
        super().__init__()
        self.door: Door = door
        self.secret: bytes | None = None
        self.version = 0
        self.base: dict[str, Any] = {}
        self.expires_at = 0
        self.ends_at = 0
        self.coordinator_id: UUID | None = None
        #: Its row is larger than usual answers need: far too long a text waits in it.
        self.is_large = False
        self.replaced: list[bytes] = []
        self.left: Left | None = None
        #: Read under an old secret, a moment after it was replaced. It is never written.
        self.is_copy = False
        self.cookie: str | None = None
        #: Nothing of it is written: its store is away, or it holds more than fits.
        self.lost = False
        #: Somebody left, and we were not told yet.
        self.closed = False
        #: The browser still has the key to a Visit that has ended by itself.
        self.over = False

    @property
    def begun(self) -> bool:
        """Whether this visitor has a Visit."""
        return self.secret is not None

    def __setitem__(self, key: str, value: Any) -> None:
        if not self.begun:
            raise VisitNotBegun(key)
        super().__setitem__(key, value)

    def setdefault(self, key: str, default: Any = None) -> Any:
        """As for any mapping, but refused before the Visit has begun."""
        if key not in self:
            self[key] = default
        return self[key]

    def forget(self, prefix: str) -> None:
        """Remove every key that begins with `prefix`."""
        for key in [key for key in self if key.startswith(prefix)]:
            del self[key]

    def changes(self) -> Iterator[tuple[str, Any]]:
        """Keys whose value is not what was read, with their new value; None for a removed one."""
        return changes_between(self.base, self)


def changes_between(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    """Keys whose value differs, with their value afterwards; None for a removed one."""
    for key in before.keys() | after.keys():
        if after.get(key) != before.get(key):
            yield key, after.get(key)


def with_changes(content: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The content with these changes on top, as `changes_between` gives them."""
    return {key: value for key, value in {**content, **changes}.items() if value is not None}
