"""Yes or no."""

from webapp.rules.form_definition import NO, YES, Answer, KindName, Question
from webapp.rules.kinds.choice import OneChoice
from webapp.rules.kinds.kind import Option

LABELS = {YES: "answer-yes", NO: "answer-no"}
ENGLISH = {YES: "Yes", NO: "No"}


class YesNo(OneChoice):
    """Two radio buttons. Their words come from the catalogue, the same ones everywhere."""

    name: KindName = "yes_no"
    widget = "answers/yes_no.html"
    shows_message_key = True

    def show(self, answer: Answer, question: Question, language: str) -> str:
        """A message key: "answer-yes" or "answer-no"."""
        return LABELS[YES if answer == YES else NO]

    def export(self, answer: Answer, question: Question) -> str:
        return ENGLISH[YES if answer == YES else NO]

    def options(self, question: Question, language: str) -> tuple[Option, ...]:
        return tuple(Option(value, message_key=label) for value, label in LABELS.items())
