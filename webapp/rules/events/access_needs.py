"""Totals of registrants' access needs, for those who arrange them: so many captions, so many interpreters.

Only choices are counted. Free text is listed, because two wordings are not one need.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from webapp.rules.forms.kinds import Answers, kind_of
from webapp.rules.forms.questions import Question
from webapp.rules.forms.texts import Text


@dataclass(frozen=True)
class Need:
    """One access need that can be chosen, in the words of the form. `key` identifies it."""

    key: str
    label: Text


@dataclass(frozen=True)
class Counted:
    """The number of registrants with one need."""

    key: str
    label: Text
    people: int


@dataclass(frozen=True)
class Needed:
    """The needs of one registrant: choices, and free text with the question that it answers."""

    chosen: tuple[Need, ...] = ()
    words: tuple[tuple[Question, str], ...] = ()

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to arrange for them."""
        return not self.chosen and not self.words


def needed_by(questions: Sequence[Question], answers: Answers) -> Needed:
    """The needs in a registrant's answers. "None of these" and "no" add nothing."""
    chosen: list[Need] = []
    words: list[tuple[Question, str]] = []
    for question in questions:
        answer = answers.get(question.key)
        if answer is None:
            continue
        counted = kind_of(question).countable(answer, question)
        if counted is not None:
            chosen += [Need(key, label) for key, label in counted]
        elif isinstance(answer, str) and answer.strip():
            words.append((question, answer))
    return Needed(tuple(chosen), tuple(words))


def added_up(everyone: Iterable[Needed]) -> tuple[Counted, ...]:
    """Count each need over all registrants, the most frequent first."""
    needs = [need for one in everyone for need in one.chosen]
    labels = {need.key: need.label for need in needs}
    counted = Counter(need.key for need in needs).most_common()
    return tuple(Counted(key, labels[key], people) for key, people in counted)
