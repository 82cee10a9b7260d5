"""Session timeouts: idle and absolute, for each door, in seconds. Clocks here tell no seconds, only minutes."""

from webapp.rules import clock
from webapp.services.infrastructure.visit_rows import DESK_IDLE, DESK_LONGEST

MINUTE = 60
#: The promise, in hours: for at least so long unfinished answers wait for a participant who looks at no page.
WAITING_HOURS = 2
#: The idle timeout is moved once in so many seconds, and not at each page that is only looked at.
NOTED = {"public": 10 * MINUTE, "desk": MINUTE}
#: Idle timeout. In public at least what is promised: the last look may not have been noted. At the desk at most.
IDLE = {"public": WAITING_HOURS * 60 * MINUTE + NOTED["public"] + MINUTE, "desk": DESK_IDLE}
#: Absolute timeout: how long a session lasts in all.
LONGEST = {"public": 24 * 60 * MINUTE, "desk": DESK_LONGEST}
#: How long a double submit finds what it was sent with. A browser throws away the answer to the first press, and the
#: new cookie with it, so the second press comes with the old one.
PRESSED_TWICE = 2 * MINUTE


def now() -> int:
    """The time of now in seconds since 1970, to the minute."""
    return int(clock.now_minute().timestamp())
