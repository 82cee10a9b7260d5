"""What keeps a form from being published.

A definition that `form_definition` can read has the right shape; here it is held against what may
be asked, and against what the rest of the service relies on. Problems come in the order of the
form, the same every time.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from webapp.rules.contact import CHOICES_OF, KINDS_OF, NO_WAY, SAFE_WAYS
from webapp.rules.form_definition import (
    FALLBACK_LANGUAGE,
    SECTION_NAMES,
    Condition,
    FormDefinition,
    Page,
    PartName,
    Question,
    Stop,
    texts_of,
)
from webapp.rules.kinds import kind_of
from webapp.rules.kinds.text import Text
from webapp.rules.languages import LANGUAGES
from webapp.rules.messages import PUBLISH_MESSAGES
from webapp.rules.topics import topics_in

Severity = Literal["must_fix", "needs_reason"]

#: All parts of one submission together, in bytes of JSON, at the very worst: they are sealed in
#: envelopes that hold 32,768.
LARGEST_ANSWERS: Final = 32_000
SHORTEST_REASON: Final = 10

#: Names that mean something else in a form that is sent, or on the object that reads it.
RESERVED_KEYS: Final = frozenset(
    [
        "do",
        "consent",
        "website",
        "csrf_token",
        "meta",
        "data",
        "errors",
        "form_errors",
        "fields",
        "answers",
        "problems",
        "process",
        "populate_obj",
        "hidden_tag",
        "is_submitted",
        "validate_on_submit",
    ]
)
#: Which part the questions of a section belong to.
PARTS_OF_SECTIONS: Final[Mapping[str, PartName]] = MappingProxyType(
    {"call": "testimony", "contact": "contact", "equality": "equality"}
)
_GIVES_AWAY = re.compile(
    r"traffick\w*|slaver\w*|slaves?\b|victims?\b|survivors?\b|exploit\w*|abuse\w*|asylum|refugee\w*"
    r"|prostitut\w*|rescued?\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Problem:
    """One reason not to publish: a key of PUBLISH_MESSAGES with its parameters.

    "needs_reason" may be overridden by somebody who says why; "must_fix" may not.
    """

    key: str
    params: Mapping[str, str | int]
    severity: Severity = "must_fix"


@dataclass(frozen=True)
class Override:
    """Somebody's reason for asking a question in spite of its topic. It is recorded."""

    question: str
    reason: str


def publish_problems(
    form: FormDefinition, overrides: Sequence[Override] = ()
) -> tuple[Problem, ...]:
    """Everything that keeps this form from being published; empty when nothing does."""
    reasons = {one.question: one.reason for one in overrides}
    return (
        *_duplicates(form),
        *_sections(form),
        *_texts(form),
        *_questions(form),
        *_routes(form),
        *_contact(form),
        *_consents(form),
        *_size(form),
        *_topics(form, reasons),
    )


def worst_bytes(form: FormDefinition) -> int:
    """The most bytes all answers of one submission can take, as JSON in UTF-8."""
    return sum(
        len(f'"{question.key}": , ') + kind_of(question).worst_bytes(question)
        for question in form.questions
    )


def gives_away(words: str) -> str | None:
    """The first word, if any, that must not stand in a title or an address: it would tell others what this is."""
    found = _GIVES_AWAY.search(words)
    return found.group(0).lower() if found else None


def _problem(key: str, **params: str | int) -> Problem:
    severity: Severity = "needs_reason" if key == "publish-asks-for" else "must_fix"
    if set(params) != set(PUBLISH_MESSAGES[key]):
        raise TypeError(f"{key} takes {PUBLISH_MESSAGES[key]}")
    return Problem(key, MappingProxyType(params), severity)


def _twice(keys: Iterable[str]) -> list[str]:
    return [key for key, times in Counter(keys).items() if times > 1]


def _duplicates(form: FormDefinition) -> Iterator[Problem]:
    for key in _twice(page.key for page in form.pages):
        yield _problem("publish-duplicate-page", where=key)
    for key in _twice(question.key for question in form.questions):
        yield _problem("publish-duplicate-question", where=key)
    for key in _twice(wording.purpose for wording in form.consents):
        yield _problem("publish-duplicate-consent", where=key)
    for question in form.questions:
        for key in _twice(choice.key for choice in question.all_choices):
            yield _problem("publish-duplicate-choice", where=question.key, choice=key)


def _sections(form: FormDefinition) -> Iterator[Problem]:
    reached = 0
    for page in form.pages:
        place = SECTION_NAMES.index(page.section)
        if place < reached:
            yield _problem("publish-section-order", where=page.key)
        reached = max(reached, place)
        for question in page.questions:
            if question.part != PARTS_OF_SECTIONS[page.section]:
                yield _problem(
                    "publish-part-in-wrong-section",
                    where=question.key,
                    part=question.part,
                    section=page.section,
                )


def _texts(form: FormDefinition) -> Iterator[Problem]:
    """Languages nobody knows, and words in titles and addresses that give people away."""
    for path, text in texts_of(form):
        for language in sorted(set(text) - set(LANGUAGES)):
            yield _problem("publish-language-unknown", where=path, language=language)
    titles = {"title": form.title[FALLBACK_LANGUAGE]} | {page.key: page.key for page in form.pages}
    for where, words in titles.items():
        if found := gives_away(words):
            yield _problem("publish-not-neutral", where=where, words=found)


