"""Form base class and field validators of the desk, without contact details in free text (data minimisation)."""

import re
from collections.abc import Container
from typing import Any

from flask import request
from flask_babel import LazyString, ngettext
from flask_wtf import FlaskForm
from wtforms import Field, RadioField
from wtforms.validators import StopValidation

from webapp.rules.characters import clean_line, clean_lines

#: An address, or digits enough for a phone number.
_PERSONAL = re.compile(r"@|(?:\d[\s().-]*){7,}")


def is_personal(text: str) -> bool:
    """Whether this looks like an e-mail address or a phone number, which the desk stores nowhere in the clear."""
    return _PERSONAL.search(text) is not None


def one_line(value: str | None) -> str:
    """What was typed, on one line and without characters that no database takes."""
    return clean_line(value or "")


def several_lines(value: str | None) -> str:
    """The same where more than one line may be typed."""
    return clean_lines(value or "")


def refuse_longer(typed: str, most: int) -> None:
    """Raise `StopValidation`, which says by how much, where this has more letters."""
    if (over := len(typed) - most) > 0:
        raise StopValidation(
            ngettext("Make this %(num)s letter shorter", "Make this %(num)s letters shorter", over)
        )


def words_sent(but: Container[str]) -> list[tuple[str, str]]:
    """The fields of this request, to come back hidden in a page: all but these. Passphrases are typed again."""
    fields = request.form.items(multi=True)
    return [one for one in fields if one[0] not in but and "passphrase" not in one[0]]


def chosen(message: LazyString) -> Any:
    """A validator: one of the choices, or these words."""

    def check(form: FlaskForm, field: Field) -> None:
        if field.data not in {value for value, *_ in field.choices}:
            raise StopValidation(str(message))

    return check


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
