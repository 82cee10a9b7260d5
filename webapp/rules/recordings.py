"""Audio recordings of a page: which pages can have one, and the names of their files.

One for each page and language, `<slug>.<page>.mp3` (or .m4a, .ogg). Where a later version of a call gave the page other
words, its number stands before the ending: a recording must never read out what the page no longer says. Names are
validated strictly against path traversal, because they come from a URL and lead to a file.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile

from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.texts import text_in, texts_of

#: The page before the first question. No page of a form can have this key: they begin with a letter.
START = "0-start"
#: The supported types; the first is the one that every browser plays.
MIMETYPES = {"mp3": "audio/mpeg", "m4a": "audio/mp4", "ogg": "audio/ogg"}
_NAME = re.compile(
    r"([a-z0-9][a-z0-9-]{0,79})\.([a-z0-9][a-z0-9-]{0,39})(?:\.([1-9][0-9]{0,3}))?\.([a-z0-9]{3})"
)
#: The words of a page in one language, with where each stands; None where a form has no such page.
_Words = tuple[tuple[str, str], ...] | None


class NotARecording(ValueError):
    """Not a valid file name of a recording."""


@dataclass(frozen=True, slots=True)
class Slot:
    """The page of a call or an event that a recording is of, in whatever language.

    `since`: the version of the call's form from which on the page has had its words.
    """

    slug: str
    page: str
    since: int = 1

    @property
    def file_names(self) -> tuple[str, ...]:
        """The file names to look for, in that order."""
        since = f".{self.since}" if self.since > 1 else ""
        return tuple(f"{self.slug}.{self.page}{since}.{ending}" for ending in MIMETYPES)


def read_name(name: str) -> tuple[Slot, str]:
    """Parse a file name into a slot and a file type. Raises `NotARecording`."""
    found = _NAME.fullmatch(name)
    if found is None or found[4] not in MIMETYPES or found[3] == "1":
        raise NotARecording(name)
    return Slot(found[1], found[2], int(found[3] or 1)), MIMETYPES[found[4]]


def same_words_since(
    versions: Mapping[int, FormDefinition], number: int, page: str, language: str
) -> int:
    """From which version on, up to that of this number, a page has had the same words in a language.

    One that is not among `versions` counts as having others.
    """
    words = _words(versions[number], page, language)
    alike = takewhile(
        lambda one: one in versions and _words(versions[one], page, language) == words,
        range(number - 1, 0, -1),
    )
    return min(alike, default=number)


def _words(form: FormDefinition, page: str, language: str) -> _Words:
    if page == START:
        start = [*texts_of(form.start), ("title", form.title), ("summary", form.summary)]
        return tuple((path, text_in(text, language)[0]) for path, text in start)
    found = next((one for one in form.pages if one.key == page), None)
    if found is None:
        return None
    return tuple((path, text_in(text, language)[0]) for path, text in texts_of(found))