def _questions(form: FormDefinition) -> Iterator[Problem]:
    for question in form.questions:
        where = question.key
        if where in RESERVED_KEYS or where.startswith("validate"):
            yield _problem("publish-reserved-key", where=where)
        if question.part not in form.parts:
            yield _problem("publish-part-without-rules", where=where, part=question.part)
        if question.required and question.reason is None:
            yield _problem("publish-required-needs-reason", where=where)
        yield from _lists(question)
        yield from _lengths(question)


def _lists(question: Question) -> Iterator[Problem]:
    picks = question.kind in ("choice", "choices")
    if picks and not question.choices:
        yield _problem("publish-choice-kind-needs-choices", where=question.key)
    if not picks and question.choices:
        yield _problem("publish-choices-not-used", where=question.key)
    if question.none and question.kind != "choices":
        yield _problem("publish-none-only-with-choices", where=question.key)


def _lengths(question: Question) -> Iterator[Problem]:
    kind = kind_of(question)
    longest = kind.longest if isinstance(kind, Text) and kind.length_is_settable else 0
    if question.max_length and question.max_length > longest:
        yield _problem("publish-max-length", where=question.key, max=longest)


def _routes(form: FormDefinition) -> Iterator[Problem]:
    """Conditions look back only, at questions with choices: so no route can turn in a circle."""
    earlier: dict[str, Question] = {}
    known = {question.key for question in form.questions}
    for page in form.pages:
        if page.when:
            yield from _condition(page, page.when, earlier, known)
        own = {question.key: question for question in page.questions}
        if page.stop and page.stop.question not in own:
            yield _problem("publish-stop-not-on-page", where=page.key, question=page.stop.question)
        elif page.stop:
            yield from _choices_exist(page, page.stop, own[page.stop.question])
        earlier |= own


def _condition(
    page: Page, when: Condition, earlier: Mapping[str, Question], known: set[str]
) -> Iterator[Problem]:
    if when.question in earlier:
        yield from _choices_exist(page, when, earlier[when.question])
    elif when.question in known:
        yield _problem("publish-condition-not-earlier", where=page.key, question=when.question)
    else:
        yield _problem("publish-condition-unknown", where=page.key, question=when.question)


def _choices_exist(page: Page, rule: Condition | Stop, question: Question) -> Iterator[Problem]:
    if not question.choice_keys:
        yield _problem("publish-condition-not-a-choice", where=page.key, question=question.key)
        return
    for choice in rule.is_any:
        if choice not in question.choice_keys:
            yield _problem("publish-condition-never-true", where=page.key, choice=choice)


def _contact(form: FormDefinition) -> Iterator[Problem]:
    """A form that asks for contact asks all of it as safety, under the keys `contact` reads."""
    asked = {question.key: question for question in form.questions if question.part == "contact"}
    for key in asked:
        if key not in KINDS_OF:
            yield _problem("publish-contact-unknown", where=key)
    if not asked:
        return
    for key in KINDS_OF:
        if key not in asked:
            yield _problem("publish-contact-missing", where=key)
        else:
            yield from _contact_question(asked[key])


def _contact_question(question: Question) -> Iterator[Problem]:
    key, kind = question.key, KINDS_OF[question.key]
    if question.kind != kind:
        yield _problem("publish-contact-kind", where=key, kind=kind)
    if question.required:
        yield _problem("publish-contact-required", where=key)
    for choice in CHOICES_OF.get(key, ()):
        if choice not in question.choice_keys:
            yield _problem("publish-contact-choice-missing", where=key, choice=choice)
    if key == SAFE_WAYS and (question.none is None or question.none.key != NO_WAY):
        yield _problem("publish-contact-choice-missing", where=key, choice=NO_WAY)


def _consents(form: FormDefinition) -> Iterator[Problem]:
    has_contact = any(question.part == "contact" for question in form.questions)
    for wording in form.consents:
        if wording.uses_contact and not has_contact:
            yield _problem("publish-consent-without-contact", where=wording.purpose)
        for language in sorted(set(form.title) - set(wording.text)):
            yield _problem(
                "publish-consent-not-translated", where=wording.purpose, language=language
            )


def _size(form: FormDefinition) -> Iterator[Problem]:
    size = worst_bytes(form)
    if size > LARGEST_ANSWERS:
        yield _problem("publish-answers-too-large", size=size, max=LARGEST_ANSWERS)


def _topics(form: FormDefinition, reasons: Mapping[str, str]) -> Iterator[Problem]:
    for page in form.pages:
        for question in page.questions:
            found = list(topics_in(_asked(page, question)))
            reason = reasons.get(question.key)
            if found and reason is not None:
                if len(reason.strip()) < SHORTEST_REASON:
                    yield _problem("publish-override-needs-reason", where=question.key)
                continue
            for topic, words in found:
                yield _problem("publish-asks-for", where=question.key, topic=topic, words=words)


def _asked(page: Page, question: Question) -> str:
    """All English words that do the asking: the page's title and intro count for its questions."""
    texts = [page.title, page.intro, question.label, question.hint]
    texts += [choice.label for choice in question.all_choices]
    return "\n".join(text[FALLBACK_LANGUAGE] for text in texts if text)
