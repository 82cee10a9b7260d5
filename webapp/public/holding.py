"""What is held under the code that this Visit was opened with."""

from flask import request

from webapp import sessions
from webapp.public.correction import Correction
from webapp.services import own_copies
from webapp.services.own_copies import Held, NothingHeld
from webapp.sessions import Visit, VisitExpired


class AlreadyErased(Exception):
    """Everything was erased in this Visit, perhaps in another tab."""


def held_now() -> Held:
    """What is held under this Visit's code. Raises `AlreadyErased`, or `VisitExpired` when there is no such code.

    Whoever pressed a button is told that everything is erased, also when another device did it. A GET changes no Visit,
    so it leads to the place where codes are handed in, which says that nothing is kept under this one.
    """
    visit = sessions.current()
    code = visit.get("code")
    if not code:
        raise AlreadyErased if "erased" in visit else VisitExpired
    try:
        return own_copies.find_held(code)
    except NothingHeld:
        if request.method != "POST":
            raise VisitExpired from None
        note_erased(visit, "meanwhile")
        raise AlreadyErased from None


def note_erased(visit: Visit, outcome: str) -> None:
    """Nothing is held any more: the code goes out of the Visit, and a correction that was under way with it.

    `outcome` is what the page about it says: "complete", "going on", or "meanwhile" when it was done somewhere else.
    """
    visit.pop("code", None)
    Correction.drop_all(visit)
    visit["erased"] = outcome
