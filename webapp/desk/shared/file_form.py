"""The form for a file that leaves the desk: the reason, the kind of file, and a password for a spreadsheet."""

from uuid import UUID

from flask_babel import gettext, lazy_gettext
from wtforms import Field, HiddenField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation

from webapp.desk.shared.form_ids import id_in
from webapp.desk.shared.forms import chosen
from webapp.desk.shared.reason_form import WithReason
from webapp.services.infrastructure.workbooks import SHORTEST_PASSWORD

#: Excel takes no longer password.
LONGEST_PASSWORD = 255
#: Spreadsheets, which get a password: the one that the page shows, or one of the coordinator's own.
SHEETS = (
    SelectChoice("xlsx", lazy_gettext("Spreadsheet with the password shown here (best)")),
    SelectChoice("own", lazy_gettext("Spreadsheet with a password of my own")),
)


def without_breaks(value: str | None) -> str:
    """A password as it was typed, without line breaks: no program asks for it with one."""
    return " ".join((value or "").splitlines()).strip()


class FileForm(WithReason):
    """Why, and which kind of file. A form for one kind of data says which kinds there are."""

    file_format = RadioField(
        lazy_gettext("What kind of file?"),
        validate_choice=False,
        validators=[chosen(lazy_gettext("Choose a kind of file"))],
        choices=SHEETS,
        default="xlsx",
    )
    #: The password that the page shows. It is no field to type in: a typing error would lock the file for ever.
    suggested = HiddenField(filters=[without_breaks])
    password = StringField(
        lazy_gettext("A password of your own"),
        filters=[without_breaks],
        description=lazy_gettext(
            "Leave this empty to use the one above. Yours needs at least %(count)s letters.",
            count=SHORTEST_PASSWORD,
        ),
    )
    #: Idempotency key, made with the page: a button pressed twice makes one export.
    press = HiddenField()

    @property
    def is_sheet(self) -> bool:
        """Whether the file is a spreadsheet, which gets a password."""
        return self.file_format.data in {one.value for one in SHEETS}

    @property
    def secret(self) -> str:
        """The password of the file: the words on the page, or the coordinator's own."""
        if not self.is_sheet:
            return ""
        return str((self.password if self.file_format.data == "own" else self.suggested).data)

    @property
    def pressed(self) -> UUID | None:
        """The idempotency key that the page made; None where the form has none."""
        return id_in(self.press.data)

    def validate_file_format(self, field: Field) -> None:
        """The suggested password was on the page that was sent."""
        if field.data == "xlsx" and len(self.suggested.data) < SHORTEST_PASSWORD:
            raise StopValidation(
                gettext("The password on this page is a new one. Write it down, and try again")
            )

    def validate_password(self, field: Field) -> None:
        """Long enough against an offline brute-force attack on the file; and empty where another one is used."""
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
