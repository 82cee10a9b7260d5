"""Configuration warnings: defaults that are shown in the coalition's name until an operator sets them.

Each is logged at every start, and shown by `check`, until it is set.
"""

from datetime import timedelta

from webapp.rules import clock
from webapp.settings import NO_SENDER, Settings

#: Help lines move and close, and a survivor who rings a dead number may not ring a second one.
CHECKED_AGAIN_AFTER = timedelta(days=180)


def of(settings: Settings) -> tuple[str, ...]:
    """A sentence for each, in the order of weight; none for a demo."""
    if settings.demo:
        return ()
    public = _of_public_door(settings) if "public" in settings.doors else ()
    return (*public, *(_of_worker(settings) if "worker" in settings.doors else ()))


def _of_public_door(settings: Settings) -> tuple[str, ...]:
    found = []
    if settings.support_is_proposed:
        found.append(
            "SUPPORT_CONTACTS is not set. Every page names three help lines of the United Kingdom that Hearth "
            "proposes: write them, or your own, into public.env, and restart the public door."
        )
    checked_on = settings.support_checked_on
    if checked_on is None:
        found.append(
            "SUPPORT_CHECKED_ON is not set. Ring every help line in SUPPORT_CONTACTS, then set it to that day in "
            "public.env, and restart the public door; until then no page says that the numbers were checked."
        )
    elif clock.today() - checked_on > CHECKED_AGAIN_AFTER:
        found.append(
            f"SUPPORT_CHECKED_ON is {checked_on}, and every page says so. Ring the help lines again, set it to that "
            "day in public.env, and restart the public door."
        )
    if not settings.hand_in:
        found.append(
            "HAND_IN is not set. The form on paper does not say where it can be handed in: write it into public.env, "
            "and restart the public door."
        )
    if not settings.security_contact:
        found.append(
            "SECURITY_CONTACT is not set. Whoever finds a weakness here cannot tell you: write an address that is "
            "read, a mailto: or an https:// one, into public.env, and restart the public door."
        )
    return tuple(found)


def _of_worker(settings: Settings) -> tuple[str, ...]:
    if settings.mailing.sender != NO_SENDER:
        return ()
    words = (
        f"MAIL_FROM is not set. Mails would come from {NO_SENDER}, which most mail servers refuse: write it into "
        "worker.env, and restart the worker."
    )
    return (words,)
