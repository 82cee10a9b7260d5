"""Progress: the part of the way that somebody is in, and the page of how many. No count ever grows as they go on.

The parts are the same for everybody: the call's own questions, how to reach somebody, then check and send. How many
pages a part has depends on the answers, so a number is only given for the call's own questions: the most that anybody
with the answers before this page can still come to.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from webapp.rules.answers import shown, visible_pages
from webapp.rules.form_definition import Answer, Answers, FormDefinition, Page, Question

#: Stands for every choice that no condition asks for.
_OTHER = "\N{FULL STOP}"


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
    pages = _questions(form)
    before = [
        one for one in visible_pages(form, answers) if form.place(one.key) < form.place(page.key)
    ]
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
    parts, numbered = parts_of_way(form), number_of(form, answers, page)
    if numbered is None:
        return Place(parts - 1, parts)
    return Place(1, parts, numbered.number, numbered.total)


def _questions(form: FormDefinition) -> list[Page]:
    return [page for page in form.pages if page.section == "call"]


def _most(pages: Sequence[Page], known: Answers) -> int:
    """The most of these pages that somebody with the answers of before can come to.

    Only answers that a later condition asks for are told apart, so a form of forty pages takes few steps.
    """
    found: dict[tuple[int, tuple[tuple[str, str], ...]], int] = {}

    def from_page(at: int, known: Mapping[str, Answer]) -> int:
        if at == len(pages):
            return 0
        page, asked_later = pages[at], _asked_for(pages[at:])
        known = {key: answer for key, answer in known.items() if key in asked_later}
        here = (at, tuple(sorted((key, repr(answer)) for key, answer in known.items())))
        if here not in found:
            if page.when and not shown(page.when, known):
                found[here] = from_page(at + 1, known)
            else:
                deciding = _asked_for(pages[at + 1 :])
                found[here] = 1 + max(
                    from_page(at + 1, {**known, **said}) for said in _possible(page, deciding)
                )
        return found[here]

    return from_page(0, known)


def _asked_for(pages: Sequence[Page]) -> dict[str, set[str]]:
    """The questions that conditions of these pages look at, and the choices that they ask for."""
    wanted: dict[str, set[str]] = {}
    for page in pages:
        if page.when:
            wanted.setdefault(page.when.question, set()).update(page.when.is_any)
    return wanted


def _possible(page: Page, deciding: Mapping[str, set[str]]) -> Iterator[dict[str, Answer]]:
    """All that can be answered here, as far as it decides what comes later. A stop, which ends the way, is left out."""
    questions = [question for question in page.asked if question.key in deciding]
    for said in product(*(_answers(one, deciding[one.key]) for one in questions)):
        answers = {
            one.key: answer
            for one, answer in zip(questions, said, strict=True)
            if answer is not None
        }
        stop = page.stop
        if stop is None or answers.get(stop.question, _OTHER) not in stop.is_any:
            yield answers


def _answers(question: Question, wanted: set[str]) -> list[Answer | None]:
    """None is no answer. Of several choices, ticking all opens the most pages that any of them opens."""
    if question.kind == "choices":
        every: list[Answer | None] = [None, [choice.key for choice in question.choices]]
        return [*every, [question.none.key]] if question.none else every
    some = [key for key in question.choice_keys if key in wanted]
    other = [_OTHER] if len(some) < len(question.choice_keys) else []
    return [*([] if question.required else [None]), *some, *other]
