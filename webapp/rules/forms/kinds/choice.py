"""One of a list."""

from webapp.rules.forms.form_definition import Answer, KindName, Question, text_in
from webapp.rules.forms.kinds.kind import Kind, Option, only_value
from webapp.rules.messages import NotAccepted


class OneChoice(Kind):
    """Radio buttons."""

    name: KindName = "choice"
    widget = "answers/choice.html"
    paper = "paper-tick-one"

    def blank(self, raw: list[str]) -> bool:
        return all(not value.strip() for value in raw)

    def parse(self, raw: list[str], question: Question) -> Answer:
        picked = only_value(raw).strip()
        if not picked:
            raise NotAccepted("answer-needed")
        if picked not in question.choice_keys:
            raise NotAccepted("choice-unknown")
        return picked

    def show(self, answer: Answer, question: Question, language: str) -> str:
        picked = self.raw(answer)
        options = self.options(question, language)
        return "\n".join(option.text for option in options if option.value in picked)

    def export(self, answer: Answer, question: Question) -> str:
        return self.show(answer, question, "en").replace("\n", "; ")

    def worst_bytes(self, question: Question) -> int:
        return max((len(key) for key in question.choice_keys), default=0) + len('""')

    def options(self, question: Question, language: str) -> tuple[Option, ...]:
        return tuple(
            Option(choice.key, *text_in(choice.label, language), exclusive=choice is question.none)
            for choice in question.all_choices
        )
