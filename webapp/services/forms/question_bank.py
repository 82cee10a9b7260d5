"""The question bank and the templates of calls, read from `webapp/content/designer`.

Both are data in the shape of form definitions. What the coalition's own call asks already is not written twice: an
entry names a page, a section or a question of it (`copy`), in English. A template names entries of the bank among its
pages, and consents by their purposes.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from webapp.rules.forms.form_definition import ConsentWording, FormDefinition
from webapp.rules.forms.question_bank import BankEntry, CallTemplate
from webapp.rules.forms.texts import FALLBACK_LANGUAGE

CONTENT: Final = Path(__file__).parents[2] / "content"
OWN_CALL: Final = "support-needs"
#: In a template's words, who writes; and how the coalition's own call says it.
ORGANISATION: Final = "{organisation}"
OWN_NAME: Final = "the Anti-Trafficking Monitoring Group"
#: What questions and answers of the bank say before a coordinator has written them.
UNWRITTEN: Final = frozenset(
    {"Write your question here", "The first answer", "The second answer", "The third answer"}
)


@cache
def bank() -> tuple[BankEntry, ...]:
    """All entries, in the order in which they are offered."""
    found = _read("designer/question-bank")["entries"]
    return tuple(BankEntry.model_validate_json(json.dumps(_entry(one))) for one in found)


def entry(key: str) -> BankEntry:
    """The entry with this key. Raises `LookupError`."""
    return _by_key(bank(), key)


@cache
def templates() -> tuple[CallTemplate, ...]:
    """All templates, in the order in which they are offered."""
    found = _read("designer/call-templates")["templates"]
    return tuple(CallTemplate.model_validate_json(json.dumps(_template(one))) for one in found)


def form_from(template: str, organisation: str) -> FormDefinition:
    """The form of a template, in the name of this organisation. Raises `LookupError`."""
    form = _by_key(templates(), template).form.model_dump(mode="json")
    return FormDefinition.model_validate_json(json.dumps(_signed(form, organisation)))


@cache
def known_consents() -> tuple[ConsentWording, ...]:
    """The consents whose wordings were tested, in English."""
    return FormDefinition.model_validate_json(json.dumps(_own_call())).consents


def is_unwritten(form: FormDefinition) -> bool:
    """Whether a question or an answer is still as the bank has it for a coordinator to write."""
    labels = (
        label
        for question in form.everything
        for label in (question.label, *(choice.label for choice in question.choices))
    )
    return any(label[FALLBACK_LANGUAGE] in UNWRITTEN for label in labels)


def _by_key(items: Iterable[Any], key: str) -> Any:
    found = next((one for one in items if one.key == key), None)
    if found is None:
        raise LookupError(key)
    return found


def _read(name: str) -> Any:
    return json.loads((CONTENT / f"{name}.json").read_text(encoding="utf-8"))


@cache
def _own_call() -> Any:
    return _in_english(_read(OWN_CALL))


def _in_english(data: Any) -> Any:
    """Each text of a definition in English alone."""
    if isinstance(data, list):
        return [_in_english(one) for one in data]
    if not isinstance(data, dict):
        return data
    if FALLBACK_LANGUAGE in data:
        return {FALLBACK_LANGUAGE: data[FALLBACK_LANGUAGE]}
    return {key: _in_english(one) for key, one in data.items()}


def _entry(data: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of the file with its pages, the rules of their parts, and its consents in full."""
    pages = data["pages"] if "pages" in data else _copied(data["copy"])
    told = {name: data[name] for name in ("key", "name", "about")}
    return {
        **told,
        "is_block": data.get("is_block", False),
        "pages": pages,
        "parts": _parts_of(pages),
        "consents": _consents(data.get("consents", ())),
    }


def _copied(which: Mapping[str, str]) -> list[Any]:
    pages = _own_call()["pages"]
    if "section" in which:
        return [page for page in pages if page["section"] == which["section"]]
    if "page" in which:
        return [page for page in pages if page["key"] == which["page"]]
    (page,) = [one for one in pages if which["question"] in _keys(one)]
    asked = [one for one in page["questions"] if one["key"] == which["question"]]
    return [{**page, "questions": asked}]


def _keys(page: Mapping[str, Any]) -> list[str]:
    return [question["key"] for question in page["questions"]]


def _parts_of(pages: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    used = {question["part"] for page in pages for question in page["questions"]}
    return {name: rules for name, rules in _own_call()["parts"].items() if name in used}


def _consents(purposes: Iterable[str]) -> list[Any]:
    wanted = set(purposes)
    return [one for one in _own_call()["consents"] if one["purpose"] in wanted]


def _template(data: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: data[name] for name in ("key", "name", "about")}
    if data.get("copy_call"):
        return {**told, "form": _own_call()}
    pages = [page for one in data["form"]["pages"] for page in _pages_in(one)]
    form = {**data["form"], "pages": pages, "parts": _parts_of(pages)}
    return {**told, "form": {**form, "consents": _consents(form["consents"])}}


def _pages_in(page: Mapping[str, Any]) -> list[Any]:
    if "bank" not in page:
        return [page]
    (found,) = [
        one for one in _read("designer/question-bank")["entries"] if one["key"] == page["bank"]
    ]
    pages: list[Any] = _entry(found)["pages"]
    return pages


def _signed(data: Any, organisation: str) -> Any:
    """Every text with this name in the place of ours and of the templates' mark."""
    if isinstance(data, str):
        return data.replace(ORGANISATION, organisation).replace(OWN_NAME, organisation)
    if isinstance(data, list):
        return [_signed(one, organisation) for one in data]
    if isinstance(data, dict):
        return {key: _signed(one, organisation) for key, one in data.items()}
    return data
