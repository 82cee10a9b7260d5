"""Publish checks of the contact questions: contact is asked as safety, or not at all."""

from collections.abc import Iterator, Mapping

from webapp.rules.contact.questions import (
    APP_KINDS,
    BY_APP,
    CHOICES_OF,
    HELPER_KINDS,
    KINDS_OF,
    MAY_BE_OFFERED,
    NONE_OF,
    SAFE_WAYS,
    THROUGH_HELPER,
    about_helper,
)
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.questions import Question
from webapp.rules.publishing.problems import Problem, problem


def contact_problems(form: FormDefinition) -> Iterator[Problem]:
    """A form that asks for contact asks all of it as safety, under the keys of `contact.questions`."""
    asked = {question.key: question for question in form.questions if question.part == "contact"}
    for key in asked:
        if key not in {*KINDS_OF, *APP_KINDS, *HELPER_KINDS}:
            yield problem("publish-contact-unknown", where=key)
    yield from _helper(form)
    if not asked:
        return
    kinds = {**KINDS_OF, **APP_KINDS} if _about_app(asked) else KINDS_OF
    for key, kind in kinds.items():
        if key not in asked:
            yield problem("publish-contact-missing", where=key)
        else:
            yield from _contact_question(asked[key], kind)
    if _about_app(asked) and SAFE_WAYS in asked and BY_APP not in asked[SAFE_WAYS].choice_keys:
        yield problem("publish-contact-choice-missing", where=SAFE_WAYS, choice=BY_APP)


def _about_app(asked: Mapping[str, Question]) -> bool:
    """Whether messages by app are offered, or anything is asked about them: then all of it must be."""
    ways = asked[SAFE_WAYS].choice_keys if SAFE_WAYS in asked else ()
    return BY_APP in ways or not APP_KINDS.keys().isdisjoint(asked)


def _helper(form: FormDefinition) -> Iterator[Problem]:
    """Questions about a helper are alone on pages for participants who are helped, and have a consent of their own."""
    wording = form.consent(THROUGH_HELPER)
    found = [question for question in form.questions if about_helper(question)]
    for page in form.pages:
        for question in page.questions:
            if about_helper(question) != (page.only == "helped"):
                yield problem("publish-helper-page", where=question.key)
    for question in found:
        if question.kind != HELPER_KINDS[question.key]:
            yield problem(
                "publish-contact-kind", where=question.key, kind=HELPER_KINDS[question.key]
            )
        if question.required:
            yield problem("publish-contact-required", where=question.key)
    if bool(found) != (wording is not None) or (wording and not wording.uses_contact):
        yield problem("publish-helper-consent", where=THROUGH_HELPER)


def _contact_question(question: Question, kind: str) -> Iterator[Problem]:
    key = question.key
    if question.kind != kind:
        yield problem("publish-contact-kind", where=key, kind=kind)
    if question.required:
        yield problem("publish-contact-required", where=key)
    for choice in CHOICES_OF.get(key, ()):
        if choice not in question.choice_keys:
            yield problem("publish-contact-choice-missing", where=key, choice=choice)
    none = NONE_OF.get(key)
    if none and (question.none is None or question.none.key != none):
        yield problem("publish-contact-choice-missing", where=key, choice=none)
    yield from _unread_choices(question)


def _unread_choices(question: Question) -> Iterator[Problem]:
    """Choices that no rule reads: a channel that a participant called safe would silently be dropped."""
    key = question.key
    if key not in CHOICES_OF:
        return
    read = {*CHOICES_OF[key], *MAY_BE_OFFERED.get(key, ()), NONE_OF.get(key)}
    for choice in question.choice_keys:
        if choice not in read:
            yield problem("publish-contact-choice-unknown", where=key, choice=choice)
