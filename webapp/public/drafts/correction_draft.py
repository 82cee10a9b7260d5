"""The draft of a correction: it starts as a copy of what is stored under a receipt, and replaces that when saved.

A submission to the same call that the same Visit has not sent yet stays untouched beside it. A Visit has one correction
at a time, because it is opened by one receipt at a time.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID, uuid4

from flask import abort

from webapp.public.drafts.draft import EQUALITY, Draft
from webapp.public.drafts.late_input import forget_late, take_late
from webapp.rules.consent import offered, offered_later
from webapp.rules.contact.questions import tells_of_helper
from webapp.rules.forms.form_definition import ConsentWording, FormDefinition
from webapp.rules.forms.kinds import Answer
from webapp.rules.forms.progress import Place, number_on
from webapp.rules.forms.questions import Page
from webapp.rules.forms.routing import form_without, visible_pages
from webapp.services.answers import corrections
from webapp.services.answers.own_copies import Held
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call, NoSuchCall
from webapp.sessions import Visit

MARK = "correcting:"
ENDED = "corrected:"


class CorrectionDraft(Draft):
    """A submission as its participant wants it to be.

    The mark in the Visit identifies the submission and the versions that it started from, and holds the idempotency key
    that makes a doubled save one change.
    """

    prefix = "held-"

    def __init__(self, call: Call, visit: Visit, mark: Mapping[str, Any]) -> None:
        super().__init__(call, visit)
        self.mark = mark
        asked = call.form if mark["about_helper"] else call.form.without_help
        self._form = form_without(asked, mark["too_late"])

    @property
    def form(self) -> FormDefinition:
        """The form without parts that are past their retention period."""
        return self._form

    # Its beginning and its end

    @classmethod
    def find(cls, visit: Visit) -> "CorrectionDraft | None":
        """The correction in progress in this Visit; a 404 where its call is gone."""
        found = next((key for key in visit if key.startswith(MARK)), None)
        if found is None or "code" not in visit:
            return None
        return cls._of_call(found.removeprefix(MARK), visit)

    @classmethod
    def _of_call(cls, slug: str, visit: Visit) -> "CorrectionDraft":
        mark = visit[MARK + slug]
        try:
            return cls(published_calls.recent_call_at(slug, mark["form_version"]), visit, mark)
        except NoSuchCall:
            abort(404)

    @classmethod
    def find_of(cls, tag: str, visit: Visit) -> "CorrectionDraft | None":
        """The same, if it corrects the submission with this tag."""
        found = cls.find(visit)
        return found if found is not None and found.belongs_to == tag else None

    @classmethod
    def begin_with(cls, held: Held, visit: Visit) -> "CorrectionDraft":
        """Load what is stored, unless a draft that started from the same versions exists."""
        going_on = cls.find(visit)
        if going_on is not None and going_on.is_about(held):
            take_late(going_on.pages, going_on.belongs_to)
            return going_on
        cls.drop_all(visit)
        visit[MARK + held.slug] = _mark(held)
        fresh = cls._of_call(held.slug, visit)
        fresh._load(held)
        return fresh

    def is_about(self, held: Held) -> bool:
        """Whether it started from exactly these versions."""
        return self.call.slug == held.slug and self.seen == held.copies

    @staticmethod
    def drop_all(visit: Visit, *, finished: bool = False) -> None:
        """Delete the correction in this Visit: another code was entered, another participant begins, or it was
        discarded (`finished`)."""
        for slug in [key.removeprefix(MARK) for key in visit if key.startswith(MARK)]:
            visit[ENDED + slug] = finished
        for prefix in (MARK, CorrectionDraft.prefix):
            visit.forget(prefix)

    @staticmethod
    def forget_all(visit: Visit) -> None:
        """Delete it and every trace of one, because it belonged to a code that is not in this Visit any more."""
        CorrectionDraft.drop_all(visit)
        visit.forget(ENDED)
        forget_late(visit)

    @staticmethod
    def is_finished(slug: str, visit: Visit) -> bool:
        """Whether a correction for this call was saved or discarded in this Visit."""
        return bool(visit.get(ENDED + slug))

    def forget(self) -> None:
        """Delete the state of this draft after saving."""
        self.pages.forget()
        for kind in ("ticked", "members", "more"):
            self.visit.pop(self.pages.key(kind), None)
        self.visit.pop(MARK + self.call.slug, None)
        self.visit[ENDED + self.call.slug] = True

    def _load(self, held: Held) -> None:
        answers = held.answers
        gave_equality = EQUALITY in held.by_part
        for page in visible_pages(self.form, answers):
            if page.section != EQUALITY or gave_equality:
                keys = [question.key for question in page.questions]
                self.save(page, {key: answers[key] for key in keys if key in answers})
        if not gave_equality:
            self.choose_more("skip")
        take_late(self.pages, self.belongs_to)

    def begin_again_with(self, held: Held) -> None:
        """Optimistic locking: load the newer stored version. The participant is told, and saving replaces it."""
        self.mark = _mark(held)
        self.visit[MARK + self.call.slug] = self.mark

    # The interface of every draft

    @property
    def belongs_to(self) -> str:
        """The tag of the submission that this corrects."""
        return str(self.mark["belongs_to"])

    @property
    def hidden_fields(self) -> tuple[tuple[str, str], ...]:
        return (("belongs-to", self.belongs_to), ("call", self.call.slug))

    def place_of(self, page: Page) -> Place | None:
        """The number of the call's own page. There is no total, because a participant who changes one answer does not
        walk through the form."""
        answers = self.answers
        return number_on(answers.route, self.form, answers.given, page)

    def save(self, page: Page, answers: Mapping[str, Answer]) -> None:
        super().save(page, answers)
        if page.section == EQUALITY:
            # Skipped in another tab, perhaps, but answered here: it is shown on the check page before it is saved.
            self.visit[self.pages.key("more")] = "answer"

    # About equality

    @property
    def asks_for_more(self) -> bool:
        """Whether there are questions about equality within their retention period."""
        return any(page.section == EQUALITY for page in self.answers.route)

    @property
    def more(self) -> str | None:
        """The choice on the page that explains the questions about equality: answer, skip, or None yet."""
        chosen: str | None = self.visit.get(self.pages.key("more"))
        return chosen

    def choose_more(self, choice: str) -> None:
        """Note the choice. Skipping drops what was answered or typed before."""
        self.visit[self.pages.key("more")] = choice
        if choice == "skip":
            for page in self.form.pages:
                if page.section == EQUALITY:
                    self.pages.drop(page)

    @property
    def last_page(self) -> Page | None:
        """The last page before those about equality; None when all others are past their retention period."""
        route = self.answers.route
        return next((page for page in reversed(route) if page.section != EQUALITY), None)

    def first_of(self, section: str) -> Page | None:
        """The first page of a section; None when it is past its retention period, or not part of the form."""
        return next((page for page in self.form.pages if page.section == section), None)

    # Saving

    @property
    def seen(self) -> frozenset[UUID]:
        """The own copies that this draft started from (the version for optimistic locking)."""
        return frozenset(UUID(hex=one) for one in self.mark["seen"])

    @property
    def new_consents(self) -> list[ConsentWording]:
        """Consents that are meaningful now and were not before. Others are not asked again."""
        return [
            wording
            for wording in offered_later(self.form, self.answers.kept)
            if wording.purpose not in self.mark["made_sense"]
        ]

    @property
    def takes_back(self) -> bool:
        """Whether a consent to contact is withdrawn, because no safe channel is left."""
        left = {wording.purpose for wording in offered(self.form, self.answers.kept)}
        return bool(set(self.mark["said_yes"]) - left)

    def to_save(self, ticked: Iterable[str], language: str) -> corrections.Correction:
        """The correction for the service to store."""
        new = {wording.purpose for wording in self.new_consents}
        return corrections.Correction(
            id=UUID(hex=self.mark["id"]),
            seen=self.seen,
            answers=self.answers.kept,
            given=new.intersection(ticked),
            language=language,
            members=self.members,
        )


def _mark(held: Held) -> dict[str, Any]:
    # A coordinator may have typed a helper's details from paper: a form without those questions would drop them unseen.
    return {
        "id": uuid4().hex,
        "belongs_to": corrections.tag_of(held.submission_id),
        "form_version": held.form_version,
        "about_helper": held.typed_by == "helper" or tells_of_helper(held.answers),
        "seen": sorted(one.hex for one in held.copies),
        "too_late": sorted(corrections.closed_for(held)),
        "made_sense": [one.purpose for one in offered(held.form, held.answers)],
        "said_yes": [one.purpose for one in held.consents if one.granted],
    }
