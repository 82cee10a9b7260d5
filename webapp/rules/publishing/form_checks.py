"""What keeps a form from being published.

A definition that `form_definition` can read has the right shape; here it is held against what may
be asked, and against what the rest of the service relies on. Problems come in the order of the
form, the same every time.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel

from webapp.rules.forms.form_definition import (
    FALLBACK_LANGUAGE,
    PART_OF_SECTION,
    SECTION_NAMES,
    Condition,
    Form,
    FormDefinition,
    Page,
    PartName,
    Question,
    Stop,
    texts_of,
)
from webapp.rules.forms.kinds import kind_of
from webapp.rules.forms.kinds.scale import FEWEST_POINTS, MOST_POINTS
from webapp.rules.forms.kinds.text import Text
from webapp.rules.forms.size_limits import LARGEST_BODY, body_of
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.rules.publishing.contact_checks import contact_problems
from webapp.rules.publishing.problems import Problem, problem
from webapp.rules.publishing.topics import topics_in

#: All parts of one submission together, in bytes of JSON, at the very worst: they are sealed in
#: envelopes that hold 32,768.
LARGEST_ANSWERS: Final = 32_000
SHORTEST_REASON: Final = 10

#: Where an override says a reason for what the start page announces. With a dot, so that no question has this key.
START: Final = "start.asked"

#: Names that mean something else in a form that is sent, or on the object that reads it.
RESERVED_KEYS: Final = frozenset(
    [
        "do",
        "consent",
        "website",
        "helped",
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
#: The parts that say how somebody can be reached.
CONTACT_PARTS: Final[frozenset[PartName]] = frozenset(["contact", "registrant"])
_GIVES_AWAY = re.compile(
    r"traffick\w*|slaver\w*|slaves?\b|victims?\b|survivors?\b|exploit\w*|abuse\w*|asylum|refugee\w*"
    r"|prostitut\w*|rescued?\b",
    re.IGNORECASE,
)


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


def form_problems(
    form: Form, languages: Iterable[str], overrides: Sequence[Override] = ()
) -> Iterator[Problem]:
    """What is wrong with any form, of a call or an event, that is asked in these languages."""
    yield from _duplicates(form)
    yield from _questions(form)
    yield from _routes(form)
    yield from _consents(form, languages)
    yield from _size(form)
    yield from _topics(form, {one.question: one.reason for one in overrides})


def text_problems(model: BaseModel, titles: Mapping[str, str]) -> Iterator[Problem]:
    """Languages nobody knows, and words in titles and addresses that give people away.

    `titles` maps where they stand to English words that others may see: in a browser's history, or
    over somebody's shoulder.
    """
    for path, text in texts_of(model):
        for language in sorted(set(text) - set(LANGUAGES)):
            yield problem("publish-language-unknown", where=path, language=language)
    for where, words in titles.items():
        if found := gives_away(words):
            yield problem("publish-not-neutral", where=where, words=found)


def gives_away(words: str) -> str | None:
    """The first word that tells who somebody might be, in small letters; None when there is none."""
    found = _GIVES_AWAY.search(words)
    return found.group(0).lower() if found else None


def worst_bytes(form: Form) -> int:
    """The most bytes all answers of one submission can take, as JSON in UTF-8."""
    return sum(
        len(f'"{question.key}": , ') + kind_of(question).worst_bytes(question)
        for question in form.questions
    )


def _twice(keys: Iterable[str]) -> list[str]:
    return [key for key, times in Counter(keys).items() if times > 1]


def _duplicates(form: Form) -> Iterator[Problem]:
    for key in _twice(page.key for page in form.pages):
        yield problem("publish-duplicate-page", where=key)
    for key in _twice(question.key for question in form.everything):
        yield problem("publish-duplicate-question", where=key)
    for key in _twice(wording.purpose for wording in form.consents):
        yield problem("publish-duplicate-consent", where=key)
    for question in form.questions:
        for key in _twice(choice.key for choice in question.all_choices):
            yield problem("publish-duplicate-choice", where=question.key, choice=key)


def _parts(form: FormDefinition) -> Iterator[Problem]:
    """Each part has its rules, and a call has only the parts of calls: others have other keys."""
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
    """Questions about equality come after Send, so something must be asked before it."""
    if all(page.section == "equality" for page in form.pages):
        yield problem("publish-asks-nothing-before-sending", where=form.pages[0].key)


def _questions(form: Form) -> Iterator[Problem]:
    for page in form.pages:
        if not page.asked:
            yield problem("publish-page-asks-nothing", where=page.key)
    for question in form.everything:
        where = question.key
        if where in RESERVED_KEYS or where.startswith("validate"):
            yield problem("publish-reserved-key", where=where)
        if question.required and question.reason is None:
            yield problem("publish-required-needs-reason", where=where)
        if question.asks:
            yield from _lists(question)
            yield from _lengths(question)
        else:
            yield from _statement(question)


def _statement(said: Question) -> Iterator[Problem]:
    """It has its words and nothing else: what a person cannot answer can neither be needed nor picked."""
    if said.required or said.hint or said.all_choices or said.max_length or said.autocomplete:
        yield problem("publish-statement-only-says", where=said.key)


def _lists(question: Question) -> Iterator[Problem]:
    picks = question.kind in ("choice", "choices", "scale")
    if picks and not question.choices:
        yield problem("publish-choice-kind-needs-choices", where=question.key)
    if not picks and question.choices:
        yield problem("publish-choices-not-used", where=question.key)
    if question.none and question.kind not in ("choices", "scale"):
        yield problem("publish-none-only-with-choices", where=question.key)
    points = len(question.choices)
    if question.kind == "scale" and not FEWEST_POINTS <= points <= MOST_POINTS:
        yield problem(
            "publish-scale-points", where=question.key, min=FEWEST_POINTS, max=MOST_POINTS
        )


def _lengths(question: Question) -> Iterator[Problem]:
    kind = kind_of(question)
    longest = kind.longest if isinstance(kind, Text) and kind.length_is_settable else 0
    if question.max_length and question.max_length > longest:
        yield problem("publish-max-length", where=question.key, max=longest)


def _routes(form: Form) -> Iterator[Problem]:
    """Conditions look back only, at questions with choices: so no route can turn in a circle."""
    earlier: dict[str, Question] = {}
    known = {question.key for question in form.questions}
    for page in form.pages:
        if page.when:
            yield from _condition(page, page.when, earlier, known)
        own = {question.key: question for question in page.questions}
        if page.stop and page.stop.question not in own:
            yield problem("publish-stop-not-on-page", where=page.key, question=page.stop.question)
        elif page.stop:
            yield from _choices_exist(page, page.stop, own[page.stop.question])
        earlier |= own


def _condition(
    page: Page, when: Condition, earlier: Mapping[str, Question], known: set[str]
) -> Iterator[Problem]:
    if when.question in earlier:
        yield from _choices_exist(page, when, earlier[when.question])
    elif when.question in known:
        yield problem("publish-condition-not-earlier", where=page.key, question=when.question)
    else:
        yield problem("publish-condition-unknown", where=page.key, question=when.question)


def _choices_exist(page: Page, rule: Condition | Stop, question: Question) -> Iterator[Problem]:
    if not question.choice_keys:
        yield problem("publish-condition-not-a-choice", where=page.key, question=question.key)
        return
    for choice in rule.is_any:
        if choice not in question.choice_keys:
            yield problem("publish-condition-never-true", where=page.key, choice=choice)


def _consents(form: Form, languages: Iterable[str]) -> Iterator[Problem]:
    has_contact = any(question.part in CONTACT_PARTS for question in form.questions)
    for wording in form.consents:
        if wording.uses_contact and not has_contact:
            yield problem("publish-consent-without-contact", where=wording.purpose)
        for language in sorted(set(languages) - set(wording.text)):
            yield problem(
                "publish-consent-not-translated", where=wording.purpose, language=language
            )


def _size(form: Form) -> Iterator[Problem]:
    size = worst_bytes(form)
    if size > LARGEST_ANSWERS:
        yield problem("publish-answers-too-large", size=size, max=LARGEST_ANSWERS)
    for page in form.pages:
        # A page that could not be sent when every box on it is full, in a script of four bytes a letter.
        if (sent := body_of([page])) > LARGEST_BODY:
            yield problem("publish-page-too-large", where=page.key, size=sent, max=LARGEST_BODY)


def _topics(form: Form, reasons: Mapping[str, str]) -> Iterator[Problem]:
    for page in form.pages:
        for question in page.questions:
            yield from _unless_reason(question.key, _asked(page, question), reasons)


def _unless_reason(where: str, asked: str, reasons: Mapping[str, str]) -> Iterator[Problem]:
    """The topics in these words, unless somebody gave a reason for asking all the same."""
    found = list(topics_in(asked))
    reason = reasons.get(where)
    if found and reason is not None:
        if len(reason.strip()) < SHORTEST_REASON:
            yield problem("publish-override-needs-reason", where=where)
        return
    for topic, words in found:
        yield problem("publish-asks-for", where=where, topic=topic, words=words)


def _start_topics(form: FormDefinition, reasons: Mapping[str, str]) -> Iterator[Problem]:
    """What the start page says that is asked counts like a question; its reason is given for `START`."""
    yield from _unless_reason(START, form.start.asked[FALLBACK_LANGUAGE], reasons)


def _asked(page: Page, question: Question) -> str:
    """All English words that do the asking: what the page says counts for each of its questions.

    Words in other languages are not checked: whoever reviews a language reads them.
    """
    texts = [page.title, page.intro, page.why, page.note, question.label, question.hint]
    texts += [question.reason, *(choice.label for choice in question.all_choices)]
    return "\n".join(text[FALLBACK_LANGUAGE] for text in texts if text)
