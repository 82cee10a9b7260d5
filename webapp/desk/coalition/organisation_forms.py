"""Forms for the member organisations: a name, the last day of a membership, who is the host or the chair."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import gettext, lazy_gettext
from wtforms import Field, HiddenField, SelectField, StringField
from wtforms.validators import StopValidation

from webapp.desk.coalition.change_reasons import MERGING
from webapp.desk.coalition.key_forms import NO_CHOICE, ReasonLast
from webapp.desk.shared.date_field import day_typed
from webapp.desk.shared.forms import DeskForm, one_line, refuse_longer
from webapp.rules.display_names import is_seen
from webapp.services.keys.organisation_moves import Picture
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
        _refuse_odd(field)


def _refuse_odd(field: Field) -> None:
    if not is_seen(field.data):
        raise StopValidation(gettext("Enter a name in letters that everyone can see"))
    refuse_longer(field.data, LONGEST_NAME)


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


class MergeForm(ReasonLast):
    """Into which member another one goes. `seen`: what the page showed, for optimistic locking."""

    into = SelectField(lazy_gettext("Which organisation goes on"), validate_choice=False)
    name = StringField(
        lazy_gettext("A new name for the organisation that goes on"),
        filters=[one_line],
        description=lazy_gettext("Leave it empty to keep its name."),
    )
    seen = HiddenField()

    def __init__(self, **options: Any) -> None:
        super().__init__(MERGING, **options)

    def offer(self, names: Mapping[UUID, str]) -> "MergeForm":
        """The form with the members that it can go into."""
        members = [(one.hex, name) for one, name in names.items()]
        self.into.choices = [(NO_CHOICE, gettext("Choose one")), *members]
        return self

    def validate_into(self, field: Field) -> None:
        """One of the other members."""
        if field.data not in dict(field.choices) or field.data == NO_CHOICE:
            raise StopValidation(gettext("Choose the organisation that goes on"))

    def validate_name(self, field: Field) -> None:
        """Seen, and not too long, where there is one."""
        if field.data:
            _refuse_odd(field)

    @property
    def seen_picture(self) -> Picture | None:
        """What the page showed; None where the form does not say it rightly."""
        try:
            return Picture.from_text(self.seen.data or "")
        except (ValueError, TypeError, AttributeError):
            return None


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
