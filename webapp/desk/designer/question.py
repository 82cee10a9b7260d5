"""One question of a draft: its words, its answers, whether it must be answered and why."""

from uuid import UUID

from flask import request
from flask_babel import gettext, lazy_gettext
from wtforms import BooleanField, Field, StringField
from wtforms.validators import StopValidation

from webapp.desk.designer.draft_edits import (
    DRAFT,
    WRITE,
    Answer,
    DraftForm,
    back,
    earlier,
    english,
    form_page,
    long_body,
    saved,
    short,
    to_change,
    words_field,
)
from webapp.desk.designer.draft_words import KINDS, PARTS
from webapp.desk.designer.question_moving import move_form
from webapp.desk.shared.blueprint import NotHere, blueprint
from webapp.desk.shared.forms import one_line
from webapp.rules.forms.call_draft import CallDraftContent
from webapp.rules.forms.edited_words import (
    choices_from,
    other_from,
    with_optional_words,
    with_words,
)
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.form_editing import depending_on, page_of, replace_question
from webapp.rules.forms.kinds import kind_of
from webapp.rules.forms.kinds.number import LARGEST, whole_number
from webapp.rules.forms.questions import Choice, Page, Question
from webapp.rules.roles import Act
from webapp.services.forms.call_drafts import Draft
from webapp.web.guards import may, takes_words

MOST_CHOICES = 30
#: What stands above the line for an answer that is not listed, until a coordinator words it otherwise.
OTHER_ASK = "If something else, please write it here"
#: What people answer in their own words: only there a limit of letters means something.
WRITTEN = ("text", "long_text")


class AnswersNeeded(Exception):
    """An answer that was taken out decides about pages. `pages` are those."""

    def __init__(self, pages: list[Page]) -> None:
        super().__init__(", ".join(page.key for page in pages))
        self.pages = pages


