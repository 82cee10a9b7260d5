"""The form for how people come in to an event: link, number to dial in, address; and when the first two are shown."""

import re
from typing import Any, Final
from urllib.parse import urlsplit

from flask_babel import gettext, lazy_gettext
from wtforms import Field, StringField, TextAreaField
from wtforms.validators import StopValidation

from webapp.desk.shared.forms import DeskForm, one_line
from webapp.rules.characters import clean_lines
from webapp.rules.events.event_definition import EventDefinition
from webapp.rules.events.joining_details import (
    LONGEST_LINK,
    LONGEST_PHONE,
    LONGEST_PLACE,
    JoiningDetails,
)

MOST_MINUTES: Final = 180


def _lines(typed: str | None) -> str:
    return clean_lines(typed or "")


class JoiningForm(DeskForm):
    """How people come in, and from when link and number are shown.

    Link and number that are set are never shown again: without either, both stay. An address is shown, to be corrected.
    """

    place = TextAreaField(
        lazy_gettext("Address, and the way in"),
        filters=[_lines],
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
        filters=[_lines],
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
            del self.place
        if not about.by_call:
            del self.link, self.phone, self.minutes

    @classmethod
    def filled(
        cls, about: EventDefinition, was: JoiningDetails, opens_minutes: int
    ) -> "JoiningForm":
        """The form before anything was typed."""
        return cls(
            about, was, formdata=None, data={"place": was.place, "minutes": str(opens_minutes)}
        )

    def validate_place(self, field: Field) -> None:
        """Not too long, and there where nothing else says how to come in."""
        _not_longer(field.data, LONGEST_PLACE)
        if not field.data and not self.details:
            raise StopValidation(gettext("Enter the address"))

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
        _not_longer(field.data, LONGEST_PHONE)

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

    def _typed(self, name: str) -> str:
        return str(self[name].data or "") if name in self else ""

    def opens_minutes(self, was: int) -> int:
        """The number of minutes, once it was found to be one; as it was where it is not asked."""
        return int(self.minutes.data) if "minutes" in self else was


def _not_longer(typed: str, most: int) -> None:
    if len(typed) > most:
        raise StopValidation(gettext("Make this %(num)s letters shorter", num=len(typed) - most))


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
