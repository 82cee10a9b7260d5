"""Shared devices and session fixation: what the next visitor must not find, and the same visitor must not lose."""

from uuid import UUID

from webapp import sessions
from webapp.public.drafts.booking_draft import BookingDraft
from webapp.public.drafts.correction_draft import CorrectionDraft
from webapp.public.drafts.sent_answers import forget_sent
from webapp.sessions import Visit


def open_visit() -> Visit:
    """Open the Visit of a participant who begins here, always with a new session secret; earlier codes are closed.

    Against session fixation: an attacker's cookie left on the device gives no access to what follows.
    """
    visit = sessions.current()
    if visit.begun:
        close_what_was_sent(visit)
        # The second of two presses comes with the old cookie: unsubmitted input must not be lost by that.
        sessions.renew_leaving_a_copy()
    else:
        sessions.begin()
    return visit


def open_for(code: str, submission_id: UUID) -> Visit:
    """Open the Visit of a participant who enters a receipt, which is then the only code that it opens.

    The confirmation page of that very receipt stays: participants try their new code at once.
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
    """Delete every code in a Visit, and all that it opened: the visitor may be another one by now.

    Answers that were not submitted yet stay.
    """
    CorrectionDraft.forget_all(visit)
    _close_codes(visit)


def _close_codes(visit: Visit, *, but: str | None = None) -> None:
    forget_sent(visit, but=but)
    BookingDraft.forget_booked(visit)
    for opened in ("code", "whose", "erased"):
        visit.pop(opened, None)
