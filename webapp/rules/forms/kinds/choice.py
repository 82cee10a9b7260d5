"""Single choice from options that the definition words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar, Final

from webapp.rules.characters import clean_line, is_empty
from webapp.rules.forms.kinds.kind import (
    BYTES_A_CHARACTER,
    Answer,
    Control,
    Kind,
    Option,
    only_value,
)
from webapp.rules.forms.texts import text_in
from webapp.rules.messages import NotAccepted

if TYPE_CHECKING:
    from webapp.rules.forms.questions import Question


#: The longest answer of one's own, in letters. Longer ones are a question of their own.
LONGEST_OTHER: Final = 200


class OneChoice(Kind):
    """Radio buttons, and a line for "something else" where the definition has one.

    An answer is a key; with own words it is a list of the key and the words (`OtherChoice.with_words`). Words without a
    tick choose "something else": they are the answer, and a radio button that was missed is not.
    """

    name = "choice"
    takes_choices = True
    takes_other = True
    control: ClassVar[Control] = "radio"
    needed = "needed-choice"
    paper = "paper-tick-one"

    def blank(self, raw: list[str]) -> bool:
        return all(not value.strip() for value in raw)

    def parse(self, raw: list[str], question: Question) -> Answer:
        keys, own = apart(raw, question)
        picked = only_value(keys or own_key(own, question))
        if picked not in question.choice_keys:
            raise NotAccepted("choice-unknown")
        if own and [picked] != own_key(own, question):
            raise NotAccepted("other-and-another")
        return [picked, *own] if own else picked

    def show(self, answer: Answer, question: Question, language: str) -> str:
        own, options = self.written(answer, question), self.chosen(answer, question, language)
        other = question.other.key if question.other and own else None
        return "\n".join(
            f"{one.text}: {own}" if one.value == other else one.text for one in options
        )

    def written(self, answer: Answer, question: Question) -> str:
        if question.other is None:
            return ""
        return next(filter(None, map(question.other.words_in, self.raw(answer, question))), "")

    def export(self, answer: Answer, question: Question) -> str:
        return self.show(answer, question, "en").replace("\n", "; ")

    def worst_bytes(self, question: Question) -> int:
        longest = max((len(key) for key in question.choice_keys), default=0) + len('""')
        return max(longest, worst_of_other(question))

    def letters(self, question: Question) -> int:
        return LONGEST_OTHER if question.other else 0

    def at_fault(self, refused: NotAccepted, question: Question) -> tuple[str, ...]:
        return ("other",) if refused.message_key == "text-too-long" else ()

    def options(self, question: Question, language: str) -> tuple[Option, ...]:
        return tuple(
            Option(choice.key, *text_in(choice.label, language), exclusive=choice is question.none)
            for choice in question.all_choices
        )


def apart(raw: list[str], question: Question) -> tuple[list[str], list[str]]:
    """The chosen values, and the value with own words if there is one. Raises NotAccepted for more than one of these,
    or too long a one."""
    other = question.other
    written = [None if other is None else other.words_in(value) for value in raw]
    keys = [value.strip() for value, words in zip(raw, written, strict=True) if words is None]
    own = [line for line in map(clean_line, filter(None, written)) if not is_empty(line)]
    if len(own) > 1:
        raise NotAccepted("answer-one-only")
    if own and len(own[0]) > LONGEST_OTHER:
        raise NotAccepted("text-too-long", max=LONGEST_OTHER, over=len(own[0]) - LONGEST_OTHER)
    return [key for key in keys if key], [other.with_words(one) for one in own if other]


def own_key(own: list[str], question: Question) -> list[str]:
    """The choice that own words stand for: none where there are no words."""
    return [question.other.key] if own and question.other else []


def worst_of_other(question: Question) -> int:
    """The maximum size of an answer in own words, in bytes of JSON; 0 where none can be given."""
    if question.other is None:
        return 0
    chosen = json.dumps([question.other.key, question.other.with_words("")])
    return len(chosen) + LONGEST_OTHER * BYTES_A_CHARACTER
