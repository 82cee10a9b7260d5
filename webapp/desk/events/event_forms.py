"""The forms for changes to events and registrations, with the reasons that each offers."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any, Final

from flask_babel import LazyString, gettext, lazy_gettext
from wtforms import Field, StringField
from wtforms.validators import StopValidation

from webapp.desk.shared.date_field import day_in_boxes
from webapp.desk.shared.email_field import checked_address
from webapp.desk.shared.forms import one_line
from webapp.desk.shared.reason_form import ANOTHER, Reasons, WithReason, choices
from webapp.rules import clock, reasons
from webapp.rules.events.event_times import (
    EventTime,
    NoSureTime,
    TimeAcrossClockChange,
    TimeSkipped,
    TimeTwice,
    event_time,
)
from webapp.services.events.published_events import Event

PREPARING: Final[Reasons] = choices(reasons.PREPARING)
CONFIRMING: Final[Reasons] = (
    ("rang", lazy_gettext("They rang us")),
    ("paper", lazy_gettext("They registered on paper")),
    ("known", lazy_gettext("We know that they want to come")),
    ANOTHER,
)
LETTING_IN: Final[Reasons] = (
    ("needed", lazy_gettext("The event needs them")),
    ("mistake", lazy_gettext("They lost their seat by mistake")),
    ANOTHER,
)
CANCELLING: Final[Reasons] = (
    ("asked", lazy_gettext("They asked us to")),
    ("twice", lazy_gettext("They registered twice")),
    ("audience", lazy_gettext("The event is not for them")),
    ANOTHER,
)
CORRECTING: Final[Reasons] = (
    ("asked", lazy_gettext("They told us the right address")),
    ("failed", lazy_gettext("Our e-mail did not arrive")),
    ANOTHER,
)
SENDING_AGAIN: Final[Reasons] = (
    ("asked", lazy_gettext("They asked us to")),
    ("lost", lazy_gettext("They cannot find our e-mail")),
    ANOTHER,
)
MOVING: Final[Reasons] = (
    ("host", lazy_gettext("The person who runs it cannot come then")),
    ("better", lazy_gettext("More people can come at the new time")),
    ANOTHER,
)
CALLING_OFF: Final[Reasons] = (
    ("few", lazy_gettext("Too few people can come")),
    ("host", lazy_gettext("The person who runs it cannot come")),
    ("safety", lazy_gettext("It would not be safe")),
    ANOTHER,
)
#: The furthest date that an event can be moved to, against a mistyped year.
MOST_DAYS_AHEAD = 731


class MoveForm(WithReason):
    """To which day and time an event moves, on the clocks of its own zone, and why."""

    day = StringField(lazy_gettext("Day"), filters=[one_line])
    month = StringField(lazy_gettext("Month"), filters=[one_line])
    year = StringField(lazy_gettext("Year"), filters=[one_line])
    time = StringField(
        lazy_gettext("What time does it start?"),
        filters=[one_line],
        description=lazy_gettext("UK time, like 2.30 pm or 14:30."),
    )

    def __init__(self, reasons: Reasons, event: Event, **options: Any) -> None:
        super().__init__(reasons, **options)
        self.event = event
        self.moved_to: EventTime | None = None

    @property
    def problems(self) -> list[tuple[str, str]]:
        """In the order of the page: when comes before why."""
        return sorted(super().problems, key=lambda problem: problem[0].startswith("w"))

    def validate_day(self, field: Field) -> None:
        """A day of the calendar that is still to come."""
        day = self._date()
        if day is None:
            raise StopValidation(gettext("Enter a day that is in the calendar, like 20 7 2027"))
        if day < clock.today():
            raise StopValidation(gettext("This day has passed. Choose a later one"))
        if (day - clock.today()).days > MOST_DAYS_AHEAD:
            raise StopValidation(gettext("This is more than 2 years away. Please check the year"))

    def validate_time(self, field: Field) -> None:
        """A time that the clocks show, and show once, on that day; and still to come."""
        typed = read_time(field.data)
        if typed is None:
            raise StopValidation(gettext("Enter a time like 2.30 pm or 14:30"))
        day = self._date()
        if day is None or self.day.errors:
            return
        minutes = (self.event.ends_at - self.event.starts_at) // timedelta(minutes=1)
        starts = f"{datetime.combine(day, typed):%Y-%m-%dT%H:%M}"
        try:
            moved_to = event_time(starts, minutes, self.event.definition.zone, clock.today())
        except NoSureTime as error:
            raise StopValidation(str(UNSURE[type(error)])) from None
        if moved_to.starts_at <= clock.now():
            raise StopValidation(gettext("This time has passed. Choose a later one"))
        self.moved_to = moved_to

    def _date(self) -> date | None:
        return day_in_boxes(self.day.data, self.month.data, self.year.data)


#: Why a local time cannot be taken, and what to do.
UNSURE: Final[Mapping[type[NoSureTime], LazyString]] = MappingProxyType(
    {
        TimeSkipped: lazy_gettext(
            "The clocks go forward that night, and this time does not exist. Choose another time"
        ),
        TimeTwice: lazy_gettext(
            "The clocks go back that night, and this time comes twice. Choose another time"
        ),
        TimeAcrossClockChange: lazy_gettext(
            "The clocks change before the event would end. Choose another time"
        ),
    }
)
_TIME = re.compile(r"(\d{1,2})(?:[.:](\d\d))? ?([ap])?\.?(?(3)m)\.?", re.ASCII | re.I)
HALF_DAY = 12


def read_time(typed: str) -> time | None:
    """A time as people write it: 14:30, 14.30, 2.30 pm, 2pm. None when it could be read in two ways, or in none."""
    found = _TIME.fullmatch(typed)
    if found is None:
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()
    if half:
        if not 1 <= hour <= HALF_DAY:
            return None
        hour = hour % HALF_DAY + (HALF_DAY if half == "p" else 0)
    elif found[2] is None or len(found[1]) == 1:
        # "2.30" is the afternoon for most, and the middle of the night for a computer.
        return None
    try:
        return time(hour, minute)
    except ValueError:
        return None


class AddressForm(WithReason):
    """The right e-mail address of a registrant, and why it is changed."""

    address = StringField(
        lazy_gettext("The right e-mail address"),
        filters=[one_line],
        description=lazy_gettext("We e-mail the link to this address, so read it back to them."),
    )
    ascii_address = ""

    @property
    def problems(self) -> list[tuple[str, str]]:
        """In the order of the page: the address comes before why."""
        return sorted(super().problems, key=lambda problem: problem[0] != "address")

    def validate_address(self, field: Field) -> None:
        """As at the form that people fill in themselves."""
        self.ascii_address = checked_address(field.data)
