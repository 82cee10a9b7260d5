"""The forms with which a person makes an account: sign-in name and passphrase, the app's code, the recovery code."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString
from wtforms import Field, PasswordField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation

from webapp.desk.shared.forms import DeskForm, chosen, is_personal, one_line
from webapp.desk.shared.second_factor import code_field
from webapp.extensions import current_settings
from webapp.rules.passphrases import LONGEST, SHORTEST, Weakness, normalised, weakness
from webapp.services.keys import key_slots

WORDS, OWN = "words", "own"
_SIGN_IN_NAME = re.compile(r"[\w.-]{2,40}")
REFUSED: Final[Mapping[Weakness, LazyString]] = MappingProxyType(
    {
        Weakness.SHORT: lazy_gettext("Use at least %(num)s letters", num=SHORTEST),
        Weakness.LONG: lazy_gettext("Use at most %(num)s letters", num=LONGEST),
        Weakness.EDGES: lazy_gettext("Leave out the space before or after it"),
        Weakness.NAME: lazy_gettext(
            "Leave out your name, your sign-in name and the name of this service"
        ),
        Weakness.EASY: lazy_gettext(
            "This is too easy to guess. Use words that do not belong together"
        ),
    }
)


class AccountForm(DeskForm):
    """A sign-in name, and the six words or a passphrase of the person's own."""

    sign_in_name = StringField(
        lazy_gettext("Your sign-in name"),
        filters=[one_line],
        description=lazy_gettext("A short word without spaces, such as your first name."),
    )
    way = RadioField(
        lazy_gettext("Your passphrase"),
        choices=[
            SelectChoice(WORDS, lazy_gettext("I take the six words above")),
            SelectChoice(OWN, lazy_gettext("I use my own, from a password manager or my head")),
        ],
        validate_choice=False,
        validators=[chosen(lazy_gettext("Choose which passphrase you use"))],
    )
    own = PasswordField(
        lazy_gettext("Your own passphrase"),
        description=lazy_gettext(
            "At least %(num)s letters. You can paste it. Any letters and signs are fine.",
            num=SHORTEST,
        ),
    )
    own_again = PasswordField(lazy_gettext("The same once more"))

    def __init__(self, names: Iterable[str], **options: Any) -> None:
        super().__init__(**options)
        self.names = tuple(names)

    def validate_sign_in_name(self, field: Field) -> None:
        """Short, and no address: it is typed at each sign-in, perhaps with somebody beside."""
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
        if self.way.data != OWN:
            return
        if not field.data:
            raise StopValidation(gettext("Enter your passphrase"))
        names = (*self.names, self.sign_in_name.data or "", current_settings().site_name)
        if found := weakness(field.data, names=names):
            raise StopValidation(str(REFUSED[found]))

    def validate_own_again(self, field: Field) -> None:
        """What nobody can look up must not be mistyped."""
        same = normalised(field.data or "") == normalised(self.own.data or "")
        if self.way.data == OWN and not self.own.errors and not same:
            raise StopValidation(gettext("The two passphrases differ. Enter the same one twice"))


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
