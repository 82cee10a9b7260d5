"""What a form may send, a person may type, and a Visit may hold."""

from datetime import date

from hypothesis import strategies as st

from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.kinds import Answer
from webapp.rules.forms.kinds.number import bounds
from webapp.rules.forms.questions import Question

#: Any code point at all, lone surrogates and controls included, with the nasty ones made common.
NASTY = st.sampled_from(
    "\x00\t\r\n\x1b\x85\u00a0\u200b\u200e\u202e\u2028\u2066\ufeff\ud800\udc00\uffff\U0001ffff"
    "=+-@'\",;|\u2212\uff1d\u0663\u0301\U0001f525"
)
TYPED = st.text(st.one_of(st.characters(codec=None), NASTY), max_size=60)
RAW = st.lists(TYPED, max_size=4)


def answer_to(question: Question) -> st.SearchStrategy[Answer]:
    """An answer that the question's kind accepts."""
    match question.kind:
        case "choices":
            keys = [choice.key for choice in question.choices]
            some = st.sets(st.sampled_from(keys), min_size=1).map(
                lambda picked: [key for key in keys if key in picked]
            )
            return some if question.none is None else some | st.just([question.none.key])
        case "ranking":
            keys = [choice.key for choice in question.choices]
            return st.lists(st.sampled_from(keys), min_size=1, unique=True)
        case "choice" | "yes_no" | "scale" | "age_band":
            return st.sampled_from(question.choice_keys)
        case "email":
            return st.sampled_from(["ana@example.org", "b.c+d@mail.example.com"])
        case "phone":
            return st.sampled_from(["07700 900123", "+44 (0)20 7946 0018"])
        case "number":
            return st.integers(*bounds(question)).map(str)
        case "date":
            return st.dates(date(1900, 1, 1), date(2100, 12, 31)).map(date.isoformat)
        case _:
            return st.sampled_from(["Some words", "كلمات", "Two words\nand more"]).map(
                lambda words: words if question.kind == "long_text" else words.split("\n")[0]
            )


def answers_to(form: FormDefinition) -> st.SearchStrategy[dict[str, Answer]]:
    """Answers to any of the questions, whether or not they are on one route together."""
    return st.fixed_dictionaries(
        {}, optional={question.key: answer_to(question) for question in form.questions}
    )
