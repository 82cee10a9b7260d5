"""Bot check: a honeypot field, and a minimum time between opening a form and sending it."""

from flask import request

from webapp.extensions import current_settings
from webapp.public.shared.flash import was_flashed_here

#: The minimum time to read, tick and send a whole form. Tests that raise the rate limits lower it.
FASTEST_SECONDS = 3


def looks_automated(seconds: int, about: str = "") -> str | None:
    """The reason why this post, so many seconds after the beginning, looks like a bot's; None when it does not.

    It is the key of a flash message, which ends in `about`. A participant whose browser filled in the honeypot only
    needs to press again; rate limits count every post all the same.
    """
    honeypot = f"hidden-box{about}"
    if request.form.get("website") and not was_flashed_here(honeypot):
        return honeypot
    fastest = round(FASTEST_SECONDS / current_settings().limit_factor)
    return f"very-fast{about}" if seconds < fastest else None