class QuestionForm(DraftForm):
    """The words of one question. Fields that its kind has no use for are taken out."""

    label = words_field(lazy_gettext("The question"), needed=WRITE)
    hint = words_field(
        lazy_gettext("Hint (optional)"),
        lazy_gettext("A line below the question that helps to answer it."),
    )
    choices = words_field(
        lazy_gettext("Answers, one a line"),
        lazy_gettext("In the order in which people read them."),
        needed=lazy_gettext("Write at least one answer"),
    )
    other = words_field(
        lazy_gettext("Answer for something else (optional)"),
        lazy_gettext("Like “Something else”. It stands after the list, with a line to write on."),
    )
    other_ask = words_field(
        lazy_gettext("What stands above that line"),
        lazy_gettext("The line is always there: people may write on it without choosing first."),
    )
    none = words_field(
        lazy_gettext("Last answer, which stands alone"),
        lazy_gettext("Like “None of these”. It cannot be chosen together with others."),
        needed=WRITE,
    )
    max_length = StringField(
        lazy_gettext("Most letters (optional)"),
        filters=[one_line],
        description=lazy_gettext("Small limits make answers easier to read and to write."),
    )
    at_least = StringField(lazy_gettext("Smallest number (optional)"), filters=[one_line])
    at_most = StringField(
        lazy_gettext("Largest number (optional)"),
        filters=[one_line],
        description=lazy_gettext("People who write another number are told these two."),
    )
    required = BooleanField(lazy_gettext("People must answer this to go on"))
    reason = words_field(
        lazy_gettext("Why they must"),
        lazy_gettext(
            "People read it beside the question. Leave it empty if they can skip the question."
        ),
    )

    def __init__(self, question: Question, **options: object) -> None:
        super().__init__(**options)
        self.question = question
        for name in self._useless():
            del self[name]

    def _useless(self) -> list[str]:
        question, kind = self.question, kind_of(self.question)
        names = [] if kind.takes_choices else ["choices"]
        names += [] if kind.takes_other and question.part != "contact" else ["other", "other_ask"]
        names += [] if question.none else ["none"]
        names += [] if question.kind in WRITTEN else ["max_length"]
        names += [] if kind.takes_bounds else ["at_least", "at_most"]
        if not question.asks:
            names.append("hint")
        # Nobody has to say how to reach them, and a statement has no answer.
        return (
            names
            if question.asks and question.part != "contact"
            else [*names, "required", "reason"]
        )

    @property
    def lines(self) -> list[str]:
        """The answers, without empty lines."""
        return [line.strip() for line in self.choices.data.splitlines() if line.strip()]

    def validate_choices(self, field: Field) -> None:
        """Not too many, and none of them twice."""
        if len(self.lines) > MOST_CHOICES:
            raise StopValidation(gettext("Write at most %(most)s answers", most=MOST_CHOICES))
        if len(set(self.lines)) < len(self.lines):
            raise StopValidation(gettext("Write each answer once"))

    def validate_other(self, field: Field) -> None:
        """Another answer than those of the list."""
        if field.data and field.data.casefold() in map(str.casefold, self.lines):
            raise StopValidation(gettext("Write each answer once"))

    def validate_other_ask(self, field: Field) -> None:
        """There, where there is a line."""
        if self.other.data and not field.data:
            raise StopValidation(str(WRITE))

    def validate_max_length(self, field: Field) -> None:
        """A number that its kind can have, or nothing."""
        longest = kind_of(self.question).longest_settable
        is_number = field.data.isascii() and field.data.isdigit() and len(field.data) < 6
        if field.data and not (is_number and 1 <= int(field.data) <= longest):
            raise StopValidation(gettext("Enter a number from 1 to %(most)s", most=longest))

    def validate_at_least(self, field: Field) -> None:
        """A number, and one where the largest is given."""
        _refuse_no_number(field.data)
        if self.at_most.data and not field.data:
            raise StopValidation(gettext("Enter both numbers, or none"))

    def validate_at_most(self, field: Field) -> None:
        """The same, and above the smallest."""
        _refuse_no_number(field.data)
        if self.at_least.data and not field.data:
            raise StopValidation(gettext("Enter both numbers, or none"))
        least, most = whole_number(self.at_least.data), whole_number(field.data)
        if least is not None and most is not None and least >= most:
            raise StopValidation(gettext("Enter a number above the smallest"))

    def validate_reason(self, field: Field) -> None:
        """There, where the question must be answered."""
        if self.required.data and not field.data:
            raise StopValidation(gettext("Say why people must answer it, or let them skip it"))

    def question_from(self, before: Question) -> Question:
        """The question with these words."""
        changes: dict[str, object] = {"label": with_words(before.label, self.label.data)}
        if "hint" in self:
            changes["hint"] = with_optional_words(before.hint, self.hint.data)
        if "choices" in self:
            beside = [one.key for one in (before.other, before.none) if one]
            changes["choices"] = choices_from(self.lines, before.choices, beside)
        if "other" in self:
            changes["other"] = other_from(self.other.data, self.other_ask.data, before)
        if "none" in self and before.none:
            label = with_words(before.none.label, self.none.data)
            changes["none"] = Choice(key=before.none.key, label=label)
        if "max_length" in self:
            changes["max_length"] = int(self.max_length.data) if self.max_length.data else None
        if "at_least" in self:
            changes["at_least"] = whole_number(self.at_least.data)
            changes["at_most"] = whole_number(self.at_most.data)
        if "required" in self:
            reason = self.reason.data if self.required.data else ""
            changes["required"] = bool(self.required.data)
            changes["reason"] = with_optional_words(before.reason, reason)
        # Not dict(): it would hand on cached properties, which are of the choices as they were.
        fields = {name: getattr(before, name) for name in Question.model_fields}
        return Question.model_validate({**fields, **changes})

    def edit(self, content: CallDraftContent) -> CallDraftContent:
        """The content with this question. Raises `AnswersNeeded`, and `NotHere` where it is gone."""
        page, before = find_question(content.form, self.question.key)
        after = self.question_from(before)
        gone = set(before.choice_keys) - set(after.choice_keys)
        if needed := depending_on(content.form, before.key, gone):
            raise AnswersNeeded(needed)
        return content.with_form(replace_question(content.form, page, after))


