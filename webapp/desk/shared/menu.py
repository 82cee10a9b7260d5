"""Site navigation of the desk, and which entry a page belongs to (`aria-current`)."""

from dataclasses import dataclass
from typing import Final

from flask import request
from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString


@dataclass(frozen=True)
class Entry:
    """One entry: where it leads, its words, and the first part of every address that belongs to it."""

    address: str
    words: LazyString
    below: tuple[str, ...]

    @property
    def current(self) -> str | None:
        """What `aria-current` says here: this very page, a page below it, or nothing."""
        if request.path == self.address:
            return "page"
        return "true" if request.path.startswith(self.below) else None


MENU: Final = (
    Entry("/desk/", lazy_gettext("Today"), ("/desk/deleting",)),
    Entry(
        "/desk/calls",
        lazy_gettext("Calls"),
        ("/desk/calls/", "/desk/submissions/", "/desk/callers", "/desk/entering"),
    ),
    Entry("/desk/events", lazy_gettext("Events"), ("/desk/events/", "/desk/registrations/")),
    Entry("/desk/contacts", lazy_gettext("Contacts"), ("/desk/contacts/", "/desk/exports/")),
    Entry("/desk/record", lazy_gettext("Record"), ("/desk/record/",)),
    Entry("/desk/languages", lazy_gettext("Languages"), ("/desk/languages/",)),
)
