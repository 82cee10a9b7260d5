from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.rules.factories import (
    DEMO_EVENTS,
    choice,
    consent_data,
    demo_event,
    event,
    known_question,
    page_data,
    question_data,
    registration_page,
    text,
)
from webapp.rules.events.event_definition import EventDefinition
from webapp.rules.events.registration_form import ALWAYS_ASKED, KINDS_OF, PART_OF
from webapp.rules.messages import PUBLISH_MESSAGES
from webapp.rules.publishing.event_checks import event_problems
from webapp.rules.publishing.form_checks import LARGEST_ANSWERS, worst_bytes
from webapp.rules.publishing.problems import Override, Problem

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
AGE_STOP = {"question": "adult", "is_any": ["no"], "title": text(), "text": text()}


def keys(problems: tuple[Problem, ...]) -> set[str]:
    return {problem.key for problem in problems}


def asking(*more: dict[str, Any]) -> EventDefinition:
    """An event that asks what every event asks, and more."""
    return event(*(known_question(key) for key in ALWAYS_ASKED), *more)


def with_page(**changes: Any) -> EventDefinition:
    return event(form={"pages": [registration_page(**changes)]})


def without(key: str) -> EventDefinition:
    return event(*(known_question(one) for one in ALWAYS_ASKED if one != key))


def with_changed(key: str, **changes: Any) -> EventDefinition:
    asked = {one: known_question(one) for one in ALWAYS_ASKED}
    asked[key] = known_question(key) | changes
    return event(*asked.values())


@pytest.mark.parametrize("name", DEMO_EVENTS)
def test_the_coalitions_own_events_can_be_published_without_an_override(name: str) -> None:
    assert event_problems(demo_event(name), NOW) == ()
    assert worst_bytes(demo_event(name).form) <= LARGEST_ANSWERS


def test_an_event_may_let_people_book_without_an_address() -> None:
    asked = {one: known_question(one) for one in ALWAYS_ASKED}
    asked["registrant_email"] |= {"required": False, "reason": None}
    assert event_problems(event(*asked.values(), without_email=True), NOW) == ()


@pytest.mark.parametrize("name", DEMO_EVENTS)
@given(st.datetimes(datetime(2024, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC)))
def test_the_demo_can_be_published_on_any_day(name: str, now: datetime) -> None:
    assert event_problems(demo_event(name), now) == ()


def test_an_event_with_what_is_needed_and_no_more_can_be_published() -> None:
    assert event_problems(event(), NOW) == ()


@pytest.mark.parametrize(
    ("key", "made"),
    [
        ("publish-time-skipped", event(starts="2027-03-28T01:30")),
        ("publish-time-twice", event(starts="2026-10-25T01:30", minutes=20)),
        ("publish-time-twice", event(starts="2026-10-25T00:30", minutes=60)),
        ("publish-time-across-clock-change", event(starts="2027-03-28T00:30")),
        ("publish-time-past", event(starts="2026-06-30T12:00")),
        ("publish-time-past", event(starts="2026-07-01T13:00")),
        ("publish-booking-over", event(starts="2026-07-08T12:00", last_day_before=8)),
        ("publish-kept-without-days", event(keep_days=30)),
        ("publish-kept-without-days", event(kept=text("After 128 days"))),
        ("publish-kept-without-days", event(kept=text("After 28 days", ar="بعد حين"))),
        ("publish-not-neutral", event(title=text("A talk for survivors"))),
        ("publish-title-too-long", event(title=text("T" * 121))),
        ("publish-not-neutral", with_page(key="rescue")),
        ("publish-language-unknown", event(how={"en": "By video", "tlh": "pong"})),
        ("publish-language-unknown", with_page(title={"en": "Book", "tlh": "pong"})),
        ("publish-not-a-registration", with_page(section="call")),
        ("publish-registration-missing", without("registrant_email")),
        ("publish-registration-missing", without("access_needs")),
        ("publish-registration-missing", without("support_person")),
        ("publish-registration-unknown", asking(question_data("nickname", part="registrant"))),
        ("publish-registration-unknown", asking(question_data("email", "email", part="contact"))),
        ("publish-registration-kind", with_changed("registrant_email", kind="text")),
        ("publish-registration-part", with_changed("interpreter_language", part="registrant")),
        ("publish-registration-part", with_changed("display_name", part="testimony")),
        ("publish-registration-may-skip", with_changed("registrant_email", required=False)),
        ("publish-registration-must-not-insist", event(without_email=True)),
        (
            "publish-registration-must-not-insist",
            with_changed("support_person", required=True, reason=text()),
        ),
        ("publish-registration-choice-missing", with_changed("access_needs", none=None)),
        ("publish-registration-choice-missing", with_changed("access_needs", none=choice("no"))),
        ("publish-registration-needs-stop", asking(known_question("adult"))),
        # Found by the same checks as in a call
        ("publish-required-needs-reason", with_changed("registrant_email", reason=None)),
        ("publish-duplicate-question", asking(known_question("display_name"))),
        ("publish-duplicate-choice", with_changed("access_needs", choices=[choice("x")] * 2)),
        ("publish-max-length", with_changed("display_name", max_length=400)),
        ("publish-condition-unknown", with_page(when={"question": "who", "is_any": ["yes"]})),
        ("publish-stop-not-on-page", with_page(stop=AGE_STOP)),
        (
            "publish-duplicate-consent",
            event(form={"pages": [registration_page()], "consents": [consent_data()] * 2}),
        ),
        (
            "publish-consent-not-translated",
            event(
                title=text("A title", ar="عنوان"),
                form={"pages": [registration_page()], "consents": [consent_data()]},
            ),
        ),
    ],
)
def test_what_would_not_work_must_be_fixed(key: str, made: EventDefinition) -> None:
    problems = event_problems(made, NOW)
    assert key in keys(problems)
    assert all(one.severity == "must_fix" for one in problems if one.key == key)


