"""Words of a form definition as a coordinator edits them, in English. Their translations stay beside them.

The draft marks a translation of words that were changed as outdated (`draft_languages`), and offers nobody its language
until it was put right: participants would agree to something else than what stands in English.
"""

import re
import unicodedata
from collections.abc import Sequence

from webapp.rules.forms.form_editing import unused_key
from webapp.rules.forms.questions import Choice, OtherChoice, Question
from webapp.rules.forms.texts import FALLBACK_LANGUAGE, Text

LONGEST_CHOICE_KEY = 40
OTHER_KEY = "other"


def with_words(before: Text | None, words: str) -> Text:
    """A text with these English words, and with the translations of the one before."""
    return {**(before or {}), FALLBACK_LANGUAGE: words}


def with_optional_words(before: Text | None, words: str) -> Text | None:
    """The same for a text that need not be there: None for no words."""
    return with_words(before, words) if words else None


def choices_from(
    lines: Sequence[str], before: Sequence[Choice], taken: Sequence[str] = ()
) -> tuple[Choice, ...]:
    """The choices that these lines word, in their order.

    A choice whose words did not change keeps its key, which conditions refer to. Changed words keep it too where as
    many choices were reworded as there are new lines: then the first new line is the first that changed, and so on.
    None gets a key in `taken`, which answers beside the list have.
    """
    same = {choice.label[FALLBACK_LANGUAGE]: choice for choice in before}
    gone = [one for one in before if one.label[FALLBACK_LANGUAGE] not in lines]
    new = [line for line in lines if line not in same]
    reworded = dict(zip(new, gone, strict=True)) if len(new) == len(gone) else {}
    found: list[Choice] = []
    for line in lines:
        old = same.get(line) or reworded.get(line)
        used = [*taken, *(choice.key for choice in (*found, *before))]
        key = old.key if old else unused_key(key_of(line), used, "_")
        label = with_words(old.label if old else None, line)
        found.append(Choice(key=key, label=label))
    return tuple(found)


def other_from(words: str, ask: str, before: Question) -> OtherChoice | None:
    """The choice for an answer that is not listed, with the label of its line; None for no words."""
    if not words:
        return None
    old = before.other
    used = [choice.key for choice in before.all_choices]
    return OtherChoice(
        key=old.key if old else unused_key(OTHER_KEY, used, "_"),
        label=with_words(old.label if old else None, words),
        ask=with_words(old.ask if old else None, ask),
    )


def key_of(words: str) -> str:
    """A key made of words: small letters and digits, joined by underscores; "choice" where none are left."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    joined = re.sub("[^a-z0-9]+", "_", plain.lower()).strip("_")
    return joined[:LONGEST_CHOICE_KEY].strip("_") or "choice"
