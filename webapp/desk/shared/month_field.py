"""A month as coordinators type it: the month by which people are told what became of a call."""

from datetime import date

from flask_babel import gettext
from wtforms import Field
from wtforms.validators import StopValidation

from webapp.rules import clock
from webapp.rules.tell_back import Month, MonthTooEarly, MonthTooLate, NoMonth, check_month
from webapp.ui.filters import month_words


def month_typed(field: Field) -> Month:
    """The month in this field. Raises `StopValidation` with what to type instead."""
    try:
        return Month.parse(field.data or "")
    except NoMonth:
        raise StopValidation(gettext("Enter the month like 06/2027")) from None


def check_month_typed(month: Month, closes_on: date) -> None:
    """Raises `StopValidation` where this month cannot be promised, and says which can, and why."""
    try:
        check_month(month, closes_on, clock.today())
    except MonthTooEarly as early:
        raise StopValidation(
            gettext(
                "Enter %(month)s or a later month, because you need time to read what people say until the last day",
                month=month_words(early.first),
            )
        ) from None
    except MonthTooLate as late:
        raise StopValidation(
            gettext(
                "Enter %(month)s or an earlier month. By then you can also say that nothing happened yet, and why",
                month=month_words(late.last),
            )
        ) from None
