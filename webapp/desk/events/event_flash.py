"""Flash messages about an event or a registration, by the key that a redirect carries."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from flask_babel import lazy_gettext

from webapp.desk.shared.flash import Flash

EVENT_FLASHES: Final[Mapping[str, Flash]] = MappingProxyType(
    {
        "published": (
            lazy_gettext(
                "The event is published, and people can register. Set how people come in next. Sign out and in again "
                "before you open its registrations: its keys are newer than your session."
            ),
            True,
        ),
        "link": (lazy_gettext("The joining link is set."), True),
        "number": (lazy_gettext("The number to dial in is set."), True),
        "place": (lazy_gettext("It is set. People with a seat see the address from now on."), True),
        "place-changed": (
            lazy_gettext(
                "The address has changed. Nobody was told: write to the registrants, so that people who know the old "
                "one look again."
            ),
            True,
        ),
        "moved": (
            lazy_gettext("The event has been moved. We will e-mail everyone who gave an address."),
            True,
        ),
        "seats": (
            lazy_gettext("The event has more seats now, and people can register for them."),
            True,
        ),
        "seats-moved": (
            lazy_gettext(
                "The event has more seats now. The people who waited longest have one, and we e-mail those who gave "
                "an address."
            ),
            True,
        ),
        "seats-kept": (
            lazy_gettext(
                "The event has more seats now. Registration is over, so a seat is only taken when you give it to "
                "a person who waits, on the page of their registration."
            ),
            True,
        ),
        "closed": (lazy_gettext("Registration is closed. People who have a seat keep it."), True),
        "called-off": (
            lazy_gettext(
                "The event has been called off. We will e-mail everyone who gave an address."
            ),
            True,
        ),
        "marked": (lazy_gettext("Saved. The list shows who came."), True),
        "confirmed": (
            lazy_gettext("The registration is confirmed, and their booking page says so."),
            True,
        ),
        "promoted": (lazy_gettext("They now have a seat, and their booking page says so."), True),
        "first": (lazy_gettext("They are now at the front of the waiting list."), True),
        "cancelled": (
            lazy_gettext("The registration has been cancelled, and their booking page says so."),
            True,
        ),
        "address": (
            lazy_gettext("The address is corrected. We are e-mailing them a new link."),
            True,
        ),
        "address-unmailed": (
            lazy_gettext(
                "The address is corrected. No e-mail can go there today, because several have gone there already. "
                "Send them the link again tomorrow."
            ),
            True,
        ),
        "same-address": (
            lazy_gettext(
                "Nothing was changed, because we have this address already. "
                "You can send them the link again."
            ),
            False,
        ),
        "link-again": (lazy_gettext("We are e-mailing them the link again."), True),
        "no-address": (
            lazy_gettext("Nothing was sent. They did not give us an e-mail address."),
            False,
        ),
        "link-often": (
            lazy_gettext(
                "Nothing was sent, because we have just sent the link several times. "
                "Check the address, or try again in an hour."
            ),
            False,
        ),
        "arranged": (lazy_gettext("Saved. Hearth knows what is arranged, and for whom."), True),
        "arranged-in-part": (
            lazy_gettext(
                "Saved for most. Someone changed what they need, or deleted their registration, "
                "while you had the page open. Open the names and needs again."
            ),
            False,
        ),
        "wrote": (
            lazy_gettext(
                "Your words are on everyone’s booking page. We are e-mailing people that there is news."
            ),
            True,
        ),
        "wrote-enough": (
            lazy_gettext(
                "Nothing was sent. You can write twice a day, and at most three messages stand at a time. "
                "Correct one below, or take one down."
            ),
            False,
        ),
        "corrected": (
            lazy_gettext("Corrected. Everyone’s booking page shows the new words."),
            True,
        ),
        "taken-down": (lazy_gettext("Taken down. No booking page shows it any more."), True),
        "too-late": (
            lazy_gettext(
                "Nothing was changed. Someone else made a change first, or it is too late. "
                "This page shows how things are now."
            ),
            False,
        ),
    }
)
