"""Multiple choice from options that the definition words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webapp.rules.forms.kinds.choice import OneChoice, apart, own_key, worst_of_other
from webapp.rules.forms.kinds.kind import Answer
from webapp.rules.messages import NotAccepted

if TYPE_CHECKING:
    from webapp.rules.forms.questions import Question
    from webapp.rules.forms.texts import Text


class ManyChoices(OneChoice):
    """Check boxes. "None of these" comes last and cannot be ticked together with another box;
    it is validated here, because browsers may have scripts off.

    The answer is a list of keys in the order of the definition, each once, and after them own words for "something
    else".
    """

    name = "choices"
    takes_none = True
    control = "checkbox"
    needed = "needed-choices"
    paper = "paper-tick-any"

    def parse(self, raw: list[str], question: Question) -> Answer:
        keys, own = apart(raw, question)
        picked = {*keys, *own_key(own, question)}
        if not picked:
            raise NotAccepted("answer-needed")
        if not picked <= set(question.choice_keys):
            raise NotAccepted("choice-unknown")
        if question.none and question.none.key in picked and len(picked) > 1:
            raise NotAccepted("choices-none-and-others")
        return [*(key for key in question.choice_keys if key in picked), *own]

    def outcomes(self, question: Question) -> list[Answer | None]:
        """Ticking all opens a superset of the pages that any combination opens, so no other is tried."""
        ticked = [choice.key for choice in question.all_choices if choice is not question.none]
        every: list[Answer | None] = [None, ticked]
        return [*every, [question.none.key]] if question.none else every

    def countable(self, answer: Answer, question: Question) -> list[tuple[str, Text]] | None:
        """Each choice that was ticked; "none of these" counts nothing."""
        if not isinstance(answer, list):
            return None
        ticked = (choice for choice in question.choices if choice.key in answer)
        return [(f"{question.key}:{choice.key}", choice.label) for choice in ticked]

    def worst_bytes(self, question: Question) -> int:
        keys = sum(len(key) + len('"", ') for key in question.choice_keys) + len("[]")
        return keys + worst_of_other(question)
