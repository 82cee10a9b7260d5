"""What coordinators send to people: the public address of a call or an event, its QR code, sentences ready to send."""

from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext, ngettext

from webapp.desk.shared.blueprint import blueprint
from webapp.services.calls.published_calls import Call
from webapp.services.events.published_events import Event
from webapp.ui.event_time_text import event_when
from webapp.ui.filters import date_words, in_language
from webapp.ui.page_language import offered_languages
from webapp.ui.public_address import public_url
from webapp.ui.qr_code import Square, square


@dataclass(frozen=True)
class Sharing:
    """What can be sent to people. `elsewhere`: the same page in other languages, by their names."""

    address: str
    elsewhere: tuple[tuple[str, str], ...]
    square: Square
    picture: str
    poster: str
    neutral: str
    open: str


def share_call(call: Call) -> Sharing | None:
    """What to send about a call; None where the public door's address is not set."""
    until = date_words(call.closes_on)
    return _sharing(
        f"calls/{call.slug}",
        url_for("desk.call_square", slug=call.slug),
        url_for("desk.call_poster", slug=call.slug),
        gettext(
            "We would like to hear from you: “%(title)s”. %(minutes)s You can answer until %(day)s. "
            "You do not have to give your name.",
            title=in_language(call.form.title),
            minutes=_minutes(call),
            day=until,
        ),
    )


def share_event(event: Event) -> Sharing | None:
    """The same about an event."""
    return _sharing(
        f"events/{event.slug}",
        url_for("desk.event_square", slug=event.slug),
        url_for("desk.event_poster", slug=event.slug),
        gettext(
            "We invite you to this event: “%(title)s”, %(when)s. You can find out more and sign up here.",
            title=in_language(event.definition.title),
            when=event_when(event.time),
        ),
    )


def _minutes(call: Call) -> str:
    minutes = call.minutes_in("en")
    return ngettext("It takes about a minute.", "It takes about %(num)s minutes.", minutes)


def _sharing(path: str, picture: str, poster: str, told: str) -> Sharing | None:
    address = public_url(f"/en/{path}/")
    if address is None:
        return None
    elsewhere = tuple(
        (language.english_name, public_url(f"/{language.code}/{path}/") or "")
        for language in offered_languages()
        if language.code != "en"
    )
    # Against shoulder surfing, or a message found later: the first one tells nothing.
    neutral = gettext("This is the page that I told you about: %(address)s", address=address)
    return Sharing(
        address, elsewhere, square(address), picture, poster, neutral, f"{told} {address}"
    )


@blueprint.context_processor
def for_templates() -> dict[str, object]:
    """For the page of an event, which shows `desk/sharing.html` too."""
    return {"share_event": share_event}
