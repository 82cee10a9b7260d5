"""The submission that is stored under this Visit's receipt."""

from uuid import UUID

from flask import request

from webapp import sessions
from webapp.public.drafts.correction_draft import CorrectionDraft
from webapp.services.answers import erasing, own_copies
from webapp.services.answers.own_copies import Held, NothingHeld
from webapp.sessions import Visit, VisitExpired

REPLACED = "replaced"


class AlreadyErased(Exception):
    """Everything was erased in this Visit, perhaps in another tab, or the receipt was replaced by a new one."""


def held_now() -> Held:
    """Open what is stored under this Visit's receipt. Raises `AlreadyErased`, or `VisitExpired` when there is none.

    After a POST, the page says that everything is erased, even when another device did it. A GET changes no Visit, so
    it redirects to code entry, which says that nothing is stored under this code.
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
    """Note that nothing is stored under this Visit's receipt any more. The page says "deleted" only where it is true: a
    coordinator may have reissued the receipt, and then everything is stored under the new one.

    `whose` is the submission's id, passed by the page of a new receipt, which opened nothing.
    """
    replaced = _is_replaced(whose or visit.get("whose"))
    note_erased(visit, REPLACED if replaced else "meanwhile")


def erasing_outcome() -> str | None:
    """The outcome for the confirmation page; None where nothing is gone. A GET from any tab changes nothing."""
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
    """Remove the receipt from the Visit, with a correction in progress, because nothing is stored any more.

    `outcome` is the state of the confirmation page: "complete", "going on", "meanwhile" when it was done elsewhere, or
    "replaced".
    """
    visit.pop("code", None)
    visit.pop("whose", None)
    CorrectionDraft.drop_all(visit)
    visit["erased"] = outcome
