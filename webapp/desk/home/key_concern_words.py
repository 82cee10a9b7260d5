"""Today's lines about keys and recovery sheets: the words, the link, and the page of keys where it leads."""

from flask import url_for
from flask_babel import gettext, ngettext

from webapp.services.desk_home.concern_kinds import Concern
from webapp.ui.filters import in_language

#: The words, those of the link, and where it leads; a concern that only the operator can see to has no link.
Said = tuple[str, str, str | None]


def keys_wait(concern: Concern) -> Said:
    """People whose roles open more than they have keys for."""
    words = ngettext(
        "One person waits for keys that belong to their roles. A person who has them can give them.",
        "%(num)s people wait for keys that belong to their roles. A person who has them can give them.",
        concern.count,
    )
    return words, gettext("See the keys"), url_for("desk.keys_page")


def shared_not_opened(concern: Concern) -> Said:
    """Recipients who cannot open what was shared before they came, or before their key of now."""
    words = gettext(
        "%(who)s cannot open what was shared before, of “%(title)s”. You can open it to them.",
        who=concern.who,
        title=in_language(concern.title),
    )
    return words, gettext("Open it to them"), url_for("desk.member_sharing", slug=concern.slug)


def new_keys_wait(concern: Concern) -> Said:
    """A rotation that is not complete."""
    words = ngettext(
        "One call, event or member still waits for its new keys.",
        "%(num)s calls, events and members still wait for their new keys.",
        concern.count,
    )
    return words, gettext("Go on"), url_for("desk.keys_page")


def resealing_waits(concern: Concern) -> Said:
    """Records that were to be sealed anew, and are not all."""
    words = ngettext(
        "Sealing anew what came before new keys was begun for one call or event, and is not complete.",
        "Sealing anew what came before new keys was begun for %(num)s calls and events, and is not complete.",
        concern.count,
    )
    return words, gettext("Go on"), url_for("desk.keys_page", _anchor="older")


def few_hold(concern: Concern) -> Said:
    """One accident would leave only the recovery sheets."""
    words = ngettext(
        "Too few people can open something of one call or event, or the recovery sheets cannot.",
        "Too few people can open something of %(num)s calls and events, or the recovery sheets cannot.",
        concern.count,
    )
    return words, gettext("See who can open what"), url_for("desk.keys_page")


def no_recovery(concern: Concern) -> Said:
    """Nothing is sealed to the recovery key."""
    words = gettext(
        "No key was sealed to the coalition’s recovery key. If a coordinator’s key is lost, nobody can open what "
        "people told us. Tell the person who looks after the server, and do it today."
    )
    return words, "", None


def sheets_missing(concern: Concern) -> Said:
    """A pair of sheets that opens nothing."""
    words = gettext(
        "Not every two of the three recovery sheets open the coalition’s recovery key now. Tell the person who looks "
        "after the server, and do it today: they need to make new sheets."
    )
    return words, "", None


def sheets_unproved(concern: Concern) -> Said:
    """Sheets that were not rehearsed."""
    words = gettext(
        "The recovery sheets have not all been tried. Bring the people who keep the three sheets together with the "
        "person who looks after the server, and try them (rehearse-recovery)."
    )
    return words, "", None


def no_key_holder(concern: Concern) -> Said:
    """Every holder has left or lost their key."""
    words = gettext(
        "No coordinator can open what people told us. The person who looks after the server can help, with two of "
        "the coalition’s three recovery sheets."
    )
    return words, "", None


def one_holds(concern: Concern) -> Said:
    """One person holds everything."""
    words = gettext(
        "Only %(who)s can open what people told us. Make sure that two people know who keeps the coalition’s three "
        "recovery sheets.",
        who=concern.who,
    )
    return words, "", None
