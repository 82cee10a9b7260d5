"""Progress indicator: the part of the form, and the page of how many. No count ever grows while a participant goes on.

The parts are the same for every participant: the call's own questions, contact, then check and send. How many pages a
part has depends on the answers, so a total is only shown for the call's own questions: the maximum that is still
reachable with the answers before this page.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.kinds import Answer, Answers, kind_of
from webapp.rules.forms.questions import Page, Question
from webapp.rules.forms.routing import shown, visible_pages


@dataclass(frozen=True, slots=True)
class Place:
    """The position of a page: `part` of `parts` in the form; page `number` of `total` within the questions.

    `part` is None where only the number is shown, `number` where the answers decide how many pages there are.
    """

    part: int | None = None
    parts: int | None = None
    number: int | None = None
    total: int | None = None


def question_pages(form: FormDefinition) -> int:
    """The maximum number of pages with the call's own questions."""
    return _most(_questions(form), {})


def asks_contact(form: FormDefinition) -> bool:
    """Whether the form asks for contact details."""
    return any(page.section == "contact" for page in form.pages)


def parts_of_way(form: FormDefinition) -> int:
    """The number of parts before submission: questions, contact, check and send."""
    return bool(_questions(form)) + asks_contact(form) + 1


def number_of(form: FormDefinition, answers: Answers, page: Page) -> Place | None:
    """The position of a page among the call's own questions; None for any other page.

    Only answers on earlier pages count.
    """
    return number_on(visible_pages(form, answers), form, answers, page)


def number_on(
    route: Iterable[Page], form: FormDefinition, answers: Answers, page: Page
) -> Place | None:
    """Like `number_of`, for a caller that knows the route of these answers."""
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
    """The position of a page on the way to submission."""
    return place_on(visible_pages(form, answers), form, answers, page)


def place_on(route: Iterable[Page], form: FormDefinition, answers: Answers, page: Page) -> Place:
    """Like `place_of`, for a caller that knows the route of these answers."""
    parts, numbered = parts_of_way(form), number_on(route, form, answers, page)
    if numbered is None:
        return Place(parts - 1, parts)
    return Place(1, parts, numbered.number, numbered.total)


def _questions(form: FormDefinition) -> list[Page]:
    return [page for page in form.pages if page.section == "call"]


def _most(pages: Sequence[Page], known: Answers) -> int:
    """The maximum number of these pages that are reachable with the known answers.

    A condition refers to one question of an earlier page, so the pages form trees: each is a child of the page that
    asks its question. They are counted from last to first, each once as shown and once as hidden. Enumerating all
    routes would be exponential: a factor of three for every question that decides something.
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
    """Split the pages into roots, which depend on none of these questions, and children by their question."""
    first: list[Page] = []
    below: dict[str, list[Page]] = {}
    asked: set[str] = set()
    for page in pages:
        hangs_on = page.when.question if page.when else ""
        (below.setdefault(hangs_on, []) if hangs_on in asked else first).append(page)
        asked |= {question.key for question in page.asked}
    return first, below


def _said_on(page: Page, question: Question) -> list[dict[str, Answer]]:
    """All answers to a question that differ in what they open. Answers that lead to a stop are left out, because they
    end the route."""
    stop = page.stop if page.stop and page.stop.question == question.key else None
    return [
        {} if answer is None else {question.key: answer}
        for answer in kind_of(question).outcomes(question)
        if stop is None or answer not in stop.is_any
    ]
