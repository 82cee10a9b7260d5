"""How a participant consented to what a coordinator ticked for them: read aloud, or on paper."""

from typing import Any

from flask_babel import lazy_gettext
from wtforms import Field, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation

from webapp.desk.shared.forms import DeskForm
from webapp.services.answers import on_behalf


class AgreedForm(DeskForm):
    """How consent was given. Required where a consent is ticked."""

    agreed = RadioField(
        lazy_gettext("How did the person agree?"),
        choices=[
            SelectChoice("read", lazy_gettext("I read each one aloud, and they said yes")),
            SelectChoice("ticked", lazy_gettext("They ticked it on their paper form")),
        ],
        validate_choice=False,
    )

    def __init__(self, ticked: list[str], **options: Any) -> None:
        super().__init__(**options)
        self.ticked = ticked

    def validate_agreed(self, field: Field) -> None:
        """Required wherever a box is ticked."""
        if self.ticked and field.data not in on_behalf.AGREED:
            raise StopValidation("Choose how the person agreed to what you ticked")
