"""The content of one version of a call's draft: a form that can be parsed, and what publishing needs beside it.

The form need not be fit to be published yet: the publish check says what is missing.
"""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from webapp.rules.forms.draft_languages import DraftLanguage, carried
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.texts import Frozen
from webapp.rules.tell_back import Month

#: As long as the record has room for, with the key of the question before it.
LONGEST_REASON = 150


def _a_month(written: str) -> str:
    """In its one form. Raises `NoMonth`, a ValueError."""
    return str(Month.parse(written))


class CallDraftContent(Frozen):
    """What a coordinator has written so far.

    `slug` is empty until the call has an address; `reasons` say, by question, why it is asked in spite of the check.
    """

    slug: Annotated[str, StringConstraints(max_length=60)] = ""
    closes_on: date | None = None
    #: The month by which people are told what became of it, like 2027-03.
    tell_back_by: Annotated[str, AfterValidator(_a_month)] | None = None
    reasons: dict[str, Annotated[str, StringConstraints(max_length=LONGEST_REASON)]] = Field(
        default_factory=dict
    )
    #: What is known of each language that was begun; the translations themselves stand in the form.
    languages: dict[str, DraftLanguage] = Field(default_factory=dict)
    form: FormDefinition

    @property
    def month(self) -> Month | None:
        """The month by which people are told what became of it."""
        return Month.parse(self.tell_back_by) if self.tell_back_by else None

    def with_form(self, form: FormDefinition) -> "CallDraftContent":
        """The same with another form: translations of changed words are marked as older than the English, and reasons
        for questions that are gone are left out."""
        keys = {question.key for question in form.everything}
        kept = {key: why for key, why in self.reasons.items() if key in keys or "." in key}
        languages = carried(self.languages, self.form, form)
        return self.model_copy(update={"reasons": kept, "languages": languages, "form": form})
