"""Fuzzy matching of a caller's claims against stored contact details and answers: names, numbers, addresses, words.

Pure functions over what a coordinator typed and what a part holds. A match is not authentication: it only tells the
coordinator whose identity to check.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from webapp.rules.contact.questions import APP_NAME, EMAIL, NAME_TO_USE, PHONE
from webapp.rules.forms.kinds import Answer, Answers
from webapp.rules.forms.kinds.kind import words_beside

#: The fewest digits to search by: a caller may give only the last digits of a number.
FEWEST_DIGITS: Final = 4
#: With at least so many digits, a suffix counts as the whole number, whatever its country code.
WHOLE_NUMBER: Final = 9
COUNTRY: Final = "44"
SHORTEST_WORD: Final = 3


class Clue(Enum):
    """A kind of claim by a caller that can match stored data."""

    NAME = "name"
    PHONE = "phone"
    EMAIL = "email"
    WORDS = "words"
    REFERENCE = "reference"


@dataclass(frozen=True)
class Clues:
    """A caller's claims about themselves, as a coordinator typed them. They are never stored."""

    name: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    words: str = field(default="", repr=False)
    reference: str = ""

    @property
    def about_contact(self) -> bool:
        """Whether contact details must be decrypted to compare these."""
        return bool(self.name or self.phone or self.email)


def digits(typed: str) -> str:
    """The digits of a number in any script, without separators."""
    return "".join(str(unicodedata.digit(one)) for one in typed if one.isdigit())


def national(number: str) -> str:
    """Strip a UK country code and leading zeros: +44 (0)7700 900123 and 07700 900123 are equal."""
    found = number.removeprefix("00")
    if found.startswith(COUNTRY) and len(found) > WHOLE_NUMBER:
        found = found.removeprefix(COUNTRY)
    return found.lstrip("0")


def same_number(typed: str, held: str) -> bool:
    """Whether two numbers are equal in any notation, or the typed digits are a suffix of the stored number."""
    one, other = digits(typed), digits(held)
    if min(len(one), len(other)) < FEWEST_DIGITS:
        return False
    if other.endswith(one):
        return True
    one, other = national(one), national(other)
    whole = min(len(one), len(other)) >= WHOLE_NUMBER
    return whole and one[-WHOLE_NUMBER:] == other[-WHOLE_NUMBER:]


def plain_words(text: str) -> list[str]:
    """Normalise a text to words without case, accents or punctuation, in their order."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    letters = (one for one in apart if not unicodedata.combining(one))
    return "".join(one if one.isalnum() else " " for one in letters).split()


def same_name(typed: str, held: str) -> bool:
    """Whether all words of one name occur in the other: a participant stored as "Ana" may say "Ana K." on the phone."""
    one, other = set(plain_words(typed)), set(plain_words(held))
    return bool(one and other) and (one <= other or other <= one)


def same_address(typed: str, held: str) -> bool:
    """Whether two e-mail addresses are equal as read out on the phone."""
    one, other = "".join(typed.split()).casefold(), held.strip().casefold()
    return bool(one) and one == other


def same_reference(typed: str, held: str) -> bool:
    """Whether two references are equal, ignoring hyphens and case."""
    return "".join(plain_words(typed)) == "".join(plain_words(held))


def contains_words(typed: str, texts: Iterable[str]) -> bool:
    """Whether every longer word that was typed occurs in these texts."""
    wanted = {word for word in plain_words(typed) if len(word) >= SHORTEST_WORD}
    there = {word for text in texts for word in plain_words(text)}
    return bool(wanted) and wanted <= there


def matches(clues: Clues, contact: Answers, answers: Answers) -> tuple[Clue, ...]:
    """The claims that match a participant's own contact details and answers. A helper's details never count."""
    written = [*_words(contact), *_words(answers)]
    fits: Mapping[Clue, bool] = {
        Clue.NAME: bool(clues.name) and same_name(clues.name, _word(contact, NAME_TO_USE)),
        Clue.PHONE: bool(clues.phone)
        and any(same_number(clues.phone, _word(contact, key)) for key in (PHONE, APP_NAME)),
        Clue.EMAIL: bool(clues.email)
        and any(same_address(clues.email, _word(contact, key)) for key in (EMAIL, APP_NAME)),
        Clue.WORDS: bool(clues.words) and contains_words(clues.words, written),
    }
    return tuple(clue for clue, fit in fits.items() if fit)


def name_given(contact: Answers) -> str:
    """The name in the contact answers, as the participant wrote it."""
    return _word(contact, NAME_TO_USE)


def _word(answers: Answers, key: str) -> str:
    value: Answer | None = answers.get(key)
    return value if isinstance(value, str) else ""


def _words(answers: Answers) -> list[str]:
    lines = [value for value in answers.values() if isinstance(value, str)]
    return [*lines, *(words for value in answers.values() for words in words_beside(value))]
