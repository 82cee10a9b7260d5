"""Edits of a form definition: pages and questions are added, moved, copied, replaced and deleted.

Pure functions from one immutable form to another, each of which can be parsed. An edit keeps what depends on others
valid: a question whose answers decide about a page stays (`StillNeeded`), a stop goes with its question, consents that
use contact details go with the questions about contact, and the rules of a part with the part's last question.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeVar

from webapp.rules.forms.form_definition import ConsentWording, FormDefinition, NoSuchPage, PartRules
from webapp.rules.forms.questions import (
    MOST_ON_A_PAGE,
    SECTION_NAMES,
    Page,
    PartName,
    Question,
    SectionName,
)

MOST_PAGES: Final = 40
LONGEST_KEY: Final = 40
#: Pages about contact are one block, whose questions other code reads by their keys: it is added and removed whole.
WHOLE_SECTION: Final[SectionName] = "contact"

_Item = TypeVar("_Item")


class StillNeeded(Exception):
    """Pages are shown only after certain answers to what was to be removed. `pages` are those, in order."""

    def __init__(self, pages: Sequence[Page]) -> None:
        super().__init__(", ".join(page.key for page in pages))
        self.pages = tuple(pages)


class LastOne(Exception):
    """A form keeps at least one page, and a page at least one question."""


class NoRoom(Exception):
    """A page has at most 8 questions, and a form at most 40 pages."""


class EndsForm(Exception):
    """The form ends on the page of this question after some answers to it, so it stays there."""


class OneBlock(Exception):
    """The questions about contact are added and removed together, and not one by one."""


def edited(form: FormDefinition, **changes: object) -> FormDefinition:
    """The form with other values of these fields; its cached properties are computed anew."""
    fields = {name: getattr(form, name) for name in type(form).model_fields}
    return FormDefinition.model_validate({**fields, **changes})


def unused_key(key: str, used: Iterable[str], joiner: str) -> str:
    """This key, or the first with a number behind it that nothing else has."""
    taken, number, found = set(used), 2, key
    while found in taken:
        end = f"{joiner}{number}"
        found, number = f"{key[: LONGEST_KEY - len(end)]}{end}", number + 1
    return found


# Pages


def replace_page(form: FormDefinition, page: Page) -> FormDefinition:
    """The form with this page in the place of the one with its key. Raises `NoSuchPage`."""
    form.page(page.key)
    return edited(form, pages=tuple(page if one.key == page.key else one for one in form.pages))


def move_page(form: FormDefinition, key: str, by: int) -> FormDefinition:
    """The page further up (-1) or down (1) among those of its section. Raises `NoSuchPage`."""
    return edited(form, pages=_moved(form.pages, form.place(key), by, _same_section))


def copy_page(form: FormDefinition, key: str) -> FormDefinition:
    """The page once more, behind itself, with keys of its own. Raises `NoSuchPage`, `NoRoom`, `OneBlock`."""
    page = _page_apart(form, key)
    if len(form.pages) >= MOST_PAGES:
        raise NoRoom
    place = form.place(key) + 1
    (new,) = _with_new_keys(form, [page])
    return edited(form, pages=(*form.pages[:place], new, *form.pages[place:]))


def remove_page(form: FormDefinition, key: str) -> FormDefinition:
    """The form without this page. Raises `NoSuchPage`, `StillNeeded`, `LastOne`, `OneBlock`."""
    page = _page_apart(form, key)
    _refuse_needed(form, page.questions, besides=page)
    left = tuple(one for one in form.pages if one.key != key)
    if not left:
        raise LastOne
    return _settled(edited(form, pages=left))


def add_pages(
    form: FormDefinition,
    pages: Sequence[Page],
    parts: Mapping[PartName, PartRules],
    consents: Sequence[ConsentWording] = (),
) -> FormDefinition:
    """These pages at the end of their section, with the rules of parts and the consents that the form lacks.

    Raises `NoRoom`; `OneBlock` where the form asks about contact already.
    """
    asked = {page.section for page in form.pages}
    if WHOLE_SECTION in asked and any(page.section == WHOLE_SECTION for page in pages):
        raise OneBlock
    if len(form.pages) + len(pages) > MOST_PAGES:
        raise NoRoom
    there = {wording.purpose for wording in form.consents}
    new = tuple(wording for wording in consents if wording.purpose not in there)
    form = edited(form, parts={**parts, **form.parts}, consents=(*form.consents, *new))
    together = (*form.pages, *_with_new_keys(form, pages))
    in_order = sorted(together, key=lambda one: SECTION_NAMES.index(one.section))
    return _settled(edited(form, pages=tuple(in_order)))


def remove_section(form: FormDefinition, section: SectionName) -> FormDefinition:
    """The form without all pages of a section. Raises `StillNeeded`, `LastOne`."""
    gone = [page for page in form.pages if page.section == section]
    left = tuple(page for page in form.pages if page.section != section)
    asked = {question.key for page in gone for question in page.questions}
    if needed := [page for page in left if page.when and page.when.question in asked]:
        raise StillNeeded(needed)
    if not left:
        raise LastOne
    return _settled(edited(form, pages=left))


# Questions


def page_of(form: FormDefinition, key: str) -> Page | None:
    """The page that asks the question, or shows the statement, with this key; None where there is none."""
    return next((page for page in form.pages if key in _keys(page)), None)


def replace_question(form: FormDefinition, page: Page, question: Question) -> FormDefinition:
    """The page with this question in the place of the one with its key. Raises `NoSuchPage`."""
    questions = tuple(question if one.key == question.key else one for one in page.questions)
    return replace_page(form, _with_questions(page, questions))


def move_question(form: FormDefinition, page: Page, key: str, by: int) -> FormDefinition:
    """The question further up (-1) or down (1) on its page."""
    place = _keys(page).index(key)
    moved = _moved(page.questions, place, by, lambda one, other: True)
    return replace_page(form, _with_questions(page, moved))


def pages_to_move_to(form: FormDefinition, page: Page) -> list[Page]:
    """The other pages of a page's section, which is stored as one part; none for those about contact."""
    if page.section == WHOLE_SECTION:
        return []
    return [one for one in form.pages if one.section == page.section and one.key != page.key]


