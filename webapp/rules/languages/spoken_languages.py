"""The language that a person speaks, as a coordinator names it: any language of the world.

Hearth's own languages are known by their codes. Every other one is kept as it was named, sealed with the answers
under a key that is no question's; beside them, in the clear, stands only that it is another one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from webapp.rules.characters import clean_line
from webapp.rules.languages.site_languages import ANOTHER, DEFAULT, LANGUAGES, Language

#: No question can have this key: theirs have no hyphen.
KEY: Final = "spoken-language"
LONGEST: Final = 40

#: To choose from, beside Hearth's own: languages that support workers and interpreters in the UK name most often, in
#: English. Any other can be written.
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
    """A person's language. `name` is what is sealed; empty where the code says it all."""

    code: str
    name: str = ""

    @property
    def worded_in(self) -> str:
        """The language in which permissions are read out, word for word: the person's where it was reviewed, else
        English, which an interpreter says to them. Nobody agrees to the words of a draft."""
        return self.code if LANGUAGES[self.code].status == "reviewed" else DEFAULT.code


def names() -> tuple[str, ...]:
    """Everything to choose from, by name."""
    return tuple(sorted({*NAMES, *(one.english_name for one in _ours())}))


def read(typed: str) -> Spoken | None:
    """The language that somebody named, in whatever case; None when nothing, or too much, was written."""
    name = clean_line(typed)
    if not name or len(name) > LONGEST:
        return None
    ours = {one.english_name.casefold(): one for one in _ours()}
    if found := ours.get(name.casefold()):
        return Spoken(found.code)
    return Spoken(ANOTHER.code, name)


def _ours() -> list[Language]:
    """Hearth's own languages; no variant, because nobody speaks Easy Read."""
    return [one for one in LANGUAGES.values() if one.variant_of is None]


def note(spoken: str) -> dict[str, Any]:
    """What is sealed beside the answers about a language that Hearth does not speak; nothing for one that it does."""
    return {KEY: spoken} if spoken else {}


def kept_beside(content: Mapping[str, Any]) -> dict[str, Any]:
    """What stands beside the answers and is none of them: a correction of the answers keeps it."""
    return note(content.get(KEY, ""))


def named(content: Mapping[str, Any], language: str) -> str:
    """A person's language by its English name, from what was sealed or else from the code in the clear."""
    known: Language | None = LANGUAGES.get(language)
    return str(content.get(KEY) or (known or ANOTHER).english_name)
