"""Whatever a coordinator chooses for an event, its registration form passes the publish check."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain, combinations, product

import pytest
from pydantic import ValidationError

from webapp.resources import CONTENT
from webapp.rules.events.event_definition import EventDefinition, EventKind
from webapp.rules.events.planned_event import CHOSEN, WRITTEN, EventPlan, planned
from webapp.rules.events.registration_form import (
    ADULT,
    ALWAYS_ASKED,
    EMAIL,
    FOOD,
    KINDS_OF,
    PART_OF,
    TRAVEL_HELP,
)
from webapp.rules.forms.questions import MOST_BOOKING
from webapp.rules.publishing.event_checks import event_problems
from webapp.services.forms import event_planning
from webapp.services.forms.definition_files import read_event_file

NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)
ROUND_TABLE, SMALL_GROUP = (
    read_event_file(CONTENT / f"{name}.json") for name in ("round-table", "small-group")
)
EXAMPLES = (ROUND_TABLE, SMALL_GROUP)
BANK = event_planning.bank()
BASES: dict[EventKind, EventDefinition] = {"round_table": ROUND_TABLE, "focus_group": SMALL_GROUP}


def plan(base: EventDefinition, **changes: object) -> EventPlan:
    words = {key: (getattr(base, key) or {}).get("en", "") for key in WRITTEN}
    right = {
        "words": words,
        "zone": base.zone,
        "starts": "2027-02-03T14:00",
        "minutes": 60,
        "seats": 5,
        "keep_days": base.keep_days,
        "room_code": False,
        "held": base.held,
        "last_day_before": None,
        "without_email": False,
        "asked": frozenset(CHOSEN[base.kind]) - {FOOD, TRAVEL_HELP},
    }
    return EventPlan(**{**right, **changes})


def subsets(keys: tuple[str, ...]) -> Iterator[frozenset[str]]:
    most = MOST_BOOKING - len(ALWAYS_ASKED)
    found = chain.from_iterable(combinations(keys, size) for size in range(most + 1))
    return (frozenset(one) for one in found)


@pytest.mark.parametrize("kind", BASES)
def test_every_choice_of_questions_can_be_published(kind: EventKind) -> None:
    base = BASES[kind]
    for asked, without_email in product(subsets(CHOSEN[kind]), (True, False)):
        # Given any of the questions, with an address that must be given or need not
        event = planned(plan(base, asked=asked, without_email=without_email), base, EXAMPLES, BANK)
        # Then the publish check finds nothing, and exactly what was chosen is asked
        assert event_problems(event, NOW) == ()
        keys = {question.key for question in event.form.questions}
        assert keys == asked | set(ALWAYS_ASKED)
        required = {question.key for question in event.form.questions if question.required}
        assert required == (asked & {ADULT}) | (set() if without_email else {EMAIL})
        # And the introduction names what must be answered, and nothing else
        intro = (event.form.only_page.intro or {})["en"]
        assert ("18 or older" in intro, "e-mail address" in intro) == (
            ADULT in required,
            EMAIL in required,
        )


def test_words_that_stay_keep_their_translations_and_others_lose_them() -> None:
    words = {**plan(ROUND_TABLE).words, "how": "We meet by video.", "payment": ""}
    event = planned(plan(ROUND_TABLE, words=words), ROUND_TABLE, EXAMPLES, BANK)
    assert event.host == ROUND_TABLE.host
    assert len(event.host) > 1
    assert event.how == {"en": "We meet by video."}
    assert event.payment is None


def test_a_plan_without_a_title_is_no_event() -> None:
    words = {**plan(ROUND_TABLE).words, "title": ""}
    with pytest.raises(ValidationError):
        planned(plan(ROUND_TABLE, words=words), ROUND_TABLE, EXAMPLES, BANK)


def test_numbers_out_of_bounds_are_no_event() -> None:
    with pytest.raises(ValidationError):
        planned(plan(ROUND_TABLE, seats=0), ROUND_TABLE, EXAMPLES, BANK)


def test_each_further_question_is_asked_in_every_language_of_the_examples() -> None:
    for question in BANK:
        assert (KINDS_OF[question.key], PART_OF[question.key]) == (question.kind, question.part)
        assert not question.required
        for text in (question.label, question.hint):
            assert text is not None
            assert set(ROUND_TABLE.title) <= set(text)
    # And of each question that may be chosen there is one to ask
    examples = {one.key for example in EXAMPLES for one in example.form.questions}
    assert {key for keys in CHOSEN.values() for key in keys} <= examples | {one.key for one in BANK}
