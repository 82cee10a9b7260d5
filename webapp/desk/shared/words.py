"""Plain words at the desk for what is stored as a key or a tag."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from flask_babel import gettext, lazy_gettext, ngettext
from flask_babel.speaklater import LazyString

from webapp.rules import clock
from webapp.rules.consent import QUOTING
from webapp.rules.contact.questions import THROUGH_HELPER
from webapp.rules.mail_kinds import CONFIRMATION_CONSENT
from webapp.ui.filters import date_words

#: After so many days, what was safe may well not be safe any more: the desk asks for care. From then on it says the
#: time in weeks or months.
LONG_AGO = 30
WEEK, MONTH, MONTHS_FROM = 7, 30, 90

#: Purposes of consent, in two or three words. A form may have others of its own.
PURPOSES: Final[Mapping[str, LazyString]] = MappingProxyType(
    {
        "contact_me": lazy_gettext("Contact me"),
        CONFIRMATION_CONSENT: lazy_gettext("Send me one automatic e-mail"),
        QUOTING: lazy_gettext("Quote me, without my name"),
        "invite": lazy_gettext("Invite me"),
        "share": lazy_gettext("Share with member charities"),
        THROUGH_HELPER: lazy_gettext("Contact me through my helper"),
    }
)

#: Whoever acted and is not a coordinator.
ACTORS: Final[Mapping[str, LazyString]] = MappingProxyType(
    {
        "public": lazy_gettext("The person who answered"),
        "registrant": lazy_gettext("The person who registered"),
        "worker": lazy_gettext("Hearth, automatically"),
        "operator": lazy_gettext("The operator"),
    }
)

#: Where a registration stands.
STATES: Final[Mapping[str, LazyString]] = MappingProxyType(
    {
        "applied": lazy_gettext("Asked to come"),
        "waiting": lazy_gettext("On the waiting list"),
        "offered": lazy_gettext("Was offered a seat"),
        "confirmed": lazy_gettext("Has a seat"),
        "declined": lazy_gettext("Did not take the seat"),
        "cancelled": lazy_gettext("Cancelled"),
        "attended": lazy_gettext("Came"),
        "no_show": lazy_gettext("Did not come"),
    }
)

#: Whose fingers typed what somebody told us.
TYPED_BY: Final[Mapping[str, LazyString]] = MappingProxyType(
    {
        "self": lazy_gettext("The person"),
        "helper": lazy_gettext("A helper"),
        "coordinator": lazy_gettext("A coordinator"),
    }
)

#: What the record's tags mean. An export's tag carries its purpose after a comma.
TAGS: Final[Mapping[str, LazyString]] = MappingProxyType(
    {
        "signed in": lazy_gettext("Signed in"),
        "second factor confirmed": lazy_gettext("Confirmed with a six-digit code"),
        "wrong six-digit code": lazy_gettext("Entered a wrong six-digit code"),
        "news by e-mail on": lazy_gettext("Asked for an e-mail when something is new"),
        "news by e-mail changed": lazy_gettext("Changed the e-mails about what is new"),
        "news by e-mail off": lazy_gettext("Turned off the e-mails about what is new"),
        "answers entered": lazy_gettext("Entered answers for someone"),
        "answers opened": lazy_gettext("Opened the answers"),
        "contact opened": lazy_gettext("Opened the contact details"),
        "crossed out in a list": lazy_gettext("Crossed people out in a list"),
        "contacts exported": lazy_gettext("Downloaded contacts"),
        "searched for a caller": lazy_gettext("Looked for a person who rang"),
        "taken back for a caller": lazy_gettext("Took back a permission for a person who rang"),
        "do not contact": lazy_gettext("Marked “do not contact” for a person who rang"),
        "contact opened for a caller": lazy_gettext(
            "Opened contact details to correct them for a person who rang"
        ),
        "contact corrected for a caller": lazy_gettext(
            "Corrected contact details for a person who rang"
        ),
        "new code for a caller": lazy_gettext("Gave a person who rang a new code"),
        "deleted for a caller": lazy_gettext("Deleted everything for a person who rang"),
        "contact allowed again": lazy_gettext("Allowed us to contact them again"),
        "consent given": lazy_gettext("Gave a permission"),
        "consent withdrawn": lazy_gettext("Took back a permission"),
        "answers corrected": lazy_gettext("Changed what they told us"),
        "everything erased": lazy_gettext("Deleted everything they told us"),
        "testimony erased, due": lazy_gettext("Deleted answers at the end of their keeping time"),
        "contact erased, due": lazy_gettext(
            "Deleted contact details at the end of their keeping time"
        ),
        "equality erased, due": lazy_gettext(
            "Deleted equality answers at the end of their keeping time"
        ),
        "deleting confirmed": lazy_gettext(
            "Confirmed the day after the clock had jumped, so that Hearth deletes what is due"
        ),
        "remains of a backup removed": lazy_gettext(
            "Removed what a backup had brought back of someone who was deleted"
        ),
        "call published": lazy_gettext("Published a call"),
        "call closed": lazy_gettext("Closed a call before its last day"),
        "publish check overridden": lazy_gettext("Published a question despite a warning"),
        "registration deleted": lazy_gettext("Deleted their registration"),
        "registration taken off the list": lazy_gettext(
            "Took their name off the list of participants"
        ),
        "registration address changed": lazy_gettext("Changed their e-mail address"),
        "registration address corrected": lazy_gettext(
            "Corrected the e-mail address of a registration"
        ),
        "registration link sent again": lazy_gettext("Sent the link to a booking page again"),
        "registration opened": lazy_gettext("Opened a registration"),
        "registration cancelled": lazy_gettext("Cancelled a registration"),
        "registration promoted": lazy_gettext("Gave a seat to someone on the waiting list"),
        "registration put first": lazy_gettext("Moved someone to the front of the waiting list"),
        "registration erased, due": lazy_gettext(
            "Deleted a registration at the end of its keeping time"
        ),
        "attendance list opened": lazy_gettext("Opened the attendance list"),
        "marked as attended": lazy_gettext("Noted that someone came"),
        "marked as no_show": lazy_gettext("Noted that someone did not come"),
        "names and needs opened": lazy_gettext("Opened the names and needs of an event"),
        "participants listed": lazy_gettext("Opened the list of participants"),
        "needs arranged": lazy_gettext("Noted what has been arranged for an event"),
        "event message sent": lazy_gettext("Wrote to everyone at an event"),
        "event message corrected": lazy_gettext("Corrected a message to everyone at an event"),
        "event message taken down": lazy_gettext("Took down a message to everyone at an event"),
        "joining link set": lazy_gettext("Set a joining link"),
        "event published": lazy_gettext("Published an event"),
        "event moved": lazy_gettext("Moved an event to another time"),
        "seats added": lazy_gettext("Added seats to an event"),
        "event closed": lazy_gettext("Closed registration for an event"),
        "event called off": lazy_gettext("Called off an event"),
        "words reviewed": lazy_gettext("Ticked words of a language as checked"),
        "words no longer reviewed": lazy_gettext("Took back that words were checked"),
        "words noted": lazy_gettext("Wrote a note about words of a language"),
        "words note settled": lazy_gettext("Settled a note about words of a language"),
        "words taken in": lazy_gettext("Took in words from a translator"),
        "language offered": lazy_gettext("Offered a language to people"),
        "language no longer offered": lazy_gettext("Stopped offering a language"),
        "owner made": lazy_gettext("Set up the first coordinator"),
        "new passphrase made": lazy_gettext("Made a new passphrase for a coordinator"),
        "recovery key used": lazy_gettext("Used the recovery key for a coordinator"),
        "coordinator let back in": lazy_gettext("Let a coordinator back in with keys of their own"),
    }
)


def purpose_words(purpose: str) -> str:
    """A purpose of consent in a few words."""
    return str(PURPOSES.get(purpose) or purpose.replace("_", " ").capitalize())


def state_words(state: str) -> str:
    """Where a registration stands, in a few words."""
    return str(STATES[state])


def typed_by_words(typed_by: str) -> str:
    """Who typed, in a few words."""
    return str(TYPED_BY[typed_by])


def actor_words(actor: str, names: Mapping[str, str]) -> str:
    """Who it was: a coordinator by name, or one of the others."""
    return str(names.get(actor) or ACTORS.get(actor) or gettext("Someone who is no longer here"))


def tag_words(tag: str) -> str:
    """What happened."""
    if tag in TAGS:
        return str(TAGS[tag])
    base, _, purpose = tag.partition(", ")
    if base in TAGS:
        return gettext(
            "%(what)s: %(purpose)s", what=str(TAGS[base]), purpose=purpose_words(purpose)
        )
    return tag.capitalize()


def told_ago(day: date) -> str:
    """When somebody told us what is safe for them: how long ago that is, and how careful to be."""
    days = (clock.today() - day).days
    if days <= 0:
        return gettext("They told us this today.")
    if days == 1:
        return gettext("They told us this yesterday.")
    words = gettext(
        "They told us this on %(day)s, %(ago)s ago.", day=date_words(day), ago=_length(days)
    )
    if days <= LONG_AGO:
        return f"{words} {gettext('Things may have changed since then.')}"
    return f"{words} {gettext('Start with great care, because things may have changed.')}"


def _length(days: int) -> str:
    """So many days, or roughly so many weeks or months: never longer than it is."""
    if days <= LONG_AGO:
        return ngettext("%(num)s day", "%(num)s days", days)
    if days < MONTHS_FROM:
        return ngettext("%(num)s week", "%(num)s weeks", days // WEEK)
    return ngettext("%(num)s month", "%(num)s months", days // MONTH)
