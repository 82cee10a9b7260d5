"""Publish checks of a new version of a published call: what must mean the same in every version of it.

Answers and consents of all versions lie side by side, found by the keys of questions and the purposes of consents.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from webapp.rules.forms.form_definition import ConsentWording, FormDefinition
from webapp.rules.forms.form_editing import edited
from webapp.rules.publishing.problems import Problem, problem

#: Words of a consent by purpose, version and language, as they were published.
PublishedWords = Mapping[tuple[str, int, str], str]


def version_problems(earlier: Sequence[FormDefinition], form: FormDefinition) -> Iterator[Problem]:
    """What keeps a form from being the next version: a question that another kind or part was published under, and a
    consent that says something else about the use of contact details than it did."""
    asked = {one.key: one for old in earlier for one in old.everything}
    for question in form.everything:
        old = asked.get(question.key)
        if old is not None and (old.kind, old.part) != (question.kind, question.part):
            yield problem("publish-version-other-kind", where=question.key)
    uses = {one.purpose: one.uses_contact for old in earlier for one in old.consents}
    for consent in form.consents:
        if uses.get(consent.purpose, consent.uses_contact) != consent.uses_contact:
            yield problem("publish-version-other-use", where=consent.purpose)


def with_consent_versions(form: FormDefinition, published: PublishedWords) -> FormDefinition:
    """The form with the version of each consent: the newest one where all of its words are those that were published,
    or come in a language that it did not have; and otherwise a new one. A version never gets other words."""
    consents = tuple(_versioned(one, published) for one in form.consents)
    return edited(form, consents=consents)


def _versioned(consent: ConsentWording, published: PublishedWords) -> ConsentWording:
    newest = max(_versions(consent.purpose, published), default=0)
    same = newest and all(
        published.get((consent.purpose, newest, code), words) == words
        for code, words in consent.text.items()
    )
    return consent.model_copy(update={"version": newest if same else newest + 1})


def _versions(purpose: str, published: PublishedWords) -> Iterable[int]:
    return (version for one, version, _ in published if one == purpose)
