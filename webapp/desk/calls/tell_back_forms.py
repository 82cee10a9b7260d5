"""Forms for what people are told became of a call: the month, moving it, and the three texts in one language."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from flask_babel import LazyString, gettext, lazy_gettext
from wtforms import Field, HiddenField, StringField, TextAreaField
from wtforms.validators import StopValidation

from webapp.desk.shared.flash import Flash
from webapp.desk.shared.forms import DeskForm, one_line, refuse_longer
from webapp.desk.shared.month_field import check_month_typed, month_typed
from webapp.desk.shared.reason_form import ANOTHER, Reasons, WithReason
from webapp.desk.shared.versioned_form import VersionedForm
from webapp.rules.characters import clean_lines, is_empty
from webapp.rules.tell_back import LONGEST_TOLD, Month
from webapp.services.calls.published_calls import Call
from webapp.services.calls.tell_backs import Told
from webapp.services.calls.telling_back import TextChanged, Words

MOVING: Final[Reasons] = (
    ("reading", lazy_gettext("We need more time to read and to write it")),
    ("waiting", lazy_gettext("We are waiting for others to answer")),
    ANOTHER,
)
TELL_BACK_FLASHES: Final[Mapping[str, Flash]] = MappingProxyType(
    {
        "promised": (lazy_gettext("Saved. People see the month from now on."), True),
        "moved": (
            lazy_gettext("The month was moved. People see the new month, and the one before."),
            True,
        ),
        "told": (lazy_gettext("Published. Anyone can read it now."), True),
        "english-first": (
            lazy_gettext(
                "Write it in English first. People see English where there is no translation."
            ),
            False,
        ),
        "month-first": (lazy_gettext("Choose the month first."), False),
        "meanwhile": (
            lazy_gettext(
                "Nothing was changed. Someone else made a change first. This page shows how things are now."
            ),
            False,
        ),
    }
)


def _month_field() -> StringField:
    return StringField(
        lazy_gettext("Month"), filters=[one_line], description=lazy_gettext("For example 06/2027.")
    )


class PromiseForm(DeskForm):
    """The month of a call that was published before people were told one."""

    month = _month_field()
    chosen: Month | None = None

    def __init__(self, call: Call, **options: Any) -> None:
        super().__init__(**options)
        self.call = call

    def validate_month(self, field: Field) -> None:
        """A month that can be promised."""
        self.chosen = month_typed(field)
        check_month_typed(self.chosen, self.call.closes_on)


class MoveForm(WithReason):
    """A later month, and why. `seen`: the month that the page showed."""

    month = _month_field()
    seen = HiddenField()
    chosen: Month | None = None

    def __init__(self, call: Call, by: Month, **options: Any) -> None:
        super().__init__(MOVING, **options)
        self.call, self.by = call, by

    @property
    def problems(self) -> list[tuple[str, str]]:
        """In the order of the page: the month comes before the reason."""
        return sorted(super().problems, key=lambda problem: problem[0].startswith("w"))

    def validate_month(self, field: Field) -> None:
        """A later month that can be promised."""
        self.chosen = month_typed(field)
        if self.chosen <= self.by:
            raise StopValidation(
                gettext("Enter a later month. You do not have to wait: write it sooner if you can")
            )
        check_month_typed(self.chosen, self.call.closes_on)


def _words(label: LazyString, hint: LazyString) -> TextAreaField:
    return TextAreaField(
        label,
        [_written],
        filters=[lambda typed: clean_lines(typed or "")],
        description=hint,
    )


def _written(form: DeskForm, field: Field) -> None:
    if is_empty(field.data):
        raise StopValidation(
            gettext("Write something here. “Nothing yet”, and why, is an answer, too")
        )
    refuse_longer(field.data, LONGEST_TOLD)


class WordsForm(VersionedForm):
    """The three texts of the page in one language. `version`: the one that the page showed (optimistic locking)."""

    heard = _words(
        lazy_gettext("What you heard"),
        lazy_gettext(
            "What many people said, in your words. Use no words of one person without their yes: a quote can give "
            "somebody away, even without a name."
        ),
    )
    asked = _words(
        lazy_gettext("What you asked for"),
        lazy_gettext("Whom you asked, and for what: a change of a rule, money, a meeting."),
    )
    since = _words(
        lazy_gettext("What has happened since"),
        lazy_gettext("What changed, and what did not. If nothing happened yet, say so, and why."),
    )
    #: What another coordinator published since then; set when nothing was published for it.
    meanwhile: TextChanged | None = None

    @property
    def words(self) -> Words:
        """The texts as they are published."""
        return Words(self.heard.data, self.asked.data, self.since.data)

    @property
    def why_not(self) -> str:
        """Why nothing was published, in one line; empty where it was."""
        if self.meanwhile is None:
            return ""
        return gettext("Not published yet, because someone else wrote here while you did")

    @property
    def carried(self) -> list[tuple[str, str]]:
        """What goes from the preview on, as it would be published."""
        fields = (self.version, self.heard, self.asked, self.since)
        return [(field.name, field.data or "") for field in fields]


def as_written(told: Told | None) -> dict[str, str]:
    """The fields of a page that is there, or of one that is begun."""
    if told is None:
        return {"version": "0"}
    return {
        "heard": told.heard,
        "asked": told.asked,
        "since": told.since,
        "version": str(told.version),
    }
