"""Translating a draft: how far each language is, saving words, a review, and the form that participants are offered.

Pure functions of a draft's content. A language is offered when every text has words in it, none of them is older than
the English, and a person in a named role has read all of them as they stand.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import cached_property
from typing import Final, cast

from webapp.rules.forms.call_draft import CallDraftContent
from webapp.rules.forms.definition_json import read_as, write_definition
from webapp.rules.forms.draft_languages import (
    DraftLanguage,
    LanguageReview,
    OlderWords,
    draft_texts,
    fingerprint,
    steady_path,
)
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.texts import FALLBACK_LANGUAGE, Text, texts_of
from webapp.rules.languages.site_languages import LANGUAGES, Language

#: Groups of texts that are no page of questions. A page's key cannot begin like this.
START, READERS, PERMISSIONS = "_start", "_readers", "_permissions"
TRANSLATABLE: Final = tuple(one for one in LANGUAGES.values() if one.code != FALLBACK_LANGUAGE)


class LanguageState(Enum):
    """How far a language of a draft is. In all but the last, participants are not offered it."""

    NOT_BEGUN = "not begun"
    MISSING = "texts are missing"
    OLDER = "translations are older than the English"
    NOT_REVIEWED = "not reviewed as it stands"
    READY = "ready"


class NotComplete(Exception):
    """Texts are missing or outdated, so nobody can have reviewed all of them."""


@dataclass(frozen=True)
class TranslatedText:
    """One text: the English, its translation (empty where there is none), and what an outdated one was made from."""

    path: str
    english: str
    words: str
    made_from: str = ""

    @property
    def is_older(self) -> bool:
        """Whether the English was changed after it was translated."""
        return bool(self.made_from)


@dataclass(frozen=True)
class TextGroup:
    """The texts that are translated on one page of the desk. `key` is that of a page of questions, or names a group."""

    key: str
    texts: tuple[TranslatedText, ...]

    @property
    def there(self) -> int:
        """How many have words."""
        return sum(bool(one.words) for one in self.texts)

    @property
    def older(self) -> int:
        """How many are older than the English."""
        return sum(one.is_older for one in self.texts)


@dataclass(frozen=True)
class Standing:
    """How far one language of a draft is."""

    language: Language
    groups: tuple[TextGroup, ...]
    is_begun: bool
    review: LanguageReview | None
    #: Whether the review is of the words as they stand.
    is_reviewed: bool

    @cached_property
    def texts(self) -> tuple[TranslatedText, ...]:
        """Every text, in order."""
        return tuple(one for group in self.groups for one in group.texts)

    @property
    def total(self) -> int:
        """How many texts there are."""
        return len(self.texts)

    @property
    def there(self) -> int:
        """How many have words."""
        return sum(group.there for group in self.groups)

    @property
    def older(self) -> int:
        """How many are older than the English."""
        return sum(group.older for group in self.groups)

    @property
    def missing(self) -> int:
        """How many must still be translated. A variant needs consents alone, and only where it has a title."""
        if self.language.variant_of is None:
            return self.total - self.there
        has_title = any(one.path == "title" and one.words for one in self.texts)
        consents = [one for one in self.texts if one.path.startswith("consents.")]
        return sum(not one.words for one in consents) if has_title else 0

    @property
    def state(self) -> LanguageState:
        """The first thing that stands in the way."""
        if not self.is_begun:
            return LanguageState.NOT_BEGUN
        if self.missing or not self.there:
            return LanguageState.MISSING
        if self.older:
            return LanguageState.OLDER
        return LanguageState.READY if self.is_reviewed else LanguageState.NOT_REVIEWED


def standing(content: CallDraftContent, code: str) -> Standing:
    """How far a language is."""
    form, known = content.form, content.languages.get(code)
    groups = _groups(form, code, known.older_pairs if known else {})
    there = any(one.words for group in groups for one in group.texts)
    review = known.review if known else None
    is_reviewed = review is not None and review.words == fingerprint(form, code)
    return Standing(LANGUAGES[code], groups, known is not None or there, review, is_reviewed)


def begun(content: CallDraftContent) -> tuple[Standing, ...]:
    """How far each language is that was begun, in the order in which languages are listed."""
    every = (standing(content, one.code) for one in TRANSLATABLE)
    return tuple(one for one in every if one.is_begun)


def offered_form(content: CallDraftContent) -> FormDefinition:
    """The form that is published: without the words of languages that are not ready. Unknown languages stay, for the
    publish check to name."""
    left_out = {one.language.code for one in begun(content) if one.state != LanguageState.READY}
    return without_languages(content.form, left_out) if left_out else content.form


def without_languages(form: FormDefinition, codes: Iterable[str]) -> FormDefinition:
    """The form without all words of these languages."""
    gone = dict.fromkeys(codes, "")
    return _rewritten(form, dict.fromkeys(draft_texts(form), gone))


def group_of(content: CallDraftContent, code: str, key: str) -> TextGroup | None:
    """The group with this key; None where there is none."""
    return next((one for one in standing(content, code).groups if one.key == key), None)


# Edits


def begin_language(
    content: CallDraftContent, code: str, shipped: Mapping[str, str]
) -> CallDraftContent:
    """The content with this language, and with the translations that Hearth ships, by their English."""
    languages = {**content.languages, code: content.languages.get(code, DraftLanguage())}
    content = content.model_copy(update={"languages": languages})
    return content.with_form(filled(content.form, code, shipped))


def filled(
    form: FormDefinition, code: str, shipped: Mapping[str, str], but: Iterable[str] = ()
) -> FormDefinition:
    """The form with translations by their English, where it has none; paths in `but` stay as they are."""
    left = set(but)
    return _rewritten(
        form,
        {
            path: {code: shipped[text[FALLBACK_LANGUAGE]]}
            for path, text in draft_texts(form).items()
            if code not in text and path not in left and text[FALLBACK_LANGUAGE] in shipped
        },
    )


def remove_language(content: CallDraftContent, code: str) -> CallDraftContent:
    """The content without a language and all its words."""
    languages = {one: known for one, known in content.languages.items() if one != code}
    content = content.model_copy(update={"languages": languages})
    return content.with_form(without_languages(content.form, [code]))


def translate(
    content: CallDraftContent,
    code: str,
    typed: Mapping[str, str],
    still_right: Iterable[str] = (),
    made_from: Mapping[str, str] | None = None,
) -> CallDraftContent:
    """The content with these translations, by path; an empty one is taken out, and unknown paths are left.

    A translation that is new or changed is made from the English that stands, or from what `made_from` says; one in
    `still_right` fits it though it was made from another.
    """
    before = draft_texts(content.form)
    new = {
        path: {code: words}
        for path, words in typed.items()
        if path in before and before[path].get(code, "") != words
    }
    after = content.with_form(_rewritten(content.form, new))
    texts = draft_texts(after.form)
    known = after.languages.get(code, DraftLanguage())
    older = known.older_pairs
    for path in {*new, *still_right}:
        if path in texts and code in texts[path]:
            older.pop((texts[path][FALLBACK_LANGUAGE], texts[path][code]), None)
    for path, english in (made_from or {}).items():
        if path in new and code in texts[path] and english != texts[path][FALLBACK_LANGUAGE]:
            older[texts[path][FALLBACK_LANGUAGE], texts[path][code]] = english
    return _with_older(after, code, known, older)


def mark_reviewed(content: CallDraftContent, code: str, by: str, on: date) -> CallDraftContent:
    """The content with a review of all translations as they stand. Raises `NotComplete`."""
    now = standing(content, code)
    if now.state not in (LanguageState.NOT_REVIEWED, LanguageState.READY):
        raise NotComplete(code)
    review = LanguageReview(by=by, on=on, words=fingerprint(content.form, code))
    known = content.languages.get(code, DraftLanguage())
    return _with_language(content, code, known.model_copy(update={"review": review}))


def take_review_back(content: CallDraftContent, code: str) -> CallDraftContent:
    """The content without the review of a language."""
    known = content.languages.get(code, DraftLanguage())
    return _with_language(content, code, known.model_copy(update={"review": None}))


def _with_older(
    content: CallDraftContent, code: str, known: DraftLanguage, older: Mapping[tuple[str, str], str]
) -> CallDraftContent:
    if older == known.older_pairs:
        return content
    kept = tuple(
        OlderWords(english=english, words=words, made_from=made_from)
        for (english, words), made_from in older.items()
    )
    return _with_language(content, code, known.model_copy(update={"older": kept}))


def _with_language(
    content: CallDraftContent, code: str, language: DraftLanguage
) -> CallDraftContent:
    return content.model_copy(update={"languages": {**content.languages, code: language}})


def _rewritten(form: FormDefinition, words: Mapping[str, Mapping[str, str]]) -> FormDefinition:
    """The form with these words by path and language; empty words are taken out."""
    if not words:
        return form
    # Not a deep copy: a question that was copied shares its texts with the first one.
    changed = read_as(FormDefinition, write_definition(form))
    for path, text in texts_of(changed):
        written = cast(dict[str, str], text)
        for code, said in words.get(steady_path(form, path), {}).items():
            written.pop(code, None)
            written |= {code: said} if said else {}
    # Parsed again, so that the new words are validated and no cached property is carried over.
    return read_as(FormDefinition, write_definition(changed))


def _groups(
    form: FormDefinition, code: str, older: Mapping[tuple[str, str], str]
) -> tuple[TextGroup, ...]:
    by_key: dict[str, dict[str, Text]] = {START: {}}
    for path, text in texts_of(form):
        by_key.setdefault(_group_key(path), {})[steady_path(form, path)] = dict(text)
    pages = [page.key for page in form.pages]
    return tuple(
        TextGroup(key, tuple(_text(path, text, code, older) for path, text in by_key[key].items()))
        for key in (START, *dict.fromkeys(pages), READERS, PERMISSIONS)
        if key in by_key
    )


def _group_key(path: str) -> str:
    first, _, rest = path.partition(".")
    if first == "pages":
        return rest.partition(".")[0]
    return {"parts": READERS, "consents": PERMISSIONS}.get(first, START)


def _text(path: str, text: Text, code: str, older: Mapping[tuple[str, str], str]) -> TranslatedText:
    english, words = text[FALLBACK_LANGUAGE], text.get(code, "")
    return TranslatedText(path, english, words, older.get((english, words), "") if words else "")
