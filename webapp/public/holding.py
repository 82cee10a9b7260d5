"""What is held under the code that this Visit was opened with."""

from webapp import sessions
from webapp.services import own_copies
from webapp.services.own_copies import Held, NothingHeld
from webapp.sessions import VisitExpired


class AlreadyErased(Exception):
    """Everything was erased in this Visit, perhaps in another tab."""


def held_now() -> Held:
    """What is held under this Visit's code. Raises `AlreadyErased`, or `VisitExpired` when there is no such code."""
    visit = sessions.current()
    code = visit.get("code")
    if not code:
        raise AlreadyErased if "erased" in visit else VisitExpired
    try:
        return own_copies.find_held(code)
    except NothingHeld:
        raise VisitExpired from None
