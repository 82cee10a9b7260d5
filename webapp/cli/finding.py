"""The result of one health check of `check`: its subject, its severity, and what to do."""

from dataclasses import dataclass
from enum import IntEnum


class State(IntEnum):
    """The severity of a finding; the highest of all is the exit status."""

    WELL = 0
    LOOK = 1
    BROKEN = 2


WORDS = {State.WELL: "ok", State.LOOK: "look", State.BROKEN: "BROKEN"}


@dataclass(frozen=True)
class Finding:
    """`about` is a short word for the table; `words` a sentence with the way out where it is not well."""

    about: str
    state: State
    words: str

    def line(self) -> str:
        """A line of the table."""
        return f"{WORDS[self.state]:<7} {self.about:<10} {self.words}"
