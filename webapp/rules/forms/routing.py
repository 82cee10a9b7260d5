"""Routing through a form (skip logic), and pruning of answers that are off the route.

`answers` is a flat mapping from question key to answer; a skipped question is absent. A page is on
the route when its condition holds for answers that are on the route themselves, so an answer on a
page that was later left has no effect, and is never stored.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from webapp.rules.forms.form_definition import Form, FormDefinition
from webapp.rules.forms.kinds import Answer, Answers, NotAccepted, kind_of, read_answer
from webapp.rules.forms.questions import (
    PART_NAMES,
    Condition,
    Page,
    PartName,
    Question,
    SectionName,
    Stop,
)


class Stopped(Exception):
    """The answers lead to a stop (screen-out): nothing may be stored. `stop` has its words."""

    def __init__(self, stop: Stop) -> None:
        super().__init__(stop.question)
        self.stop = stop


class AnswersMissing(Exception):
    """Required questions on the route are unanswered. `missing` lists them in order."""

    def __init__(self, missing: tuple["Missing", ...]) -> None:
        super().__init__(", ".join(one.question.key for one in missing))
        self.missing = missing


@dataclass(frozen=True, slots=True)
class Missing:
    """A required question without an answer, and the page that asks it."""

    page: Page
    question: Question


def form_without(form: FormDefinition, sections: Collection[SectionName]) -> FormDefinition:
    """The form without the pages of these sections; it is only for asking, and is never stored.

    A page whose condition refers to a removed question is shown: its condition cannot be evaluated, and answers there
    must not be dropped for it.
    """
    if not sections:
        return form
    left = [page for page in form.pages if page.section not in sections]
    asked = {question.key for page in left for question in page.questions}
    pages = tuple(
        page.model_copy(update={"when": None})
        if page.when and page.when.question not in asked
        else page
        for page in left
    )
    # Not a copy: that would carry over cached properties of the form.
    return FormDefinition.model_construct(**{**dict(form), "pages": pages})


def visible_pages(form: Form, answers: Answers) -> list[Page]:
    """The pages on the route of these answers, in order. A stop ends it."""
    return [page for page, _ in walk(form, answers)]


def next_page(form: Form, answers: Answers, key: str) -> Page | None:
    """The page after this one on the route; None at the end. Raises NoSuchPage."""
    place = form.place(key)
    route = visible_pages(form, answers)
    return next((page for page in route if form.place(page.key) > place), None)


def stopped_by(form: Form, answers: Answers) -> Stop | None:
    """The stop that these answers lead to, if any."""
    return next((stop for _, stop in walk(form, answers) if stop), None)


def missing_on(route: Iterable[Page], kept: Answers) -> tuple[Missing, ...]:
    """The required questions on these pages without an answer among the pruned ones, in order."""
    return tuple(
        Missing(page, question)
        for page in route
        for question in page.asked
        if question.required and question.key not in kept
    )


def prune(form: Form, answers: Answers) -> dict[str, Answer]:
    """Prune the answers to those that may be stored: of questions on the route, each parsed again by its kind.

    Answers that this form does not accept (it may have changed while it was being filled in) are
    dropped, and with them the pages that they had opened.
    """
    kept = {
        question.key: answer
        for question in form.questions
        if (answer := read_again(question, answers)) is not None
    }
    asked = {question.key for page in visible_pages(form, kept) for question in page.asked}
    return {key: answer for key, answer in kept.items() if key in asked}


def parts_of(form: Form, answers: Answers) -> dict[PartName, dict[str, Answer]]:
    """The pruned answers by the part that they are sealed in; parts without answers are left out.

    Raises Stopped and AnswersMissing, so that answers which must not be stored yield nothing to seal.
    Sealed as JSON in UTF-8, all parts together are within the publish check's limit.
    """
    if stop := stopped_by(form, answers):
        raise Stopped(stop)
    kept = prune(form, answers)
    if missing := missing_on(visible_pages(form, kept), kept):
        raise AnswersMissing(missing)
    return by_part(form, kept)


def by_part(form: Form, kept: Answers) -> dict[PartName, dict[str, Answer]]:
    """Group pruned answers by the part that they are sealed in; parts without answers are left out."""
    parts: dict[PartName, dict[str, Answer]] = {name: {} for name in PART_NAMES}
    for key, answer in kept.items():
        parts[form.question(key).part][key] = answer
    return {name: part for name, part in parts.items() if part}


def walk(form: Form, answers: Answers) -> Iterator[tuple[Page, Stop | None]]:
    """Walk the route: its pages in order, each with the stop that ends it there."""
    on_route: dict[str, Answer] = {}
    for page in form.pages:
        if page.when and not shown(page.when, on_route):
            continue
        for question in page.asked:
            if question.key in answers:
                on_route[question.key] = answers[question.key]
        stop = page.stop if page.stop and _holds(page.stop, on_route) else None
        yield page, stop
        if stop:
            return


def shown(when: Condition, answers: Answers) -> bool:
    """Evaluate the display condition of a page for these answers."""
    return _holds(when, answers) or (when.or_skipped and when.question not in answers)


def _holds(condition: Condition | Stop, answers: Answers) -> bool:
    given = answers.get(condition.question, [])
    picked = [given] if isinstance(given, str) else given
    return any(value in condition.is_any for value in picked)


def read_again(question: Question, answers: Answers) -> Answer | None:
    """Parse a stored answer again by its question's kind; None where there is none that it accepts."""
    if question.key not in answers:
        return None
    try:
        return read_answer(kind_of(question).raw(answers[question.key], question), question)
    except NotAccepted:
        return None
