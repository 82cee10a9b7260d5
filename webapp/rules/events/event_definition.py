"""An event as data: what it is, when, for whom, and what is asked of those who register.

Parsed once (`definition_json`), checked for its shape here and for what may be asked in
`event_publishing`, and never changed afterwards. A registration form is made of the same pages and
questions as a call's form, on one page.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from webapp.rules.events.event_times import EventTime, NotATime, ZoneName, check_starts, event_time
from webapp.rules.events.registration_form import EMAIL, ON_LIST
from webapp.rules.forms.form_definition import ConsentWording, Form
from webapp.rules.forms.questions import Page, PartName, Question
from webapp.rules.forms.texts import Frozen, Text

EventKind = Literal["round_table", "focus_group"]


def _check_starts(starts: str) -> str:
    try:
        check_starts(starts)
    except NotATime:
        raise PydanticCustomError(
            "not_a_time", "{time} is no time of the calendar", {"time": starts}
        ) from None
    return starts


#: Local time: "MM-DDTHH:MM" comes again every year (a demo), "YYYY-MM-DDTHH:MM" once.
Starts = Annotated[str, AfterValidator(_check_starts)]


class RegistrationForm(Form):
    """What is asked of somebody who registers: one page, so `pages` holds exactly one."""

    pages: Annotated[tuple[Page, ...], Field(min_length=1, max_length=1)]
    consents: Annotated[tuple[ConsentWording, ...], Field(max_length=12)] = ()

    @property
    def only_page(self) -> Page:
        """The one page."""
        return self.pages[0]

    @property
    def asked_parts(self) -> frozenset[PartName]:
        """The parts that something is asked for."""
        return frozenset(question.part for question in self.questions)

    def asking_address(self) -> "RegistrationForm":
        """This form with the question for the e-mail address alone, to put it right."""
        return self._with_questions((self.question(EMAIL),))

    def asking_only(self, part: PartName) -> "RegistrationForm | None":
        """This form with the questions of one part alone, to change those answers later; None when
        it asks none. It stops nobody and asks no consent: that was done at registration."""
        asked = tuple(question for question in self.questions if question.part == part)
        return self._with_questions(asked) if asked else None

    def _with_questions(self, asked: tuple[Question, ...]) -> "RegistrationForm":
        page = self.only_page.model_copy(update={"questions": asked, "stop": None})
        return RegistrationForm(pages=(page,))


class EventDefinition(Frozen):
    """`seats` are for people who registered. `keep_days` after the event, registrations are erased.

    `how` says how it is held, `readers` who reads a registration, `kept` what is kept of it and
    until when. `minutes` is how long it lasts in real minutes. `without_email`: people can book
    without an e-mail address; then the question for it may be left out.
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
    seats: Annotated[int, Field(ge=1, le=1_000)]
    room_code: bool
    without_email: bool = False
    keep_days: Annotated[int, Field(ge=1, le=365)]
    form: RegistrationForm

    @property
    def is_for_professionals(self) -> bool:
        """Whether it is for people who come for their work. To any other event survivors may come: mails say less,
        nobody is asked to be on a list, and no addresses are compared."""
        return self.kind == "round_table"

    @property
    def lists_people(self) -> bool:
        """Whether people are asked if they may be named on a list."""
        return any(question.key == ON_LIST for question in self.form.questions)

    def time(self, today: date) -> EventTime:
        """When it is; the next time, seen from `today`, if it comes every year. Raises NoSureTime."""
        return event_time(self.starts, self.minutes, self.zone, today)
