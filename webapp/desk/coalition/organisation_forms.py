"""Forms for the member organisations: a name, the last day of a membership, who is the host or the chair."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask_babel import gettext, lazy_gettext
from wtforms import Field, HiddenField, SelectField, StringField
from wtforms.validators import StopValidation

from webapp.desk.shared.date_field import day_typed
from webapp.desk.shared.forms import DeskForm, one_line
from webapp.rules.display_names import is_seen
from webapp.services.keys.organisations import Known

LONGEST_NAME = 120
#: The value of the choice that there is no chair.
NOBODY = "nobody"


class NameForm(DeskForm):
    """The name of an organisation. `was`: the name that the page showed, for optimistic locking."""

    name = StringField(
        lazy_gettext("Name of the organisation"),
        filters=[one_line],
        description=lazy_gettext(
            "As people know it. Everyone can read it on the page “Who we are”."
        ),
    )
    was = HiddenField(filters=[one_line])

    def validate_name(self, field: Field) -> None:
        """There, and not too long."""
        if not field.data:
            raise StopValidation(gettext("Enter the name of the organisation"))
        if not is_seen(field.data):
            raise StopValidation(gettext("Enter a name in letters that everyone can see"))
        if (over := len(field.data) - LONGEST_NAME) > 0:
            raise StopValidation(gettext("Make the name %(num)s letters shorter", num=over))


class EndForm(DeskForm):
    """The last day of a membership. `seen`: the period that the page showed, for optimistic locking."""

    last = StringField(
        lazy_gettext("Last day as a member"),
        filters=[one_line],
        description=lazy_gettext("Today or an earlier day, for example 27/11/2026"),
    )
    seen = HiddenField()
    day: date | None = None

    def validate_last(self, field: Field) -> None:
        """A day of the calendar."""
        self.day = day_typed(field.data or "")
        if self.day is None:
            raise StopValidation(gettext("Enter the day like 28/11/2026"))


class HandOverForm(DeskForm):
    """Which member is to be the host or the chair. `seen`: the period that the page showed."""

    to = SelectField(validate_choice=False)
    seen = HiddenField()

    def __init__(self, members: Iterable[Known], *, nobody: bool, **options: Any) -> None:
        super().__init__(**options)
        none = [(NOBODY, gettext("No organisation"))] if nobody else []
        self.to.choices = [*((one.id.hex, one.name) for one in members), *none]

    def validate_to(self, field: Field) -> None:
        """One of the members."""
        if field.data not in {value for value, _ in field.choices}:
            raise StopValidation(gettext("Choose an organisation"))
