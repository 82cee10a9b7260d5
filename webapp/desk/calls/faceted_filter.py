"""Faceted filter of a call's submissions, as GET parameters that paging keeps. Each choice says how many it matches."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import request
from flask_babel import gettext

from webapp.desk.shared.words import TYPED_BY, purpose_words, typed_by_words
from webapp.rules.bounded_counts import MOST, AtLeast
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.services.answers.submission_filters import (
    ASIDE,
    CHANGED,
    NO_CONTACT,
    UNREAD,
    Facets,
    Filter,
)
from webapp.services.calls import form_versions
from webapp.services.calls.published_calls import Call


@dataclass(frozen=True)
class Choice:
    """One value of a facet, and how many submissions it matches; None where that is not known."""

    value: str
    words: str
    people: int | None


@dataclass(frozen=True)
class Facet:
    """One select of the filter. Its name is the field of `Filter`, and the parameter in the address."""

    name: str
    label: str
    choices: tuple[Choice, ...]


def asked_filter(of: Call) -> Filter:
    """The filter in the address. What this call does not know is ignored, so that an old address leads somewhere."""
    known = {
        "state": (UNREAD, CHANGED, NO_CONTACT, ASIDE),
        "consent": [consent.purpose for consent in form_versions.every_consent(of)],
        "language": LANGUAGES,
        "typed_by": TYPED_BY,
    }
    asked = {name: request.args.get(name, "") for name in known}
    return Filter(**{name: value for name, value in asked.items() if value in known[name]})


def facets_of(of: Call, counted: Facets, chosen: Filter) -> list[Facet]:
    """The selects of the filter. A choice that matches no submission is left out."""
    states = {
        UNREAD: gettext("Not read yet"),
        CHANGED: gettext("Changed since they sent it"),
        NO_CONTACT: gettext("Do not contact"),
        ASIDE: gettext("Put aside as not real"),
    }
    if not form_versions.has_answers_to_read(of):
        del states[UNREAD]
    purposes = {
        consent.purpose: purpose_words(consent.purpose)
        for consent in form_versions.every_consent(of)
    }
    languages = {code: language.english_name for code, language in LANGUAGES.items()}
    typists = {typed_by: typed_by_words(typed_by) for typed_by in TYPED_BY}
    every = (
        ("state", gettext("Show"), states, counted.state),
        ("consent", gettext("Permission"), purposes, counted.consent),
        ("language", gettext("Language"), languages, counted.language),
        ("typed_by", gettext("Typed by"), typists, counted.typed_by),
    )
    # On one page, one way of telling numbers: not "264" beside "more than 200" of the same people.
    is_bounded = any(isinstance(one, AtLeast) for *_, people in every for one in people.values())
    tell = _up_to_most if is_bounded else dict
    return [
        Facet(
            name,
            label,
            tuple(_choices(words, tell(people), getattr(chosen, name), counted.is_whole)),
        )
        for name, label, words, people in every
    ]


def _up_to_most(people: Mapping[str, int]) -> dict[str, int]:
    return {name: one if one <= MOST else AtLeast(MOST) for name, one in people.items()}


def _choices(
    words: Mapping[str, str], people: Mapping[str, int], chosen: str, is_whole: bool
) -> list[Choice]:
    """The values that match a submission, or may; and the chosen one, even if it matches none any more."""
    none = 0 if is_whole else None
    return [
        Choice(value, said, people.get(value) or none)
        for value, said in words.items()
        if people.get(value) or value == chosen or not is_whole
    ]
