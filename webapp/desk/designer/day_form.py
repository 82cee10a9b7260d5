"""A day of the calendar in three fields, in the forms of a draft."""

from datetime import date

from flask_babel import lazy_gettext
from wtforms import StringField

from webapp.desk.designer.draft_edits import DraftForm
from webapp.desk.shared.date_field import day_in_boxes
from webapp.desk.shared.forms import one_line


class DayForm(DraftForm):
    """Day, month and year, as `desk/fields.html` shows them."""

    day = StringField(lazy_gettext("Day"), filters=[one_line])
    month = StringField(lazy_gettext("Month"), filters=[one_line])
    year = StringField(lazy_gettext("Year"), filters=[one_line])

    @property
    def has_day(self) -> bool:
        """Whether anything was typed in one of them."""
        return bool(self.day.data or self.month.data or self.year.data)

    @property
    def date(self) -> date | None:
        """The day that was typed; None where no calendar has it."""
        return day_in_boxes(self.day.data, self.month.data, self.year.data)


def in_boxes(day: date | None) -> dict[str, str]:
    """What the three fields show; nothing for no day."""
    if day is None:
        return {}
    return {"day": str(day.day), "month": str(day.month), "year": str(day.year)}
