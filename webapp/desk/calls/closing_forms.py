"""The forms for closing a call and for opening it again, with the reasons that each offers."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from flask_babel import gettext, lazy_gettext
from wtforms import Field, StringField
from wtforms.validators import StopValidation

from webapp.desk.shared.date_field import day_in_boxes
from webapp.desk.shared.flash import Flash
from webapp.desk.shared.forms import one_line
from webapp.desk.shared.reason_form import ANOTHER, Reasons, WithReason
from webapp.rules import clock

CLOSING: Final[Reasons] = (
    ("enough", lazy_gettext("We have heard from enough people")),
    ("capacity", lazy_gettext("We cannot read more answers now")),
    ("safety", lazy_gettext("It would not be safe to go on")),
    ANOTHER,
)
OPENING: Final[Reasons] = (
    ("time", lazy_gettext("People need more time")),
    ("mistake", lazy_gettext("It was closed by mistake")),
    ANOTHER,
)
#: The furthest last day, against a mistyped year.
MOST_DAYS_AHEAD: Final = 731

CALL_FLASHES: Final[Mapping[str, Flash]] = MappingProxyType(
    {
        "closed": (
            lazy_gettext(
                "The call is closed. People who have answered can still see, change and delete their answers."
            ),
            True,
        ),
        "open-again": (lazy_gettext("The call is open again."), True),
        "too-late": (
            lazy_gettext(
                "Nothing was changed. Someone else made a change first. This page shows how things are now."
            ),
            False,
        ),
    }
)


class LastDayForm(WithReason):
    """The new last day for answers, and why the call is opened again."""

    day = StringField(lazy_gettext("Day"), filters=[one_line])
    month = StringField(lazy_gettext("Month"), filters=[one_line])
    year = StringField(lazy_gettext("Year"), filters=[one_line])

    def __init__(self, **options: Any) -> None:
        super().__init__(OPENING, **options)
        self.last_day: date | None = None

    @property
    def problems(self) -> list[tuple[str, str]]:
        """In the order of the page: when comes before why."""
        return sorted(super().problems, key=lambda problem: problem[0].startswith("w"))

    def validate_day(self, field: Field) -> None:
        """A day of the calendar, not too far away. Whether it is too early, the service says."""
        day = day_in_boxes(self.day.data, self.month.data, self.year.data)
        if day is None:
            raise StopValidation(gettext("Enter a day that is in the calendar, like 20 7 2027"))
        if (day - clock.today()).days > MOST_DAYS_AHEAD:
            raise StopValidation(gettext("This is more than 2 years away. Please check the year"))
        self.last_day = day
