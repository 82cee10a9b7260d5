"""Merging a translator's file into a draft: each entry is judged by the English that it was made from.

What the draft has and the file has not stays. An entry for words that were changed since is taken as outdated, and
never in the place of a translation that is up to date.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from webapp.rules.characters import clean_lines
from webapp.rules.forms.call_draft import CallDraftContent
from webapp.rules.forms.draft_translation import TranslatedText, standing, translate


@dataclass(frozen=True)
class TranslatorEntry:
    """One text of the file: its path, the English it was made from, its words (empty where there are none), and
    whether it is still marked as fuzzy."""

    path: str
    english: str
    words: str
    is_fuzzy: bool = False


@dataclass(frozen=True)
class TakenIn:
    """How many entries were taken, how many of those stay outdated, and how many were left out, by the reason."""

    taken: int = 0
    older: int = 0
    unknown: int = 0
    newer_here: int = 0
    unsure: int = 0


@dataclass
class _Merge:
    typed: dict[str, str] = field(default_factory=dict)
    still_right: list[str] = field(default_factory=list)
    made_from: dict[str, str] = field(default_factory=dict)
    unknown: int = 0
    newer_here: int = 0
    unsure: int = 0

    def add(self, entry: TranslatorEntry, text: TranslatedText) -> None:
        is_changed = entry.english != clean_lines(text.english)
        if entry.words == text.words:
            if text.is_older and not is_changed and not entry.is_fuzzy:
                self.still_right.append(entry.path)
        elif is_changed and text.words and not text.is_older:
            self.newer_here += 1
        elif is_changed or (entry.is_fuzzy and text.is_older):
            self.typed[entry.path] = entry.words
            self.made_from[entry.path] = entry.english if is_changed else text.made_from
        elif entry.is_fuzzy:
            self.unsure += 1
        else:
            self.typed[entry.path] = entry.words


def take_in(
    content: CallDraftContent, code: str, entries: Iterable[TranslatorEntry]
) -> tuple[CallDraftContent, TakenIn]:
    """The content with the translations of a file, and what became of its entries."""
    texts, merge = {one.path: one for one in standing(content, code).texts}, _Merge()
    for entry in entries:
        if entry.path not in texts:
            merge.unknown += 1
        elif entry.words:
            merge.add(entry, texts[entry.path])
    taken = TakenIn(
        taken=len(merge.typed) + len(merge.still_right),
        older=len(merge.made_from),
        unknown=merge.unknown,
        newer_here=merge.newer_here,
        unsure=merge.unsure,
    )
    return translate(content, code, merge.typed, merge.still_right, merge.made_from), taken
