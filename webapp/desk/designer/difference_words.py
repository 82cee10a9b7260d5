"""The difference between two versions of a call in words: where, what, how it was and how it is now."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from webapp.desk.designer.draft_edits import english
from webapp.desk.designer.draft_words import KINDS, PARTS
from webapp.desk.shared.words import purpose_words
from webapp.rules.forms.form_definition import ConsentWording, FormDefinition, PartRules
from webapp.rules.forms.form_difference import ChangeKind, DifferenceLine, Step
from webapp.rules.forms.questions import Choice, Condition, Page, Question
from webapp.rules.forms.texts import FALLBACK_LANGUAGE
from webapp.rules.languages.site_languages import LANGUAGES, Language

#: By kind of step: how it begins. What is not here is named by the words of the step alone.
STEPS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "pages": "Page",
        "questions": "Question",
        "choices": "Answer",
        "none": "Answer that stands alone",
        "other": "Answer for something else",
        "consents": "Permission",
        "parts": "Readers",
        "languages": "Language",
        "start": "Start page",
        "stop": "End of the form",
    }
)
#: By field of a definition: what it is for people. Another field is named as the definition names it.
FIELDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "title": "Title",
        "summary": "Summary",
        "audience": "Who it is for",
        "who": "Who you are",
        "asked": "What you ask",
        "readers": "Who reads the answers",
        "payment": "Whether you pay",
        "limits": "Limits of keeping it private",
        "support": "That support does not depend on it",
        "other_ways": "Other ways to take part",
        "reader": "Who reads them",
        "keep_months": "Months that they are kept",
        "why": "Why it is asked",
        "intro": "Introduction",
        "note": "Note",
        "when": "When the page is shown",
        "section": "Part of the form",
        "only": "Only with a helper",
        "label": "Words",
        "hint": "Hint",
        "required": "Must be answered",
        "reason": "Why it must be answered",
        "kind": "Kind of question",
        "part": "Kept with",
        "max_length": "Most letters",
        "ask": "What stands above the line",
        "at_least": "Smallest number",
        "at_most": "Largest number",
        "autocomplete": "Help with typing",
        "text": "Words",
        "version": "Number of these words",
        "uses_contact": "Uses contact details",
        "question": "After which question",
        "is_any": "After which answers",
        "or_skipped": "Also people who left it out",
        "purpose": "What it permits",
        "key": "Name inside",
        "schema_version": "Format of the form",
        "minutes": "Minutes (not used any more)",
    }
)
DONE: Final[Mapping[ChangeKind, str]] = MappingProxyType(
    {
        ChangeKind.ADDED: "Added",
        ChangeKind.REMOVED: "Taken out",
        ChangeKind.MOVED: "Moved",
    }
)
NOTHING: Final = "nothing"


@dataclass(frozen=True)
class Told:
    """One difference as a row. `before` and `after` are in `language`, where it is one of the words of the call."""

    where: str
    what: str
    before: str
    after: str
    language: Language


def told(
    lines: Iterable[DifferenceLine], before: FormDefinition, after: FormDefinition
) -> list[Told]:
    """Every difference in words."""
    return [_told(line, before, after) for line in lines]


def _told(line: DifferenceLine, before: FormDefinition, after: FormDefinition) -> Told:
    is_words = line.kind is ChangeKind.REWORDED
    language = LANGUAGES.get(line.language if is_words else FALLBACK_LANGUAGE)
    return Told(
        where=" → ".join(map(_step, line.path)) or "The call",
        what=_what(line),
        before=_value(line.before, before) if line.before is not None else _none(line),
        after=_value(line.after, after) if line.after is not None else _none(line),
        language=language or LANGUAGES[FALLBACK_LANGUAGE],
    )


def _step(step: Step) -> str:
    words = {
        "consents": lambda: str(purpose_words(step.words)),
        "parts": lambda: PARTS.get(step.words, step.words),
        "languages": lambda: _language(step.words),
    }.get(step.kind, lambda: f"“{step.words}”" if step.words else "")()
    return " ".join(filter(None, (STEPS.get(step.kind, step.kind), words)))


def _language(code: str) -> str:
    return LANGUAGES[code].english_name if code in LANGUAGES else code


def _what(line: DifferenceLine) -> str:
    if line.kind is ChangeKind.MOVED and line.field:
        return "Moved to another page"
    field = FIELDS.get(line.field, line.field.replace("_", " "))
    if line.kind is ChangeKind.REWORDED and line.language != FALLBACK_LANGUAGE:
        return f"{field} ({_language(line.language)})"
    return field or DONE[line.kind]


def _none(line: DifferenceLine) -> str:
    return NOTHING if line.kind in (ChangeKind.SET, ChangeKind.REWORDED) else ""


def _value(value: Any, form: FormDefinition) -> str:
    """A value of a definition in words."""
    match value:
        case bool():
            return "yes" if value else "no"
        case Condition():
            skipped = ["people who left it out"] if value.or_skipped else []
            answers = ", ".join([*_answers(form, value.question, value.is_any), *skipped])
            return f"{_question(form, value.question)}: {answers}"
        case Question():
            return "\n".join(_of_question(value))
        case Page():
            return english(value.title)
        case Choice():
            return english(value.label)
        case ConsentWording():
            return english(value.text)
        case PartRules():
            return english(value.reader)
        case tuple():
            return ", ".join(_value(one, form) for one in value)
        case str():
            return KINDS.get(value, PARTS.get(value, value))
    title = getattr(value, "title", None)
    return title[FALLBACK_LANGUAGE] if isinstance(title, dict) else str(value)


def _of_question(question: Question) -> Iterator[str]:
    """A question that came or went, as a whole."""
    yield english(question.label)
    yield from filter(None, [english(question.hint)])
    yield from (f"• {english(choice.label)}" for choice in question.all_choices)
    yield f"({KINDS.get(question.kind, question.kind)}{', must be answered' if question.required else ''})"


def _question(form: FormDefinition, key: str) -> str:
    found = next((one for one in form.everything if one.key == key), None)
    return f"“{english(found.label)}”" if found else key


def _answers(form: FormDefinition, key: str, chosen: Iterable[str]) -> list[str]:
    found = next((one for one in form.everything if one.key == key), None)
    labels = {one.key: english(one.label) for one in found.all_choices} if found else {}
    return [f"“{labels[one]}”" if one in labels else one for one in chosen]
