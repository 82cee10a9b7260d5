"""What somebody said, ready to be read: by a call's question or by a registration's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from webapp.rules.forms.kinds import kind_of
from webapp.rules.forms.questions import Question
from webapp.ui.answer_summary import in_words


@dataclass(frozen=True)
class Said:
    """One question and what was said; None when it was left out. `language` is that of the words."""

    question: Question
    words: str | None
    language: str


def one_said(question: Question, answers: Mapping[str, Any], language: str) -> Said:
    """What was said to one question by somebody who wrote in this language."""
    answer = answers.get(question.key)
    if answer is None:
        return Said(question, None, "en")
    words = in_words(question, answer, "en")
    # Choices are shown in the desk's language, what somebody wrote stays in theirs.
    return Said(question, words, language if kind_of(question).own_words else "en")
