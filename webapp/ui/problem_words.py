"""Problems of the publish check in words: the names of what they are about, and sentences from a catalogue.

Operators who publish a file and coordinators who write at the desk read different sentences, because they mend things
in different places. Each has a catalogue by message key; what both need is here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from webapp.rules.forms.form_definition import Form
from webapp.rules.forms.questions import Page
from webapp.rules.forms.texts import FALLBACK_LANGUAGE, Text
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.rules.publishing.call_checks import START
from webapp.rules.publishing.problems import Problem

LONGEST_NAME: Final = 70

#: What a question was found to ask for, after "asks for".
TOPICS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "exploitation": "what was done to people",
        "names_of_traffickers": "the names of people who did harm",
        "immigration_status": "immigration status",
        "case_numbers": "case or reference numbers",
        "addresses": "addresses",
        "dates_of_birth": "dates of birth",
        "identity_papers": "identity papers",
        "bank_details": "bank details",
        "medical_or_criminal_records": "medical or criminal records",
        "file_uploads": "files or pictures",
    }
)


@dataclass(frozen=True)
class Names:
    """The display names of one form's questions, pages, consents and parts, by their keys."""

    form: Form
    title: Text
    #: The file to copy from, for sentences that name one.
    example: str = ""
    #: Whether keys stand behind names. At the desk nobody sees keys.
    with_keys: bool = True

    def of(self, key: str) -> str:
        """The display name of a key; the key alone where the form has none."""
        if key == START:
            return f"What the start page says is asked{self._key(START)}"
        if key == "title":
            return f"The title “{_short(self.title)}”"
        for question in self.form.everything:
            if question.key == key:
                kind = "Question" if question.asks else "Statement"
                return f"{kind} “{_short(question.label)}”{self._key(key)}"
        for page in self.form.pages:
            if page.key == key:
                return self._page(page)
        if any(wording.purpose == key for wording in self.form.consents):
            return f"Consent “{key}”"
        return f"“{key}”"

    def page(self, key: str) -> str:
        """The page with this key, where a question could have the same."""
        found = next((page for page in self.form.pages if page.key == key), None)
        return self._page(found) if found else self.of(key)

    def _page(self, page: Page) -> str:
        return f"Page “{_short(page.title)}”{self._key(page.key)}"

    def _key(self, key: str) -> str:
        return f" ({key})" if self.with_keys else ""


#: Problems whose `where` is a page, even where a question has the same key.
ABOUT_PAGES: Final = frozenset(
    {
        "publish-asks-nothing-before-sending",
        "publish-condition-never-true",
        "publish-condition-not-a-choice",
        "publish-condition-not-earlier",
        "publish-condition-unknown",
        "publish-not-a-registration",
        "publish-not-neutral",
        "publish-only-for-events",
        "publish-page-asks-nothing",
        "publish-page-too-large",
        "publish-section-order",
        "publish-stop-not-on-page",
        "publish-title-too-long",
    }
)
#: Problems that name a second question by its key.
_NAMES_ANOTHER: Final = ("publish-condition-not-a-choice", "publish-condition-not-earlier")


def sentence(problem: Problem, names: Names, sentences: Mapping[str, str]) -> str:
    """One problem as a sentence of this catalogue, which names the question and the remedy."""
    key = str(problem.params.get("where", ""))
    more = dict(problem.params)
    if problem.key in _NAMES_ANOTHER:
        more["question"] = names.of(str(more["question"]))
    if more.get("language") in LANGUAGES:
        more["language"] = LANGUAGES[str(more["language"])].english_name
    if "topic" in more:
        more["topic"] = TOPICS[str(more["topic"])]
    more["where"] = names.page(key) if problem.key in ABOUT_PAGES else names.of(key)
    return sentences[problem.key].format(**more, key=key, example=names.example)


def _short(text: Text) -> str:
    words = " ".join(text[FALLBACK_LANGUAGE].split())
    return words if len(words) <= LONGEST_NAME else f"{words[: LONGEST_NAME - 1].rstrip()}…"
