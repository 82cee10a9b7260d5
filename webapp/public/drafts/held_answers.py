"""What is held under the code that this Visit was opened with."""

from uuid import UUID

from flask import request

from webapp import sessions
from webapp.public.drafts.correction_draft import CorrectionDraft
from webapp.services.answers import erasing, own_copies
from webapp.services.answers.own_copies import Held, NothingHeld
from webapp.sessions import Visit, VisitExpired

REPLACED = "replaced"


class AlreadyErased(Exception):
    """Everything was erased in this Visit, perhaps in another tab; or a new code took the place of this one."""


def held_now() -> Held:
    """What is held under this Visit's code. Raises `AlreadyErased`, or `VisitExpired` when there is no such code.

    After a button, the page says that everything is erased, also when another device did it. A GET changes no Visit,
    so it leads to the place where codes are handed in, which says that nothing is kept under this one.
    """
    visit = sessions.current()
    code = visit.get("code")
    if not code:
        raise AlreadyErased if "erased" in visit else VisitExpired
    try:
        return own_copies.find_held(code)
    except NothingHeld:
        if request.method == "POST":
            note_gone(visit)
        elif not _is_replaced(visit.get("whose")):
            raise VisitExpired from None
        raise AlreadyErased from None


def note_gone(visit: Visit, whose: str | None = None) -> None:
    """Nothing is held under this Visit's code any more. A page says "deleted" only where it is: a coordinator may have
    been asked for a new code, and then everything is there under that one.

    `whose` is given by the page with a code that was just given out, which opened nothing.
    """
    replaced = _is_replaced(whose or visit.get("whose"))
    note_erased(visit, REPLACED if replaced else "meanwhile")


def what_became() -> str | None:
    """What the page about it may say; None where nothing is gone. Its address opens in any tab, and changes nothing."""
    outcome: str | None = sessions.current().get("erased")
    if outcome is None:
        try:
            held_now()
        except AlreadyErased:
            return REPLACED
    return outcome


def _is_replaced(whose: str | None) -> bool:
    return whose is not None and erasing.is_there(UUID(hex=whose))


def note_erased(visit: Visit, outcome: str) -> None:
    """Nothing is held any more: the code goes out of the Visit, and a correction that was under way with it.

    `outcome` is what the page about it says: "complete", "going on", "meanwhile" when it was done somewhere else, or
    "replaced".
    """
    visit.pop("code", None)
    visit.pop("whose", None)
    CorrectionDraft.drop_all(visit)
    visit["erased"] = outcome
