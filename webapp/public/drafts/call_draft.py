"""Somebody in the middle of answering a call: what their Visit holds about it, and which page comes next."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from webapp.public.drafts.sent_answers import PAGE_KINDS, Sent, keep_for_after, off_route_after
from webapp.public.drafts.unsent_input import Unsent
from webapp.rules import clock
from webapp.rules.contact.safe_channels import safe_contact, wants_contact
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.kinds import Answer
from webapp.rules.forms.progress import Place, place_of
from webapp.rules.forms.questions import Page, SectionName
from webapp.rules.forms.routing import next_page, previous_page, prune, visible_pages
from webapp.services.answers import own_copies, return_drafts
from webapp.services.answers.return_drafts import Draft
from webapp.services.calls.published_calls import Call
from webapp.sessions import Visit
from webapp.ui.forms import Typed, differs, keep_typed
from webapp.ui.page_timestamps import AT

#: What the Visit notes about a call that waits with its answers when somebody stops for now.
MARKS = ("helped", "stopped-at")
#: All that the Visit notes about a call beside pages and a code that was given out.
KINDS = (*MARKS, "began", "expired", "sending", "ticked", "return-code")


class Answering:
    """One call's share of a Visit.

    Every page has a key of its own there, so that two tabs which answer two pages lose nothing.
    """

    def __init__(self, call: Call, visit: Visit) -> None:
        self.call = call
        self.visit = visit

    @property
    def form(self) -> FormDefinition:
        """What is asked before Send: about a helper only where somebody helps, about equality only afterwards."""
        form = self.call.form if self.helped else self.call.form.without_help
        return form.asked_before_sending

    @property
    def helped(self) -> bool:
        """Whether somebody else types. It stays so until this is sent or dropped: a part was typed by a helper."""
        return self._key("helped") in self.visit

    def note_helped(self) -> None:
        """Note that somebody else types, and that the person has agreed to answer this way."""
        self.visit[self._key("helped")] = True

    @property
    def can_stop(self) -> bool:
        """Whether this may wait, unfinished, under a return code."""
        return True

    @property
    def mode(self) -> dict[str, str]:
        """What the address of a form must say so that it can be understood after the Visit is over."""
        return {}

    @property
    def belongs_to(self) -> str | None:
        """What a form carries, so that words which come too late are shown to their writer's code alone; None where
        no code was handed in."""
        return None

    def begin(self) -> None:
        """Note that the start page was passed, and when: a program is faster than a person."""
        self.visit.setdefault(self._key("began"), int(clock.now().timestamp()))
        self.visit.pop(self._key("thrown-away"), None)

    @property
    def begun(self) -> bool:
        """Whether this visitor has begun to answer this call."""
        return self._key("began") in self.visit

    @property
    def seconds(self) -> int:
        """How long ago this began."""
        return int(clock.now().timestamp()) - int(self.visit[self._key("began")])

    @property
    def answers(self) -> dict[str, Answer]:
        """Everything answered so far, of all pages, also of those that are off the route now."""
        found: dict[str, Answer] = {}
        for page in self.form.pages:
            found.update(self.visit.get(self._key("answers", page.key), {}))
        return found

    @property
    def kept(self) -> dict[str, Answer]:
        """The answers that would be sent now."""
        return prune(self.form, self.answers)

    def answers_on(self, page: Page) -> Mapping[str, Answer]:
        """What was answered on one page."""
        answers: Mapping[str, Answer] = self.visit.get(self._key("answers", page.key), {})
        return answers

    def was_asked(self, page: Page) -> bool:
        """Whether this page was answered or skipped already."""
        return self._key("answers", page.key) in self.visit

    def has_nothing_on(self, page: Page) -> bool:
        """Whether nothing of anybody stands on this page yet, neither accepted nor waiting."""
        return not self.answers_on(page) and self.typed_on(page) is None

    def holds_something_on(self, page: Page) -> bool:
        """Whether there is anything on this page to delete: an answer, or words that wait. A press of Continue on an
        empty page left nothing there."""
        waiting = self.typed_on(page) or ()
        return bool(self.answers_on(page)) or any(value.strip() for _, value in waiting)

    def holds_something_in(self, section: SectionName) -> bool:
        """Whether something stands on any page of a section, accepted or waiting."""
        pages = [page for page in self.route if page.section == section]
        return not all(self.has_nothing_on(page) for page in pages)

    def save(self, page: Page, answers: Mapping[str, Answer]) -> None:
        """Keep the answers of one page; nothing typed there is waiting any more."""
        self.visit[self._key("answers", page.key)] = dict(answers)
        self.unsent(page).drop()

    def typed_on(self, page: Page) -> Typed | None:
        """What was typed on a page and not accepted yet; None when nothing waits."""
        return self.unsent(page).words

    def keep_typed(self, page: Page, sent: Iterable[Sequence[str]]) -> None:
        """Keep what could not be accepted as it was typed, so that nobody types it twice."""
        self.unsent(page).keep_refused(keep_typed(page, sent))

    def keep_unsent(self, page: Page, sent: Typed) -> None:
        """Keep what stands on a page that was not sent. Nothing is said about it until it is."""
        new = differs(page, sent, self.answers_on(page))
        self.unsent(page).keep(keep_typed(page, sent), worth_it=new)

    def unsent(self, page: Page) -> Unsent:
        """What waits on a page, and whether it was sent."""
        return Unsent(self.visit, lambda kind: self._key(kind, page.key))

    @property
    def waiting(self) -> Page | None:
        """The first page of the route with words that were not accepted yet: nothing is sent without them."""
        return next((page for page in self.route if self.typed_on(page) is not None), None)

    def forget(self) -> None:
        """Drop all that the Visit holds about this call, except a code that was given out."""
        for kind in (*PAGE_KINDS, AT):
            # With the colon: another call's name may begin with this one's.
            self.visit.forget(f"{self._key(kind)}:")
        for kind in KINDS:
            self.visit.pop(self._key(kind), None)

    def note_expired(self) -> None:
        """Note that this began with words from a page whose Visit had ended: other tabs may hold more of them."""
        self.visit[self._key("expired")] = True

    @property
    def after_expiry(self) -> bool:
        """Whether an earlier Visit ended while this call was being answered."""
        return self._key("expired") in self.visit

    # The route

    @property
    def route(self) -> list[Page]:
        """The pages for this person, as far as their answers tell."""
        return visible_pages(self.form, self.answers)

    @property
    def first_page(self) -> Page:
        """The page that everybody sees first, whatever they answered."""
        return self.form.pages[0]

    def place_of(self, page: Page) -> Place | None:
        """Where this page is on the whole way: a count that never grows. None where there is nothing to count."""
        return place_of(self.form, self.answers, page)

    def after(self, page: Page) -> Page | None:
        """The next page on the route; None when all were asked."""
        return next_page(self.form, self.answers, page.key)

    def before(self, page: Page) -> Page | None:
        """The page before this one on the route; None at the first."""
        return previous_page(self.form, self.answers, page.key)

    @property
    def unfinished(self) -> Page | None:
        """The first page on the route that was not answered or skipped yet; None when all were."""
        for page in self.route:
            if self.typed_on(page) is not None or not self.was_asked(page):
                return page
        return None

    # Stopping for now

    def stop_for_now(self, step: str, **where: str) -> None:
        """Note where somebody stopped, and make their return code once: asking twice is then asking once."""
        self.visit[self._key("stopped-at")] = {"endpoint": step, **where}
        self.visit.setdefault(self._key("return-code"), {"code": return_drafts.new_code()})

    @property
    def stopped_at(self) -> dict[str, str] | None:
        """The step on which somebody stopped in this Visit."""
        stopped: dict[str, str] | None = self.visit.get(self._key("stopped-at"))
        return stopped

    @property
    def return_code(self) -> str | None:
        """The code under which these answers wait, or will when it is asked for."""
        made = self.visit.get(self._key("return-code"))
        return made["code"] if made else None

    @property
    def waits_until(self) -> date | None:
        """The day on which what waits is erased; None while nothing waits."""
        made = self.visit.get(self._key("return-code")) or {}
        return date.fromisoformat(made["until"]) if "until" in made else None

    def note_waiting(self, code: str, until: date) -> None:
        """The answers wait under this code, until this day."""
        self.visit[self._key("return-code")] = {"code": code, "until": until.isoformat()}
        self.visit.pop(self._key("thrown-away"), None)

    def throw_away(self) -> bool:
        """Erase what waits under a return code, and drop all that the Visit holds about this call.

        Returns whether it is complete; if not, the worker goes on with it. Raises `StoreUnavailable`.
        """
        code = self.return_code
        complete = code is None or return_drafts.throw_away(code).complete
        self.forget()
        return complete

    def note_thrown_away(self, complete: bool, *, had_code: bool) -> None:
        """Note that somebody erased their unfinished answers, until there are any again."""
        self.visit[self._key("thrown-away")] = {"complete": complete, "had_code": had_code}

    @property
    def thrown_away(self) -> Mapping[str, bool] | None:
        """Whether the erasing of unfinished answers is complete, and whether they waited under a return code; None when
        nobody asked for it, or there are new ones."""
        outcome: Mapping[str, bool] | None = self.visit.get(self._key("thrown-away"))
        return outcome

    def as_draft(self, language: str) -> Draft:
        """All that the Visit holds about this call, to be kept under a return code."""
        return Draft(
            slug=self.call.slug,
            form_version=self.call.form_version,
            language=language,
            answers=self._by_page("answers"),
            typed=self._by_page("typed"),
            marks={
                kind: self.visit[self._key(kind)] for kind in MARKS if self._key(kind) in self.visit
            },
        )

    def _by_page(self, kind: str) -> dict[str, Any]:
        return {
            page.key: self.visit[self._key(kind, page.key)]
            # All of them: a draft of before may hold answers that are asked for after sending now.
            for page in self.call.form.pages
            if self._key(kind, page.key) in self.visit
        }

    def resume(self, draft: Draft) -> None:
        """Go on from a draft. What this Visit held about the call gives way: on a shared phone it may be another's."""
        self.forget()
        self.begin()
        for kind in MARKS:
            if kind in draft.marks:
                self.visit[self._key(kind)] = draft.marks[kind]
        same_form = draft.form_version == self.call.form_version
        stopped_on = (self.stopped_at or {}).get("key")
        if not same_form or stopped_on not in {None, *(page.key for page in self.form.pages)}:
            # That page may not be there any more, or is asked after sending now.
            self.visit.pop(self._key("stopped-at"), None)
        for page_key, answers in (draft.answers if same_form else self._fitting(draft)).items():
            self.visit[self._key("answers", page_key)] = dict(answers)
        for page_key, typed in draft.typed.items():
            self.visit[self._key("typed", page_key)] = typed

    def _fitting(self, draft: Draft) -> dict[str, dict[str, Answer]]:
        """What the form of today still takes of a draft. A page without an answer is asked again."""
        whole = self.call.form
        fitting = prune(
            whole, {k: a for answers in draft.answers.values() for k, a in answers.items()}
        )
        by_page = {
            page.key: {one.key: fitting[one.key] for one in page.questions if one.key in fitting}
            for page in whole.pages
        }
        return {key: answers for key, answers in by_page.items() if answers}

    # Sending

    @property
    def has_safe_contact(self) -> bool:
        """Whether there is a way to reach them, through a helper too, should they say yes to it."""
        return safe_contact(self.kept, through_helper=True) is not None

    def prepare(self) -> None:
        """Make the submission's id and its code once: sending twice is then sending once."""
        self.visit.setdefault(
            self._key("sending"),
            {"submission_id": uuid4().hex, "receipt": own_copies.new_receipt()},
        )

    @property
    def sending(self) -> tuple[UUID, str] | None:
        """The submission's id and its code; None before `prepare`."""
        prepared = self.visit.get(self._key("sending"))
        return (UUID(hex=prepared["submission_id"]), prepared["receipt"]) if prepared else None

    def note_ticked(self, purposes: Iterable[str]) -> None:
        """Keep the boxes that somebody ticked on the last page, when it was not sent yet."""
        self.visit[self._key("ticked")] = sorted(purposes)

    @property
    def ticked(self) -> list[str]:
        """Those boxes. Nobody else's: a box that was ticked for another call is not ticked here."""
        ticked: list[str] = self.visit.get(self._key("ticked"), [])
        return ticked

    def note_sent(self, receipt: str, belongs_to: str, purposes: Iterable[str]) -> None:
        """It is stored: from here on the Visit holds the code, and what the next page has to say about it."""
        kept = self.kept
        sent = {
            "receipt": receipt,
            "belongs_to": belongs_to,
            "whose": self.sending[0].hex if self.sending else None,
            "purposes": sorted(purposes),
            "helped": self.helped,
            "wanted_contact": wants_contact(kept),
            "has_way": self.has_safe_contact,
            "off_route": off_route_after(self.call.form, kept),
        }
        keep_for_after(self.visit, self.call)
        self.forget()
        Sent.note(self.visit, self.call.slug, sent)

    @property
    def sent(self) -> Sent | None:
        """What there is to say once everything is stored; None before."""
        return Sent.find(self.visit, self.call.slug)

    def _key(self, kind: str, page: str | None = None) -> str:
        return ":".join(filter(None, (kind, self.call.slug, page)))
