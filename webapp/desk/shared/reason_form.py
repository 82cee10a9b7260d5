"""Purpose limitation: forms that ask for a reason. It is checked against the consents and kept in the audit log."""

from collections.abc import Iterable
from typing import Any, Final

from flask_babel import LazyString, force_locale, gettext, lazy_gettext
from wtforms import Field, RadioField, StringField
from wtforms.validators import StopValidation

from webapp.desk.shared.forms import DeskForm, chosen, is_personal, one_line, refuse_longer
from webapp.rules import reasons
from webapp.rules.languages.site_languages import DEFAULT
from webapp.rules.reasons import LONGEST_WORDS, OTHER, Reason, Use

#: A choice as a form value and its label.
Reasons = tuple[tuple[str, LazyString | str], ...]


def choices(uses: Iterable[Use]) -> Reasons:
    """Reasons as the choices of a form."""
    return tuple((use.key, use.words) for use in uses)


ANOTHER: Final = (OTHER.key, OTHER.words)
READING: Final[Reasons] = choices(reasons.READING)


def not_refused(form: "WithReason", field: Field) -> None:
    """A validator: where only some reasons may be given, one that may not be is told from none."""
    if form.refused and field.data and field.data not in {value for value, *_ in field.choices}:
        raise StopValidation(str(form.refused))


class WithReason(DeskForm):
    """A form that asks for a reason. The answer goes into the audit log, which is kept."""

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
        refuse_longer(field.data, LONGEST_WORDS)
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
