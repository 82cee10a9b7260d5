"""Recordings of a page read aloud: which there may be, and what their files are called.

One for each page and language, `<slug>.<page>.mp3` (or .m4a, .ogg). The names are read strictly, because they come
from an address and lead to a file.
"""

import re
from dataclasses import dataclass

#: The page before the first question. No page of a form can be called so: their keys begin with a letter.
START = "0-start"
#: The types a recording may have, the one that every browser plays first.
MIMETYPES = {"mp3": "audio/mpeg", "m4a": "audio/mp4", "ogg": "audio/ogg"}
_NAME = re.compile(r"([a-z0-9][a-z0-9-]{0,79})\.([a-z0-9][a-z0-9-]{0,39})\.([a-z0-9]{3})")


class NotARecording(ValueError):
    """No recording can have this name."""


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of one recording: a page of a call or an event, in whatever language."""

    slug: str
    page: str

    @property
    def file_names(self) -> tuple[str, ...]:
        """The names that its file may have, in the order in which we look."""
        return tuple(f"{self.slug}.{self.page}.{ending}" for ending in MIMETYPES)


def read_name(name: str) -> tuple[Slot, str]:
    """The slot that a file's name means, and the file's type. Raises `NotARecording`."""
    found = _NAME.fullmatch(name)
    if found is None or found[3] not in MIMETYPES:
        raise NotARecording(name)
    return Slot(found[1], found[2]), MIMETYPES[found[3]]
