"""A call's submissions in a list: faceted filters as GET parameters that paging keeps, and the next unread one."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import render_template, request
from flask_babel import gettext

from webapp.desk.calls.sharing import share_call
from webapp.desk.on_behalf.entry import entries
from webapp.desk.shared.blueprint import blueprint
from webapp.desk.shared.paging import PER_PAGE, pages_of
from webapp.desk.shared.words import TYPED_BY, purpose_words, typed_by_words
from webapp.http import coordinator
from webapp.rules import clock
from webapp.rules.languages import LANGUAGES
from webapp.services.answers import desk_submissions, submission_filters
from webapp.services.answers.submission_filters import CHANGED, NO_CONTACT, UNREAD, Facets, Filter
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call


@dataclass(frozen=True)
class Choice:
    """One thing that a list can be filtered by, and for how many people it is true."""

    value: str
    words: str
    people: int


@dataclass(frozen=True)
class Facet:
    """One select of the filter. Its name is the field of `Filter`, and the parameter in the address."""

    name: str
    label: str
    choices: tuple[Choice, ...]


@blueprint.get("/calls/<slug>")
@coordinator
def call(slug: str) -> str:
    """The submissions to one call that were chosen: nothing of what was said."""
    found = published_calls.find_call(slug)
    chosen, counted = asked_filter(found), submission_filters.facets(found)
    matching = submission_filters.how_many(found, chosen) if chosen.chosen else counted.total
    pages = pages_of(matching)
    is_open = found.accepts_answers(clock.today())
    unread = counted.state[UNREAD] if found.form.has_answers_to_read else 0
    return render_template(
        "desk/call.html",
        call=found,
        open=is_open,
        rows=desk_submissions.list_for_call(found, chosen, start=pages.start, most=PER_PAGE),
        total=counted.total,
        matching=matching,
        unread=unread,
        next_unread=submission_filters.next_unread(found.id, chosen) if unread else None,
        pages=pages,
        chosen=chosen,
        facets=list(_facets(found, counted, chosen)),
        share=share_call(found) if is_open else None,
        languages=LANGUAGES,
        late=found.takes_late_paper(clock.today()),
        entries=entries(slug),
    )


def asked_filter(of: Call) -> Filter:
    """What the address chooses of a call. What this call does not know is left out: an old address leads somewhere."""
    known = {
        "state": (UNREAD, CHANGED, NO_CONTACT),
        "consent": [consent.purpose for consent in of.form.consents],
        "language": LANGUAGES,
        "typed_by": TYPED_BY,
    }
    asked = {name: request.args.get(name, "") for name in known}
    return Filter(**{name: value for name, value in asked.items() if value in known[name]})


def _facets(of: Call, counted: Facets, chosen: Filter) -> list[Facet]:
    states = {
        UNREAD: gettext("Not read yet"),
        CHANGED: gettext("Changed since they sent it"),
        NO_CONTACT: gettext("Do not contact"),
    }
    if not of.form.has_answers_to_read:
        del states[UNREAD]
    purposes = {consent.purpose: purpose_words(consent.purpose) for consent in of.form.consents}
    languages = {code: language.english_name for code, language in LANGUAGES.items()}
    typists = {typed_by: typed_by_words(typed_by) for typed_by in TYPED_BY}
    every = (
        ("state", gettext("Show"), states, counted.state),
        ("consent", gettext("Permission"), purposes, counted.consent),
        ("language", gettext("Language"), languages, counted.language),
        ("typed_by", gettext("Typed by"), typists, counted.typed_by),
    )
    return [
        Facet(name, label, tuple(_choices(words, people, getattr(chosen, name))))
        for name, label, words, people in every
    ]


def _choices(words: Mapping[str, str], people: Mapping[str, int], chosen: str) -> list[Choice]:
    """What somebody in the call has; and what is chosen, even if nobody has it any more."""
    return [
        Choice(value, said, people.get(value, 0))
        for value, said in words.items()
        if people.get(value) or value == chosen
    ]
