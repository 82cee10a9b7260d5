"""Step-up authentication: the field for a six-digit TOTP code, its validator, and the words for a wrong one.

The form checks six digits alone. Whether they are right, `services.keys.second_factor` says when it uses the code up.
A form with a `passkey` field takes what a passkey answered instead (`passkey_state`).
"""

import re
from typing import Final

from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import Field, StringField
from wtforms.validators import StopValidation

from webapp.desk.shared.forms import one_line

WRONG_CODE: Final = lazy_gettext(
    "That code is wrong or has already been used. Wait for the next one. "
    "If that is refused, too, let your phone set its time automatically"
)


def six_digits(form: FlaskForm, field: Field) -> None:
    """A validator: what an authenticator app shows, with or without the space; or a passkey."""
    if answer_in(form):
        return
    if not re.fullmatch(r"\d{3} ?\d{3}", field.data, re.ASCII):
        raise StopValidation(gettext("Enter the six digits that your app shows now"))


def answer_in(form: FlaskForm) -> str:
    """What the script put into this form for a passkey; empty for a form without that field."""
    return form.passkey.data or "" if "passkey" in form else ""


def fresh_code_field() -> StringField:
    """The second factor inside a session: a replayed code is refused, so a new one is asked for."""
    return StringField(
        lazy_gettext("A new six-digit code"),
        filters=[one_line],
        validators=[six_digits],
        description=lazy_gettext(
            "From the authenticator app on your phone. Each code works once: if you have just used one, wait for the "
            "next."
        ),
    )


def code_field() -> StringField:
    """The second factor where no code was used just before."""
    return StringField(
        lazy_gettext("Six-digit code"),
        filters=[one_line],
        validators=[six_digits],
        description=lazy_gettext("From the authenticator app on your phone. Each code works once."),
    )


def refuse_code(field: Field) -> None:
    """Say beside the field that the code was wrong or replayed."""
    field.errors = [str(WRONG_CODE)]
