"""The draft of optional equality monitoring answers, given after submission: separate from the main draft."""

from functools import cached_property
from uuid import UUID, uuid4

from webapp.public.drafts.draft import Draft
from webapp.public.drafts.sent_answers import AFTER, AFTER_BEGUN, AFTER_GIVEN, SentAnswers
from webapp.rules import clock
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.routing import form_without
from webapp.services.calls.published_calls import Call
from webapp.sessions import Visit


class EqualityDraft(Draft):
    """A few answers that join what was just sent, by the receipt that is still on the page."""

    prefix = AFTER

    def __init__(self, call: Call, visit: Visit, joins: SentAnswers) -> None:
        super().__init__(call, visit)
        self.joins = joins

    @classmethod
    def find(cls, call: Call, visit: Visit) -> "EqualityDraft | None":
        """Where this visitor is with these questions; None before anything was sent."""
        sent = SentAnswers.find(visit, call.slug)
        return cls(call, visit, sent) if sent is not None else None

    @cached_property
    def form(self) -> FormDefinition:
        """These questions alone, without pages that what was sent rules out."""
        asked = form_without(self.call.form, ("call", "contact"))
        return form_without_pages(asked, self.joins.off_route)

    @property
    def may_be_asked(self) -> bool:
        """Whether there are such questions, they were not answered yet, and the call still takes answers."""
        is_open = self.call.accepts_answers(clock.today())
        return bool(self.form.pages) and not self.given and is_open

    @property
    def under_way(self) -> bool:
        """Whether the participant went on from the explanation to the questions."""
        return AFTER_BEGUN + self.call.slug in self.visit and not self.given

    @property
    def given(self) -> bool:
        """Whether they were sent."""
        return AFTER_GIVEN + self.call.slug in self.visit

    def begin(self) -> None:
        """Go on to the questions. The idempotency key that makes a doubled post one is made here, once."""
        self.visit.setdefault(AFTER_BEGUN + self.call.slug, uuid4().hex)

    @property
    def id(self) -> UUID:
        """The idempotency key: what a doubled post knows itself by."""
        return UUID(hex=self.visit[AFTER_BEGUN + self.call.slug])

    def note_given(self) -> None:
        """They are stored: nothing of them stays here."""
        self.forget()
        self.visit[AFTER_GIVEN + self.call.slug] = True

    def forget(self) -> None:
        """Drop these answers. What was sent before them stays."""
        self.pages.forget()
        self.visit.pop(AFTER_BEGUN + self.call.slug, None)

    @property
    def helped(self) -> bool:
        """Whether a helper typed before: then pages say so here, too."""
        return self.joins.was_helped

    @property
    def belongs_to(self) -> str:
        """The tag of the submission that these answers join."""
        return self.joins.belongs_to

    @property
    def hidden_fields(self) -> tuple[tuple[str, str], ...]:
        helped = (("helped", "yes"),) if self.helped else ()
        return (*helped, ("belongs-to", self.belongs_to))


def form_without_pages(form: FormDefinition, keys: tuple[str, ...]) -> FormDefinition:
    """The same form without these pages; it is for asking, and is never stored."""
    if not keys:
        return form
    pages = tuple(page for page in form.pages if page.key not in keys)
    return FormDefinition.model_construct(**{**dict(form), "pages": pages})
