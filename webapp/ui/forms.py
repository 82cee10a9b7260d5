"""Dynamic WTForms: a page of a form definition as an HTML form, bound, validated and shown again with its input.

One field class serves every kind of question: the kind (in `rules.forms.kinds`) parses and displays, its template asks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import g
from flask_wtf import FlaskForm
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from wtforms import Field
from wtforms.validators import StopValidation

from webapp.rules.characters import is_empty, without_hidden
from webapp.rules.forms.kinds import Answer, NotAccepted, Option, kind_of, read_answer
from webapp.rules.forms.kinds.kind import Input
from webapp.rules.forms.questions import Page, Question
from webapp.rules.forms.size_limits import letters_carried
from webapp.rules.forms.texts import text_in
from webapp.ui.answer_summary import option_words
from webapp.ui.filters import said
from webapp.ui.messages import naming, words_for

#: Submitted form data, in a form that a Visit can store: pairs of a field's name and a value.
Typed = Sequence[Sequence[str]]
#: The suffix of an entry beside truncated input that holds how many of its letters were dropped.
CUT = "-cut"
#: The suffix of the field beside choices for an answer of one's own.
OTHER = "-other"
#: A limit below this is not announced.
SHORT = 300
#: The average letters of a word with its space, to state a limit in words too.
LETTERS_A_WORD = 5.5


@dataclass(frozen=True)
class Pick:
    """One radio button or check box, ready to be rendered."""

    id: str
    value: str
    words: Markup | str
    chosen: bool
    stands_apart: bool


@dataclass(frozen=True)
class Box:
    """One of several inputs for an answer, like the day of a date."""

    input: Input
    id: str
    label: Markup | str
    words: str
    wrong: bool

    @property
    def part(self) -> str:
        """The name of the part of the answer that it takes."""
        return self.input.name


@dataclass(frozen=True)
class OwnLine:
    """The line for an answer of one's own, below the choice that it belongs to."""

    of: str
    id: str
    name: str
    label: Markup
    words: str
    wrong: bool


