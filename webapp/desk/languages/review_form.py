"""The form of a page of texts under review: ticks, notes, and which role has reviewed them on which day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask import request
from flask_babel import gettext, lazy_gettext, ngettext
from wtforms import Field, StringField
from wtforms.validators import StopValidation

from webapp.desk.languages.wording_review import Entry, Words
from webapp.desk.shared.date_field import day_typed
from webapp.desk.shared.forms import DeskForm, is_personal, one_line
from webapp.rules import clock
from webapp.services.languages.text_reviews import Checked, NewNote

LONGEST_ROLE, LONGEST_NOTE = 60, 300
TICK_ALL = "all"
Problems = list[tuple[str, str]]


class ReviewForm(DeskForm):
    """Who has read the words, and when; the ticks and notes stand in the request beside it."""

    by = StringField(
        lazy_gettext("Who has checked them?"),
        filters=[one_line],
        description=lazy_gettext(
            "A role, like Interpreter or Native-speaking caseworker. No name, unless they want it there."
        ),
    )
    on = StringField(
        lazy_gettext("On which day?"),
        filters=[one_line],
        description=lazy_gettext("Like 28/11/2026."),
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.ticks = _digests("right")
        if request.form.get("do") == TICK_ALL:
            self.ticks |= _digests("shown")

    @property
    def day(self) -> date | None:
        """The day that was typed; today where none was."""
        return day_typed(self.on.data) if self.on.data else clock.today()

    def validate_by(self, field: Field) -> None:
        """Required when something was ticked; short, and without contact details."""
        if self.ticks and not field.data:
            raise StopValidation(
                gettext("Enter who has checked these words: a role, like Interpreter")
            )
        if (over := len(field.data) - LONGEST_ROLE) > 0:
            raise StopValidation(_too_long(over))
        if is_personal(field.data):
            raise StopValidation(gettext("Leave out phone numbers and e-mail addresses"))

    def validate_on(self, field: Field) -> None:
        """A date that is not in the future."""
        if self.day is None:
            raise StopValidation(gettext("Enter the day like 28/11/2026"))
        if self.day > clock.today():
            raise StopValidation(gettext("Enter the day on which they checked it, not one to come"))


@dataclass(frozen=True)
class Sent:
    """What one page sent: to be stored, and its validation errors."""

    checked: Checked
    problems: Problems
    #: What was typed as notes, by the text's key, to be shown again.
    notes: Mapping[str, str]


def read_sent(form: ReviewForm, words: Words) -> Sent:
    """Read ticks and notes. Those about words that have changed meanwhile are left out (optimistic locking)."""
    form.validate()
    problems = form.problems
    notes = {entry: _note(entry) for entry in words.entries if _note(entry)}
    problems += [
        (f"note-{entry.key}", wrong) for entry, note in notes.items() if (wrong := _refused(note))
    ]
    known = {entry.wording for entry in words.entries if entry.words is not None}
    checked = Checked(
        form.by.data,
        form.day,
        frozenset(form.ticks & known),
        frozenset(_digests("no-longer")),
        tuple(NewNote(entry.text, entry.wording, note.strip()) for entry, note in notes.items()),
        frozenset(_ids("settled")),
    )
    return Sent(checked, problems, {entry.key: note for entry, note in notes.items()})


def _note(entry: Entry) -> str:
    return one_line(request.form.get(f"note-{entry.key}", ""))


def _refused(note: str) -> str | None:
    if (over := len(note) - LONGEST_NOTE) > 0:
        return _too_long(over)
    if is_personal(note):
        return gettext("Leave phone numbers and e-mail addresses out of a note")
    return None


def _too_long(over: int) -> str:
    return ngettext("Make this shorter by one letter", "Make this shorter by %(num)s letters", over)


def _digests(name: str) -> set[bytes]:
    found = set()
    for value in request.form.getlist(name):
        try:
            found.add(bytes.fromhex(value))
        except ValueError:
            continue
    return found


def _ids(name: str) -> set[UUID]:
    found = set()
    for value in request.form.getlist(name):
        try:
            found.add(UUID(hex=value))
        except ValueError:
            continue
    return found
