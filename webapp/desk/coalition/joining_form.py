"""The forms with which a person makes an account: sign-in name and passphrase, the app's code, the recovery code."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from flask_babel import gettext, lazy_gettext
from wtforms import Field, StringField
from wtforms.validators import StopValidation

from webapp.desk.people.passphrase_form import (
    WORDS,
    check_again,
    check_own,
    own_again_field,
    own_field,
    way_field,
)
from webapp.desk.shared.forms import DeskForm, is_personal, one_line
from webapp.desk.shared.second_factor import code_field
from webapp.services.keys import key_slots

__all__ = ["WORDS", "AccountForm", "AppForm", "RecoveryForm"]

_SIGN_IN_NAME = re.compile(r"[\w.-]{2,40}")


class AccountForm(DeskForm):
    """A sign-in name, and the six words or a passphrase of the person's own."""

    sign_in_name = StringField(
        lazy_gettext("Your sign-in name"),
        filters=[one_line],
        description=lazy_gettext("A short word without spaces, such as your first name."),
    )
    way = way_field(lazy_gettext("Your passphrase"))
    own = own_field()
    own_again = own_again_field()

    def __init__(self, names: Iterable[str], **options: Any) -> None:
        super().__init__(**options)
        self.names = tuple(names)

    def validate_sign_in_name(self, field: Field) -> None:
        """Short, and no address: it is typed at each sign-in, perhaps with a bystander who sees it."""
        field.data = unicodedata.normalize("NFKC", field.data).lower()
        if not field.data:
            raise StopValidation(gettext("Enter a sign-in name"))
        if is_personal(field.data):
            raise StopValidation(
                gettext("Use a short word, not your e-mail address or phone number")
            )
        if not _SIGN_IN_NAME.fullmatch(field.data):
            raise StopValidation(
                gettext(
                    "Use 2 to 40 letters or digits, without spaces. Full stop and dash are fine"
                )
            )

    def validate_own(self, field: Field) -> None:
        """Long enough and hard to guess, where the person uses their own."""
        check_own(self, field, (*self.names, self.sign_in_name.data or ""))

    def validate_own_again(self, field: Field) -> None:
        """What nobody can look up must not be mistyped."""
        check_again(self, field)


class AppForm(DeskForm):
    """What the authenticator app shows now."""

    code = code_field()


class RecoveryForm(DeskForm):
    """A part of the recovery code, typed back from the paper."""

    typed = StringField(
        lazy_gettext("The last four letters of the recovery code, from your paper"),
        filters=[one_line],
        description=lazy_gettext("Or the whole code. Capitals or not, that is the same."),
    )

    def __init__(self, code: str, **options: Any) -> None:
        super().__init__(**options)
        self.recovery_code = code

    def validate_typed(self, field: Field) -> None:
        """The code that stands on the page, or its end."""
        if not key_slots.is_recovery_code(field.data or "", self.recovery_code):
            raise StopValidation(
                gettext("That is not the end of the code. Look at your paper and at the code above")
            )