def move_question_to(form: FormDefinition, page: Page, key: str, target: str) -> FormDefinition:
    """The question as the last one of another page of the section.

    Raises `NoSuchPage` where there is no such page in it, `NoRoom`, `LastOne`, `EndsForm`, `OneBlock`.
    """
    _refuse_block(page)
    other = next((one for one in pages_to_move_to(form, page) if one.key == target), None)
    if other is None:
        raise NoSuchPage(target)
    if len(other.questions) >= MOST_ON_A_PAGE:
        raise NoRoom
    if page.stop and page.stop.question == key:
        raise EndsForm
    if len(page.questions) == 1:
        raise LastOne
    (moved,) = [one for one in page.questions if one.key == key]
    left = tuple(one for one in page.questions if one.key != key)
    form = replace_page(form, _with_questions(page, left))
    return replace_page(form, _with_questions(other, (*other.questions, moved)))


def copy_question(form: FormDefinition, page: Page, key: str) -> FormDefinition:
    """The question once more, behind itself. Raises `NoRoom`, `OneBlock`."""
    _refuse_block(page)
    place = _keys(page).index(key)
    return add_question(form, page, page.questions[place], place + 1)


def add_question(
    form: FormDefinition, page: Page, question: Question, place: int | None = None
) -> FormDefinition:
    """One more question on a page, with a key that no other has: last, or at `place`. Raises `NoRoom`, `OneBlock`."""
    _refuse_block(page)
    if len(page.questions) >= MOST_ON_A_PAGE:
        raise NoRoom
    key = unused_key(question.key, (one.key for one in form.everything), "_")
    new, at = question.model_copy(update={"key": key}), place or len(page.questions)
    together = (*page.questions[:at], new, *page.questions[at:])
    return replace_page(form, _with_questions(page, together))