class AnswerField(Field):
    """The field of one question, whatever its kind. `raw` holds its values as a form would send them."""

    def __init__(self, question: Question, **options: Any) -> None:
        self.question = question
        self.kind = kind_of(question)
        self.raw: list[str] = []
        self.at_fault: tuple[str, ...] = ()
        #: How many letters of the input were dropped (truncated).
        self.cut = 0
        super().__init__(label="", **options)

    def process(self, formdata: Any, *rest: Any, **options: Any) -> None:
        """As in any field; the values of an answer with several inputs are combined to one list here."""
        names = input_names(self.question)
        if formdata is not None:
            self.cut = sum(formdata.get(f"{name}{CUT}", 0, type=int) for name in names)
        if formdata is not None and len(names) > 1:
            formdata = MultiDict({self.name: _values(self.question, formdata)})
        super().process(formdata, *rest, **options)

    def process_data(self, value: Answer | None) -> None:
        self.data = value
        self.raw = [] if value is None else self.kind.raw(value, self.question)

    def process_formdata(self, valuelist: list[str]) -> None:
        self.raw = valuelist

    def pre_validate(self, form: Any) -> None:
        """Validate by the question's kind. No input is no answer, and an error only where one is required."""
        try:
            self.data = read_answer(self.raw, self.question)
        except NotAccepted as refused:
            self.at_fault = self.kind.at_fault(refused, self.question)
            raise StopValidation(
                naming(self._problem(refused), said(self.question.label))
            ) from None

    def _problem(self, refused: NotAccepted) -> str:
        """The error message, with a note on truncated input."""
        problem = self._what_to_do(refused)
        return words_for("text-cut", problem=problem, cut=self.cut) if self.cut else problem

    def _what_to_do(self, refused: NotAccepted) -> str:
        key, question = refused.message_key, self.question
        if key == "answer-needed":
            return words_for(self.kind.needed)
        if key == "choices-none-and-others" and question.none is not None:
            return words_for(key, none=text_in(question.none.label, g.language)[0])
        if key == "ranking-twice":
            one, other = (question.choices[refused.params[name]] for name in ("one", "other"))
            return words_for(
                key,
                number=refused.params["number"],
                one=text_in(one.label, g.language)[0],
                other=text_in(other.label, g.language)[0],
            )
        if key == "other-and-another" and question.other is not None:
            return words_for(key, other=text_in(question.other.label, g.language)[0])
        return words_for(key, needed=question.required, **refused.params)

    @property
    def template(self) -> str:
        """The template of this kind of question."""
        return self.kind.widget

    @property
    def words(self) -> str:
        """The value of a text field."""
        return without_hidden(self.raw[0]) if self.raw else ""

    @property
    def hint(self) -> Mapping[str, str] | None:
        return self.question.hint

    @property
    def reason(self) -> Mapping[str, str] | None:
        """Why an answer is required, for the few questions that are."""
        return self.question.reason if self.question.required else None

    @property
    def limit(self) -> int | None:
        """The maximum length, where it is large enough to be announced."""
        room = self.kind.letters(self.question)
        return room if room > SHORT else None

    @property
    def room(self) -> str:
        """The maximum length in words for display: in letters and in words."""
        words = max(10, round((self.limit or SHORT) / LETTERS_A_WORD, -1))
        return words_for("room", limit=self.limit or SHORT, words=int(words))

    @property
    def options(self) -> list[Pick]:
        """The options to choose from. The first id ends in -0, so that an error link finds it."""
        options = self.kind.options(self.question, g.language)
        return [self._pick(place, option) for place, option in enumerate(options)]

    @property
    def boxes(self) -> list[Box]:
        """The inputs of an answer that has several."""
        inputs = self.kind.inputs_of(self.question)
        typed = [*map(without_hidden, self.raw), *[""] * len(inputs)]
        return [
            Box(one, name, input_label(one), words, one.name in self.at_fault)
            for one, name, words in zip(inputs, input_names(self.question), typed, strict=False)
        ]

    @property
    def numbers(self) -> tuple[str, ...]:
        """What each input offers to choose from, where it is a list."""
        return self.kind.numbers(self.question)

    @property
    def own_line(self) -> OwnLine | None:
        """The line for an answer of one's own, where there is one."""
        other = self.question.other
        if other is None:
            return None
        typed = [words for words in map(other.words_in, self.raw) if words is not None]
        return OwnLine(
            other.key,
            f"{self.id}{OTHER}",
            f"{self.name}{OTHER}",
            said(other.ask),
            without_hidden(typed[0]) if typed else "",
            "other" in self.at_fault,
        )

    @property
    def first_id(self) -> str:
        """The id of the first input, or the first invalid one: the target of an error link."""
        if self.boxes:
            return next((box.id for box in self.boxes if box.wrong), self.boxes[0].id)
        if "other" in self.at_fault:
            return f"{self.id}{OTHER}"
        return f"{self.id}-0" if self.kind.options(self.question, g.language) else self.id

    def _pick(self, place: int, option: Option) -> Pick:
        chosen = option.value in self.raw
        return Pick(
            f"{self.id}-{place}", option.value, option_words(option), chosen, option.exclusive
        )


class PageForm(FlaskForm):
    """The questions of one page as a form. Constructed by `form_for`."""

    class Meta(FlaskForm.Meta):
        # The CSRF guard of `webapp.web` has checked the token before any view runs. Retained input is bound again on a
        # GET, without one.
        csrf = False

    #: How many letters of input the Visit retains, valid or not: the script sends no more.
    carries = 0

    @property
    def fields(self) -> list[AnswerField]:
        """The question fields in their order."""
        return [field for field in self if isinstance(field, AnswerField)]

    @property
    def answers(self) -> dict[str, Answer]:
        """The valid answers by question; only after `validate` succeeded."""
        return {field.name: field.data for field in self.fields if field.data is not None}

    @property
    def problems(self) -> list[tuple[str, str]]:
        """The validation errors for the error summary: the id of each input, and its message."""
        return [(field.first_id, field.errors[0]) for field in self.fields if field.errors]

    @property
    def was_cut(self) -> bool:
        """Whether some input was truncated, which the page must always say."""
        return any(field.cut for field in self.fields)


def input_names(question: Question) -> list[str]:
    """The form field names of an answer: one, or one for each input, or another for words beside choices."""
    inputs = kind_of(question).inputs_of(question)
    # No question's key has a hyphen, so these names are unique.
    names = [f"{question.key}-{one.name}" for one in inputs] or [question.key]
    return [*names, f"{question.key}{OTHER}"] if question.other else names


