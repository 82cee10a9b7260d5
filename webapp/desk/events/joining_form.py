"""The form for how people come in to an event: link, number to dial in, address; and when the first two are shown."""

import re
from typing import Any, Final
from urllib.parse import urlsplit

from flask_babel import gettext, lazy_gettext
from wtforms import Field, HiddenField, StringField, TextAreaField
from wtforms.validators import StopValidation

from webapp.desk.shared.forms import DeskForm, one_line, refuse_longer, several_lines
from webapp.rules.events.event_definition import EventDefinition
from webapp.rules.events.joining_details import (
    LONGEST_LINK,
    LONGEST_PHONE,
    LONGEST_PLACE,
    JoiningDetails,
)

MOST_MINUTES: Final = 180


class JoiningForm(DeskForm):
    """How people come in, and from when link and number are shown.

    Link and number that are set are never shown again: without either, both stay. An address is shown, to be corrected;
    `shown` is the one that the page showed, for optimistic locking.
    """

    shown = HiddenField(filters=[one_line])

    place = TextAreaField(
        lazy_gettext("Address, and the way in"),
        filters=[several_lines],
        description=lazy_gettext(
            "For example which door and floor, the nearest bus stop, steps and lifts, and whom to ask for. Do not name "
            "what the event is about: people may show this page to a driver."
        ),
    )
    link = StringField(
        lazy_gettext("Joining link"),
        filters=[one_line],
        description=lazy_gettext("It begins with https:// and opens the video call."),
    )
    phone = TextAreaField(
        lazy_gettext("To join by phone"),
        filters=[several_lines],
        description=lazy_gettext(
            "The number to ring and the code to type, for people without internet. You can leave this empty."
        ),
    )
    minutes = StringField(
        lazy_gettext("How many minutes before the start should people see it?"),
        filters=[one_line],
        description=lazy_gettext(
            "From 0 to %(most)s. The later people see it, the less time there is to pass it on.",
            most=MOST_MINUTES,
        ),
    )

    def __init__(self, about: EventDefinition, was: JoiningDetails, **options: Any) -> None:
        super().__init__(**options)
        self.was = was
        if not about.in_a_place:
            del self.place, self.shown
        if not about.by_call:
            del self.link, self.phone, self.minutes

    @classmethod
    def filled(
        cls, about: EventDefinition, was: JoiningDetails, opens_minutes: int
    ) -> "JoiningForm":
        """The form before anything was typed."""
        first = {"place": was.place, "shown": was.place, "minutes": str(opens_minutes)}
        return cls(about, was, formdata=None, data=first)

    def validate_place(self, field: Field) -> None:
        """Not too long, and there where nothing else says how to come in."""
        refuse_longer(field.data, LONGEST_PLACE)
        if not field.data and not self.details:
            raise StopValidation(gettext("Enter the address"))
        self._refuse_unseen(one_line(field.data))

    def _refuse_unseen(self, typed: str) -> None:
        """An address that another coordinator has set meanwhile is replaced only after it was read."""
        now = one_line(self.was.place)
        if now not in (self.shown.data, typed):
            self.shown.data = now
            raise StopValidation(
                gettext(
                    "Nothing is saved yet: someone else has changed the address meanwhile, to “%(place)s”. "
                    "Correct yours, or save it again to replace theirs",
                    place=now,
                )
            )

    def validate_link(self, field: Field) -> None:
        """An https address, not too long; needed where there is nothing else."""
        if len(field.data) > LONGEST_LINK:
            raise StopValidation(
                gettext("Use a link with at most %(count)s letters", count=LONGEST_LINK)
            )
        if field.data and not _is_joining_link(field.data):
            raise StopValidation(gettext("Enter the whole link. It begins with https://"))
        if "place" not in self and not self.details:
            raise StopValidation(gettext("Enter the whole link. It begins with https://"))

    def validate_phone(self, field: Field) -> None:
        """Not too long."""
        refuse_longer(field.data, LONGEST_PHONE)

    def validate_minutes(self, field: Field) -> None:
        """A whole number within bounds."""
        if not re.fullmatch(r"\d{1,3}", field.data, re.ASCII) or int(field.data) > MOST_MINUTES:
            raise StopValidation(
                gettext("Enter a number of minutes from 0 to %(most)s", most=MOST_MINUTES)
            )

    @property
    def details(self) -> JoiningDetails:
        """What is to be set. Whoever types a new link or number replaces both: they open the same call."""
        link, phone = self._typed("link"), self._typed("phone")
        if not link and not phone:
            link, phone = self.was.link, self.was.phone
        return JoiningDetails(link, phone, self._typed("place"))

    @property
    def moves(self) -> bool:
        """Whether people may know another address: also for a second press, which finds the new one set already."""
        return "place" in self and self.shown.data not in ("", one_line(self.details.place))

    def _typed(self, name: str) -> str:
        return str(self[name].data or "") if name in self else ""

    def opens_minutes(self, was: int) -> int:
        """The number of minutes, once it was found to be one; as it was where it is not asked."""
        return int(self.minutes.data) if "minutes" in self else was


def _is_joining_link(typed: str) -> bool:
    """A web address over TLS at a named host, without a name and password in it."""
    try:
        address = urlsplit(typed)
        # Reading the port refuses one that is no number.
        named = "." in (address.hostname or "") and address.port != 0
    except ValueError:
        return False
    plain = re.fullmatch(r"[!-;=?-\[\]-~]+", typed, re.ASCII) is not None
    return address.scheme == "https" and named and plain and "@" not in address.netloc
