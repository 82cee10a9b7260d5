"""The language that a participant speaks, as a coordinator names it: any language of the world.

Hearth's own languages are stored by their codes. The name of any other is sealed with the answers, under a key that no
question can have; in the clear it is only recorded as another language.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from webapp.rules.characters import clean_line
from webapp.rules.languages.site_languages import ANOTHER, DEFAULT, LANGUAGES, Language

#: No question can have this key: question keys have no hyphen.
KEY: Final = "spoken-language"
LONGEST: Final = 40

#: Suggestions besides Hearth's own: languages that support workers and interpreters in the UK name most often, in
#: English. Any other can be typed.
NAMES: Final = (
    "Akan (Twi)", "Amharic", "Armenian", "Azerbaijani", "Bengali", "Bosnian", "British Sign Language",
    "Bulgarian", "Burmese", "Cantonese", "Croatian", "Czech", "Dari", "Dutch", "Edo", "Estonian", "Ewe",
    "Farsi (Persian)", "Filipino (Tagalog)", "Finnish", "French", "Fula", "Georgian", "German", "Greek", "Gujarati",
    "Hausa", "Hebrew", "Hindi", "Hungarian", "Igbo", "Indonesian", "Italian", "Japanese", "Kannada", "Khmer",
    "Kinyarwanda", "Kirundi", "Korean", "Krio", "Kurdish (Kurmanji)", "Kurdish (Sorani)", "Kyrgyz", "Lao", "Latvian",
    "Lingala", "Lithuanian", "Luganda", "Macedonian", "Malay", "Malayalam", "Mandarin", "Mandinka", "Marathi",
    "Mongolian", "Nepali", "Oromo", "Pashto", "Polish", "Portuguese", "Punjabi", "Romani", "Romanian", "Russian",
    "Serbian", "Shona", "Sinhala", "Slovak", "Slovenian", "Spanish", "Susu", "Swahili", "Sylheti", "Tamil", "Telugu",
    "Thai", "Turkish", "Turkmen", "Ukrainian", "Urdu", "Uzbek", "Wolof", "Yoruba", "Zulu",
)  # fmt: skip


@dataclass(frozen=True)
class Spoken:
    """A participant's language. `name` is sealed; empty where the code is enough."""

    code: str
    name: str = ""

    @property
    def worded_in(self) -> str:
        """The language in which consent wordings are read out: the participant's where it was reviewed, else
        English, which an interpreter translates. Consent is never given to the words of a draft."""
        return self.code if LANGUAGES[self.code].status == "reviewed" else DEFAULT.code


def names() -> tuple[str, ...]:
    """All suggestions, by name."""
    return tuple(sorted({*NAMES, *(one.english_name for one in _ours())}))


def read(typed: str) -> Spoken | None:
    """Parse a typed language, ignoring case; None for no text, or too long a text."""
    name = clean_line(typed)
    if not name or len(name) > LONGEST:
        return None
    ours = {one.english_name.casefold(): one for one in _ours()}
    if found := ours.get(name.casefold()):
        return Spoken(found.code)
    return Spoken(ANOTHER.code, name)


def _ours() -> list[Language]:
    """Hearth's own languages, without variants: Easy Read is not spoken."""
    return [one for one in LANGUAGES.values() if one.variant_of is None]


def note(spoken: str) -> dict[str, Any]:
    """The note to seal with the answers about a language that Hearth does not have; empty for any other."""
    return {KEY: spoken} if spoken else {}


def kept_beside(content: Mapping[str, Any]) -> dict[str, Any]:
    """The sealed content that is not an answer: a correction of the answers must preserve it."""
    return note(content.get(KEY, ""))


def named(content: Mapping[str, Any], language: str) -> str:
    """The English name of a participant's language, from the sealed content or else from the code in the clear."""
    known: Language | None = LANGUAGES.get(language)
    return str(content.get(KEY) or (known or ANOTHER).english_name)