def input_label(one: Input) -> Markup | str:
    """The label of one of several inputs."""
    return said(one.choice) if one.choice else words_for(one.label)


def _values(question: Question, sent: MultiDict[str, str]) -> list[str]:
    """The submitted values of one answer, as its kind parses them."""
    names = input_names(question)
    if kind_of(question).inputs_of(question):
        return _together(sent, names)
    values = sent.getlist(question.key)
    if question.other is None:
        return values
    own = [words for words in sent.getlist(names[-1]) if not is_empty(words)]
    return [*values, *map(question.other.with_words, own)]


def _together(sent: MultiDict[str, str], names: list[str]) -> list[str]:
    """One value for each name, in order, empty where none came; then surplus values, for validation to refuse."""
    values = [sent.getlist(name) for name in names]
    return [next(iter(one), "") for one in values] + [more for one in values for more in one[1:]]


def form_for(page: Page, *, stored: Mapping[str, Answer], typed: Typed | None = None) -> PageForm:
    """Build the form of one page, filled with stored answers or with retained input, as `keep_typed` returns it."""
    questions = {question.key: AnswerField(question) for question in page.questions}
    made: type[PageForm] = type(
        "PageForm", (PageForm,), {**questions, "carries": letters_carried(page)}
    )
    formdata = None if typed is None else MultiDict([(name, value) for name, value in typed])
    return made(formdata=formdata, data=dict(stored))


def keep_typed(page: Page, sent: Iterable[Sequence[str]]) -> list[list[str]]:
    """Filter submitted data to the questions of this page, and truncate it to what the page carries.

    Counted in letters, whatever their script. Where there is not room for all, the shortest values are retained in
    full, and beside a truncated one is the number of its dropped letters.
    """
    written = {name: _is_typed(one, name) for one in page.asked for name in input_names(one)}
    values = [
        [name, without_hidden(value) if written[name] else value]
        for name, value in sent
        if name in written
    ]
    room, dropped = letters_carried(page), []
    for pair in sorted(values, key=lambda one: len(one[1])):
        name, value = pair
        pair[1] = value[:room]
        if len(value) > room:
            dropped.append([f"{name}{CUT}", str(len(value) - room)])
        room = max(0, room - len(value))
    return values + dropped


def _is_typed(question: Question, name: str) -> bool:
    """Whether this field takes words. Beside the line of its own, a choice is only chosen."""
    takes_words = bool(kind_of(question).letters(question))
    return takes_words and (question.other is None or name.endswith(OTHER))


def typed_for(question: Question, typed: Typed) -> list[list[str]]:
    """The submitted values for one question."""
    names = {f"{name}{more}" for name in input_names(question) for more in ("", CUT)}
    return [[name, value] for name, value in typed if name in names]


def effective_input(
    page: Page, typed: Typed, *others: Typed, stored: Mapping[str, Answer]
) -> list[list[str]]:
    """The effective input of a page, by question: what was typed, else the first of `others`, else the answer."""
    found = []
    for question in page.asked:
        candidates = [typed_for(question, one) for one in (typed, *others)]
        candidates.append(_as_typed(question, stored))
        found += next((one for one in candidates if not _blank(question, one)), [])
    return found


def _as_typed(question: Question, stored: Mapping[str, Answer]) -> list[list[str]]:
    if question.key not in stored:
        return []
    raw, names = kind_of(question).raw(stored[question.key], question), input_names(question)
    if question.other is not None:
        own = [(question.other.words_in(value), value) for value in raw]
        return [[names[0], key] if words is None else [names[-1], words] for words, key in own]
    return [
        list(pair) for pair in zip(names if len(names) > 1 else names * len(raw), raw, strict=False)
    ]


def _blank(question: Question, typed: Typed) -> bool:
    sent = MultiDict([(name, value) for name, value in typed if not name.endswith(CUT)])
    return kind_of(question).blank(_values(question, sent))


def differs(page: Page, sent: Typed, stored: Mapping[str, Answer]) -> bool:
    """Whether the submitted page differs from the stored answers."""
    typed = keep_typed(page, sent)
    form = form_for(page, stored={}, typed=typed)
    if form.validate():
        return form.answers != dict(stored)
    return bool(stored) or any(value.strip() for _, value in typed)


def was_cut(typed: Typed) -> bool:
    """Whether some of the input was truncated."""
    return any(name.endswith(CUT) for name, _ in typed)
