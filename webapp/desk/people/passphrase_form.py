"""The fields of a new passphrase: six random words or one's own, checked by the password policy."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString
from flask_wtf import FlaskForm
from wtforms import Field, PasswordField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation

from webapp.desk.shared.forms import chosen
from webapp.extensions import current_settings
from webapp.rules.passphrases import LONGEST, SHORTEST, Weakness, normalised, weakness

WORDS, OWN = "words", "own"
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


WRONG_PASSPHRASE: Final = lazy_gettext(
    "This is not your passphrase now. Check it and enter it again"
)


def present_field() -> PasswordField:
    """The passphrase that the person signs in with, where a session alone must not be enough."""
    # By this name, no page brings back what was typed (`forms.words_sent`).
    return PasswordField(lazy_gettext("Your passphrase now"), name="passphrase_now")


def check_present(field: Field) -> None:
    """Something was entered; whether it is right, the service says."""
    if not field.data:
        raise StopValidation(gettext("Enter the passphrase that you sign in with now"))


def way_field(label: LazyString) -> RadioField:
    """Six words of ours, or a passphrase of the person's own."""
    return RadioField(
        label,
        choices=[
            SelectChoice(WORDS, lazy_gettext("I take the six words above")),
            SelectChoice(OWN, lazy_gettext("I use my own, from a password manager or my head")),
        ],
        validate_choice=False,
        validators=[chosen(lazy_gettext("Choose which passphrase you use"))],
    )


def own_field(**options: Any) -> PasswordField:
    """The passphrase of one's own; pasting is allowed."""
    return PasswordField(
        lazy_gettext("Your own passphrase"),
        description=lazy_gettext(
            "At least %(num)s letters. You can paste it. Any letters and signs are fine.",
            num=SHORTEST,
        ),
        **options,
    )


def own_again_field(**options: Any) -> PasswordField:
    """The same once more."""
    return PasswordField(lazy_gettext("The same once more"), **options)


def check_own(form: FlaskForm, field: Field, names: Iterable[str]) -> None:
    """Long enough and hard to guess, where the person uses their own. `names`: of the person, and for signing in."""
    if form.way.data != OWN:
        return
    if not field.data:
        raise StopValidation(gettext("Enter your passphrase"))
    if found := weakness(field.data, names=(*names, current_settings().site_name)):
        raise StopValidation(str(REFUSED[found]))


def check_again(form: FlaskForm, field: Field) -> None:
    """What nobody can look up must not be mistyped."""
    same = normalised(field.data or "") == normalised(form.own.data or "")
    if form.way.data == OWN and not form.own.errors and not same:
        raise StopValidation(gettext("The two passphrases differ. Enter the same one twice"))
