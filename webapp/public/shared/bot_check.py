"""Bot check: a honeypot, and the least time in which a participant can read and send a form."""

from flask import request

from webapp.extensions import current_settings
from webapp.public.shared.flash import was_told_here

#: No participant reads, ticks and sends a whole form in less than this. Tests that turn the limits up turn this down.
FASTEST_SECONDS = 3


def looks_automated(seconds: int, about: str = "") -> str | None:
    """Why this post, so many seconds after the beginning, looks like a bot's; None when it does not.

    The key of a flash message, which ends in `about`. A participant only presses once more, and is believed when their
    browser fills in the honeypot again; rate limits count every press all the same.
    """
    honeypot = f"hidden-box{about}"
    if request.form.get("website") and not was_told_here(honeypot):
        return honeypot
    fastest = round(FASTEST_SECONDS / current_settings().limit_factor)
    return f"very-fast{about}" if seconds < fastest else None
