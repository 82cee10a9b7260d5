"""Today's lines about keys: the words, the link, and the page of keys where it leads."""

from flask import url_for
from flask_babel import gettext, ngettext

from webapp.services.desk_home.concern_kinds import Concern


def keys_wait(concern: Concern) -> tuple[str, str, str]:
    """People whose roles open more than they have keys for."""
    words = ngettext(
        "One person waits for keys that belong to their roles. A person who has them can give them.",
        "%(num)s people wait for keys that belong to their roles. A person who has them can give them.",
        concern.count,
    )
    return words, gettext("See the keys"), url_for("desk.keys_page")


def new_keys_wait(concern: Concern) -> tuple[str, str, str]:
    """A rotation that is not complete."""
    words = ngettext(
        "One call or event still waits for its new keys.",
        "%(num)s calls and events still wait for their new keys.",
        concern.count,
    )
    return words, gettext("Go on"), url_for("desk.keys_page")


def few_hold(concern: Concern) -> tuple[str, str, str]:
    """One accident would leave only the recovery sheets."""
    words = ngettext(
        "Too few people can open something of one call or event, or the recovery sheets cannot.",
        "Too few people can open something of %(num)s calls and events, or the recovery sheets cannot.",
        concern.count,
    )
    return words, gettext("See who can open what"), url_for("desk.keys_page")
