"""A shared device, where session fixation is easy: what the next visitor must not find, and the same one not lose."""

from uuid import UUID

from webapp import sessions
from webapp.public.drafts.booking_draft import BookingDraft
from webapp.public.drafts.correction_draft import CorrectionDraft
from webapp.public.drafts.sent_answers import forget_sent
from webapp.sessions import Visit


def open_visit() -> Visit:
    """The Visit of a participant who begins here, always under a new secret; every code of before is closed.

    Against session fixation: a cookie that an attacker left on the device shows nothing of what comes now.
    """
    visit = sessions.current()
    if visit.begun:
        close_what_was_sent(visit)
        # Pressed twice, the second time comes with the old cookie: what was not sent must not be lost by that.
        sessions.renew_leaving_a_copy()
    else:
        sessions.begin()
    return visit


def open_for(code: str, submission_id: UUID) -> Visit:
    """The Visit of a participant who hands in their receipt: it opens that, and no other code stays open.

    The page with that very code stays: participants try their new code at once.
    """
    visit = sessions.current()
    if visit.begun:
        CorrectionDraft.drop_all(visit)
        _close_codes(visit, but=code)
        sessions.renew_leaving_a_copy()
    else:
        sessions.begin()
    visit["code"], visit["whose"] = code, submission_id.hex
    return visit


def close_what_was_sent(visit: Visit) -> None:
    """Forget every code in a Visit, and all that a code had opened: the visitor may be another by now.

    Answers that were not sent yet stay.
    """
    CorrectionDraft.forget_all(visit)
    _close_codes(visit)


def _close_codes(visit: Visit, *, but: str | None = None) -> None:
    forget_sent(visit, but=but)
    BookingDraft.forget_booked(visit)
    for opened in ("code", "whose", "erased"):
        visit.pop(opened, None)
