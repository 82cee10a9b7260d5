"""Today's lines about events: the words, the link, and the page where it can be dealt with."""

from flask import url_for
from flask_babel import gettext, ngettext

from webapp.desk.home.concern_times import until_words, when_words
from webapp.desk.home.key_concern_words import Said
from webapp.services.desk_home.concern_kinds import Concern
from webapp.ui.filters import in_language


def cannot_register(concern: Concern) -> Said:
    """A key of the event is missing, or is not authentic."""
    words = gettext(
        "Nobody can register for this event now: “%(title)s”. A key that seals what people tell us is missing, or is "
        "not as Hearth wrote it. Tell the person who looks after the server, and do it today.",
        title=_title(concern),
    )
    return words, gettext("The event"), _event(concern)


def on_now(concern: Concern) -> Said:
    """It has begun, and has not ended."""
    words = gettext(
        "On now, until %(time)s: “%(title)s”.", time=until_words(concern), title=_title(concern)
    )
    return words, gettext("Open the event"), _event(concern)


def begins_soon(concern: Concern) -> Said:
    """It begins today or tomorrow."""
    words = gettext("%(when)s: “%(title)s”.", when=when_words(concern), title=_title(concern))
    return words, gettext("Open the event"), _event(concern)


def link_missing(concern: Concern) -> Said:
    """A call that people will soon look for has no link."""
    words = gettext(
        "The joining link is not set yet: “%(title)s”, %(when)s.",
        title=_title(concern),
        when=when_words(concern, later=True),
    )
    return words, gettext("Set the link"), url_for("desk.event_link", slug=concern.slug)


def address_missing(concern: Concern) -> Said:
    """A building that people will soon look for has no address."""
    words = gettext(
        "The address is not set yet: “%(title)s”, %(when)s.",
        title=_title(concern),
        when=when_words(concern, later=True),
    )
    return words, gettext("Set the address"), url_for("desk.event_link", slug=concern.slug)


def came_back(concern: Concern) -> Said:
    """Bounced mails of registrants."""
    words = ngettext(
        "E-mail to one person could not be delivered: “%(title)s”.",
        "E-mail to %(num)s people could not be delivered: “%(title)s”.",
        concern.count,
        title=_title(concern),
    )
    return words, gettext("See who"), _event(concern)


def wants_a_yes(concern: Concern) -> Said:
    """Registrations without an address that a coordinator must confirm."""
    words = ngettext(
        "One registration without an e-mail address waits for your yes: “%(title)s”, %(when)s.",
        "%(num)s registrations without an e-mail address wait for your yes: “%(title)s”, %(when)s.",
        concern.count,
        title=_title(concern),
        when=when_words(concern, later=True),
    )
    return words, gettext("See them"), _event(concern)


def needs(concern: Concern) -> Said:
    """Access needs that are not arranged."""
    words = ngettext(
        "The needs of one person have not been arranged yet: “%(title)s”, %(when)s.",
        "The needs of %(num)s people have not been arranged yet: “%(title)s”, %(when)s.",
        concern.count,
        title=_title(concern),
        when=when_words(concern, later=True),
    )
    return words, gettext("Arrange them"), _event(concern)


def _title(concern: Concern) -> str:
    return in_language(concern.title)


def _event(concern: Concern) -> str:
    return url_for("desk.event", slug=concern.slug)
