"""The form for an export of contacts: purpose, reason, kind of file and password."""

from typing import Any, Final

from flask_babel import lazy_gettext
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice

from webapp.desk.shared.file_form import SHEETS, FileForm
from webapp.desk.shared.forms import chosen
from webapp.desk.shared.reason_form import Reasons
from webapp.rules.reasons import OTHER

#: For a list, the reason is what its permission says; or another one, in words.
GIVEN: Final = "given"
EXPORTING: Final[Reasons] = (
    (GIVEN, lazy_gettext("What they gave permission for")),
    (OTHER.key, lazy_gettext("Another reason, in my words. Everyone at this desk will see it")),
)


class ExportForm(FileForm):
    """Purpose, reason, and kind of file."""

    who = RadioField(
        lazy_gettext("Who do you want to contact?"),
        description=lazy_gettext("Anyone who gave permission but no safe way is not in the list."),
        validate_choice=False,
        validators=[chosen(lazy_gettext("Choose who you want to contact"))],
    )

    def __init__(self, reasons: Reasons, **options: Any) -> None:
        super().__init__(reasons, **options)
        plain = SelectChoice("csv", lazy_gettext("Plain list (CSV), without a password"))
        self.file_format.choices = [*SHEETS, plain]

    @property
    def problems(self) -> list[tuple[str, str]]:
        """In the order of the page: whom comes before why."""
        return sorted(super().problems, key=lambda problem: problem[0] != "who-0")
