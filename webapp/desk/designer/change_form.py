"""The form that publishes a new version of a call, with the reasons that it offers."""

from typing import Final

from flask_babel import lazy_gettext
from wtforms import HiddenField

from webapp.desk.shared.reason_form import ANOTHER, Reasons, WithReason
from webapp.services.forms.call_drafts import Draft

CHANGING: Final[Reasons] = (
    ("wording", lazy_gettext("Better words")),
    ("question", lazy_gettext("We ask something more, or something less")),
    ("language", lazy_gettext("Another language")),
    ("mistake", lazy_gettext("Something was wrong")),
    ANOTHER,
)


class ChangeForm(WithReason):
    """Why the call is changed. `version` is that of the draft which the page showed."""

    version = HiddenField()

    def __init__(self, draft: Draft | None = None) -> None:
        super().__init__(CHANGING, **({"formdata": None} if draft else {}))
        if draft:
            self.version.data = str(draft.version)
