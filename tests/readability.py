"""How hard English words are to read: the Flesch-Kincaid grade, and sentences that are too long.

Grade = 0.39 * words a sentence + 11.8 * syllables a word - 15.59 (Kincaid and others, 1975). Add
about five for the age of a reader at school: grade 4 is a reading age of 9. The syllables are
counted by rules of thumb, which is good enough over a whole text and not for one word.

Give these functions texts as people see them, without markup or placeholders: `plain` makes one
from a line of the message catalogue or a template.
"""

import re
from collections.abc import Iterable

#: Shorter texts are labels ("Yes", "18 to 24"): they would make everything else look easier.
FEWEST_WORDS = 3

_SENTENCE_END = re.compile(r"(?<=[.!?])[\"'”’)]*\s+|\n+")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_VOWELS = re.compile(r"[aeiouy]+")
#: An e that is written and not said: place, places, asked; but not table, wanted, changes.
_SILENT = re.compile(
    r"(?<=[^aeiouyl])e$|(?<=[aeiouy]l)e$|(?<=[^aeiouytd])ed$|(?<=[^aeiouyscxzghl])es$"
)
#: Two vowels that stand together and are said apart: being, idea, social-ised, quiet, evaluate.
_APART = re.compile(
    r"[aeiou]ing|(?<![cst])ia|(?<![cgstn])io|eo(?!p)|(?<![gq])ua(?=[tl])|(?<=[rd])ea$|ie(?=t)"
)
#: Common words that the rules get wrong.
_EXCEPTIONS = {
    "anyone": 3, "create": 2, "created": 3, "everyone": 3, "language": 2, "languages": 3,
    "science": 2, "somebody": 3, "someone": 2, "something": 2, "sometimes": 2, "somewhere": 2,
    "voicemail": 2,
}  # fmt: skip
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\{.*?\}\}|\{%.*?%\}|<[^>]*>")


def plain(markup: str) -> str:
    """The text without tags and placeholders (each stands for one easy word)."""
    return _PLACEHOLDER.sub(lambda found: "" if found[0][0] == "<" else "it", markup)


def sentences(text: str) -> list[str]:
    """The sentences of a text; a line's end ends one as well."""
    return [part for part in _SENTENCE_END.split(text.strip()) if words_in(part)]


def words_in(text: str) -> list[str]:
    """The words of a text; numbers are not words."""
    return _WORD.findall(text)


def syllables(word: str) -> int:
    """About how many syllables an English word has; at least one."""
    pieces = re.split("[-'’]", word.lower())
    return sum(_syllables(piece) for piece in pieces if _VOWELS.search(piece)) or 1


def _syllables(piece: str) -> int:
    if piece in _EXCEPTIONS:
        return _EXCEPTIONS[piece]
    said = _SILENT.sub("", piece)
    return max(len(_VOWELS.findall(said)) + len(_APART.findall(said)), 1)


def grade(texts: Iterable[str]) -> float:
    """The Flesch-Kincaid grade of texts taken together. Raises ValueError when there are none."""
    found = [
        one for text in texts for one in sentences(text) if len(words_in(text)) >= FEWEST_WORDS
    ]
    if not found:
        raise ValueError("there is nothing to read")
    words = [word for sentence in found for word in words_in(sentence)]
    spoken = sum(syllables(word) for word in words)
    return 0.39 * len(words) / len(found) + 11.8 * spoken / len(words) - 15.59


def long_sentences(texts: Iterable[str], most: int = 25) -> list[str]:
    """The sentences of more than `most` words."""
    return [one for text in texts for one in sentences(text) if len(words_in(one)) > most]
