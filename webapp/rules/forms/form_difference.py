"""The difference between two form definitions (a structural diff), for people who publish one after the other.

Pages, questions, choices and consents are matched by their keys, and a question is found again on another page. Every
field of every model is compared, fields that come later included: equal definitions have no lines, and different ones
have at least one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum
from typing import Any, Final, TypeVar

from pydantic import BaseModel

from webapp.rules.forms.form_definition import ConsentWording, FormDefinition
from webapp.rules.forms.questions import Choice, Page, Question
from webapp.rules.forms.texts import FALLBACK_LANGUAGE, texts_of

_Item = TypeVar("_Item")
#: What is compared by keys, and not field by field.
_COLLECTIONS: Final = frozenset({"pages", "questions", "consents", "parts"})
#: A rule with words of its own, of which each field is compared.
_TAKEN_APART: Final = frozenset({"start", "stop", "none", "other"})


class ChangeKind(Enum):
    """What was done to one thing in a definition."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    REWORDED = "reworded"
    SET = "set"


@dataclass(frozen=True)
class Step:
    """One step on the way to what was changed: its kind (the name of a field in the definition), and its English words
    or key."""

    kind: str
    words: str


@dataclass(frozen=True)
class DifferenceLine:
    """One difference. `path` leads to the thing; `field` names what of it differs, empty for the thing itself.

    `before` and `after` are the words in `language` of what was reworded, the titles of the pages between which a
    question moved, the thing itself where it was added or removed, and otherwise the values of the field.
    """

    kind: ChangeKind
    path: tuple[Step, ...]
    field: str = ""
    language: str = ""
    before: Any = None
    after: Any = None


Lines = Iterator[DifferenceLine]
Path = tuple[Step, ...]


def difference(before: FormDefinition, after: FormDefinition) -> tuple[DifferenceLine, ...]:
    """Every difference, in the order of the form: languages, start page, pages and questions, readers, consents.

    A language that came or went as a whole is one line, and not one for each text.
    """
    were, are = _languages(before), _languages(after)
    whole = were ^ are
    return (
        *(_of_language(code, came=code in are) for code in sorted(whole)),
        *(one for one in _difference(before, after) if one.language not in whole),
    )


def _languages(form: FormDefinition) -> set[str]:
    return {code for _, text in texts_of(form) for code in text}


def _of_language(code: str, *, came: bool) -> DifferenceLine:
    kind = ChangeKind.ADDED if came else ChangeKind.REMOVED
    return DifferenceLine(kind, (Step("languages", code),), language=code)


def _difference(before: FormDefinition, after: FormDefinition) -> Lines:
    yield from _fields(before, after, ())
    yield from _pages(before, after)
    yield from _questions(before, after)
    yield from _keyed(before.parts.items(), after.parts.items(), (), "parts")
    were, are = ([(one.purpose, one) for one in form.consents] for form in (before, after))
    yield from _keyed(were, are, (), "consents")


def _fields(before: BaseModel, after: BaseModel, path: Path) -> Lines:
    """The fields of two models of one kind, without what is compared by keys."""
    for name in type(before).model_fields:
        one, other = getattr(before, name), getattr(after, name)
        if name not in _COLLECTIONS and one != other:
            yield from _field(name, one, other, path)


def _field(name: str, before: Any, after: Any, path: Path) -> Lines:
    if _is_text(before) or _is_text(after):
        yield from _words(name, before or {}, after or {}, path)
    elif _has_keys(before) and _has_keys(after):
        were, are = ([(one.key, one) for one in items] for items in (before, after))
        yield from _keyed(were, are, path, name)
    elif name in _TAKEN_APART and before is not None and after is not None:
        yield from _fields(before, after, (*path, _step(name, after)))
    elif name in _TAKEN_APART:
        yield _one_sided(before, after, (*path, _step(name, after or before)))
    else:
        yield DifferenceLine(ChangeKind.SET, path, name, before=before, after=after)


def _words(name: str, before: Mapping[str, str], after: Mapping[str, str], path: Path) -> Lines:
    for code in dict.fromkeys([*before, *after]):
        one, other = before.get(code), after.get(code)
        if one != other:
            yield DifferenceLine(ChangeKind.REWORDED, path, name, code, one, other)


