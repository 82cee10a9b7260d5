"""The forms of the desk. Their messages are our own: they say what to do."""

import re
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from flask_babel import LazyString, force_locale, gettext, lazy_gettext, ngettext
from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, PasswordField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation

from webapp.rules import reasons
from webapp.rules.characters import clean_line
from webapp.rules.languages.site_languages import DEFAULT
from webapp.rules.reasons import LONGEST_WORDS, OTHER, Reason, Use
from webapp.services.opening.contact_exports import SHORTEST_PASSWORD

#: Excel takes no longer password.
LONGEST_PASSWORD = 255
#: How a choice stands in a form, and what it says.
Reasons = tuple[tuple[str, LazyString | str], ...]


def choices(uses: Iterable[Use]) -> Reasons:
    """Reasons as the choices of a form."""
    return tuple((use.key, use.words) for use in uses)


ANOTHER: Final = (OTHER.key, OTHER.words)
READING: Final[Reasons] = choices(reasons.READING)
#: For a list, the reason is what its permission says; or another one, in words.
GIVEN: Final = "given"
EXPORTING: Final[Reasons] = (
    (GIVEN, lazy_gettext("What they gave permission for")),
    (OTHER.key, lazy_gettext("Another reason, in my words. Everyone at this desk will see it")),
)
#: An address, or digits enough for a phone number.
_PERSONAL = re.compile(r"@|(?:\d[\s().-]*){7,}")


def is_personal(text: str) -> bool:
    """Whether this looks like a way to reach somebody, which has no place in what the desk keeps in the clear."""
    return _PERSONAL.search(text) is not None


def one_line(value: str | None) -> str:
    """What was typed, on one line and without characters that no database takes."""
    return clean_line(value or "")


def without_breaks(value: str | None) -> str:
    """A password as it was typed, without line breaks: no program asks for it with one."""
    return " ".join((value or "").splitlines()).strip()


def six_digits(field: Field) -> None:
    """A validator: what an authenticator app shows, with or without the space in the middle."""
    if not re.fullmatch(r"\d{3} ?\d{3}", field.data, re.ASCII):
        raise StopValidation(gettext("Enter the six digits that your app shows now"))


def chosen(message: LazyString) -> Any:
    """A validator: one of the choices, or these words."""

    def check(form: FlaskForm, field: Field) -> None:
        if field.data not in {value for value, *_ in field.choices}:
            raise StopValidation(str(message))

    return check


def not_refused(form: "WithReason", field: Field) -> None:
    """A validator: where only some reasons may be given, one that may not be is told from none."""
    if form.refused and field.data and field.data not in {value for value, *_ in field.choices}:
        raise StopValidation(str(form.refused))


class DeskForm(FlaskForm):
    """A form at the desk. The token was checked by the guard before any view."""

    class Meta(FlaskForm.Meta):
        csrf = False

    @property
    def problems(self) -> list[tuple[str, str]]:
        """For the error summary: the id of the input to go to, and the words that stand beside it."""
        return [(_first_id(field), str(field.errors[0])) for field in self if field.errors]


def _first_id(field: Field) -> str:
    return f"{field.id}-0" if isinstance(field, RadioField) else str(field.id)


class SignInForm(DeskForm):
    """Name, passphrase and code. What is empty or no code is said by itself; what is wrong, of all three together."""

    sign_in_name = StringField(lazy_gettext("Your sign-in name"), filters=[one_line])
    passphrase = PasswordField(
        lazy_gettext("Your passphrase"),
        description=lazy_gettext("Your six words, with a space between them."),
    )
    code = StringField(
        lazy_gettext("Six-digit code"),
        filters=[one_line],
        description=lazy_gettext("From the authenticator app on your phone. Each code works once."),
    )

    def validate_sign_in_name(self, field: Field) -> None:
        """There, whatever it is."""
        if not field.data:
            raise StopValidation(gettext("Enter your sign-in name"))

    def validate_passphrase(self, field: Field) -> None:
        """There, whatever it is."""
        if not field.data:
            raise StopValidation(gettext("Enter your passphrase, which is six words"))

    def validate_code(self, field: Field) -> None:
        """Six digits; whether they are the right ones is not known here."""
        six_digits(field)


