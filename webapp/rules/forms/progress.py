"""Progress: the part of the way that somebody is in, and the page of how many. No count ever grows as they go on.

The parts are the same for everybody: the call's own questions, how to reach somebody, then check and send. How many
pages a part has depends on the answers, so a number is only given for the call's own questions: the most that anybody
with the answers before this page can still come to.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.kinds import Answer, Answers, kind_of
from webapp.rules.forms.questions import Page, Question
from webapp.rules.forms.routing import shown, visible_pages


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page is. `part` of `parts` of the whole way; page `number` of `total` within the questions.

    `part` is None where only the number counts, `number` where the answers decide how many pages there are.
    """

    part: int | None = None
    parts: int | None = None
    number: int | None = None
    total: int | None = None


def question_pages(form: FormDefinition) -> int:
    """The most pages of the call's own questions that anybody is asked."""
    return _most(_questions(form), {})


def asks_contact(form: FormDefinition) -> bool:
    """Whether the form asks how to reach somebody."""
    return any(page.section == "contact" for page in form.pages)


def parts_of_way(form: FormDefinition) -> int:
    """How many parts the way to Send has: questions, how to reach somebody, check and send."""
    return bool(_questions(form)) + asks_contact(form) + 1


def number_of(form: FormDefinition, answers: Answers, page: Page) -> Place | None:
    """Which page of the call's own questions this is, of how many; None for any other page.

    Only what was answered on the pages before this one counts.
    """
    return number_on(visible_pages(form, answers), form, answers, page)


def number_on(
    route: Iterable[Page], form: FormDefinition, answers: Answers, page: Page
) -> Place | None:
    """The same, where the route of these answers is known already."""
    pages = _questions(form)
    before = [one for one in route if form.place(one.key) < form.place(page.key)]
    if page not in pages:
        return None
    known = {
        question.key: answers[question.key]
        for one in before
        for question in one.asked
        if question.key in answers
    }
    return Place(
        number=len(before) + 1, total=len(before) + _most(pages[pages.index(page) :], known)
    )


def place_of(form: FormDefinition, answers: Answers, page: Page) -> Place:
    """Where a page on the way to Send is."""
    return place_on(visible_pages(form, answers), form, answers, page)


def place_on(route: Iterable[Page], form: FormDefinition, answers: Answers, page: Page) -> Place:
    """The same, where the route of these answers is known already."""
    parts, numbered = parts_of_way(form), number_on(route, form, answers, page)
    if numbered is None:
        return Place(parts - 1, parts)
    return Place(1, parts, numbered.number, numbered.total)


def _questions(form: FormDefinition) -> list[Page]:
    return [page for page in form.pages if page.section == "call"]


def _most(pages: Sequence[Page], known: Answers) -> int:
    """The most of these pages that somebody with the answers of before can come to.

    A condition looks at one question of an earlier page, so the pages are trees: each hangs on the page that asks it.
    They are counted from the last to the first, each once as shown and once as not. The ways through them would be
    too many to try: three times as many with every question that decides something.
    """
    first, below = _trees(pages)
    counted: dict[tuple[str, bool], int] = {}

    def count(hanging: Sequence[Page], said: Answers) -> int:
        return sum(counted[one.key, not one.when or shown(one.when, said)] for one in hanging)

    for page in reversed(pages):
        deciding = [question for question in page.asked if question.key in below]
        counted[page.key, False] = sum(count(below[one.key], {}) for one in deciding)
        counted[page.key, True] = 1 + sum(
            max((count(below[one.key], said) for said in _said_on(page, one)), default=0)
            for one in deciding
        )
    return count(first, known)


def _trees(pages: Sequence[Page]) -> tuple[list[Page], dict[str, list[Page]]]:
    """The pages that hang on no question of these, and by each question those that hang on it."""
    first: list[Page] = []
    below: dict[str, list[Page]] = {}
    asked: set[str] = set()
    for page in pages:
        hangs_on = page.when.question if page.when else ""
        (below.setdefault(hangs_on, []) if hangs_on in asked else first).append(page)
        asked |= {question.key for question in page.asked}
    return first, below


def _said_on(page: Page, question: Question) -> list[dict[str, Answer]]:
    """All that can be answered to a question, as far as it decides what comes later. A stop, which ends the way, is
    left out."""
    stop = page.stop if page.stop and page.stop.question == question.key else None
    return [
        {} if answer is None else {question.key: answer}
        for answer in kind_of(question).outcomes(question)
        if stop is None or answer not in stop.is_any
    ]
