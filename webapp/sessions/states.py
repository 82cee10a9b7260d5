"""The states that a session can be in while one request lasts, and what is known in each.

    NotBegun --begin--> Begun                       Loaded --end--> Ended
    Loaded --begin, renew--> Begun                  Loaded --write, ended in another tab--> EndedElsewhere
    Loaded --renew_leaving_a_copy--> Rotated        Copy --look_away--> NotBegun
    Copy --renew_leaving_a_copy--> Begun

`lifecycle` makes these transitions; `store` reads a session into its first state and writes what the last one says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class NotBegun:
    """No session. `stale_cookie`: the browser still sends the key to one that is over.

    `was_ended`: that one did not time out at the desk; an act ended it, of the coordinator or of another person.
    """

    stale_cookie: bool = False
    was_ended: bool = False


@dataclass(frozen=True)
class Stored:
    """Read from its row. `version` is the row's, for optimistic locking, and `read` is what the row held.

    `expires_at` is the idle timeout and `ends_at` the absolute one, in seconds since 1970; at the desk `coordinator_id`
    says whose it is, and `session_id` which of theirs.
    """

    secret: bytes = field(repr=False)
    version: int
    read: Mapping[str, Any] = field(repr=False)
    expires_at: int
    ends_at: int
    coordinator_id: UUID | None = None
    session_id: UUID | None = None


@dataclass(frozen=True)
class Loaded(Stored):
    """A session under way."""


@dataclass(frozen=True)
class Copy(Stored):
    """What a session held when its secret was rotated, for a double submit with the old cookie. It is never written."""


@dataclass(frozen=True)
class Begun:
    """Under a fresh secret, without a row yet. At the desk `coordinator_id` says whose it is, `session_id` which."""

    secret: bytes = field(repr=False)
    ends_at: int
    coordinator_id: UUID | None = None
    session_id: UUID | None = None


@dataclass(frozen=True)
class Rotated(Begun):
    """The same, after a rotation that leaves a copy under the old secret. `content` is what the copy is to hold."""

    old: Loaded = field(kw_only=True)
    content: Mapping[str, Any] = field(kw_only=True, repr=False)


@dataclass(frozen=True)
class Ended:
    """Ended in this request. `left`: by Leave now, and the cookie then says that nothing is to be shown."""

    left: bool = False


@dataclass(frozen=True)
class EndedElsewhere:
    """Ended in another tab before this request could write. Ending wins; the cookie is that tab's matter."""


#: States with a secret: what the session holds can be read and changed.
Open = Loaded | Copy | Begun | Rotated
State = NotBegun | Open | Ended | EndedElsewhere
