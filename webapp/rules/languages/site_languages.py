"""The languages of the service.

A language is offered only when its consent, safety and error texts are complete and have been reviewed by a reviewer in
a named role. Drafts can be previewed, but no participant is asked for consent in one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Language:
    """`code` is used in addresses and tables; `own_name` is its name in the language itself.

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
        """The BCP 47 tag, for browsers and screen readers."""
        return self.variant_of or self.code

    @property
    def locale(self) -> str:
        """The locale of the catalogue and of date names. A variant is a modifier, as in POSIX."""
        if self.variant_of is None:
            return self.code
        return f"{self.variant_of}@{self.code.removeprefix(f'{self.variant_of}-')}"


def _draft(
    code: str, own_name: str, english_name: str, direction: Literal["ltr", "rtl"] = "ltr"
) -> Language:
    return Language(code, own_name, english_name, direction, "draft")


#: In display order: English and its variant, Welsh, then by their English names.
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
    # Easy Read must be reviewed together with people who need it.
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

#: Any language that Hearth does not have ("undetermined" in ISO 639-2). Its name is never stored in the clear: a rare
#: language would identify the participant (see `spoken_languages`).
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
    """The languages that a visitor may choose; with `drafts`, also those still being translated."""
    return tuple(one for one in LANGUAGES.values() if drafts or one.status == "reviewed")


def language_tag(code: str) -> str:
    """The `lang` attribute for a code of ours; any other code is a tag already."""
    return LANGUAGES[code].tag if code in LANGUAGES else code
