"""Messages to all registrants with a seat or a place: written, previewed, sent; corrected or deleted later."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from flask import request
from flask_babel import gettext, lazy_gettext, ngettext
from werkzeug.wrappers import Response
from wtforms import Field, TextAreaField
from wtforms.validators import StopValidation

from webapp.desk.events.event import can_change, event_page, to_event
from webapp.desk.shared.blueprint import NotHere, blueprint, see_other, signed_in
from webapp.desk.shared.form_ids import id_in
from webapp.desk.shared.forms import DeskForm, several_lines
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.rules.roles import Act
from webapp.services.events import event_messages, published_events
from webapp.services.events.event_messages import (
    LONGEST,
    Audience,
    Message,
    NoRecipients,
    NoSuchMessage,
    TooManyMessages,
)
from webapp.services.events.published_events import Event
from webapp.web.guards import may

Answer = Response | str | tuple[str, int]
#: So many digits in a row are a meeting's number.
MEETING_NUMBER = re.compile(r"\d{9,}")
#: What finds a place on a map: a postcode, or a house number with its street.
ON_A_MAP = re.compile(
    r"\b[a-z]{1,2}\d[a-z\d]?\s?\d[a-z]{2}\b|\b\d+[a-z]?\s+[^\W\d][^,;\n]{4,}", re.IGNORECASE
)
TO_DIAL = re.compile(r"\d[\d ()-]{7,}\d")


class MessageForm(DeskForm):
    """The text that all registrants read."""

    words = TextAreaField(
        lazy_gettext("Your message"),
        filters=[several_lines],
        description=lazy_gettext(
            "At most %(most)s letters. Write about the event and never about a person. Leave the joining link, the "
            "number to dial in and the address out.",
            most=LONGEST,
        ),
    )

    def __init__(self, event: Event, **options: Any) -> None:
        super().__init__(**options)
        self.event = event

    def validate_words(self, field: Field) -> None:
        """Not empty, not too long, and without how people come in: those who wait read it too, and whoever has the
        link of a booking, without the room code."""
        if not field.data:
            raise StopValidation(gettext("Write what everyone should know"))
        if len(field.data) > LONGEST:
            over = len(field.data) - LONGEST
            raise StopValidation(
                ngettext(
                    "Your message is one letter too long",
                    "Your message is %(num)s letters too long",
                    over,
                )
            )
        details = published_events.joining_details(self.event.id)
        if details.link and tells_link(field.data, details.link):
            raise StopValidation(
                gettext(
                    "Take the joining link out. People with a seat see it on their booking page, "
                    "shortly before the start"
                )
            )
        if tells_phone(field.data, details.phone):
            raise StopValidation(
                gettext(
                    "Take the number to dial in out. People with a seat see it on their booking page, "
                    "shortly before the start"
                )
            )
        if tells_place(field.data, details.place):
            raise StopValidation(
                gettext("Take the address out. People with a seat see it on their booking page")
            )


def tells_link(words: str, link: str) -> bool:
    """Whether words give a joining link away: without https://, in other letters, over two lines, or by the long number
    in it, which is all that a meeting's program asks for."""
    squeezed = "".join(words.split()).casefold()
    bare = link.partition("://")[2].rstrip("/").casefold()
    digits_only = squeezed.replace("-", "")
    return bare in squeezed or any(one in digits_only for one in MEETING_NUMBER.findall(link))


def tells_phone(words: str, phone: str) -> bool:
    """Whether words give the number away that people dial in with, however it is spaced."""
    said = _letters_and_digits(words)
    return any(_letters_and_digits(one) in said for one in TO_DIAL.findall(phone))


def tells_place(words: str, place: str) -> bool:
    """Whether words give the postcode or the house and street of an address away, in whatever letters."""
    said = _letters_and_digits(words)
    return any(_letters_and_digits(one) in said for one in ON_A_MAP.findall(place))


def _letters_and_digits(words: str) -> str:
    return "".join(one for one in words.casefold() if one.isalnum())


