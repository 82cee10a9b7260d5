"""Session timeout, as each page of the desk tells it: until when the session lasts, and the warning (WCAG 2.2.1).

The warning comes some minutes before the end. Without a script a style sheet shows it, by an animation that waits as
many minutes; with one it is announced, too, and "Stay signed in" prolongs the session in place (`static/stay.js`).
"""

from dataclasses import dataclass
from typing import Final

from webapp import sessions
from webapp.rules import clock
from webapp.ui.event_time_text import time_of_day

#: So many minutes before the end the page warns.
WARNED: Final = 3
#: The longest wait that `static/desk.css` has a class for: a whole idle timeout.
LONGEST_WAIT: Final = sessions.IDLE["desk"] // 60 - WARNED


@dataclass(frozen=True)
class SessionEnd:
    """The end of this session if nothing more is done. `can_stay`: whether it can be put off."""

    seconds_left: int
    time: str
    can_stay: bool

    @property
    def warn_in(self) -> int:
        """In how many minutes the page warns."""
        return max(0, min(self.seconds_left // 60 - WARNED, LONGEST_WAIT))


def session_end() -> SessionEnd | None:
    """The end of the session of this request; None where no coordinator is signed in."""
    lasts = sessions.lasts()
    if lasts is None or "coordinator_id" not in sessions.current():
        return None
    left = lasts.until - int(clock.now().timestamp())
    return SessionEnd(
        max(left, 0), time_of_day(clock.moment(lasts.until)), lasts.until < lasts.at_most
    )