def _one_sided(before: Any, after: Any, path: Path) -> DifferenceLine:
    kind = ChangeKind.ADDED if before is None else ChangeKind.REMOVED
    return DifferenceLine(kind, path, before=before, after=after)


def _keyed(
    before: Iterable[tuple[str, Any]], after: Iterable[tuple[str, Any]], path: Path, name: str
) -> Lines:
    """Two lists whose items have keys: what is gone, what came, what stands elsewhere, and what differs in each."""
    were, are = _numbered(before), _numbered(after)
    for key in [one for one in were if one not in are]:
        yield _one_sided(were[key], None, (*path, _step(name, were[key], key[0])))
    moved = _moved(list(were), list(are)) if name != "parts" else frozenset()
    for key, item in are.items():
        here = (*path, _step(name, item, key[0]))
        if key not in were:
            yield _one_sided(None, item, here)
            continue
        if key in moved:
            yield DifferenceLine(ChangeKind.MOVED, here)
        yield from _fields(were[key], item, here)


def _pages(before: FormDefinition, after: FormDefinition) -> Lines:
    were, are = ([(page.key, page) for page in form.pages] for form in (before, after))
    yield from _keyed(were, are, (), "pages")


def _questions(before: FormDefinition, after: FormDefinition) -> Lines:
    """Questions by their keys, wherever they stand."""
    were, are = _asked(before), _asked(after)
    for key, (page, question) in were.items():
        if key not in are:
            yield _one_sided(question, None, (_step("pages", page), _step("questions", question)))
    in_place = _in_place(were, are)
    for key, (page, question) in are.items():
        path = (_step("pages", page), _step("questions", question))
        if key not in were:
            yield _one_sided(None, question, path)
            continue
        old_page, old = were[key]
        if old_page.key != page.key:
            titles = {"before": _name_of(old_page), "after": _name_of(page)}
            yield DifferenceLine(ChangeKind.MOVED, path, "pages", **titles)
        elif key not in in_place:
            yield DifferenceLine(ChangeKind.MOVED, path)
        yield from _fields(old, question, path)


_Key = tuple[str, int]


def _asked(form: FormDefinition) -> dict[_Key, tuple[Page, Question]]:
    return _numbered(
        (question.key, (page, question)) for page in form.pages for question in page.questions
    )


def _in_place(
    were: Mapping[_Key, tuple[Page, Question]], are: Mapping[_Key, tuple[Page, Question]]
) -> frozenset[_Key]:
    """The questions that stand on the page of before, in the order of before."""
    found: set[_Key] = set()
    for page_key in {page.key for page, _ in are.values()}:
        old = [key for key, (page, _) in were.items() if page.key == page_key]
        new = [key for key, (page, _) in are.items() if page.key == page_key]
        found |= set(new) - _moved(old, new)
    return frozenset(found)


def _moved(before: Sequence[_Key], after: Sequence[_Key]) -> frozenset[_Key]:
    """Of what is in both lists, as little as explains another order."""
    both = set(before) & set(after)
    old, new = [key for key in before if key in both], [key for key in after if key in both]
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    stayed = {key for block in blocks for key in new[block.b : block.b + block.size]}
    return frozenset(both - stayed)


def _numbered(items: Iterable[tuple[str, _Item]]) -> dict[_Key, _Item]:
    """Items by key. A draft may use a key twice until the publish check is heard: then each is told by its number."""
    found: dict[_Key, _Item] = {}
    counts: dict[str, int] = {}
    for key, item in items:
        counts[key] = counts.get(key, 0) + 1
        found[key, counts[key]] = item
    return found


def _step(kind: str, item: Any, key: str = "") -> Step:
    return Step(kind, _name_of(item) or key)


def _name_of(item: Any) -> str:
    if isinstance(item, ConsentWording):
        return item.purpose
    if isinstance(item, Page):
        return item.title[FALLBACK_LANGUAGE]
    return item.label[FALLBACK_LANGUAGE] if isinstance(item, (Question, Choice)) else ""


def _is_text(value: Any) -> bool:
    return isinstance(value, dict) and FALLBACK_LANGUAGE in value


def _has_keys(value: Any) -> bool:
    return isinstance(value, tuple) and all(hasattr(one, "key") for one in value)
