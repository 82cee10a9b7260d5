"""What a planned event starts from: the examples that come with Hearth, or an event that was published."""

from functools import cache
from typing import Final

from pydantic import TypeAdapter

from webapp.extensions import current_settings
from webapp.resources import CONTENT
from webapp.rules import clock
from webapp.rules.events.event_definition import EventDefinition, EventKind
from webapp.rules.events.planned_event import EventPlan, planned
from webapp.rules.forms.questions import Question
from webapp.rules.forms.texts import FALLBACK_LANGUAGE
from webapp.services.events import published_events
from webapp.services.events.published_events import Event
from webapp.services.forms.definition_files import read_event_file
from webapp.services.forms.publishing import is_same_title

#: The example of each kind: its registration questions and its words about readers and retention were reviewed.
EXAMPLES: Final[dict[EventKind, str]] = {
    "round_table": "round-table",
    "focus_group": "small-group",
}
BANK: Final = TypeAdapter(tuple[Question, ...])


@cache
def example(kind: EventKind) -> EventDefinition:
    """The example of this kind, with its translations. Read once in the life of a process."""
    return read_event_file(CONTENT / f"{EXAMPLES[kind]}.json")


@cache
def bank() -> tuple[Question, ...]:
    """Further questions that a plan may choose, with their translations: no example asks them."""
    return BANK.validate_json((CONTENT / "event-questions.json").read_bytes())


def starting_point(start: str) -> EventDefinition | None:
    """The definition that a plan starts from: of an example, by its kind, or of an event, by its address.

    None for an address that no event has.
    """
    for kind in EXAMPLES:
        if start == kind:
            return example(kind)
    try:
        return published_events.find(start).definition
    except published_events.NoSuchEvent:
        return None


def is_blank(start: str) -> bool:
    """Whether a plan starts from an example, and not from a copy of an event."""
    return start in EXAMPLES


def host_words() -> str:
    """The first words about who runs an event that starts from blank: this organisation, in the example's words."""
    rest = example("round_table").host[FALLBACK_LANGUAGE].partition("We are not")
    return f"{current_settings().organisation} runs it. {''.join(rest[1:])}".strip()


def define(plan: EventPlan, base: EventDefinition) -> EventDefinition:
    """The definition of this plan. Raises `ValidationError`."""
    return planned(plan, base, [example(kind) for kind in EXAMPLES], bank())


def same_as(event: EventDefinition) -> Event | None:
    """An event to come with the same title at the same time: people could not tell the two apart."""
    starts_at, title = event.time(clock.today()).starts_at, event.title[FALLBACK_LANGUAGE]
    for one in published_events.coming():
        is_same = is_same_title(one.definition.title[FALLBACK_LANGUAGE], title)
        if is_same and one.starts_at == starts_at:
            return one
    return None
