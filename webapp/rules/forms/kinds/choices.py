"""Any of a list."""

from webapp.rules.forms.form_definition import Answer, KindName, Question
from webapp.rules.forms.kinds.choice import OneChoice
from webapp.rules.messages import NotAccepted


class ManyChoices(OneChoice):
    """Check boxes. "None of these" comes last and cannot be ticked together with another box:
    scripts may be off in the browser, so it is refused here.

    The answer is a list of keys in the order of the definition, each once.
    """

    name: KindName = "choices"
    widget = "answers/choices.html"
    paper = "paper-tick-any"

    def parse(self, raw: list[str], question: Question) -> Answer:
        picked = {value.strip() for value in raw} - {""}
        if not picked:
            raise NotAccepted("answer-needed")
        if not picked <= set(question.choice_keys):
            raise NotAccepted("choice-unknown")
        if question.none and question.none.key in picked and len(picked) > 1:
            raise NotAccepted("choices-none-and-others")
        return [key for key in question.choice_keys if key in picked]

    def worst_bytes(self, question: Question) -> int:
        return sum(len(key) + len('"",') for key in question.choice_keys) + len("[]")
