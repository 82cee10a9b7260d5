"""Publish checks that the forms of calls and events share.

A definition that was parsed has the right shape; here its content is checked: what may be asked, and what the rest of
the service relies on. Problems come in the order of the form, deterministically.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from pydantic import BaseModel

from webapp.rules.forms.form_definition import Form
from webapp.rules.forms.kinds import kind_of
from webapp.rules.forms.questions import Condition, Page, PartName, Question, Stop
from webapp.rules.forms.size_limits import LARGEST_BODY, body_of
from webapp.rules.forms.texts import FALLBACK_LANGUAGE, texts_of
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.rules.neutral_wording import gives_away
from webapp.rules.publishing.problems import Override, Problem, problem
from webapp.rules.publishing.topics import topics_in

#: The worst-case size of all parts of one submission together, in bytes of JSON: they are sealed in
#: envelopes that hold 32,768.
LARGEST_ANSWERS: Final = 32_000
SHORTEST_REASON: Final = 10
#: The longest title in letters: it is the heading of a page on a small phone, and the name of a link.
LONGEST_TITLE: Final = 120

#: Names that have another meaning in a submitted form, or on the object that parses it.
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
#: The parts with a participant's or registrant's contact details.
CONTACT_PARTS: Final[frozenset[PartName]] = frozenset(["contact", "registrant"])
#: The parts whose answers other code acts on, by their keys: own words there would be acted on by nobody.
READ_BY_KEYS: Final[frozenset[PartName]] = frozenset(["contact", "registrant", "needs", "room"])


def form_problems(
    form: Form, languages: Iterable[str], overrides: Sequence[Override] = ()
) -> Iterator[Problem]:
    """All problems of a form, of a call or an event, that is offered in these languages."""
    yield from _duplicates(form)
    yield from _questions(form)
    yield from _routes(form)
    yield from _consents(form, languages)
    yield from _size(form)
    yield from _topics(form, {one.question: one.reason for one in overrides})


def text_problems(model: BaseModel, titles: Mapping[str, str]) -> Iterator[Problem]:
    """Unknown languages, and words in titles and addresses that expose participants.

    `titles` maps each location to English words that others may see: in a browser's history, or over a
    participant's shoulder.
    """
    for path, text in texts_of(model):
        for language in sorted(set(text) - set(LANGUAGES)):
            yield problem("publish-language-unknown", where=path, language=language)
        steps = path.split(".")
        if steps[-1] == "title":
            # Of a page, or of an end on it: by the page's key, which is where it is changed.
            where = steps[steps.index("pages") + 1] if "pages" in steps else path
            yield from _title(where, text)
    for where, words in titles.items():
        if found := gives_away(words):
            yield problem("publish-not-neutral", where=where, words=found)


def _title(where: str, text: Mapping[str, str]) -> Iterator[Problem]:
    for language, words in text.items():
        if len(words) > LONGEST_TITLE:
            yield problem(
                "publish-title-too-long", where=where, language=language, max=LONGEST_TITLE
            )


def worst_bytes(form: Form) -> int:
    """The worst-case size of all answers of one submission, in bytes of JSON in UTF-8."""
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
            yield from _bounds(question)
        else:
            yield from _statement(question)


def _statement(said: Question) -> Iterator[Problem]:
    """A statement has only its label: it cannot be answered, so it has no choices and cannot be required."""
    limits = (said.max_length, said.at_least, said.at_most)
    has_limits = any(one is not None for one in limits)
    if said.required or said.hint or said.all_choices or has_limits or said.autocomplete:
        yield problem("publish-statement-only-says", where=said.key)


def _lists(question: Question) -> Iterator[Problem]:
    kind = kind_of(question)
    if kind.takes_choices and not question.choices:
        yield problem("publish-choice-kind-needs-choices", where=question.key)
    if not kind.takes_choices and question.choices:
        yield problem("publish-choices-not-used", where=question.key)
    if question.none and not kind.takes_none:
        yield problem("publish-none-only-with-choices", where=question.key)
    if question.other and not kind.takes_other:
        yield problem("publish-other-only-with-choices", where=question.key)
    elif question.other and question.part in READ_BY_KEYS:
        yield problem("publish-other-not-here", where=question.key)
    fewest, most = kind.points or (0, len(question.choices))
    if not fewest <= len(question.choices) <= most:
        yield problem("publish-scale-points", where=question.key, min=fewest, max=most)


def _lengths(question: Question) -> Iterator[Problem]:
    longest = kind_of(question).longest_settable
    if question.max_length and question.max_length > longest:
        yield problem("publish-max-length", where=question.key, max=longest)


def _bounds(question: Question) -> Iterator[Problem]:
    ends = (question.at_least, question.at_most)
    if ends == (None, None):
        return
    if not kind_of(question).takes_bounds:
        yield problem("publish-bounds-not-used", where=question.key)
    elif (
        question.at_least is None
        or question.at_most is None
        or question.at_least >= question.at_most
    ):
        yield problem("publish-bounds-wrong", where=question.key)


def _routes(form: Form) -> Iterator[Problem]:
    """Conditions are acyclic: they refer to earlier pages only, and to questions with choices."""
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
        # The page could not be sent with every box full, in a script of four bytes a letter.
        if (sent := body_of([page])) > LARGEST_BODY:
            yield problem("publish-page-too-large", where=page.key, size=sent, max=LARGEST_BODY)


def _topics(form: Form, reasons: Mapping[str, str]) -> Iterator[Problem]:
    for page in form.pages:
        for question in page.questions:
            yield from unless_reason(question.key, _asked(page, question), reasons)


def unless_reason(where: str, asked: str, reasons: Mapping[str, str]) -> Iterator[Problem]:
    """The forbidden topics in these words, unless an operator gave an override with a reason."""
    found = list(topics_in(asked))
    reason = reasons.get(where)
    if found and reason is not None:
        if len(reason.strip()) < SHORTEST_REASON:
            yield problem("publish-override-needs-reason", where=where)
        return
    for topic, words in found:
        yield problem("publish-asks-for", where=where, topic=topic, words=words)


def _asked(page: Page, question: Question) -> str:
    """All English words that ask the question: the page's own text counts for each of its questions.

    Other languages are not checked here: their reviewers read them.
    """
    texts = [page.title, page.intro, page.why, page.note, question.label, question.hint]
    texts += [question.reason, *(choice.label for choice in question.all_choices)]
    texts += [question.other.ask] if question.other else []
    return "\n".join(text[FALLBACK_LANGUAGE] for text in texts if text)
