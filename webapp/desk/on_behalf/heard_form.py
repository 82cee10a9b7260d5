"""How a participant's answers reached us (phone, paper, face to face), on which day, and their language."""

from datetime import date
from typing import Any

from flask_babel import lazy_gettext
from wtforms import Field, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation

from webapp.desk.shared.date_field import day_in_boxes
from webapp.desk.shared.forms import DeskForm, chosen, one_line
from webapp.rules import clock
from webapp.rules.languages import spoken_languages
from webapp.rules.late_paper import PAPER, may_have_come
from webapp.services.answers import on_behalf
from webapp.services.calls import published_calls
from webapp.services.calls.form_versions import FIRST
from webapp.services.calls.published_calls import Call
from webapp.ui.filters import date_words


class HeardForm(DeskForm):
    """The first page of a draft; on the same form, it is corrected later."""

    how = RadioField(
        lazy_gettext("How did the answers reach you?"),
        choices=[
            SelectChoice("phone", lazy_gettext("By phone")),
            SelectChoice(PAPER, lazy_gettext("On paper")),
            SelectChoice("talk", lazy_gettext("Face to face")),
        ],
        validate_choice=False,
        validators=[chosen(lazy_gettext("Choose how the answers reached you"))],
    )
    day = StringField(lazy_gettext("Day"), filters=[one_line])
    month = StringField(lazy_gettext("Month"), filters=[one_line])
    year = StringField(lazy_gettext("Year"), filters=[one_line])
    spoken = StringField(
        lazy_gettext("Which language does the person speak?"),
        filters=[one_line],
        description=lazy_gettext(
            "Any language, by its English name. Pick one from the list, or write it."
        ),
        default="English",
    )

    version = RadioField(
        lazy_gettext("For a paper form: which version of the call is it?"),
        coerce=int,
        validate_choice=False,
        description=lazy_gettext(
            "It is the number behind the mark at the top of each sheet: “K7Q2X/1” is version 1. "
            "You then enter it with the questions and permissions that the person saw."
        ),
    )

    def __init__(self, call: Call, *, begins: bool = True, **options: Any) -> None:
        super().__init__(**options)
        self.call = call
        newest = call.form_version
        if newest == FIRST or not begins:
            del self.version
        else:
            # None is chosen beforehand: a sheet of an older version would be entered under permissions that its person
            # has not read.
            self.version.choices = [
                (newest, f"Version {newest}, which is asked now"),
                *((number, f"Version {number}") for number in range(newest - 1, 0, -1)),
            ]
        if not self.is_submitted() and "told_on" in options:
            told_on: date = options["told_on"]
            self.day.data, self.month.data, self.year.data = (
                str(told_on.day),
                str(told_on.month),
                str(told_on.year),
            )

    def validate_day(self, field: Field) -> None:
        """A day on which the call took answers that came in this way."""
        told_on = self.told_on
        if told_on is None:
            raise StopValidation("Enter a day that is in the calendar, like 20 7 2027")
        opened_on, today = published_calls.opened_on(self.call), clock.today()
        if told_on > today:
            raise StopValidation(
                "This day is still to come. Enter the day on which you got the answers"
            )
        if not may_have_come(told_on, opened_on=opened_on, today=today):
            words = date_words(opened_on)
            raise StopValidation(
                f"The call was published on {words}. Enter that day or a later one"
            )
        if self.how.data in on_behalf.HOW and not on_behalf.may_enter(
            self.call, self.how.data, told_on
        ):
            raise StopValidation(self._too_late)

    @property
    def _too_late(self) -> str:
        if not self.call.is_open:
            return "This call was closed early, so you can only enter what came on paper"
        last = date_words(self.call.closes_on)
        return (
            f"The last day of this call was {last}. What the person said after that day cannot be"
            " entered. A paper form can"
        )

    def validate_version(self, field: Field) -> None:
        """One that there is, for a paper form. Whatever came in another way was asked in the newest."""
        # Without the words that WTForms has for what is no number.
        field.errors = []
        if self.how.data == PAPER and field.data not in dict(field.choices):
            raise StopValidation("Choose the version that is printed on the paper form")

    def validate_spoken(self, field: Field) -> None:
        """A language that can be named."""
        if spoken_languages.read(field.data or "") is None:
            raise StopValidation(
                f"Name one language, with {spoken_languages.LONGEST} letters at most, like Romanian"
            )

    @property
    def form_version(self) -> int:
        """What is asked: of a paper form the version that was printed, and otherwise the newest."""
        if "version" in self and self.how.data == PAPER:
            return int(self.version.data)
        return self.call.form_version

    @property
    def told_on(self) -> date | None:
        """The day that was entered; None where it is in no calendar."""
        return day_in_boxes(self.day.data, self.month.data, self.year.data)
