"""Audio recordings of a page: which pages can have one, and the names of their files.

One for each page and language, `<slug>.<page>.mp3` (or .m4a, .ogg). Names are validated strictly against path
traversal, because they come from a URL and lead to a file.
"""

import re
from dataclasses import dataclass

#: The page before the first question. No page of a form can have this key: they begin with a letter.
START = "0-start"
#: The supported types; the first is the one that every browser plays.
MIMETYPES = {"mp3": "audio/mpeg", "m4a": "audio/mp4", "ogg": "audio/ogg"}
_NAME = re.compile(r"([a-z0-9][a-z0-9-]{0,79})\.([a-z0-9][a-z0-9-]{0,39})\.([a-z0-9]{3})")


class NotARecording(ValueError):
    """Not a valid file name of a recording."""


@dataclass(frozen=True, slots=True)
class Slot:
    """The page of a call or an event that a recording is of, in whatever language."""

    slug: str
    page: str

    @property
    def file_names(self) -> tuple[str, ...]:
        """The file names to look for, in that order."""
        return tuple(f"{self.slug}.{self.page}.{ending}" for ending in MIMETYPES)


def read_name(name: str) -> tuple[Slot, str]:
    """Parse a file name into a slot and a file type. Raises `NotARecording`."""
    found = _NAME.fullmatch(name)
    if found is None or found[3] not in MIMETYPES:
        raise NotARecording(name)
    return Slot(found[1], found[2]), MIMETYPES[found[3]]
