"""What a coordinator is entering for somebody: the whole form at once, kept in the coordinator's own sealed Visit.

Once it is sent, the Visit holds the person's code alone, until the coordinator says that it was passed on.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

from flask_babel import gettext
from markupsafe import Markup

from webapp.rules.answers import prune, stopped_by, visible_pages
from webapp.rules.consent import offered
from webapp.rules.form_definition import (
    Answer,
    ConsentWording,
    FormDefinition,
    Page,
    SectionName,
    Stop,
)
from webapp.rules.mail_kinds import CONFIRMATION_CONSENT
from webapp.services import own_copies
from webapp.services.calls import Call
from webapp.sessions import Visit
from webapp.ui.filters import said
from webapp.ui.forms import AnswerField, PageForm, Typed, form_for, keep_typed, was_cut
from webapp.ui.messages import naming


class OnBehalf:
    """One call's share of a coordinator's Visit."""

    def __init__(self, call: Call, visit: Visit) -> None:
        self.call = call
        self.visit = visit
        self._key = f"behalf:{call.slug}"

    @property
    def held(self) -> dict[str, Any]:
        """What the Visit holds: nothing, a draft, or a code."""
        held: dict[str, Any] = self.visit.get(self._key, {})
        return held

    def keep(self, sent: Iterable[tuple[str, str]], *, checked: bool) -> None:
        """Keep a draft as it was typed. `checked`: it was meant to be complete, so say what is wrong."""
        sent = list(sent)
        typed = [pair for page in self.call.form.pages for pair in keep_typed(page, sent)]
        # What could not be kept is said at once, also where only keeping was asked for.
        self.visit[self._key] = {"typed": typed, "checked": checked or was_cut(typed)}

    def keep_agreed(self, agreed: list[tuple[str, str]]) -> None:
        """Keep what was chosen on the last page, where something was still missing."""
        self.visit[self._key] = {**self.held, "agreed": agreed}

    def prepare(self) -> None:
        """Make the submission's id and its code, once for what was typed.

        In the step before it is sent: two presses of the last button then find the same ones, and sending twice is
        sending once. Made while sending, each press would store a person of its own.
        """
        made = {"submission_id": uuid4().hex, "receipt": own_copies.new_receipt()}
        self.visit[self._key] = {**self.held, **made}

    @property
    def prepared(self) -> tuple[UUID, str] | None:
        """What `prepare` made for the form as it stands; None when the form was changed since."""
        if "receipt" not in self.held:
            return None
        return UUID(hex=self.held["submission_id"]), self.held["receipt"]

    @property
    def code(self) -> str | None:
        """The code to pass on, once everything is stored."""
        code: str | None = self.held.get("code")
        return code

    def note_sent(self, receipt: str) -> None:
        """It is stored: nothing of the answers stays here."""
        self.visit[self._key] = {"code": receipt}

    def forget(self) -> None:
        """Drop all of it."""
        self.visit.pop(self._key, None)

    def entered(self) -> "Entered":
        """The form with what was typed so far."""
        held = self.held
        return Entered(self.call.form, held.get("typed"), checked=held.get("checked", False))


@dataclass(frozen=True)
class Asked:
    """One page of the form, with its fields."""

    page: Page
    form: PageForm


class Entered:
    """A whole form as it was typed, one page below the other."""

    def __init__(self, form: FormDefinition, typed: Typed | None, *, checked: bool) -> None:
        self.form = form
        self.asked = [
            Asked(page, form_for(_plain(page), stored={}, typed=typed)) for page in form.pages
        ]
        self.checked = checked and typed is not None
        if self.checked:
            self._check()

    def _check(self) -> None:
        for one in self.asked:
            one.form.validate()
        route = visible_pages(self.form, self.typed_answers)
        for one in self.asked:
            if one.page not in route:
                for field in one.form.fields:
                    field.errors = _off_the_way(field)

    @property
    def typed_answers(self) -> dict[str, Answer]:
        """Every answer that its own question takes, wherever it stands."""
        return {key: answer for one in self.asked for key, answer in one.form.answers.items()}

    @cached_property
    def answers(self) -> dict[str, Answer]:
        """The answers that would be sent."""
        return prune(self.form, self.typed_answers)

    @property
    def stop(self) -> Stop | None:
        """Why this call is not for this person, if it is not."""
        return stopped_by(self.form, self.typed_answers)

    @property
    def problems(self) -> list[tuple[str, str]]:
        """For the error summary, in the order of the form."""
        return [problem for one in self.asked for problem in one.form.problems]

    @property
    def is_ready(self) -> bool:
        """Whether it may be read back: checked, nothing to put right, and the call is for this person."""
        return self.checked and not self.problems and self.stop is None

    def consents(self) -> tuple[ConsentWording, ...]:
        """What the person may agree to. A confirmation is promised at the public door only, which seals addresses."""
        return tuple(
            wording
            for wording in offered(self.form, self.answers)
            if wording.purpose != CONFIRMATION_CONSENT
        )

    def by_section(self) -> Iterator[tuple[SectionName, list[Asked]]]:
        """The pages of each section, in order."""
        for section in dict.fromkeys(one.page.section for one in self.asked):
            yield section, [one for one in self.asked if one.page.section == section]


def _off_the_way(field: AnswerField) -> list[Markup]:
    """Something was written where, by another answer, nothing is asked. It would be dropped, so say so."""
    if field.kind.blank(field.raw):
        return []
    problem = gettext(
        "This does not fit with another answer. Clear this one, or change the other one"
    )
    return [naming(problem, said(field.question.label))]


def _plain(page: Page) -> Page:
    """The page without hints for a browser's own memory: it would offer the coordinator's name and address."""
    questions = tuple(one.model_copy(update={"autocomplete": None}) for one in page.questions)
    return page.model_copy(update={"questions": questions})
