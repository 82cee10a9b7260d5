"""Words between the questions, with nothing to answer."""

from webapp.rules.forms.form_definition import Answer, KindName, Question
from webapp.rules.forms.kinds.kind import Kind
from webapp.rules.messages import NotAccepted


class Statement(Kind):
    """Says its label. Whatever is sent under its name is never read, and nothing of it is kept."""

    name: KindName = "statement"
    widget = "answers/statement.html"
    paper = None

    def blank(self, raw: list[str]) -> bool:
        return True

    def parse(self, raw: list[str], question: Question) -> Answer:
        raise NotAccepted("answer-needed")

    def show(self, answer: Answer, question: Question, language: str) -> str:
        return ""

    def export(self, answer: Answer, question: Question) -> str:
        return ""

    def worst_bytes(self, question: Question) -> int:
        return 0
