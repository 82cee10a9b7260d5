"""A phone that several people use: what the next one must not find, and what the same one must not lose."""

from webapp import sessions
from webapp.public.answering import Answering
from webapp.public.correction import Correction
from webapp.sessions import Visit


def open_visit() -> Visit:
    """This browser's Visit, always under a new secret. What it held it still holds, so that a second tab costs nothing.

    Somebody may have left a cookie of their own in a shared phone: what they know of it opens nothing any more.
    """
    if sessions.current().begun:
        sessions.renew()
    else:
        sessions.begin()
    return sessions.current()


def close_what_was_sent(visit: Visit) -> None:
    """Forget every code in a Visit, and all that a code had opened: whoever is here now may be somebody else.

    Answers that were not sent yet stay.
    """
    Correction.forget_all(visit)
    Answering.forget_sent(visit)
    for opened in ("code", "erased"):
        visit.pop(opened, None)
