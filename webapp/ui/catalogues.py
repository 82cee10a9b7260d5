"""Completeness of translation catalogues, and the check that no incomplete language is offered.

`translations/messages.pot` lists every text of ours with the files that use it (`make words` writes it; a test compares
it with the code). The completeness is measured on what is served: the compiled catalogues.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Final

from babel.messages.catalog import Message
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from flask import has_app_context

from webapp.extensions import current_settings
from webapp.rules.languages.site_languages import DEFAULT, Language, offered
from webapp.rules.languages.wording_fingerprints import wording_id, words_id

TRANSLATIONS: Final = Path(__file__).parents[1] / "translations"
TEMPLATE: Final = TRANSLATIONS / "messages.pot"

#: Files with texts on which consent or safety depends, or which help when something went wrong.
PROTECTING: Final = (
    "templates/components/",
    "templates/errors/",
    "templates/layouts/",
    "templates/public/",
    "webapp/ui/messages.py",
    "webapp/ui/plurals.py",
)
#: Files whose texts may stay in English for a while without harm to participants.
NOT_PROTECTING: Final = (
    "templates/public/accessibility.html",
    "templates/public/home.html",
)


class LanguageNotComplete(RuntimeError):
    """A language is marked as reviewed, but texts about consent, safety or errors lack a translation."""

    def __init__(self, language: Language, missing: tuple[str, ...]) -> None:
        super().__init__(
            f"{language.english_name} is marked as reviewed, but {len(missing)} texts that people's consent or "
            f"safety rests on have no words in it, the first of them: {missing[0]!r}"
        )
        self.missing = missing


@dataclass(frozen=True)
class Line:
    """One text in English with its translation; None where it is not translated yet."""

    english: str
    words: str | None
    protecting: bool

    def wording(self, language: str) -> bytes:
        """The fingerprint of exactly this translation; of the English where there is none."""
        return wording_id(language, self.english, self.words or "")


@dataclass(frozen=True)
class Catalogue:
    """All our texts in one language."""

    language: Language
    lines: tuple[Line, ...]

    @property
    def done(self) -> int:
        """The number of translated texts."""
        return sum(line.words is not None for line in self.lines)

    @property
    def missing(self) -> tuple[str, ...]:
        """The English texts without a translation. A variant has none of these: it falls back to its language."""
        return tuple(line.english for line in self._waiting())

    @property
    def missing_protecting(self) -> tuple[str, ...]:
        """Those of them on which consent or safety depends."""
        return tuple(line.english for line in self._waiting() if line.protecting)

    @property
    def must_be_reviewed(self) -> tuple[Line, ...]:
        """The translated texts on which consent or safety depends."""
        return tuple(line for line in self.lines if line.protecting and line.words is not None)

    @cached_property
    def words_to_review(self) -> bytes:
        """The combined fingerprint of all of these. An upgrade that changes one of them changes it."""
        return words_id(
            self.language.code,
            (line.wording(self.language.code) for line in self.must_be_reviewed),
        )

    def _waiting(self) -> Iterator[Line]:
        if not (self.language == DEFAULT or self.language.variant_of):
            yield from (line for line in self.lines if line.words is None)


def catalogue_of(language: Language) -> Catalogue:
    """The catalogue of a language as it is served: texts of this instance before ours. Cached for each process."""
    return _catalogue(language, own_words() if has_app_context() else None)


def own_words() -> Path:
    """The instance folder for locally corrected translations (`take-words`), which survive upgrades."""
    return current_settings().instance / "words"


@cache
def _catalogue(language: Language, own: Path | None) -> Catalogue:
    said = _said(language, TRANSLATIONS)
    if own is not None and language != DEFAULT:
        said |= _said(language, own)
    return Catalogue(
        language,
        tuple(
            Line(english, said.get(english), any(map(_is_protecting, places)))
            for english, places in every_text().items()
        ),
    )


@cache
def every_text() -> dict[str, tuple[str, ...]]:
    """Every text of ours in English, with the files that use it."""
    with TEMPLATE.open("rb") as file:
        return {
            _english(message): tuple(place for place, _ in message.locations)
            for message in read_po(file)
            if message.id
        }


def check_reviewed() -> None:
    """Refuse to start with an incomplete language that is offered. Raises `LanguageNotComplete`."""
    for language in offered():
        if language != DEFAULT and not language.variant_of:
            missing = catalogue_of(language).missing_protecting
            if missing:
                raise LanguageNotComplete(language, missing)


def _said(language: Language, folder: Path) -> dict[str, str]:
    if language == DEFAULT:
        return {english: english for english in every_text()}
    compiled = folder / language.locale / "LC_MESSAGES" / "messages.mo"
    if not compiled.exists():
        return {}
    with compiled.open("rb") as file:
        return {_english(one): _words(one) for one in read_mo(file) if one.id and _is_said(one)}


def _english(message: Message) -> str:
    return " / ".join(_forms(message.id))


def _words(message: Message) -> str:
    return " / ".join(_forms(message.string))


def _is_said(message: Message) -> bool:
    return all(_forms(message.string))


def _forms(text: str | Sequence[str] | None) -> Sequence[str]:
    """The plural forms of a text: one, or one for each number category of the language."""
    return (text,) if isinstance(text, str) else text or ("",)


def _is_protecting(place: str) -> bool:
    return place.startswith(PROTECTING) and place not in NOT_PROTECTING
