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
    """`code` stands in addresses and tables; `own_name` is how its speakers call it.

    A variant, like Easy Read, is `variant_of` a language: it has the same keys, its own words where
    it has them, and that language's words everywhere else.
    """

    code: str
    own_name: str
    english_name: str
    direction: Literal["ltr", "rtl"]
    status: Literal["reviewed", "draft"]
    reviewed_by: str | None = None
    reviewed_on: date | None = None
    variant_of: str | None = None

    def __post_init__(self) -> None:
        if self.status == "reviewed" and not (self.reviewed_by and self.reviewed_on):
            raise ValueError(f"{self.code} is marked as reviewed, but not by whom and when")

    @property
    def tag(self) -> str:
        """The language as browsers and screen readers know it, a BCP 47 tag."""
        return self.variant_of or self.code

    @property
    def locale(self) -> str:
        """The catalogue and the names of days and months. A variant is a modifier, as in POSIX."""
        if self.variant_of is None:
            return self.code
        return f"{self.variant_of}@{self.code.removeprefix(f'{self.variant_of}-')}"


def _draft(
    code: str, own_name: str, english_name: str, direction: Literal["ltr", "rtl"] = "ltr"
) -> Language:
    return Language(code, own_name, english_name, direction, "draft")


#: In the order in which they are shown: English and its variant, Welsh, then by their English names.
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
    # Easy Read is reviewed together with people who need it, or it is not Easy Read.
    Language(
        code="en-easy",
        own_name="Easy Read",
        english_name="Easy Read",
        direction="ltr",
        status="draft",
        variant_of="en",
    ),
    _draft("cy", "Cymraeg", "Welsh"),
    _draft("sq", "Shqip", "Albanian"),
    _draft("ar", "العربية", "Arabic", "rtl"),
    _draft("so", "Soomaali", "Somali"),
    _draft("ti", "ትግርኛ", "Tigrinya"),
    _draft("vi", "Tiếng Việt", "Vietnamese"),
)

#: Any language that Hearth does not speak ("undetermined" in ISO 639-2). Which one it is stands in the clear nowhere: a
#: rare language would lead to the person (see `spoken`).
ANOTHER: Final = Language("und", "Another language", "Another language", "ltr", "draft")


class _ByCode(dict[str, Language]):
    """The languages by their codes. `ANOTHER` is found by its code, too, but is not one of them: it is never listed."""

    def __missing__(self, code: str) -> Language:
        if code == ANOTHER.code:
            return ANOTHER
        raise KeyError(code)


LANGUAGES: Final[Mapping[str, Language]] = MappingProxyType(
    _ByCode({one.code: one for one in _KNOWN})
)
DEFAULT: Final = LANGUAGES["en"]


def offered(drafts: bool = False) -> tuple[Language, ...]:
    """The languages a person may choose; with `drafts`, those still being translated too."""
    return tuple(one for one in LANGUAGES.values() if drafts or one.status == "reviewed")


def language_tag(code: str) -> str:
    """What belongs in a `lang` attribute for a code of ours; any other code is a tag already."""
    return LANGUAGES[code].tag if code in LANGUAGES else code
