"""Post-submission state in the Visit: the receipt code, and the facts for the confirmation page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from webapp.public.drafts.page_inputs import PAGE_KINDS, PageInputs
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.kinds import Answers
from webapp.rules.forms.routing import shown
from webapp.services.calls.form_versions import FIRST
from webapp.services.calls.published_calls import Call
from webapp.sessions import Visit

SENT = "sent:"
TRIED = "tried:"
#: The prefix of the Visit's keys for questions after submission.
AFTER = "after-"
#: The states of the questions after submission: begun, or submitted.
AFTER_BEGUN, AFTER_GIVEN = f"{AFTER}begun:", f"{AFTER}given:"


@dataclass(frozen=True)
class SentAnswers:
    """The facts about a submission for the confirmation page.

    `belongs_to` is the tag of the submission, `whose` its id, `form_version` what it answers. `off_route`: pages after
    submission that its answers rule out.
    """

    visit: Visit = field(repr=False)
    slug: str
    receipt: str = field(repr=False)
    belongs_to: str
    whose: str | None
    agreed: tuple[str, ...]
    was_helped: bool
    wanted_contact: bool
    has_way: bool
    form_version: int
    off_route: tuple[str, ...]

    @staticmethod
    def note(visit: Visit, slug: str, sent: Mapping[str, Any]) -> None:
        """Save them until the participant has noted the receipt, or another participant begins."""
        visit[SENT + slug] = dict(sent)

    @classmethod
    def find(cls, visit: Visit, slug: str) -> "SentAnswers | None":
        """The facts in this Visit; None before anything was submitted."""
        held: dict[str, Any] | None = visit.get(SENT + slug)
        if held is None:
            return None
        return cls(
            visit=visit,
            slug=slug,
            receipt=held["receipt"],
            # A Visit from before an upgrade holds fewer facts.
            belongs_to=held.get("belongs_to", ""),
            whose=held.get("whose"),
            agreed=tuple(held["purposes"]),
            was_helped=bool(held["helped"]),
            wanted_contact=held.get("wanted_contact", False),
            has_way=held.get("has_way", False),
            form_version=held.get("form_version", FIRST),
            off_route=tuple(held.get("off_route", ())),
        )

    def note_tried(self, message_key: str, params: Mapping[str, int]) -> None:
        """Note the result of typing the code, never the typed code."""
        self.visit[TRIED + self.slug] = [message_key, dict(params)]

    @property
    def tried(self) -> tuple[str | None, Mapping[str, Any]]:
        """The result of the last try at typing the code: a message key and its parameters; None before any."""
        key, params = self.visit.get(TRIED + self.slug, (None, {}))
        return key, params


def forget_sent(visit: Visit, *, but: str | None = None) -> None:
    """Delete every receipt that was given out in this Visit, except one that was entered again just now."""
    for slug in [key.removeprefix(SENT) for key in visit if key.startswith(SENT)]:
        if visit[SENT + slug]["receipt"] != but:
            for kind in (SENT, TRIED, AFTER_BEGUN, AFTER_GIVEN):
                visit.pop(kind + slug, None)
            for kind in PAGE_KINDS:
                visit.forget(f"{AFTER}{kind}:{slug}:")


def off_route_after(form: FormDefinition, answers: Answers) -> list[str]:
    """The pages after submission that the submitted answers rule out, by their conditions."""
    later = form.asked_after_sending
    asked = {question.key for page in later for question in page.asked}
    return [
        page.key
        for page in later
        if page.when and page.when.question not in asked and not shown(page.when, answers)
    ]


def keep_for_after(visit: Visit, call: Call) -> None:
    """Move an earlier draft's answers to questions that are now asked after submission, to be shown again there."""
    before, after = PageInputs(visit, call.slug), PageInputs(visit, call.slug, AFTER)
    for page in call.form.asked_after_sending:
        for kind in PAGE_KINDS:
            held = visit.pop(before.key(kind, page.key), None)
            if held is not None:
                visit[after.key(kind, page.key)] = held
