"""The Visit: one visitor's server-side session while a request lasts, a mapping of flat keys.

Which keys there may be is in `keys`; which states, in `states`; how it is sealed and stored, in `store`.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from flask import session
from flask.sessions import SessionMixin

from webapp.sessions.keys import ensure_listed
from webapp.sessions.states import Begun, Copy, Loaded, NotBegun, Open, State

if TYPE_CHECKING:
    # The contracts let nothing but `sessions` use what seals Visits; this is a name only.
    from webapp.vault.visits import Door


class VisitNotBegun(RuntimeError):
    """Our code tried to keep a value for a visitor who has not begun."""


class VisitFull(Exception):
    """More was typed than a Visit can hold (about 520,000 bytes), or than the quota of large sessions allows now.

    What was kept before is still there.
    """


class VisitExpired(Exception):
    """The Visit is over, or there never was one."""


class Visit(dict[str, Any], SessionMixin):
    """One visitor's session. A mapping of flat keys to JSON values."""

    def __init__(self, door: "Door") -> None:
        super().__init__()
        self.door: Door = door
        self.state: State = NotBegun()
        #: Rows that this request's transitions took the place of, by their ids.
        self.rows_to_remove: list[bytes] = []
        #: Its row is larger than usual answers need, and was counted for that (`size_quota`).
        self.is_large = False
        #: Nothing of it is written in this request: its store is unavailable, or it holds more than fits.
        self.is_unsavable = False
        #: The script's cookie says that this browser left without a network, so that we were not told.
        self.left_offline = False

    @property
    def begun(self) -> bool:
        """Whether this visitor has a Visit."""
        return isinstance(self.state, Open)

    @property
    def open_state(self) -> Open:
        """The state of a Visit that has begun. Raises `VisitNotBegun`."""
        if not isinstance(self.state, Open):
            raise VisitNotBegun
        return self.state

    @property
    def is_copy(self) -> bool:
        """Whether this is the copy that a rotation left for a double submit."""
        return isinstance(self.state, Copy)

    @property
    def has_new_secret(self) -> bool:
        """Whether the answer to this request brings the browser a new cookie."""
        return isinstance(self.state, Begun)

    @property
    def over(self) -> bool:
        """Whether the browser still sends the key to a Visit that is over."""
        return isinstance(self.state, NotBegun) and self.state.stale_cookie

    @property
    def was_ended(self) -> bool:
        """Whether that Visit did not time out: an act of the coordinator, or of another person, ended it."""
        return isinstance(self.state, NotBegun) and self.state.was_ended

    def __setitem__(self, key: str, value: Any) -> None:
        if not self.begun:
            raise VisitNotBegun(key)
        ensure_listed(self.door, key)
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

    def hold(self, content: Mapping[str, Any]) -> None:
        """Hold exactly this, as it was read or merged."""
        self.clear()
        self.update(content)

    def changes(self) -> dict[str, Any]:
        """Keys whose value is not what was read, with their new value; None for a removed one."""
        read = self.state.read if isinstance(self.state, Loaded | Copy) else {}
        return dict(changes_between(read, self))


def current() -> Visit:
    """This request's Visit, begun or not."""
    # Not the proxy: it asks which request it is for at every access.
    return cast(Visit, session._get_current_object())  # type: ignore[attr-defined]


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
