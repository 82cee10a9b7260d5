"""Small definitions to build a form from, with only what a test cares about said out loud."""

from pathlib import Path
from typing import Any

import webapp.rules
from webapp.rules.events.event_definition import EventDefinition
from webapp.rules.events.registration_form import (
    ACCESS_NEEDS,
    ALWAYS_ANSWERED,
    ALWAYS_ASKED,
    KINDS_OF,
    PART_OF,
)
from webapp.rules.forms.definition_json import read_as
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.questions import Page, Question

DEMO = Path(webapp.rules.__file__).parents[1] / "content" / "support-needs.json"
#: The events of the demo.
DEMO_EVENTS = ("round-table", "small-group")


def text(words: str = "Some words", **languages: str) -> dict[str, str]:
    return {"en": words, **languages}


def choice(key: str, label: str = "A choice") -> dict[str, Any]:
    return {"key": key, "label": text(label)}


def question_data(key: str = "asked", kind: str = "text", **more: Any) -> dict[str, Any]:
    data: dict[str, Any] = {"key": key, "kind": kind, "part": "testimony", "label": text("A label")}
    if kind in ("choice", "choices", "scale", "ranking") and "choices" not in more:
        data["choices"] = [choice("one"), choice("two"), choice("three")]
    return data | more


def question(key: str = "asked", kind: str = "text", **more: Any) -> Question:
    return Question.model_validate(question_data(key, kind, **more))


def page_data(key: str, *questions: dict[str, Any], **more: Any) -> dict[str, Any]:
    asked = list(questions) or [question_data(key.replace("-", "_"))]
    return {"key": key, "title": text("A title"), "section": "call", "questions": asked} | more


def page(key: str, *questions: dict[str, Any], **more: Any) -> Page:
    return Page.model_validate(page_data(key, *questions, **more))


def consent_data(purpose: str = "quote", uses_contact: bool = False, **more: Any) -> dict[str, Any]:
    return {
        "purpose": purpose,
        "version": 1,
        "uses_contact": uses_contact,
        "text": text("You may use my words."),
    } | more


def form_data(*pages: dict[str, Any], **more: Any) -> dict[str, Any]:
    start = ("who", "asked", "readers", "payment", "limits", "support", "other_ways")
    rules = {"reader": text("A small team"), "keep_months": 6, "why": text("To write a report")}
    return {
        "schema_version": 1,
        "title": text("A neutral title"),
        "summary": text("What it is about"),
        "minutes": 5,
        "start": {key: text() for key in start},
        "parts": {"testimony": rules, "contact": rules, "equality": rules},
        "pages": list(pages) or [page_data("first")],
        "consents": [],
    } | more


def form(*pages: dict[str, Any], **more: Any) -> FormDefinition:
    return FormDefinition.model_validate(form_data(*pages, **more))


def demo() -> FormDefinition:
    return read_as(FormDefinition, DEMO.read_bytes())


def known_question(key: str, **more: Any) -> dict[str, Any]:
    """A question of registrations, as its rules want it."""
    data = question_data(key, KINDS_OF[key], part=PART_OF[key])
    if key in ALWAYS_ANSWERED:
        data |= {"required": True, "reason": text("We need it")}
    if key == ACCESS_NEEDS:
        data["none"] = choice("none")
    return data | more


def registration_page(*questions: dict[str, Any], **more: Any) -> dict[str, Any]:
    asked = questions or tuple(known_question(key) for key in ALWAYS_ASKED)
    return page_data("register", *asked, section="registration") | more


def event_data(*questions: dict[str, Any], **more: Any) -> dict[str, Any]:
    texts = ("title", "summary", "audience", "how", "host", "readers")
    return {
        "schema_version": 1,
        "kind": "round_table",
        **{key: text("Some neutral words") for key in texts},
        "kept": text("We erase it after 28 days."),
        "zone": "Europe/London",
        "starts": "07-20T14:00",
        "minutes": 90,
        "seats": 30,
        "room_code": False,
        "keep_days": 28,
        "form": {"pages": [registration_page(*questions)], "consents": []},
    } | more


def event(*questions: dict[str, Any], **more: Any) -> EventDefinition:
    return EventDefinition.model_validate(event_data(*questions, **more))


def demo_event(name: str) -> EventDefinition:
    return read_as(EventDefinition, (DEMO.parent / f"{name}.json").read_bytes())
