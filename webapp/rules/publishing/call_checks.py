"""Publish checks of a call's form: its parts and sections, and the claims of its start page.

The checks that it shares with events are in `form_checks`. Problems come in the order of the form, deterministically.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.questions import PART_OF_SECTION, SECTION_NAMES
from webapp.rules.forms.texts import FALLBACK_LANGUAGE
from webapp.rules.publishing.contact_checks import contact_problems
from webapp.rules.publishing.form_checks import form_problems, text_problems, unless_reason
from webapp.rules.publishing.problems import Override, Problem, problem

#: The key of an override for what the start page announces. It has a dot, so no question has this key.
START: Final = "start.asked"


def publish_problems(
    form: FormDefinition, overrides: Sequence[Override] = ()
) -> tuple[Problem, ...]:
    """All problems that block publishing this form; empty when there are none."""
    reasons = {one.question: one.reason for one in overrides}
    titles = {"title": form.title[FALLBACK_LANGUAGE]} | {page.key: page.key for page in form.pages}
    return (
        *_parts(form),
        *_sections(form),
        *_before_sending(form),
        *text_problems(form, titles),
        *contact_problems(form),
        *_start_topics(form, reasons),
        *form_problems(form, form.title, overrides),
    )


def _parts(form: FormDefinition) -> Iterator[Problem]:
    """Each part has its rules, and a call has only the parts of calls, which other code reads by key."""
    for part in form.parts:
        if part not in PART_OF_SECTION.values():
            yield problem("publish-only-for-events", where=part)
    for question in form.everything:
        if question.part not in form.parts:
            yield problem("publish-part-without-rules", where=question.key, part=question.part)


def _sections(form: FormDefinition) -> Iterator[Problem]:
    reached = 0
    for page in form.pages:
        if page.section not in PART_OF_SECTION:
            yield problem("publish-only-for-events", where=page.key)
        place = SECTION_NAMES.index(page.section)
        if place < reached:
            yield problem("publish-section-order", where=page.key)
        reached = max(reached, place)
        for question in page.questions:
            if question.part != PART_OF_SECTION.get(page.section):
                yield problem(
                    "publish-part-in-wrong-section",
                    where=question.key,
                    part=question.part,
                    section=page.section,
                )


def _before_sending(form: FormDefinition) -> Iterator[Problem]:
    """Questions about equality come after submission, so something must be asked before it."""
    if all(page.section == "equality" for page in form.pages):
        yield problem("publish-asks-nothing-before-sending", where=form.pages[0].key)


def _start_topics(form: FormDefinition, reasons: Mapping[str, str]) -> Iterator[Problem]:
    """Forbidden topics that the start page announces count like questions; an override is given for `START`."""
    yield from unless_reason(START, form.start.asked[FALLBACK_LANGUAGE], reasons)
