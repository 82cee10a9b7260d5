"""The draft of a new submission to a call: its state in a Visit until it is submitted."""

from collections.abc import Iterable
from uuid import UUID, uuid4

from flask import request

from webapp.public.drafts.draft import Draft
from webapp.public.drafts.return_code import WaitingAnswers
from webapp.public.drafts.sent_answers import SentAnswers, keep_for_after, off_route_after
from webapp.rules import clock
from webapp.rules.contact.safe_channels import safe_contact, wants_contact
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.progress import Place, place_on
from webapp.rules.forms.questions import Page
from webapp.services.answers import own_copies
from webapp.services.calls import form_versions
from webapp.services.calls.form_versions import FIRST
from webapp.services.calls.published_calls import Call
from webapp.sessions import Visit

#: The Visit's kinds of key for a call, besides those of pages and of a draft under a return code.
KINDS = (
    "began",
    "version",
    "expired",
    "sending",
    "ticked",
    "members",
    "helped",
    "stopped-at",
    "return-code",
)
#: The hidden field that says which version a page asks, where it is not the first.
VERSION_FIELD = "form-version"


def version_field(call: Call) -> tuple[tuple[str, str], ...]:
    """The hidden field with the version of a page; none where it is the first."""
    number = call.form_version
    return () if number == FIRST else ((VERSION_FIELD, str(number)),)


def version_read() -> int:
    """The version of the page that was sent. Whatever else stands in that field is the first."""
    return request.form.get(VERSION_FIELD, FIRST, type=int)


class CallDraft(Draft):
    """Answers to a call that were not submitted yet."""

    @property
    def form(self) -> FormDefinition:
        """The questions before Send: about a helper only with a helper, about equality only afterwards."""
        form = self.call.form if self.helped else self.call.form.without_help
        return form.asked_before_sending

    @property
    def waits(self) -> WaitingAnswers:
        """The state of save and return: where the participant stopped, and their return code."""
        return WaitingAnswers(self.visit, self.call.slug)

    # What kind of draft this is

    @property
    def helped(self) -> bool:
        """Whether a helper types. It stays true until submission or deletion, because a helper typed a part of it."""
        return self.pages.key("helped") in self.visit

    def note_helped(self) -> None:
        """Note that a helper types, and that the participant agreed to this."""
        self.visit[self.pages.key("helped")] = True

    @property
    def can_stop(self) -> bool:
        return True

    @property
    def hidden_fields(self) -> tuple[tuple[str, str], ...]:
        helped = (("helped", "yes"),) if self.helped else ()
        return (*helped, *version_field(self.call))

    @property
    def is_shared(self) -> bool:
        return True

    # Its beginning and its end

    @classmethod
    def of(cls, call: Call, visit: Visit) -> "CallDraft":
        """The draft of a call in a Visit, on the version of the form that it was begun on: a newer one is for those who
        begin after it. Raises `RowForged`."""
        draft = cls(call, visit)
        if not draft.begun:
            return draft
        # A Visit from before there were later versions says none.
        number = visit.get(draft.pages.key("version"), FIRST)
        return cls(form_versions.at_or_newest(call, number), visit)

    def begin(self) -> None:
        """Note that the start page was passed, and when, for the bot check; and which version is asked."""
        if not self.begun:
            self.visit[self.pages.key("version")] = self.call.form_version
        self.visit.setdefault(self.pages.key("began"), int(clock.now().timestamp()))
        self.waits.forget_thrown_away()

    @property
    def begun(self) -> bool:
        """Whether this visitor has begun this call."""
        return self.pages.key("began") in self.visit

    @property
    def seconds(self) -> int:
        """The seconds since it began, for the bot check."""
        return int(clock.now().timestamp()) - int(self.visit[self.pages.key("began")])

    def note_expired(self) -> None:
        """Note that it began with the input of an expired Visit: other tabs may hold more of it."""
        self.visit[self.pages.key("expired")] = True

    @property
    def after_expiry(self) -> bool:
        """Whether an earlier Visit expired while this call was being answered."""
        return self.pages.key("expired") in self.visit

    def forget(self) -> None:
        """Delete the state of this draft. A receipt that was given out stays."""
        self.pages.forget()
        for kind in KINDS:
            self.visit.pop(self.pages.key(kind), None)

    def throw_away(self) -> bool:
        """Erase the stored draft under a return code, and delete the state of this draft.

        Returns whether erasing is complete; if not, the worker completes it. Raises `StoreUnavailable`.
        """
        complete = self.waits.erase()
        self.forget()
        return complete

    # The route

    @property
    def first_page(self) -> Page:
        """The first page of the route, which does not depend on answers."""
        return self.form.pages[0]

    def place_of(self, page: Page) -> Place | None:
        """The position of this page in the whole form: a count that never grows."""
        answers = self.answers
        return place_on(answers.route, self.form, answers.given, page)

    @property
    def unfinished(self) -> Page | None:
        """The first page on the route that was neither answered nor skipped; None when all were."""
        for page in self.answers.route:
            if self.pages.typed_on(page) is not None or not self.pages.was_asked(page):
                return page
        return None

    # Submission

    @property
    def has_safe_contact(self) -> bool:
        """Whether there is a safe channel, including one through a helper if they consent to it."""
        return safe_contact(self.answers.kept, through_helper=True) is not None

    def prepare(self) -> None:
        """Generate the submission's id (its idempotency key) and its receipt, once for all posts of this draft."""
        self.visit.setdefault(
            self.pages.key("sending"),
            {"submission_id": uuid4().hex, "receipt": own_copies.new_receipt()},
        )

    @property
    def sending(self) -> tuple[UUID, str] | None:
        """The submission's id and its receipt; None before `prepare`."""
        prepared = self.visit.get(self.pages.key("sending"))
        return (UUID(hex=prepared["submission_id"]), prepared["receipt"]) if prepared else None

    def note_sent(self, receipt: str, belongs_to: str, purposes: Iterable[str]) -> None:
        """Note that it is stored: from here on the Visit holds the receipt, and the facts for the confirmation page."""
        kept = self.answers.kept
        sent = {
            "receipt": receipt,
            "belongs_to": belongs_to,
            "whose": self.sending[0].hex if self.sending else None,
            "purposes": sorted(purposes),
            "helped": self.helped,
            "wanted_contact": wants_contact(kept),
            "has_way": self.has_safe_contact,
            "form_version": self.call.form_version,
            "off_route": off_route_after(self.call.form, kept),
        }
        keep_for_after(self.visit, self.call)
        self.forget()
        SentAnswers.note(self.visit, self.call.slug, sent)

    @property
    def sent(self) -> SentAnswers | None:
        """The facts for the confirmation page, once it is stored; None before."""
        return SentAnswers.find(self.visit, self.call.slug)