@blueprint.get("/events/<slug>/write")
@may(Act.RUN_EVENTS)
def event_write(slug: str) -> Answer:
    """The form, and who reads the message."""
    found = published_events.find(slug)
    return _refused(found) or _form_page(found, MessageForm(found), uuid4())


@blueprint.post("/events/<slug>/write")
@may(Act.RUN_EVENTS)
def event_write_post(slug: str) -> Answer:
    """Preview the message and its audience; send it once the coordinator has confirmed.

    Idempotent by the message's id, which was made with the empty form.
    """
    found, message_id = published_events.find(slug), id_in(request.form.get("message"))
    form = MessageForm(found)
    if message_id is None:
        return see_other("event_write", slug=slug)
    if not form.validate():
        return _form_page(found, form, message_id), 400
    if "again" in request.form:
        return _form_page(found, form, message_id)
    if "sure" not in request.form:
        return _refused(found) or _look_again(found, form.words.data, message_id)
    try:
        event_messages.send(found.id, message_id, form.words.data, actor=signed_in().coordinator_id)
    except NoRecipients:
        return to_event(slug, "too-late")
    except TooManyMessages:
        return to_event(slug, "wrote-enough")
    return to_event(slug, "wrote")


def _refused(event: Event) -> Response | None:
    """Why nothing can be written now, said on the event's page."""
    if not can_change(event):
        return to_event(event.slug, "too-late")
    if not event_messages.room_left(event):
        return to_event(event.slug, "wrote-enough")
    return None


def _form_page(event: Event, form: MessageForm, message_id: UUID) -> str:
    return _page("event_write", event, form=form, problems=form.problems, message_id=message_id)


def _look_again(event: Event, words: str, message_id: UUID) -> str:
    return _page("event_writing", event, words=words, message_id=message_id)


def _page(template: str, event: Event, **values: Any) -> str:
    audience = event_messages.audience(event)
    return event_page(template, event, audience=audience, languages_of=_languages_of, **values)


def _languages_of(audience: Audience) -> str:
    """The languages other than English in which people booked, in words."""
    others = [LANGUAGES[code].english_name for code, _ in audience.languages if code != "en"]
    return ", ".join(others)


# A message that stands


@blueprint.get("/events/<slug>/messages/<uuid:message_id>")
@may(Act.RUN_EVENTS)
def event_message(slug: str, message_id: UUID) -> str:
    """The message as it stands, to be corrected or deleted."""
    found, standing = _find(slug, message_id)
    form = MessageForm(found)
    form.words.data = standing.words
    return event_page("event_message", found, message=standing, form=form, problems=[])


@blueprint.post("/events/<slug>/messages/<uuid:message_id>")
@may(Act.RUN_EVENTS)
def event_message_post(slug: str, message_id: UUID) -> Response | tuple[str, int]:
    """Replace the message on all booking pages."""
    found, standing = _find(slug, message_id)
    form = MessageForm(found)
    if not form.validate():
        page = event_page(
            "event_message", found, message=standing, form=form, problems=form.problems
        )
        return page, 400
    return _act(
        slug,
        "corrected",
        lambda actor: event_messages.correct(message_id, form.words.data, actor=actor),
    )


@blueprint.post("/events/<slug>/messages/<uuid:message_id>/take-down")
@may(Act.RUN_EVENTS)
def event_message_take_down(slug: str, message_id: UUID) -> Response:
    """Delete the message from all booking pages. Idempotent."""
    event_id = published_events.find(slug).id
    return _act(
        slug,
        "taken-down",
        lambda actor: event_messages.take_down(event_id, message_id, actor=actor),
    )


def _act(slug: str, done: str, change: Callable[[UUID], None]) -> Response:
    try:
        change(signed_in().coordinator_id)
    except NoSuchMessage:
        # Another coordinator deleted it first: the same result, or a conflict that cannot be resolved.
        done = "taken-down"
    return to_event(slug, done)


def _find(slug: str, message_id: UUID) -> tuple[Event, Message]:
    found = published_events.find(slug)
    try:
        standing = event_messages.find(message_id)
    except NoSuchMessage:
        raise NotHere(message_id) from None
    if standing.event_id != found.id:
        raise NotHere(message_id)
    return found, standing
