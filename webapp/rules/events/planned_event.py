"""An event definition from a coordinator's plan: their own words, and registration questions of tested wording.

A plan starts from a definition that there is: an example, or an event that was published. Words that stay as they were
keep their translations; words that were changed are in English alone, because a translation of other words would
mislead. Questions are never written anew: they come from that definition, from the examples or from the bank of further
questions, under the keys of `registration_form`, so a plan cannot ask for what an event must not ask for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from webapp.rules.events.event_definition import (
    EventDefinition,
    EventKind,
    Held,
    RegistrationForm,
)
from webapp.rules.events.event_times import ZoneName
from webapp.rules.events.registration_form import (
    ACCESS_NEEDS,
    ADULT,
    ALWAYS_ASKED,
    EMAIL,
    FOOD,
    KINDS_OF,
    NAME,
    NEEDS_NOTES,
    ON_LIST,
    ORGANISATION,
    PHONE_IN,
    TRAVEL_HELP,
)
from webapp.rules.forms.questions import Page, Question, Stop
from webapp.rules.forms.texts import FALLBACK_LANGUAGE, Text

#: The texts that a coordinator writes, in the order of the event's page. Only `payment` may be empty.
WRITTEN: Final = ("title", "summary", "audience", "how", "payment", "host", "readers", "kept")
#: The questions that a plan may ask or leave out; the others are asked at every event.
CHOSEN: Final[Mapping[EventKind, tuple[str, ...]]] = MappingProxyType(
    {
        "round_table": (ADULT, NAME, ORGANISATION, ON_LIST, FOOD, TRAVEL_HELP, NEEDS_NOTES),
        "focus_group": (ADULT, NAME, FOOD, TRAVEL_HELP, NEEDS_NOTES),
    }
)


@dataclass(frozen=True)
class EventPlan:
    """What a coordinator decides. `words` is in English, by `WRITTEN`; `asked` are keys of `CHOSEN`.

    The others are as in `EventDefinition`.
    """

    words: Mapping[str, str]
    zone: ZoneName
    starts: str
    minutes: int
    seats: int
    keep_days: int
    room_code: bool
    held: Held
    last_day_before: int | None
    without_email: bool
    asked: frozenset[str]


def planned(
    plan: EventPlan,
    base: EventDefinition,
    examples: Sequence[EventDefinition],
    bank: Sequence[Question],
) -> EventDefinition:
    """The definition of a planned event. `base` is what the plan started from, and gives its kind.

    Raises `ValidationError` for words that are empty or too long, and for numbers out of bounds.
    """
    texts = {key: _text(getattr(base, key), plan.words.get(key, "")) for key in WRITTEN}
    page = _page(plan, (base, *examples), bank)
    found = base.model_dump() | {
        **texts,
        "zone": plan.zone,
        "starts": plan.starts,
        "minutes": plan.minutes,
        "seats": plan.seats,
        "keep_days": plan.keep_days,
        "room_code": plan.room_code,
        "held": plan.held,
        "last_day_before": plan.last_day_before,
        "without_email": plan.without_email,
        "form": RegistrationForm(pages=(page,)).model_dump(),
    }
    return EventDefinition.model_validate(found)


def _text(before: Text | None, words: str) -> Text | None:
    """A text with its translations where the English words stayed; None where there are no words."""
    if not words:
        return None
    same = before is not None and before[FALLBACK_LANGUAGE] == words
    return before if same else {FALLBACK_LANGUAGE: words}


def _page(plan: EventPlan, sources: Sequence[EventDefinition], bank: Sequence[Question]) -> Page:
    keys = [key for key in KINDS_OF if key in ALWAYS_ASKED or key in plan.asked]
    known = [*(one for source in sources for one in source.form.questions), *bank]
    questions = tuple(_question(key, plan, known) for key in keys)
    stop = _stop(sources) if ADULT in plan.asked else None
    page = _same_demands(questions, sources)
    changes: dict[str, object] = {"questions": questions, "stop": stop}
    if page is None:
        changes["intro"] = {FALLBACK_LANGUAGE: _INTRO[_required(questions)]}
    return (page or sources[0].form.only_page).model_copy(update=changes)


def _question(key: str, plan: EventPlan, known: Sequence[Question]) -> Question:
    """The first question with this key that asks as this plan must: an address may be required or not."""
    asked = [one for one in known if one.key == key]
    if key == EMAIL:
        asked = [one for one in asked if one.required is not plan.without_email]
    if key == ACCESS_NEEDS and plan.held == "place":
        return _without_calls(asked[0])
    return asked[0]


def _without_calls(needs: Question) -> Question:
    """Without what helps in a call alone: in a building nobody joins by phone."""
    left = tuple(one for one in needs.choices if one.key != PHONE_IN)
    return needs.model_copy(update={"choices": left})


def _stop(sources: Iterable[EventDefinition]) -> Stop | None:
    stops = (source.form.only_page.stop for source in sources)
    return next((one for one in stops if one is not None and one.question == ADULT), None)


def _required(questions: Iterable[Question]) -> frozenset[str]:
    return frozenset(one.key for one in questions if one.required)


def _same_demands(questions: Sequence[Question], sources: Iterable[EventDefinition]) -> Page | None:
    """A page whose introduction is true of these questions: it names what must be answered."""
    pages = (source.form.only_page for source in sources)
    demands = _required(questions)
    return next((one for one in pages if _required(one.questions) == demands), None)


_INTRO: Final[Mapping[frozenset[str], str]] = MappingProxyType(
    {
        frozenset(): "You can leave out any of these.",
        frozenset({EMAIL}): "We only need your e-mail address. You can leave out all the rest.",
        frozenset({ADULT}): (
            "We only need one answer: that you are 18 or older. You can leave out all the rest."
        ),
        frozenset({ADULT, EMAIL}): (
            "We only need your e-mail address, and to know that you are 18 or older. "
            "You can leave out all the rest."
        ),
    }
)
