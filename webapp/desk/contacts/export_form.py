"""The form for an export of contacts: purpose, reason, kind of file and password."""

from typing import Final
from uuid import UUID

from flask_babel import gettext, lazy_gettext
from wtforms import Field, HiddenField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation

from webapp.desk.shared.form_ids import id_in
from webapp.desk.shared.forms import chosen
from webapp.desk.shared.reason_form import Reasons, WithReason
from webapp.rules.reasons import OTHER
from webapp.services.opening.contact_exports import SHORTEST_PASSWORD

#: Excel takes no longer password.
LONGEST_PASSWORD = 255
#: For a list, the reason is what its permission says; or another one, in words.
GIVEN: Final = "given"
EXPORTING: Final[Reasons] = (
    (GIVEN, lazy_gettext("What they gave permission for")),
    (OTHER.key, lazy_gettext("Another reason, in my words. Everyone at this desk will see it")),
)


def without_breaks(value: str | None) -> str:
    """A password as it was typed, without line breaks: no program asks for it with one."""
    return " ".join((value or "").splitlines()).strip()


class ExportForm(WithReason):
    """Purpose, reason, and kind of file."""

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