class WithReason(DeskForm):
    """A form that asks why. The answer goes into the record, which is kept."""

    why = RadioField(
        lazy_gettext("Why?"),
        validate_choice=False,
        validators=[not_refused, chosen(lazy_gettext("Choose why you are doing this"))],
    )
    words = StringField(
        lazy_gettext("More about your reason"),
        filters=[one_line],
        description=lazy_gettext(
            "This stays in the record. Never write anyone’s name or details here. "
            "There is room for %(count)s letters.",
            count=LONGEST_WORDS,
        ),
    )

    def __init__(self, reasons: Reasons, *, refused: LazyString | str = "", **options: Any) -> None:
        super().__init__(**options)
        self.why.choices = list(reasons)
        self.refused = refused

    def validate_words(self, field: Field) -> None:
        """Short, without contact details, and there when no usual reason was chosen."""
        if (over := len(field.data) - LONGEST_WORDS) > 0:
            raise StopValidation(
                ngettext(
                    "Make this %(num)s letter shorter", "Make this %(num)s letters shorter", over
                )
            )
        if is_personal(field.data):
            raise StopValidation(
                gettext(
                    "Leave out e-mail addresses and phone numbers, because this stays in the record"
                )
            )
        if self.why.data == OTHER.key and not field.data:
            raise StopValidation(gettext("Give your reason in a few words"))

    @property
    def reason(self) -> str:
        """The reason as the record keeps it: always in the words of the source language."""
        usual = "" if self.why.data == OTHER.key else _source(dict(self.why.choices)[self.why.data])
        return ": ".join(filter(None, (usual, self.words.data)))

    @property
    def given(self) -> Reason:
        """The reason as the services hold it against what people gave permission for."""
        return Reason(self.why.data, self.words.data)


def _source(words: LazyString | str) -> str:
    with force_locale(DEFAULT.code):
        return str(words)


class OpeningForm(WithReason):
    """Why one person's answers or contact details are to be opened."""


class ExportForm(WithReason):
    """Whose contacts, why, in what kind of file, and a fresh code."""

    who = RadioField(
        lazy_gettext("Who do you want to contact?"),
        description=lazy_gettext("Anyone who gave permission but no safe way is not in the list."),
        validate_choice=False,
        validators=[chosen(lazy_gettext("Choose who you want to contact"))],
    )
    file_format = RadioField(
        lazy_gettext("What kind of file?"),
        validate_choice=False,
        validators=[chosen(lazy_gettext("Choose a kind of file"))],
        choices=[
            SelectChoice("xlsx", lazy_gettext("Spreadsheet with the password shown here (best)")),
            SelectChoice("own", lazy_gettext("Spreadsheet with a password of my own")),
            SelectChoice("csv", lazy_gettext("Plain list (CSV), without a password")),
        ],
        default="xlsx",
    )
    #: The words on the page. They are not in a field to type in: a slip there would lock the file for ever.
    suggested = HiddenField(filters=[without_breaks])
    password = StringField(
        lazy_gettext("A password of your own"),
        filters=[without_breaks],
        description=lazy_gettext(
            "Leave this empty to use the one above. Yours needs at least %(count)s letters.",
            count=SHORTEST_PASSWORD,
        ),
    )
    code = StringField(
        lazy_gettext("A new six-digit code"),
        filters=[one_line],
        description=lazy_gettext(
            "From your authenticator app. Each code works once: if you have just signed in, wait for the next one."
        ),
    )
    #: Made with the page: a button pressed twice is one press.
    press = HiddenField()

    @property
    def problems(self) -> list[tuple[str, str]]:
        """In the order of the page: whom comes before why."""
        return sorted(super().problems, key=lambda problem: problem[0] != "who-0")

    @property
    def is_sheet(self) -> bool:
        """Whether the file is a spreadsheet, which gets a password."""
        return self.file_format.data != "csv"

    @property
    def secret(self) -> str:
        """The password of the file: the words on the page, or the coordinator's own."""
        if not self.is_sheet:
            return ""
        return str((self.password if self.file_format.data == "own" else self.suggested).data)

    @property
    def pressed(self) -> UUID | None:
        """Which page this was sent from; None where the form does not say."""
        try:
            return UUID(hex=self.press.data)
        except (TypeError, ValueError):
            return None

    def validate_file_format(self, field: Field) -> None:
        """The words that were on the page came along."""
        if field.data == "xlsx" and len(self.suggested.data) < SHORTEST_PASSWORD:
            raise StopValidation(
                gettext("The password on this page is a new one. Write it down, and try again")
            )

    def validate_password(self, field: Field) -> None:
        """Long enough to hold against somebody who has the file and time; and empty where another one is used."""
        if self.file_format.data == "xlsx" and field.data:
            raise StopValidation(
                gettext("Empty this, or choose “Spreadsheet with a password of my own”")
            )
        if self.file_format.data == "own" and len(field.data) < SHORTEST_PASSWORD:
            raise StopValidation(
                gettext("Use a password with at least %(count)s letters", count=SHORTEST_PASSWORD)
            )
        if len(field.data) > LONGEST_PASSWORD:
            raise StopValidation(
                gettext("Use a password with at most %(count)s letters", count=LONGEST_PASSWORD)
            )

    def validate_code(self, field: Field) -> None:
        """Six digits; whether they are the right ones is not known here."""
        six_digits(field)
