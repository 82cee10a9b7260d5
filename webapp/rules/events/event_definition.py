"""An event definition: what it is, when, for whom, and the questions of its registration form.

Parsed once (`definition_json`); its shape is validated here, its content in
`publishing.event_checks`. Immutable afterwards. A registration form is made of the same pages and
questions as a call's form, on one page.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, SerializerFunctionWrapHandler, model_serializer
from pydantic_core import PydanticCustomError

from webapp.rules.events.event_times import (
    EventTime,
    NotATime,
    ZoneName,
    booking_ends,
    check_starts,
    event_time,
)
from webapp.rules.events.registration_form import EMAIL, ON_LIST
from webapp.rules.forms.form_definition import ConsentWording, Form
from webapp.rules.forms.questions import Page, PartName, Question
from webapp.rules.forms.texts import Frozen, Text

EventKind = Literal["round_table", "focus_group"]
#: Where people meet: by a call, in a building, or some in each of them (hybrid).
Held = Literal["call", "place", "both"]
#: As many seats as a list at the desk can still be used for.
MOST_SEATS: Final = 1_000
#: The furthest last day to book.
MOST_DAYS_BEFORE: Final = 60
#: Fields that the first release did not know, each with the value of an event that does not need it.
LATER_FIELDS: Final[Mapping[str, object]] = MappingProxyType(
    {"held": "call", "last_day_before": None}
)


def _check_starts(starts: str) -> str:
    try:
        check_starts(starts)
    except NotATime:
        raise PydanticCustomError(
            "not_a_time", "{time} is no time of the calendar", {"time": starts}
        ) from None
    return starts


#: Local time: "MM-DDTHH:MM" recurs every year (a demo), "YYYY-MM-DDTHH:MM" is once.
Starts = Annotated[str, AfterValidator(_check_starts)]


class RegistrationForm(Form):
    """The questions to a registrant: one page, so `pages` holds exactly one."""

    pages: Annotated[tuple[Page, ...], Field(min_length=1, max_length=1)]
    consents: Annotated[tuple[ConsentWording, ...], Field(max_length=12)] = ()

    @property
    def only_page(self) -> Page:
        """The single page."""
        return self.pages[0]

    @property
    def asked_parts(self) -> frozenset[PartName]:
        """The parts that the questions belong to."""
        return frozenset(question.part for question in self.questions)

    def asking_address(self) -> "RegistrationForm":
        """This form with the e-mail question alone, to correct the address."""
        return self._with_questions((self.question(EMAIL),))

    def asking_only(self, part: PartName) -> "RegistrationForm | None":
        """This form with the questions of one part alone, to change those answers later; None when
        there are none. It has no stops and no consents: those belong to the registration itself."""
        asked = tuple(question for question in self.questions if question.part == part)
        return self._with_questions(asked) if asked else None

    def _with_questions(self, asked: tuple[Question, ...]) -> "RegistrationForm":
        page = self.only_page.model_copy(update={"questions": asked, "stop": None})
        return RegistrationForm(pages=(page,))


class EventDefinition(Frozen):
    """`seats` is the capacity for registrants. `keep_days` is the retention period after the event.

    `how` says how it is held, `readers` who reads a registration, `kept` what is stored of it and
    until when. `minutes` is its duration in real minutes. `without_email`: registrants may book
    without an e-mail address; then the question for it may be left out. `confirm_address`: a booking
    holds nothing until the link in a mail to its address was followed and confirmed there. `held` says where
    people meet, and so what of `joining_details` they are shown. `last_day_before`: the last day to book is so
    many days before the event; None means until it starts.
    """

    schema_version: Literal[1]
    kind: EventKind
    title: Text
    summary: Text
    audience: Text
    how: Text
    payment: Text | None = None
    host: Text
    readers: Text
    kept: Text
    zone: ZoneName
    starts: Starts
    minutes: Annotated[int, Field(ge=5, le=720)]
    seats: Annotated[int, Field(ge=1, le=MOST_SEATS)]
    room_code: bool
    held: Held = "call"
    last_day_before: Annotated[int, Field(ge=1, le=MOST_DAYS_BEFORE)] | None = None
    without_email: bool = False
    confirm_address: bool = True
    keep_days: Annotated[int, Field(ge=1, le=365)]
    form: RegistrationForm

    @model_serializer(mode="wrap")
    def _readable_before(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Forward compatibility: an event without what is new is written as before, and an older process reads it."""
        found: dict[str, Any] = written(self)
        return {
            key: value
            for key, value in found.items()
            if key not in LATER_FIELDS or value != LATER_FIELDS[key]
        }

    @property
    def is_for_professionals(self) -> bool:
        """Whether it is for people who come for their work. Survivors may come to any other event: there mails
        say less, registrants are not asked to be on a list, and no addresses are compared."""
        return self.kind == "round_table"

    @property
    def in_a_place(self) -> bool:
        """Whether people can come to a building, so that they need its address."""
        return self.held != "call"

    @property
    def by_call(self) -> bool:
        """Whether people can join from where they are, so that they need a link or a number."""
        return self.held != "place"

    def last_day_to_book(self, time: EventTime) -> date | None:
        """The last day on which anyone can book, in its zone; None where that is until it starts."""
        days = self.last_day_before
        return None if days is None else time.local_start.date() - timedelta(days=days)

    def booking_ends_at(self, starts_at: datetime) -> datetime:
        """The instant from which no one can book any more, of the event that starts then (aware)."""
        return booking_ends(starts_at, self.zone, self.last_day_before)

    @property
    def lists_people(self) -> bool:
        """Whether registrants are asked if they may be named on the list of participants."""
        return any(question.key == ON_LIST for question in self.form.questions)

    def time(self, today: date) -> EventTime:
        """Its time; the next occurrence after `today` if it recurs every year. Raises NoSureTime."""
        return event_time(self.starts, self.minutes, self.zone, today)
