"""The codebook (data dictionary) of an answers file: what was asked in which words, what each code means, how many
answered.

Each question has one entry with a wording for each run of form versions that asked it in exactly the same way. So no
words are lost where a form was changed, and none are repeated where it was not.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from webapp.rules.forms.answer_columns import (
    FormInUse,
    asked_in,
    own_words_of,
    takes_several,
)
from webapp.rules.forms.kinds import kind_of
from webapp.rules.forms.kinds.fixed_choice import FixedChoice
from webapp.rules.forms.questions import Page, Question
from webapp.rules.forms.texts import Text

#: Words that are the same in every form (yes, no, age bands), by message key and language.
FixedWords = Mapping[str, Text]
#: "Every person who came to this page": it has no condition.
EVERYONE: Final = "everyone"


@dataclass(frozen=True)
class Tally:
    """How many answered each question, and chose each code, by version of the form."""

    answered: Counter[tuple[int, str]] = field(default_factory=Counter)
    chosen: Counter[tuple[int, str, str]] = field(default_factory=Counter)

    def count(self, version: FormInUse, answers: Mapping[str, str | list[str]]) -> None:
        """Count one person's answers. Free text is counted as answered, and kept nowhere."""
        for key in answers:
            self.answered[version.number, key] += 1
        for _, question in asked_in(version.form):
            answer = answers.get(question.key, [])
            if question.choices or question.choice_keys:
                for code in [answer] if isinstance(answer, str) else answer:
                    self.chosen[version.number, question.key, code] += 1


@dataclass(frozen=True)
class Code:
    """One value that a cell may have: its code, its words, and how many chose it.

    Without a code: the line beside "something else", whose words are in a column of their own.
    """

    column: str
    code: str
    words: Text
    chosen: int


@dataclass(frozen=True)
class Wording:
    """A question exactly as some versions of the form asked it. `asked_of`: who came to it, in words."""

    versions: tuple[int, ...]
    kind: str
    part: str
    several: bool
    required: bool
    page: Text
    asked_of: str
    words: Text
    hint: Text | None
    codes: tuple[Code, ...]
    answered: int

    @property
    def in_versions(self) -> str:
        """The numbers of these versions, like 1, 2, 4."""
        return ", ".join(map(str, self.versions))


@dataclass(frozen=True)
class Entry:
    """One question, with its wordings; the newest stands first."""

    question: str
    wordings: tuple[Wording, ...]

    @property
    def answered(self) -> int:
        """How many answered it, in whatever version."""
        return sum(one.answered for one in self.wordings)


@dataclass(frozen=True)
class _Asked:
    page: Page
    question: Question

    @property
    def alike(self) -> tuple[object, ...]:
        """Equal for two versions that ask it in exactly the same way."""
        return self.question.model_dump_json(), repr(self.page.title), _asked_of(self.page)


def codebook(
    keys: Iterable[str], versions: Sequence[FormInUse], fixed: FixedWords, tally: Tally
) -> tuple[Entry, ...]:
    """One entry for each of these questions, in their order."""
    newest_first = sorted(versions, key=lambda one: one.number, reverse=True)
    asked = {
        version.number: {
            question.key: _Asked(page, question) for page, question in asked_in(version.form)
        }
        for version in newest_first
    }
    return tuple(
        Entry(key, tuple(_wordings(key, asked, fixed, tally))) for key in dict.fromkeys(keys)
    )


def _wordings(
    key: str, asked: Mapping[int, Mapping[str, _Asked]], fixed: FixedWords, tally: Tally
) -> Iterator[Wording]:
    alike: dict[tuple[object, ...], list[int]] = {}
    for number, questions in asked.items():
        if key in questions:
            alike.setdefault(questions[key].alike, []).append(number)
    for numbers in alike.values():
        yield _wording(asked[numbers[0]][key], sorted(numbers), fixed, tally)


def _wording(one: _Asked, numbers: Sequence[int], fixed: FixedWords, tally: Tally) -> Wording:
    question = one.question
    return Wording(
        versions=tuple(numbers),
        kind=question.kind,
        part=question.part,
        several=takes_several(question),
        required=question.required,
        page=one.page.title,
        asked_of=_asked_of(one.page),
        words=question.label,
        hint=question.hint,
        codes=tuple(_codes(question, numbers, fixed, tally)),
        answered=sum(tally.answered[number, question.key] for number in numbers),
    )


def _codes(
    question: Question, numbers: Sequence[int], fixed: FixedWords, tally: Tally
) -> Iterator[Code]:
    key, own = question.key, own_words_of(question)
    for code, words in _choices(question, fixed):
        column = f"{key}.{code}" if takes_several(question) else key
        yield Code(column, code, words, sum(tally.chosen[number, key, code] for number in numbers))
    if own is not None and question.other is not None:
        wrote = sum(tally.answered[number, own.key] for number in numbers)
        yield Code(own.name, "", question.other.ask, wrote)


def _choices(question: Question, fixed: FixedWords) -> Iterator[tuple[str, Text]]:
    kind = kind_of(question)
    if isinstance(kind, FixedChoice):
        for value, label in kind.labels.items():
            yield value, {**fixed.get(label, {}), "en": kind.english[value]}
        return
    for choice in question.all_choices:
        yield choice.key, choice.label


def _asked_of(page: Page) -> str:
    """Who comes to a page, in words; routes before it may end earlier."""
    found = []
    if page.when is not None:
        skipped = ", or no answer" if page.when.or_skipped else ""
        found.append(f"{page.when.question}: {' or '.join(page.when.is_any)}{skipped}")
    if page.only == "helped":
        found.append("with a helper")
    return "; ".join(found) or EVERYONE


def languages_of(entries: Iterable[Entry]) -> frozenset[str]:
    """The languages in which the codebook has any words."""
    return frozenset(
        language
        for entry in entries
        for one in entry.wordings
        for text in (one.page, one.words, *(code.words for code in one.codes))
        for language in text
    )
