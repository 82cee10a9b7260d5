import json
from datetime import date
from typing import Any

import pytest

from tests.unit.rules.factories import (
    DEMO_EVENTS,
    demo_event,
    event,
    event_data,
    known_question,
    page_data,
    registration_page,
)
from webapp.rules.events.event_definition import EventDefinition
from webapp.rules.events.event_times import TimeSkipped
from webapp.rules.events.registration_form import (
    ALWAYS_ASKED,
    KINDS_OF,
    PART_OF,
    address_of,
    display_name_of,
)
from webapp.rules.forms.definition_json import NotADefinition, read_as, write_definition
from webapp.rules.forms.kinds import Answer
from webapp.rules.forms.routing import AnswersMissing, Stopped, parts_of, prune

EVERYTHING: dict[str, Answer] = {
    "adult": "yes",
    "registrant_email": "ana@example.org",
    "display_name": "Ana",
    "access_needs": ["captions", "breaks"],
    "interpreter_language": "Tigrinya",
    "support_person": "yes",
    "needs_notes": "A short break every half hour",
}


def problems_of(data: dict[str, Any]) -> str:
    with pytest.raises(NotADefinition) as caught:
        read_as(EventDefinition, json.dumps(data))
    return "\n".join(caught.value.problems)


@pytest.mark.parametrize("name", DEMO_EVENTS)
def test_a_definition_is_the_same_after_writing_and_reading(name: str) -> None:
    made = demo_event(name)
    assert read_as(EventDefinition, write_definition(made)) == made
    assert write_definition(read_as(EventDefinition, write_definition(made))) == write_definition(
        made
    )


def test_an_event_without_what_is_new_is_written_as_before() -> None:
    # Then a process of the release before reads it
    written = json.loads(write_definition(event()))
    assert not {"held", "last_day_before"} & set(written)
    assert written["without_email"] is False
    # And one that needs it says so
    new = event(held="both", last_day_before=3)
    written = json.loads(write_definition(new))
    assert (written["held"], written["last_day_before"]) == ("both", 3)
    assert read_as(EventDefinition, write_definition(new)) == new


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("held", "outdoors"),
        ("last_day_before", 0),
        ("last_day_before", 61),
        ("schema_version", 2),
        ("kind", "party"),
        ("title", {"ar": "عنوان"}),
        ("zone", "Europe/Paris"),
        ("starts", "20 July"),
        ("starts", "02-30T10:00"),
        ("minutes", 4),
        ("minutes", 721),
        ("seats", 0),
        ("seats", 1001),
        ("keep_days", 0),
        ("keep_days", 366),
        ("room_code", None),
        ("joining_link", "https://example.org/room"),
        ("form", {"pages": []}),
        ("form", {"pages": [registration_page(), registration_page()]}),
    ],
)
def test_what_has_the_wrong_shape_is_refused_where_it_is(field: str, value: Any) -> None:
    assert field in problems_of(event_data(**{field: value}))


def test_the_next_time_is_worked_out_from_a_day() -> None:
    made = event(starts="07-20T14:00")
    assert made.time(date(2026, 7, 20)).local_start.isoformat() == "2027-07-20T14:00:00+01:00"
    with pytest.raises(TimeSkipped):
        event(starts="2027-03-28T01:30").time(date(2026, 1, 1))


def test_a_registration_is_on_one_page() -> None:
    form = event().form
    assert form.only_page.key == "register"
    assert form.page("register") is form.only_page
    assert form.question("registrant_email").required


# The same ways of reading answers as for a call


def test_who_they_are_what_they_need_and_the_rooms_name_are_sealed_apart() -> None:
    assert parts_of(demo_event("small-group").form, EVERYTHING) == {
        "registrant": {"adult": "yes", "registrant_email": "ana@example.org"},
        "room": {"display_name": "Ana"},
        "needs": {
            "access_needs": ["captions", "breaks"],
            "interpreter_language": "Tigrinya",
            "support_person": "yes",
            "needs_notes": "A short break every half hour",
        },
    }


def test_the_least_is_an_address() -> None:
    form = demo_event("round-table").form
    assert parts_of(form, {"registrant_email": "ana@example.org"}) == {
        "registrant": {"registrant_email": "ana@example.org"}
    }
    with pytest.raises(AnswersMissing):
        parts_of(form, {"display_name": "Ana"})


def test_a_child_is_stopped_and_nothing_can_be_sealed() -> None:
    with pytest.raises(Stopped) as caught:
        parts_of(demo_event("small-group").form, EVERYTHING | {"adult": "no"})
    assert "0800 1111" in caught.value.stop.text["en"]


def test_needs_can_be_changed_alone() -> None:
    # Given a registrant whose needs changed, at an event that asked their age
    form = demo_event("small-group").form
    needs = form.asking_only("needs")
    assert needs is not None
    assert {question.part for question in needs.questions} == {"needs"}
    # When they say so, whatever else comes along is not read
    answers: dict[str, Answer] = {"access_needs": ["none"], "registrant_email": "eve@example.org"}
    assert prune(needs, answers) == {"access_needs": ["none"]}
    # Then nothing stops them, nothing is missing, and needing nothing any more is an answer too
    assert parts_of(needs, answers) == {"needs": {"access_needs": ["none"]}}
    assert parts_of(needs, {}) == {}
    assert needs.consents == ()


def test_a_form_that_asks_nothing_of_a_part_says_so() -> None:
    assert event(known_question("registrant_email")).form.asking_only("needs") is None


# The well-known questions


def test_every_well_known_question_has_its_kind_and_part() -> None:
    assert KINDS_OF.keys() == PART_OF.keys() >= set(ALWAYS_ASKED)
    assert set(PART_OF.values()) == {"registrant", "needs", "room"}


def test_the_address_and_the_rooms_name_are_found() -> None:
    assert address_of(EVERYTHING) == "ana@example.org"
    assert display_name_of(EVERYTHING) == "Ana"
    assert display_name_of({}) == display_name_of({"display_name": ["Ana"]}) == ""
    # Where none was given, or it is no address, there is nowhere to write to
    assert address_of({}) is address_of({"registrant_email": ["ana@example.org"]}) is None


def test_a_page_of_a_call_still_has_the_shape_of_a_page() -> None:
    # It is refused at publishing, where the operator is told why.
    assert event(form={"pages": [page_data("a")]}).form.only_page.section == "call"
