"""Answers in words: to one question of a call's form or of a registration's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from webapp.rules.forms.kinds import kind_of
from webapp.rules.forms.questions import Question
from webapp.ui.answer_summary import in_words


@dataclass(frozen=True)
class Said:
    """One question and its answer in words; None when it was left blank. `language` is that of the words."""

    question: Question
    words: str | None
    language: str


def one_said(question: Question, answers: Mapping[str, Any], language: str) -> Said:
    """The answer to one question of a participant or registrant who wrote in this language."""
    answer = answers.get(question.key)
    if answer is None:
        return Said(question, None, "en")
    words = in_words(question, answer, "en", language)
    # Choices are shown in the desk's language; own words stay in the language in which it was written.
    return Said(question, words, language if kind_of(question).own_words else "en")
