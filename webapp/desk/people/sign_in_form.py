"""The sign-in form: name, passphrase and second factor on one page."""

from flask_babel import gettext, lazy_gettext
from wtforms import Field, HiddenField, PasswordField, StringField
from wtforms.validators import StopValidation

from webapp.desk.shared.forms import DeskForm, one_line
from webapp.desk.shared.second_factor import code_field


class SignInForm(DeskForm):
    """Name, passphrase and second factor.

    An empty field is named; what is wrong is said of all three together, against user enumeration.
    """

    sign_in_name = StringField(lazy_gettext("Your sign-in name"), filters=[one_line])
    passphrase = PasswordField(
        lazy_gettext("Your passphrase"),
        description=lazy_gettext("Your six words with a space between them, or your own."),
    )
    code = code_field()
    #: What a passkey answered, in place of the code; the script puts it here.
    passkey = HiddenField()

    def validate_sign_in_name(self, field: Field) -> None:
        """Not empty; whether it is right, the service says."""
        if not field.data:
            raise StopValidation(gettext("Enter your sign-in name"))

    def validate_passphrase(self, field: Field) -> None:
        """Not empty; whether it is right, the service says."""
        if not field.data:
            raise StopValidation(gettext("Enter your passphrase"))
