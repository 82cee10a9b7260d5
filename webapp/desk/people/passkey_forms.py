"""The forms about a coordinator's own passkeys: a name and a second factor, or a second factor alone."""

from collections.abc import Iterable
from typing import Any, Final

from flask_babel import gettext, lazy_gettext
from wtforms import Field, HiddenField, StringField
from wtforms.validators import StopValidation

from webapp.desk.shared.forms import DeskForm, is_personal, one_line
from webapp.desk.shared.second_factor import fresh_code_field

LONGEST_NAME: Final = 40


class RemoveForm(DeskForm):
    """The six digits, or what a passkey answered."""

    code = fresh_code_field()
    passkey = HiddenField()


class AddForm(DeskForm):
    """What to call a new passkey, and a second factor that there is already."""

    name = StringField(
        lazy_gettext("A name for the passkey"),
        filters=[one_line],
        description=lazy_gettext(
            "So that you know it again, such as “my phone” or “key in the office”."
        ),
    )
    code = fresh_code_field()
    passkey = HiddenField()

    def __init__(self, taken: Iterable[str], **options: Any) -> None:
        super().__init__(**options)
        self.taken = frozenset(name.casefold() for name in taken)

    def validate_name(self, field: Field) -> None:
        """Short, the only one of its owner with this name, and no phone number."""
        if not field.data:
            raise StopValidation(gettext("Enter a name for the passkey"))
        if len(field.data) > LONGEST_NAME:
            raise StopValidation(gettext("Use at most %(num)s letters", num=LONGEST_NAME))
        if is_personal(field.data):
            raise StopValidation(
                gettext("Use plain words, not an e-mail address or a phone number")
            )
        if field.data.casefold() in self.taken:
            raise StopValidation(gettext("You have a passkey with this name. Choose another one"))
