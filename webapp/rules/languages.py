"""The languages of the service.

A language is offered to people only when its consent, safety and error texts are complete and a
named role has reviewed them. Drafts are for looking at, never for asking somebody's consent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Language:
    """`code` is a BCP 47 tag; `own_name` is how its speakers call it."""

    code: str
    own_name: str
    english_name: str
    direction: Literal["ltr", "rtl"]
    status: Literal["reviewed", "draft"]
    reviewed_by: str | None = None
    reviewed_on: date | None = None

    def __post_init__(self) -> None:
        if self.status == "reviewed" and not (self.reviewed_by and self.reviewed_on):
            raise ValueError(f"{self.code} is marked as reviewed, but not by whom and when")


_KNOWN: Final = (
    Language(
        code="en",
        own_name="English",
        english_name="English",
        direction="ltr",
        status="reviewed",
        reviewed_by="The team that wrote it, in its own language",
        reviewed_on=date(2026, 11, 21),
    ),
    Language(
        code="ar",
        own_name="العربية",
        english_name="Arabic",
        direction="rtl",
        status="draft",
    ),
)

LANGUAGES: Final[Mapping[str, Language]] = MappingProxyType({one.code: one for one in _KNOWN})
DEFAULT: Final = LANGUAGES["en"]


def offered(drafts: bool = False) -> tuple[Language, ...]:
    """The languages a person may choose; with `drafts`, those still being translated too."""
    return tuple(one for one in LANGUAGES.values() if drafts or one.status == "reviewed")