def remove_question(form: FormDefinition, page: Page, key: str) -> FormDefinition:
    """The page without this question, and without a stop at its answers.

    Raises `StillNeeded`, `LastOne`, `OneBlock`.
    """
    _refuse_block(page)
    gone = [one for one in page.questions if one.key == key]
    _refuse_needed(form, gone, besides=page)
    left = tuple(one for one in page.questions if one.key != key)
    if not left:
        raise LastOne
    stop = None if page.stop and page.stop.question == key else page.stop
    return _settled(replace_page(form, _with_questions(page, left, stop=stop)))


def depending_on(form: FormDefinition, question: str, choices: Iterable[str]) -> list[Page]:
    """The pages that are shown, or at which the form ends, after one of these answers to a question."""
    wanted = set(choices)
    return [
        page
        for page in form.pages
        for rule in (page.when, page.stop)
        if rule and rule.question == question and wanted & set(rule.is_any)
    ]


def _refuse_needed(form: FormDefinition, gone: Iterable[Question], besides: Page) -> None:
    keys = {question.key for question in gone}
    needed = [
        page
        for page in form.pages
        if page.key != besides.key and page.when and page.when.question in keys
    ]
    if needed:
        raise StillNeeded(needed)


def _refuse_block(page: Page) -> None:
    if page.section == WHOLE_SECTION:
        raise OneBlock


def _page_apart(form: FormDefinition, key: str) -> Page:
    page = form.page(key)
    _refuse_block(page)
    return page


def _settled(form: FormDefinition) -> FormDefinition:
    """Without the rules of parts that have no question, and consents about contact that nobody is asked for."""
    used = {question.part for question in form.everything}
    parts = {name: rules for name, rules in form.parts.items() if name in used}
    consents = tuple(one for one in form.consents if "contact" in used or not one.uses_contact)
    return edited(form, parts=parts, consents=consents)


def _with_questions(page: Page, questions: Sequence[Question], **changes: object) -> Page:
    return Page.model_validate({**dict(page), **changes, "questions": tuple(questions)})


def _with_new_keys(form: FormDefinition, pages: Sequence[Page]) -> tuple[Page, ...]:
    """The pages with keys that nothing in the form has. Their conditions and stops follow their own questions."""
    used = [one.key for one in form.everything]
    renamed: dict[str, str] = {}
    for question in (one for page in pages for one in page.questions):
        renamed[question.key] = unused_key(question.key, (*used, *renamed.values()), "_")
    page_keys = [one.key for one in form.pages]
    found: list[Page] = []
    for page in pages:
        page_keys.append(unused_key(page.key, page_keys, "-"))
        found.append(_renamed(page, page_keys[-1], renamed))
    return tuple(found)


def _renamed(page: Page, key: str, keys: Mapping[str, str]) -> Page:
    questions = [one.model_copy(update={"key": keys[one.key]}) for one in page.questions]
    rules = {
        name: rule.model_copy(update={"question": keys.get(rule.question, rule.question)})
        for name, rule in (("when", page.when), ("stop", page.stop))
        if rule
    }
    return _with_questions(page, questions, key=key, **rules)


def _same_section(one: Page, other: Page) -> bool:
    return one.section == other.section


def _moved(
    items: Sequence[_Item], place: int, by: int, may_swap: Callable[[_Item, _Item], bool]
) -> tuple[_Item, ...]:
    """The items with one exchanged for its neighbour; unchanged at an end."""
    other, moved = place + by, list(items)
    if 0 <= other < len(moved) and may_swap(moved[place], moved[other]):
        moved[place], moved[other] = moved[other], moved[place]
    return tuple(moved)


def _keys(page: Page) -> list[str]:
    return [question.key for question in page.questions]
