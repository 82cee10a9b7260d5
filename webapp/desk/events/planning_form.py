"""The form of a planned event: every field that a visitor's page and the booking form need, on one page."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Final

from flask_babel import LazyString, gettext, lazy_gettext, ngettext
from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    RadioField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import StopValidation

from webapp.desk.events.event_forms import MOST_DAYS_AHEAD, UNSURE, read_time
from webapp.desk.shared.date_field import day_in_boxes
from webapp.desk.shared.forms import DeskForm, chosen, one_line, refuse_longer, several_lines
from webapp.rules import clock
from webapp.rules.events.event_definition import (
    MOST_DAYS_BEFORE,
    MOST_SEATS,
    EventDefinition,
    Held,
)
from webapp.rules.events.event_times import NoSureTime, event_time
from webapp.rules.events.planned_event import CHOSEN, WRITTEN, EventPlan
from webapp.rules.events.registration_form import ALWAYS_ASKED
from webapp.rules.forms.questions import MOST_BOOKING
from webapp.rules.forms.texts import FALLBACK_LANGUAGE, LONGEST_TEXT

LONGEST_TITLE: Final = 120
MOST_CHOSEN: Final = MOST_BOOKING - len(ALWAYS_ASKED)
FEWEST_MINUTES, MOST_MINUTES = 5, 720
HELD: Final[tuple[tuple[Held, LazyString], ...]] = (
    ("call", lazy_gettext("By video or phone")),
    ("place", lazy_gettext("In a building")),
    ("both", lazy_gettext("In a building, and others join by video or phone")),
)


def _needed(words: LazyString, most: int = LONGEST_TEXT) -> Callable[[DeskForm, Field], None]:
    """A validator: not empty, and not longer than this."""

    def check(form: DeskForm, field: Field) -> None:
        if not field.data:
            raise StopValidation(str(words))
        _not_too_long(form, field, most)

    return check


def _not_too_long(form: DeskForm, field: Field, most: int = LONGEST_TEXT) -> None:
    refuse_longer(field.data, most)


def _number(least: int, most: int) -> Callable[[DeskForm, Field], None]:
    """A validator: a whole number within these bounds."""

    def check(form: DeskForm, field: Field) -> None:
        typed = field.data if re.fullmatch(r"\d{1,4}", field.data, re.ASCII) else ""
        if not typed or not least <= int(typed) <= most:
            raise StopValidation(
                gettext("Enter a number from %(least)s to %(most)s", least=least, most=most)
            )

    return check


def _may_be_empty(
    check: Callable[[DeskForm, Field], None],
) -> Callable[[DeskForm, Field], None]:
    """A validator: nothing, or what the other one takes."""

    def check_if_there(form: DeskForm, field: Field) -> None:
        if field.data:
            check(form, field)

    return check_if_there


def _words(label: LazyString, missing: LazyString, hint: LazyString | str = "") -> TextAreaField:
    return TextAreaField(
        label, filters=[several_lines], validators=[_needed(missing)], description=hint
    )


def _line(label: LazyString, *checks: Any, hint: LazyString | str = "") -> StringField:
    return StringField(label, filters=[one_line], validators=list(checks), description=hint)


class PlanForm(DeskForm):
    """What a coordinator decides about an event. `start` says what it was begun from."""

    start = HiddenField()
    title = _line(
        lazy_gettext("What is it called?"),
        _needed(lazy_gettext("Give the event a title"), LONGEST_TITLE),
        hint=lazy_gettext(
            "Others may see the title, over a shoulder or in a browser’s history. It must not say who comes."
        ),
    )
    summary = _words(
        lazy_gettext("What is it about?"),
        lazy_gettext("Say what the event is about"),
        lazy_gettext("Leave a line empty to begin a new paragraph."),
    )
    audience = _words(lazy_gettext("Who is it for?"), lazy_gettext("Say who the event is for"))
    day = _line(lazy_gettext("Day"))
    month = _line(lazy_gettext("Month"))
    year = _line(lazy_gettext("Year"))
    starts = _line(
        lazy_gettext("What time does it start?"),
        hint=lazy_gettext("UK time, like 2.30 pm or 14:30."),
    )
    ends = _line(
        lazy_gettext("What time does it end?"),
        hint=lazy_gettext("On the same day."),
    )
    last_day = _line(
        lazy_gettext("How many days before the event is the last day to register?"),
        _may_be_empty(_number(1, MOST_DAYS_BEFORE)),
        hint=lazy_gettext(
            "For example 7, if you need a week to prepare. If it is empty, people can register until the event starts."
        ),
    )
    held = RadioField(
        lazy_gettext("Where do people meet?"),
        validate_choice=False,
        validators=[chosen(lazy_gettext("Choose where people meet"))],
    )
    how = _words(
        lazy_gettext("How is it held?"),
        lazy_gettext("Say how the event is held"),
        lazy_gettext(
            "For example by video call, or in which part of which town, and whether it is recorded. Leave the joining "
            "link and the address out: you set them later, and only people with a seat see them."
        ),
    )
    payment = TextAreaField(
        lazy_gettext("What do people get or pay?"),
        filters=[several_lines],
        validators=[_not_too_long],
        description=lazy_gettext("Their time, travel or data. You can leave this empty."),
    )
    host = _words(lazy_gettext("Who runs it?"), lazy_gettext("Say who runs the event"))
    seats = _line(
        lazy_gettext("How many seats are there?"),
        _number(1, MOST_SEATS),
        hint=lazy_gettext(
            "When all are taken, people can join a waiting list. You can add seats later."
        ),
    )
    questions = SelectMultipleField(
        lazy_gettext("Which of these do you ask as well?"), validate_choice=False
    )
    room_code = BooleanField(lazy_gettext("People need a code of their own to be let in"))
    without_email = BooleanField(lazy_gettext("People can register without an e-mail address"))
    readers = _words(
        lazy_gettext("Who reads what people send?"), lazy_gettext("Say who reads what people send")
    )
    keep_days = _line(
        lazy_gettext("After how many days do we delete it?"),
        _number(1, 365),
        hint=lazy_gettext("Days after the event, from 1 to 365. Fewer is safer."),
    )
    kept = _words(
        lazy_gettext("What do we keep, and until when?"),
        lazy_gettext("Say what is kept, and until when"),
        lazy_gettext("Name the same number of days as above."),
    )
    address = _line(
        lazy_gettext("Which word stands in its web address?"),
        _needed(lazy_gettext("Choose a word for the web address")),
        hint=lazy_gettext(
            "Small letters, digits and hyphens, like round-table-july. It must not say who comes either."
        ),
    )

    def __init__(self, base: EventDefinition, **options: Any) -> None:
        super().__init__(**options)
        self.base = base
        self.questions.choices = [(key, key) for key in CHOSEN[base.kind]]
        self.held.choices = list(HELD)
        self._minutes = 0

    @classmethod
    def begun_from(cls, base: EventDefinition, start: str, **first: str) -> "PlanForm":
        """The form before anything was typed: filled with what the plan starts from."""
        said = {key: (getattr(base, key) or {}).get(FALLBACK_LANGUAGE, "") for key in WRITTEN}
        asked = {question.key for question in base.form.questions}
        return cls(
            base,
            formdata=None,
            data={
                **said,
                "start": start,
                "seats": str(base.seats),
                "keep_days": str(base.keep_days),
                "room_code": base.room_code,
                "held": base.held,
                "last_day": str(base.last_day_before or ""),
                "without_email": base.without_email,
                "questions": [key for key in CHOSEN[base.kind] if key in asked],
                **first,
            },
        )

    def validate_day(self, field: Field) -> None:
        """A day of the calendar that is still to come."""
        day = self._date()
        if day is None:
            raise StopValidation(gettext("Enter a day that is in the calendar, like 20 7 2027"))
        if day < clock.today():
            raise StopValidation(gettext("This day has passed. Choose a later one"))
        if (day - clock.today()).days > MOST_DAYS_AHEAD:
            raise StopValidation(gettext("This is more than 2 years away. Please check the year"))

    def validate_starts(self, field: Field) -> None:
        """A time of day."""
        if read_time(field.data) is None:
            raise StopValidation(gettext("Enter when it starts, like 2.30 pm or 14:30"))

    def validate_ends(self, field: Field) -> None:
        """A later time of the same day, at which the clocks have not changed since the start."""
        start, end, day = read_time(self.starts.data), read_time(field.data), self._date()
        if end is None:
            raise StopValidation(gettext("Enter when it ends, like 4 pm or 16:00"))
        if start is None or day is None or self.day.errors:
            return
        length = datetime.combine(day, end) - datetime.combine(day, start)
        self._minutes = length // timedelta(minutes=1)
        if not FEWEST_MINUTES <= self._minutes <= MOST_MINUTES:
            raise StopValidation(
                gettext("Choose an end that is from 5 minutes to 12 hours after the start")
            )
        self._check_clocks()

    def validate_questions(self, field: Field) -> None:
        """Not more than a page may ask: a long form is left half-way."""
        over = len(set(field.data or ())) - MOST_CHOSEN
        if over > 0:
            raise StopValidation(
                ngettext(
                    "Leave out one of these: a form may ask at most %(most)s questions",
                    "Leave out %(num)s of these: a form may ask at most %(most)s questions",
                    over,
                    most=MOST_BOOKING,
                )
            )

    def validate_how(self, field: Field) -> None:
        """Words about a call must not stand for a meeting in a building, nor the other way round."""
        was = self.base.how.get(FALLBACK_LANGUAGE, "")
        if self.held.data != self.base.held and field.data == was:
            raise StopValidation(
                gettext(
                    "These words are from an event that was held in another way. Say how this one is held"
                )
            )

    def _check_clocks(self) -> None:
        try:
            time = event_time(self._starts(), self._minutes, self.base.zone, clock.today())
        except NoSureTime as error:
            raise StopValidation(str(UNSURE[type(error)])) from None
        if time.starts_at <= clock.now():
            raise StopValidation(gettext("This time has passed. Choose a later one"))

    def _date(self) -> date | None:
        return day_in_boxes(self.day.data, self.month.data, self.year.data)

    def _starts(self) -> str:
        day, start = self._date(), read_time(self.starts.data)
        if day is None or start is None:
            raise ValueError("a plan is read from a form that was validated")
        return f"{datetime.combine(day, start):%Y-%m-%dT%H:%M}"

    @property
    def plan(self) -> EventPlan:
        """What was decided; only after `validate` found nothing."""
        return EventPlan(
            words={key: self[key].data for key in WRITTEN},
            zone=self.base.zone,
            starts=self._starts(),
            minutes=self._minutes,
            seats=int(self.seats.data),
            keep_days=int(self.keep_days.data),
            room_code=self.room_code.data,
            held=self.held.data,
            last_day_before=int(self.last_day.data) if self.last_day.data else None,
            without_email=self.without_email.data,
            asked=frozenset(self.questions.data or ()) & frozenset(CHOSEN[self.base.kind]),
        )
