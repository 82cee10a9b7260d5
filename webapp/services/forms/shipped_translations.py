"""Translation memory: the translations of forms and events that Hearth ships, by their English words.

The question bank and the templates copy their words from these definitions, or have translations of their own
(`content/designer/translations.json`). So a draft in which such words stand unchanged gets their translations at once.
They are drafts like all others until somebody has reviewed them in the call.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from pydantic import TypeAdapter

from webapp.rules.forms.call_draft import CallDraftContent
from webapp.rules.forms.draft_languages import draft_texts
from webapp.rules.forms.draft_translation import begun, filled
from webapp.rules.forms.texts import FALLBACK_LANGUAGE, texts_of
from webapp.services.forms.definition_files import read_call_file, read_event_file
from webapp.services.forms.question_bank import CONTENT, ORGANISATION, OWN_CALL

EVENTS: Final = ("round-table", "small-group")
TRANSLATIONS: Final = TypeAdapter(dict[str, dict[str, str]])


@cache
def shipped(language: str, organisation: str = "") -> Mapping[str, str]:
    """The translations into one language, by their English. The coalition's own call comes first.

    `organisation` stands where the templates name whoever asks, as in a draft that was begun from one.
    """
    found: dict[str, str] = {}
    for text in _texts():
        if language in text:
            found.setdefault(text[FALLBACK_LANGUAGE], text[language])
    for english, words in _of_templates().items():
        if language in words:
            named = english.replace(ORGANISATION, organisation)
            found.setdefault(named, words[language].replace(ORGANISATION, organisation))
    return MappingProxyType(found)


def with_shipped(
    before: CallDraftContent, after: CallDraftContent, organisation: str = ""
) -> CallDraftContent:
    """An edited content with the translations of texts that the edit brought, in each language that was begun."""
    old = draft_texts(before.form)
    if draft_texts(after.form).keys() <= old.keys():
        return after
    for one in begun(after):
        code = one.language.code
        after = after.with_form(filled(after.form, code, shipped(code, organisation), but=old))
    return after


@cache
def _of_templates() -> Mapping[str, Mapping[str, str]]:
    """By the English of a template or of an entry of the bank, its words in each language."""
    return TRANSLATIONS.validate_json((CONTENT / "designer" / "translations.json").read_bytes())


def _texts() -> Iterator[Mapping[str, str]]:
    definitions = (
        read_call_file(CONTENT / f"{OWN_CALL}.json"),
        *(read_event_file(CONTENT / f"{name}.json") for name in EVENTS),
    )
    for definition in definitions:
        for _, text in texts_of(definition):
            yield text
