"""Posters, tear-off strips and cards of a call or an event, to be printed in each language that people can open.

Made of what is published and of words that participants read anyway, through the same filters. A poster says what it is
about; strips and cards have the address alone, because somebody may find one in a pocket.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from flask import render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString

from webapp.desk.shared.blueprint import NotHere, blueprint
from webapp.rules import clock
from webapp.rules.languages.site_languages import DEFAULT, Language
from webapp.rules.roles import Act
from webapp.services.calls import published_calls
from webapp.services.events import published_events
from webapp.ui.page_language import offered_languages, speak_in_preview
from webapp.ui.public_address import public_url
from webapp.ui.qr_code import Square, square
from webapp.web.guards import may


class Paper(StrEnum):
    """What is printed, and on which sheet (ISO 216)."""

    A4 = "a4"
    A5 = "a5"
    STRIPS = "strips"
    CARDS = "cards"


NAMES: Final[dict[Paper, LazyString]] = {
    Paper.A4: lazy_gettext("Poster, A4"),
    Paper.A5: lazy_gettext("Poster, A5"),
    Paper.STRIPS: lazy_gettext("Poster with strips to tear off, A4"),
    Paper.CARDS: lazy_gettext("Cards to give to people, A4"),
}
#: Strips below a poster, and cards on a sheet: two columns of four.
STRIPS, CARDS = 8, 8


@dataclass(frozen=True)
class Choice:
    """One link of the bar above the sheet, in English. `current`: the sheet that is shown."""

    words: str
    address: str
    current: bool


@dataclass(frozen=True)
class Kit:
    """What a sheet is made of, and the bar above it: everything there is said before the page changes its language."""

    paper: Paper
    language: Language
    address: str
    square: Square
    papers: tuple[Choice, ...]
    languages: tuple[Choice, ...]
    back: Choice
    advice: str
    rows: range


@blueprint.get("/calls/<slug>/poster")
@may(Act.SEE_CALLS)
def call_poster(slug: str) -> str:
    """What can be printed about a call that is open."""
    call = published_calls.find_call(slug)
    if not call.accepts_answers(clock.today()):
        raise NotHere(slug)
    kit = _kit(f"calls/{slug}", "desk.call", slug)
    return render_template("desk/poster_call.html", call=call, kit=kit)


@blueprint.get("/events/<slug>/poster")
@may(Act.SEE_EVENTS)
def event_poster(slug: str) -> str:
    """What can be printed about an event that can be booked."""
    event = published_events.find(slug)
    if not event.accepts_registrations(clock.now()):
        raise NotHere(slug)
    kit = _kit(f"events/{slug}", "desk.event", slug)
    return render_template("desk/poster_event.html", event=event, kit=kit)


def _kit(path: str, back: str, slug: str) -> Kit:
    """Read what is asked for, and have the page speak its language. Raises `NotHere` without a public address."""
    offered = {one.code: one for one in offered_languages()}
    language = offered.get(request.args.get("language", ""), DEFAULT)
    asked = request.args.get("paper", "")
    paper = Paper(asked) if asked in set(Paper) else Paper.A4
    address = public_url(f"/{language.code}/{path}/")
    if address is None:
        raise NotHere(slug)
    kit = Kit(
        paper,
        language,
        address,
        square(address),
        tuple(_choice(str(NAMES[one]), one == paper, slug, one, language) for one in Paper),
        tuple(
            _choice(one.english_name, one == language, slug, paper, one) for one in offered.values()
        ),
        Choice(gettext("Back to the desk"), url_for(back, slug=slug), current=False),
        gettext(
            "Print this page from the menu of your browser. Strips and cards say nothing but the address, so that they "
            "give nobody away. Before you put up a poster, ask who passes it: whoever is seen reading it may be asked "
            "why."
        ),
        range(CARDS if paper is Paper.CARDS else STRIPS if paper is Paper.STRIPS else 0),
    )
    speak_in_preview(language)
    return kit


def _choice(words: str, current: bool, slug: str, paper: Paper, language: Language) -> Choice:
    address = url_for(request.endpoint or "", slug=slug, paper=paper.value, language=language.code)
    return Choice(words, address, current)