def test_a_problem_with_the_time_names_the_time_people_would_see() -> None:
    (skipped,) = event_problems(event(starts="2027-03-28T01:30"), NOW)
    assert skipped.params == {"time": "2027-03-28 01:30"}
    (past,) = event_problems(event(starts="2026-07-01T13:00"), NOW)
    assert past.params == {"time": "2026-07-01 13:00"}
    # Two minutes from now is ahead, however little that helps
    assert event_problems(event(starts="2026-07-01T13:02"), NOW) == ()


def test_the_day_is_the_one_of_the_zone() -> None:
    # Given half past midnight in London, which is still the day before in UTC
    now = datetime(2026, 7, 19, 23, 30, tzinfo=UTC)
    # Then today's demo event is next year's
    assert event(starts="07-20T00:15").time(datetime(2026, 7, 20).date()).starts_at.year == 2027
    assert event_problems(event(starts="07-20T00:15"), now) == ()


def test_days_may_be_written_in_the_digits_of_the_language() -> None:
    kept = text("We erase it after 28 days.", ar="نمحوه بعد ٢٨ يومًا.")
    assert event_problems(event(kept=kept), NOW) == ()


def test_an_age_is_asked_only_to_send_children_to_better_help() -> None:
    page = registration_page(
        known_question("adult"), *(known_question(key) for key in ALWAYS_ASKED), stop=AGE_STOP
    )
    assert event_problems(event(form={"pages": [page]}), NOW) == ()
    backwards = AGE_STOP | {"is_any": ["yes"]}
    made = event(form={"pages": [page | {"stop": backwards}]})
    assert keys(event_problems(made, NOW)) == {"publish-registration-needs-stop"}


def test_a_registration_asks_for_no_consent_because_none_would_be_kept() -> None:
    # That would have an address to use, and its words are whole
    consents = [consent_data("invite", uses_contact=True)]
    made = event(form={"pages": [registration_page()], "consents": consents})
    (only,) = event_problems(made, NOW)
    assert (only.key, only.params) == ("publish-registration-asks-consent", {"where": "invite"})


@pytest.mark.parametrize("words", ["What is your immigration status?", "Your home postcode"])
def test_a_forbidden_topic_is_found_and_can_be_overridden_with_a_reason(words: str) -> None:
    made = with_changed("interpreter_language", label=text(words))
    problems = event_problems(made, NOW)
    assert keys(problems) == {"publish-asks-for"}
    assert {one.severity for one in problems} == {"needs_reason"}
    reason = Override("interpreter_language", "The venue is obliged to ask this")
    assert event_problems(made, NOW, [reason]) == ()


def test_a_whole_call_in_an_event_is_refused() -> None:
    made = event(form={"pages": [page_data("a")]})
    assert {
        "publish-not-a-registration",
        "publish-registration-missing",
        "publish-registration-unknown",
    } <= keys(event_problems(made, NOW))


_ASKED = st.dictionaries(
    st.sampled_from(sorted(KINDS_OF)),
    st.fixed_dictionaries(
        {},
        optional={
            "kind": st.sampled_from(sorted(set(KINDS_OF.values()))),
            "part": st.sampled_from(sorted(set(PART_OF.values()))),
            "required": st.booleans(),
        },
    ),
    min_size=1,
    max_size=8,
)


@given(_ASKED, st.integers(-400, 400))
def test_problems_are_the_same_every_time(asked: dict[str, Any], days: int) -> None:
    made = event(*(known_question(key, **changes) for key, changes in asked.items()))
    now = NOW + timedelta(days=days)
    first = event_problems(made, now)
    assert first == event_problems(made, now)
    for problem in first:
        assert set(problem.params) == set(PUBLISH_MESSAGES[problem.key])
