"""Site navigation of the desk, and which entry a page belongs to (`aria-current`)."""

from dataclasses import dataclass
from typing import Final

from flask import current_app, request, url_for
from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from webapp.rules.roles import Act


@dataclass(frozen=True)
class Entry:
    """One entry: the endpoint where it leads, its words, and the endpoints whose addresses begin those of its pages."""

    endpoint: str
    words: LazyString
    below: tuple[str, ...]
    #: Who may do this sees the entry.
    act: Act

    @property
    def address(self) -> str:
        """Where it leads."""
        return url_for(self.endpoint)

    @property
    def current(self) -> str | None:
        """What `aria-current` says here: this very page, a page below it, or nothing."""
        if request.path == self.address:
            return "page"
        return "true" if request.path.startswith(tuple(map(_stem, self.below))) else None


def _stem(endpoint: str) -> str:
    """The address of an endpoint, up to the first part of it that varies."""
    return next(current_app.url_map.iter_rules(endpoint)).rule.partition("<")[0]


MENU: Final = (
    Entry("desk.today", lazy_gettext("Today"), ("desk.deleting",), Act.OWN_ACCOUNT),
    Entry(
        "desk.calls",
        lazy_gettext("Calls"),
        ("desk.call", "desk.submission", "desk.caller_search", "desk.on_behalf_drafts"),
        Act.SEE_CALLS,
    ),
    Entry("desk.designer", lazy_gettext("Write a call"), ("desk.designer_draft",), Act.WRITE_CALLS),
    Entry(
        "desk.events", lazy_gettext("Events"), ("desk.event", "desk.registration"), Act.SEE_EVENTS
    ),
    Entry(
        "desk.contacts",
        lazy_gettext("Contacts"),
        ("desk.export", "desk.member_sharing"),
        Act.EXPORT_CONTACTS,
    ),
    Entry("desk.shared_with_us", lazy_gettext("Shared with us"), (), Act.READ_SHARED),
    Entry("desk.people_page", lazy_gettext("People"), ("desk.person",), Act.PEOPLE),
    Entry("desk.keys_page", lazy_gettext("Keys"), (), Act.KEYS),
    Entry(
        "desk.organisations_page",
        lazy_gettext("Organisations"),
        ("desk.organisation",),
        Act.PEOPLE,
    ),
    Entry("desk.record", lazy_gettext("Record"), (), Act.SEE_RECORD),
    Entry("desk.languages", lazy_gettext("Languages"), ("desk.language",), Act.LANGUAGES),
)
