"""Publish checks of an event.

A definition that `event_definition` can parse has the right shape; here its questions are checked
(with the same checks as a call's form), its local time, and its promises about retention. Problems
come in a deterministic order.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from webapp.rules.events.event_definition import EventDefinition, RegistrationForm
from webapp.rules.events.event_times import TimeAcrossClockChange, TimeSkipped, TimeTwice, shown
from webapp.rules.events.registration_form import (
    ACCESS_NEEDS,
    ADULT,
    ALWAYS_ANSWERED,
    ALWAYS_ASKED,
    EMAIL,
    KINDS_OF,
    NO_NEEDS,
    ON_LIST,
    PART_OF,
)
from webapp.rules.forms.questions import Question
from webapp.rules.forms.texts import FALLBACK_LANGUAGE
from webapp.rules.publishing.form_checks import form_problems, text_problems
from webapp.rules.publishing.problems import Override, Problem, problem


def event_problems(
    event: EventDefinition, now: datetime, overrides: Sequence[Override] = ()
) -> tuple[Problem, ...]:
    """All problems that block publishing this event at this moment (aware); empty when there are
    none."""
    page = event.form.only_page
    titles = {"title": event.title[FALLBACK_LANGUAGE], page.key: page.key}
    return (
        *_time(event, now),
        *_promises(event),
        *text_problems(event, titles),
        *_registration(event),
        *form_problems(event.form, event.title, overrides),
    )


def _time(event: EventDefinition, now: datetime) -> Iterator[Problem]:
    try:
        time = event.time(now.astimezone(ZoneInfo(event.zone)).date())
    except TimeSkipped as unsure:
        yield problem("publish-time-skipped", time=shown(unsure.time))
    except TimeTwice as unsure:
        yield problem("publish-time-twice", time=shown(unsure.time))
    except TimeAcrossClockChange as unsure:
        yield problem("publish-time-across-clock-change", time=shown(unsure.time))
    else:
        if time.starts_at <= now:
            yield problem("publish-time-past", time=shown(time.local_start))
        elif event.booking_ends_at(time.starts_at) <= now:
            yield problem("publish-booking-over", days=event.last_day_before or 0)


def _promises(event: EventDefinition) -> Iterator[Problem]:
    """The text about retention must name the same number of days as the rule."""
    for language, words in sorted(event.kept.items()):
        if str(event.keep_days) not in _numbers(words):
            yield problem("publish-kept-without-days", language=language, days=event.keep_days)


def _numbers(words: str) -> list[str]:
    """Every number in a text, in the digits 0 to 9 whatever the script."""
    digits = "".join(str(int(one)) if one.isdecimal() else " " for one in words)
    return digits.split()


def _registration(event: EventDefinition) -> Iterator[Problem]:
    """The questions must be known to `registration_form`, and its mandatory ones must be there.

    It asks for no consent: no page of a registration would show it, and it would not be stored.
    """
    form = event.form
    needed = [key for key in ALWAYS_ANSWERED if key != EMAIL or not event.without_email]
    for wording in form.consents:
        yield problem("publish-registration-asks-consent", where=wording.purpose)
    if form.only_page.section != "registration":
        yield problem("publish-not-a-registration", where=form.only_page.key)
    asked = {question.key: question for question in form.questions}
    for key in ALWAYS_ASKED:
        if key not in asked:
            yield problem("publish-registration-missing", where=key)
    for key, question in asked.items():
        if key in KINDS_OF and (key != ON_LIST or event.is_for_professionals):
            yield from _known_question(question, needed)
        else:
            yield problem("publish-registration-unknown", where=key)
    if ADULT in asked and not _stops_children(form):
        yield problem("publish-registration-needs-stop", where=ADULT)


def _known_question(question: Question, needed: Sequence[str]) -> Iterator[Problem]:
    key = question.key
    if question.kind != KINDS_OF[key]:
        yield problem("publish-registration-kind", where=key, kind=KINDS_OF[key])
    if question.part != PART_OF[key]:
        yield problem("publish-registration-part", where=key, part=PART_OF[key])
    if question.required and key not in needed:
        yield problem("publish-registration-must-not-insist", where=key)
    if not question.required and key in needed:
        yield problem("publish-registration-may-skip", where=key)
    if key == ACCESS_NEEDS and (question.none is None or question.none.key != NO_NEEDS):
        yield problem("publish-registration-choice-missing", where=key, choice=NO_NEEDS)


def _stops_children(form: RegistrationForm) -> bool:
    stop = form.only_page.stop
    return stop is not None and stop.question == ADULT and "no" in stop.is_any
