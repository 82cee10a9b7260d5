"""What a draft keeps of each language, beside its translations, which stand in the form: a review, and outdated ones.

An outdated translation is known by the pair of English words and translation, and not by where it stands. So it stays
outdated where a question is moved or copied, goes where the question goes, and is no longer outdated when either side
is put right. A review is bound to exactly the translations that were read (SHA-256).
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final

from pydantic import StringConstraints

from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.texts import FALLBACK_LANGUAGE, Frozen, Text, texts_of
from webapp.rules.languages.wording_fingerprints import wording_id, words_id

LONGEST_ROLE: Final = 60
#: English words and a translation that stands beside them.
Pair = tuple[str, str]
_OF_QUESTION: Final = re.compile(r"pages\.[^.]+\.questions\.")
_OF_CONSENT: Final = re.compile(r"consents\.(\d+)\.")


class OlderWords(Frozen):
    """A translation that was made from other English words than those beside it."""

    english: str
    words: str
    made_from: str


class LanguageReview(Frozen):
    """Which role has read all translations, on which day; `words` is the fingerprint of what was read."""

    by: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_ROLE)]
    on: date
    words: str


class DraftLanguage(Frozen):
    """A language that a coordinator has begun: its review, if there is one, and its outdated translations."""

    review: LanguageReview | None = None
    older: tuple[OlderWords, ...] = ()

    @property
    def older_pairs(self) -> dict[Pair, str]:
        """The English that each outdated translation was made from."""
        return {(one.english, one.words): one.made_from for one in self.older}


def draft_texts(form: FormDefinition) -> dict[str, Text]:
    """Every text of a form by a path that stays when something is moved: a question's has no page, a consent's its
    purpose."""
    return {steady_path(form, path): dict(text) for path, text in texts_of(form)}


def steady_path(form: FormDefinition, path: str) -> str:
    """The path of `texts_of` as `draft_texts` has it."""
    if found := _OF_CONSENT.match(path):
        return f"consents.{form.consents[int(found[1])].purpose}.{path[found.end() :]}"
    return _OF_QUESTION.sub("questions.", path, count=1)


def translated_pairs(form: FormDefinition, language: str) -> frozenset[Pair]:
    """All translations into a language, each with the English beside it."""
    return frozenset(
        (text[FALLBACK_LANGUAGE], text[language]) for _, text in texts_of(form) if language in text
    )


def fingerprint(form: FormDefinition, language: str) -> str:
    """The fingerprint of all translations into a language, in hexadecimal."""
    pairs = translated_pairs(form, language)
    return words_id(language, (wording_id(language, *pair) for pair in pairs)).hex()


def carried(
    languages: Mapping[str, DraftLanguage], before: FormDefinition, after: FormDefinition
) -> dict[str, DraftLanguage]:
    """What is kept of each language when one form takes the place of another."""
    written = {code for _, text in texts_of(after) for code in text if code != FALLBACK_LANGUAGE}
    found = {
        code: _carried(code, languages.get(code, DraftLanguage()), before, after)
        for code in sorted({*languages, *written})
    }
    return {code: one for code, one in found.items() if code in languages or one.older}


def _carried(
    code: str, known: DraftLanguage, before: FormDefinition, after: FormDefinition
) -> DraftLanguage:
    older = tuple(
        OlderWords(english=english, words=words, made_from=made_from)
        for (english, words), made_from in _outdated(code, known, before, after).items()
    )
    return DraftLanguage(review=_still_read(code, known.review, before, after), older=older)


def _outdated(
    code: str, known: DraftLanguage, before: FormDefinition, after: FormDefinition
) -> dict[Pair, str]:
    """The outdated translations of the new form: those that were, and those whose English was changed."""
    were, stood = known.older_pairs, draft_texts(before)
    right = translated_pairs(before, code) - were.keys()
    found: dict[Pair, str] = {}
    for path, text in draft_texts(after).items():
        if code not in text:
            continue
        pair, old = (text[FALLBACK_LANGUAGE], text[code]), stood.get(path, {})
        if pair in were:
            found[pair] = were[pair]
        elif old.get(code) == pair[1] and pair not in right:
            made_from = were.get((old[FALLBACK_LANGUAGE], pair[1]), old[FALLBACK_LANGUAGE])
            found |= {pair: made_from} if made_from != pair[0] else {}
    return found


def _still_read(
    code: str, review: LanguageReview | None, before: FormDefinition, after: FormDefinition
) -> LanguageReview | None:
    """The review of the new form. It holds where it held before and nothing came that was not read."""
    if review is None or review.words != fingerprint(before, code):
        return review
    if not translated_pairs(after, code) <= translated_pairs(before, code):
        return review
    return review.model_copy(update={"words": fingerprint(after, code)})
