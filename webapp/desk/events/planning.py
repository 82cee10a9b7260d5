"""Planning an event: begun from blank or from a copy, written in one form, looked at as a visitor sees it, published.

Nothing is stored before it is published: what was typed goes from page to page in the form.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from flask import render_template, request
from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString
from werkzeug.wrappers import Response

from webapp.desk.events.event import to_event
from webapp.desk.events.planning_form import PlanForm
from webapp.desk.events.planning_problems import find_problems, refused_address
from webapp.desk.shared.blueprint import NotHere, blueprint, signed_in
from webapp.desk.shared.forms import words_sent
from webapp.rules import clock
from webapp.rules.events.event_definition import EventDefinition
from webapp.rules.events.event_times import EventTime
from webapp.rules.forms.size_limits import SMALL_BODY
from webapp.rules.forms.texts import FALLBACK_LANGUAGE
from webapp.rules.roles import Act
from webapp.services.events import published_events
from webapp.services.forms import event_planning, publishing
from webapp.services.forms.publishing import AddressRefused
from webapp.sessions import WAITING_HOURS
from webapp.web.guards import may, takes_words

#: What is sent beside the fields of the form.
BESIDE: Final = ("csrf_token", "again", "second_factor", "passkey")
#: What each question asks, for the coordinator who chooses it.
QUESTIONS: Final[Mapping[str, LazyString]] = MappingProxyType(
    {
        "adult": lazy_gettext(
            "Are you 18 or older? Children are sent to kind words and help lines"
        ),
        "registrant_name": lazy_gettext("Their name"),
        "organisation": lazy_gettext("Where they work"),
        "on_the_list": lazy_gettext(
            "Whether they may be on a list that everyone who comes can get"
        ),
        "food": lazy_gettext("What they do not eat"),
        "travel_help": lazy_gettext("Whether we pay for their way there and back"),
        "needs_notes": lazy_gettext("Anything else that would help them to take part"),
    }
)


@dataclass(frozen=True)
class PreviewedEvent:
    """An event that is not published, as the page of an event shows it: nobody has booked."""

    slug: str
    definition: EventDefinition
    time: EventTime
    is_full: bool = False

    @property
    def last_day_to_book(self) -> date | None:
        """The last day on which anyone can book, as for a published event."""
        return self.definition.last_day_to_book(self.time)


def most_bytes() -> int:
    """The size limit of the form with every box full, in any script; as much as signing in again carries."""
    return 4 * SMALL_BODY


@blueprint.get("/events/new")
@may(Act.PLAN_EVENTS)
def plan_event() -> str:
    """Choose what to start from; with that in the address, the form."""
    start = request.args.get("start", "")
    if not start:
        return _begin_page()
    base, blank = _base(start), event_planning.is_blank(start)
    first = {"title": "", "summary": "", "audience": "", "host": event_planning.host_words()}
    return _form_page(PlanForm.begun_from(base, start, **(first if blank else {})))


@blueprint.post("/events/new")
@may(Act.PLAN_EVENTS)
@takes_words(most_bytes, asked_on="desk.plan_event")
def plan_event_post() -> str | tuple[str, int]:
    """Preview the event's page as a visitor would see it. Nothing is stored or sent."""
    form = _sent()
    if "again" in request.form:
        return _form_page(form)
    refused = _refused(form)
    return refused if refused else _preview_page(form)


@blueprint.post("/events/new/publish")
@may(Act.PLAN_EVENTS, fresh=True)
@takes_words(most_bytes, asked_on="desk.plan_event")
def plan_event_publish() -> Response | tuple[str, int]:
    """Publish it, open for booking. Idempotent: a second press leads to the event."""
    form = _sent()
    if not form.validate():
        return _form_page(form), 400
    refused = None if _is_published(form) else _refused(form) or _publish(form)
    # A second press may have come while the first one was at work.
    if refused and not _is_published(form):
        return refused
    return to_event(form.address.data, "published")


def _publish(form: PlanForm) -> tuple[str, int] | None:
    """Publish it. The form again where another call or event took the address a moment ago."""
    definition = event_planning.define(form.plan, form.base)
    try:
        publishing.publish_event(
            definition, slug=form.address.data, actor=signed_in().coordinator_id
        )
    except AddressRefused:
        form.address.errors = [refused_address()]
        return _form_page(form), 400
    return None


def _sent() -> PlanForm:
    return PlanForm(_base(request.form.get("start", "")))


def _base(start: str) -> EventDefinition:
    """What a plan starts from. Raises `NotHere`."""
    base = event_planning.starting_point(start)
    if base is None:
        raise NotHere(start)
    return base


def _is_published(form: PlanForm) -> bool:
    """Whether this very event is there already: the first press of the button published it."""
    try:
        there = published_events.find_published(form.address.data).definition
    except published_events.NoSuchEvent:
        return False
    return there == event_planning.define(form.plan, form.base)


def _refused(form: PlanForm) -> tuple[str, int] | None:
    """The form again where something must be corrected; everything typed stands in it."""
    if not form.validate():
        return _form_page(form), 400
    about_all = find_problems(form)
    return (_form_page(form, about_all), 400) if about_all or form.problems else None


def _begin_page() -> str:
    found = reversed(published_events.all_events())
    copies = [
        (one.slug, f"{one.definition.title[FALLBACK_LANGUAGE]} ({one.slug})") for one in found
    ]
    return render_template("desk/event_begin.html", copies=copies)


def _form_page(form: PlanForm, about_all: str = "") -> str:
    return render_template(
        "desk/event_plan.html",
        form=form,
        about_all=about_all,
        question_words=QUESTIONS,
        problems=form.problems,
    )


def _preview_page(form: PlanForm) -> str:
    definition = event_planning.define(form.plan, form.base)
    event = PreviewedEvent(form.address.data, definition, definition.time(clock.today()))
    return render_template(
        "desk/event_preview.html",
        layout="layouts/desk.html",
        event=event,
        open=True,
        hours=WAITING_HOURS,
        typed=words_sent(but=BESIDE),
    )