def find_question(form: FormDefinition, key: str) -> tuple[Page, Question]:
    """The question or statement with this key, and its page. Raises `NotHere`."""
    page = page_of(form, key)
    if page is None:
        raise NotHere(key)
    return page, next(one for one in page.questions if one.key == key)


def _refuse_no_number(typed: str) -> None:
    number = whole_number(typed)
    if typed and (number is None or number > LARGEST):
        raise StopValidation(gettext("Enter a whole number, at most %(most)s", most=LARGEST))


def _as_written(question: Question) -> dict[str, object]:
    return {
        "label": english(question.label),
        "hint": english(question.hint),
        "choices": "\n".join(english(choice.label) for choice in question.choices),
        "other": english(question.other.label) if question.other else "",
        "other_ask": english(question.other.ask) if question.other else OTHER_ASK,
        "none": english(question.none.label) if question.none else "",
        "max_length": str(question.max_length or ""),
        "at_least": _digits(question.at_least),
        "at_most": _digits(question.at_most),
        "required": question.required,
        "reason": english(question.reason),
    }


def _digits(number: int | None) -> str:
    return "" if number is None else str(number)


@blueprint.get(f"{DRAFT}/question/<key>")
@may(Act.WRITE_CALLS)
def designer_question(draft_id: UUID, key: str) -> Answer:
    """The question as it stands."""
    draft = to_change(draft_id)
    page, question = find_question(draft.content.form, key)
    form = QuestionForm(question, formdata=None, data=_as_written(question))
    return _page(draft, form, page)


@blueprint.post(f"{DRAFT}/question/<key>")
@may(Act.WRITE_CALLS)
@takes_words(long_body, asked_on="desk.designer_question")
def designer_question_post(draft_id: UUID, key: str) -> Answer:
    """Save it. Where it was deleted meanwhile, what was typed is shown, and nothing is saved."""
    draft = to_change(draft_id)
    try:
        page, question = find_question(draft.content.form, key)
    except NotHere:
        return _gone(draft, key)
    form = QuestionForm(question)
    if not form.validate():
        return _page(draft, form, page)
    try:
        what = gettext("Changed the question “%(words)s”", words=short(form.label.data))
        done = saved(form, draft, form.edit, what)
    except AnswersNeeded as needed:
        form.choices.errors = [_why_needed(needed)]
        return _page(draft, form, page)
    return back(draft, "saved", f"question-{key}") if done else _page(draft, form, page)


def _gone(draft: Draft, key: str) -> Answer:
    """The page as it was shown, for what was typed not to be lost."""
    content = earlier(draft, DraftForm(data=request.form))
    if content is None:
        raise NotHere(key)
    page, question = find_question(content.form, key)
    form = QuestionForm(question)
    form.is_gone = True
    return _page(draft, form, page)


def _why_needed(needed: AnswersNeeded) -> str:
    return gettext(
        "You took an answer out that decides about other pages: %(pages)s. Put it back, or open those pages first",
        pages=", ".join(f"“{english(page.title)}”" for page in needed.pages),
    )


def _page(draft: Draft, form: QuestionForm, page: Page) -> Answer:
    question = form.question
    return form_page(
        "question",
        draft,
        form,
        page=page,
        question=question,
        kind=KINDS[question.kind],
        rules=draft.content.form.parts.get(question.part),
        part=PARTS.get(question.part, question.part),
        has_translations=len(question.label) > 1,
        move=None if form.is_gone else move_form(draft.content.form, page),
    )
