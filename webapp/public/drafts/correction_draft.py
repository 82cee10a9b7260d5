"""Somebody in the middle of correcting what is held: the same as answering, in a place of its own in their Visit."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID, uuid4

from flask import abort

from webapp.public.drafts.call_draft import Answering
from webapp.public.drafts.sent_answers import PAGE_KINDS
from webapp.rules.consent import offered, offered_later
from webapp.rules.contact.questions import tells_of_helper
from webapp.rules.forms.form_definition import ConsentWording, FormDefinition
from webapp.rules.forms.kinds import Answer
from webapp.rules.forms.progress import Place, number_of
from webapp.rules.forms.questions import Page
from webapp.rules.forms.routing import form_without, visible_pages
from webapp.services.answers import corrections
from webapp.services.answers.own_copies import Held
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call, NoSuchCall
from webapp.sessions import Visit
from webapp.ui.forms import Typed

EQUALITY: Final = "equality"
MARK = "correcting:"
LATE = "late-words:"
ENDED = "corrected:"
#: What a form's address says while somebody corrects.
MODE = {"for": "held"}


class Correction(Answering):
    """A draft that began with what is held. Answers that the same Visit has not sent yet stay untouched beside it.

    The mark says whose it is, what it began with, whether a helper is asked about, and the id that makes a doubled save
    one change.
    """

    def __init__(self, call: Call, visit: Visit, mark: Mapping[str, Any]) -> None:
        super().__init__(call, visit)
        self.mark = mark
        asked = call.form if mark["about_helper"] else call.form.without_help
        self._form = form_without(asked, mark["too_late"])

    @property
    def form(self) -> FormDefinition:
        """What may still be changed: without the parts whose time is over."""
        return self._form

    @property
    def helped(self) -> bool:
        """Nobody is told that they are helping: whoever helped then may not be here now."""
        return False

    @classmethod
    def under_way(cls, slug: str, visit: Visit) -> bool:
        """Whether this visitor corrects their answers to this call."""
        return MARK + slug in visit and "code" in visit

    @classmethod
    def under_way_for(cls, belongs_to: str, slug: str, visit: Visit) -> bool:
        """The same, and it is the correction of the submission that a form with this tag belongs to."""
        return cls.under_way(slug, visit) and visit[MARK + slug]["belongs_to"] == belongs_to

    @classmethod
    def take_up(cls, slug: str, visit: Visit) -> "Correction":
        """Where they are in it. A call that is gone is a 404."""
        mark = visit[MARK + slug]
        try:
            return cls(published_calls.recent_call_at(slug, mark["form_version"]), visit, mark)
        except NoSuchCall:
            abort(404)

    @classmethod
    def begin_with(cls, held: Held, visit: Visit) -> "Correction":
        """Load what is held, unless a draft that began with the very same is there already."""
        if cls.under_way(held.slug, visit):
            going_on = cls.take_up(held.slug, visit)
            if going_on.seen == held.copies:
                return going_on
        cls.drop_all(visit)
        visit[MARK + held.slug] = _mark(held)
        fresh = cls.take_up(held.slug, visit)
        fresh._load(held)
        return fresh

    @staticmethod
    def drop_all(visit: Visit, *, finished: bool = False) -> None:
        """Forget every correction in this Visit: another code was handed in, or somebody begins anew, or is `finished`
        and wants nothing changed."""
        for slug in [key.removeprefix(MARK) for key in visit if key.startswith(MARK)]:
            visit[ENDED + slug] = finished
        for prefix in (MARK, "held-"):
            visit.forget(prefix)

    @staticmethod
    def forget_all(visit: Visit) -> None:
        """The same, and that there ever was one: it belonged to a code that is not in this Visit any more."""
        Correction.drop_all(visit)
        for prefix in (ENDED, LATE):
            visit.forget(prefix)

    @staticmethod
    def is_over(slug: str, visit: Visit) -> bool:
        """Whether answers to this call were corrected in this Visit, or were kept as they are."""
        return ENDED + slug in visit

    @staticmethod
    def is_finished(slug: str, visit: Visit) -> bool:
        """The same, and whoever corrected them pressed the last button."""
        return bool(visit.get(ENDED + slug))

    def _load(self, held: Held) -> None:
        answers = held.answers
        gave_equality = EQUALITY in held.by_part
        for page in visible_pages(self.form, answers):
            if page.section != EQUALITY or gave_equality:
                keys = [question.key for question in page.questions]
                self.save(page, {key: answers[key] for key in keys if key in answers})
        if not gave_equality:
            self.choose_more("skip")
        self._take_late()

    def _take_late(self) -> None:
        """What was typed when an earlier Visit had just ended waits on its page, if it was typed by the same person."""
        prefix = f"{LATE}{self.call.slug}:{self.belongs_to}:"
        for late in [key for key in self.visit if key.startswith(prefix)]:
            self.visit[self._key("typed", late.removeprefix(prefix))] = self.visit.pop(late)

    def begin_again_with(self, held: Held) -> None:
        """Go on with this draft although something else is held by now; they were told, and saving replaces that."""
        self.mark = _mark(held)
        self.visit[MARK + self.call.slug] = self.mark

    @property
    def mode(self) -> dict[str, str]:
        return MODE

    @property
    def belongs_to(self) -> str:
        return str(self.mark["belongs_to"])

    @property
    def can_stop(self) -> bool:
        """What is held waits anyway."""
        return False

    @property
    def begun(self) -> bool:
        return True

    @property
    def sent(self) -> None:
        return None

    def forget(self) -> None:
        super().forget()
        self.visit.pop(MARK + self.call.slug, None)
        self.visit[ENDED + self.call.slug] = True

    def place_of(self, page: Page) -> Place | None:
        """Which of the call's own pages this is: whoever changes one answer is on no way that could be counted."""
        return number_of(self.form, self.answers, page)

    # About equality

    def save(self, page: Page, answers: Mapping[str, Answer]) -> None:
        super().save(page, answers)
        if page.section == EQUALITY:
            # Skipped in another tab, perhaps, and answered all the same: it is shown before it is saved.
            self.visit[self._key("more")] = "answer"

    @property
    def asks_for_more(self) -> bool:
        """Whether there are questions about equality that may still be answered."""
        return any(page.section == EQUALITY for page in self.route)

    @property
    def more(self) -> str | None:
        """What somebody chose on the page that explains the questions about equality: answer, skip, or None yet."""
        chosen: str | None = self.visit.get(self._key("more"))
        return chosen

    def choose_more(self, choice: str) -> None:
        """Note the choice. Skipping drops what may have been answered or typed before."""
        self.visit[self._key("more")] = choice
        if choice == "skip":
            for page in self.form.pages:
                if page.section == EQUALITY:
                    for kind in PAGE_KINDS:
                        self.visit.pop(self._key(kind, page.key), None)

    @property
    def last_page(self) -> Page | None:
        """The last page before those about equality; None when it is too late for all of them."""
        return next((page for page in reversed(self.route) if page.section != EQUALITY), None)

    def first_of(self, section: str) -> Page | None:
        """The first page of a section; None when it is too late to ask about it, or the form never did."""
        return next((page for page in self.form.pages if page.section == section), None)

    # Saving

    @property
    def seen(self) -> frozenset[UUID]:
        """The own copies that this draft began with."""
        return frozenset(UUID(hex=one) for one in self.mark["seen"])

    @property
    def new_consents(self) -> list[ConsentWording]:
        """Consents that make sense now and did not before. Nothing else is asked again."""
        return [
            wording
            for wording in offered_later(self.form, self.kept)
            if wording.purpose not in self.mark["made_sense"]
        ]

    @property
    def takes_back(self) -> bool:
        """Whether a yes to being reached goes, because no safe way is left."""
        left = {wording.purpose for wording in offered(self.form, self.kept)}
        return bool(set(self.mark["said_yes"]) - left)

    def to_save(self, ticked: Iterable[str], language: str) -> corrections.Correction:
        """What the service is asked to keep."""
        new = {wording.purpose for wording in self.new_consents}
        answers: dict[str, Answer] = self.kept
        return corrections.Correction(
            id=UUID(hex=self.mark["id"]),
            seen=self.seen,
            answers=answers,
            given=new.intersection(ticked),
            language=language,
        )

    def _key(self, kind: str, page: str | None = None) -> str:
        return super()._key(f"held-{kind}", page)


def _mark(held: Held) -> dict[str, Any]:
    # A coordinator may have typed what a paper said about a helper: not asking about it would take it out unseen.
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


def keep_late(visit: Visit, slug: str, page: Page, typed: Typed, belongs_to: str) -> None:
    """Keep what was typed after the Visit had ended, until their code is handed in again. No other code shows it."""
    visit[f"{LATE}{slug}:{belongs_to}:{page.key}"] = typed
