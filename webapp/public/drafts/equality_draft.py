"""The draft of optional equality monitoring answers, given after submission: separate from the main draft."""

from functools import cached_property
from uuid import UUID, uuid4

from webapp.public.drafts.draft import Draft
from webapp.public.drafts.sent_answers import AFTER, AFTER_BEGUN, AFTER_GIVEN, SentAnswers
from webapp.rules import clock
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.routing import form_without
from webapp.services.calls import form_versions
from webapp.services.calls.published_calls import Call
from webapp.sessions import Visit


class EqualityDraft(Draft):
    """Answers that are added to what was just submitted, by the receipt that is still on the page."""

    prefix = AFTER

    def __init__(self, call: Call, visit: Visit, joins: SentAnswers) -> None:
        super().__init__(call, visit)
        self.joins = joins

    @classmethod
    def find(cls, call: Call, visit: Visit) -> "EqualityDraft | None":
        """This visitor's draft, on the version that was submitted; None before anything was."""
        sent = SentAnswers.find(visit, call.slug)
        if sent is None:
            return None
        return cls(form_versions.at_or_newest(call, sent.form_version), visit, sent)

    @cached_property
    def form(self) -> FormDefinition:
        """The form with these questions alone, without pages that the submitted answers rule out."""
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
        """Whether the answers were submitted."""
        return AFTER_GIVEN + self.call.slug in self.visit

    def begin(self) -> None:
        """Start the questions, and generate the idempotency key once."""
        self.visit.setdefault(AFTER_BEGUN + self.call.slug, uuid4().hex)

    @property
    def id(self) -> UUID:
        """The idempotency key, by which a second post finds its answers stored."""
        return UUID(hex=self.visit[AFTER_BEGUN + self.call.slug])

    def note_given(self) -> None:
        """Note that they are stored, and delete the state of this draft."""
        self.forget()
        self.visit[AFTER_GIVEN + self.call.slug] = True

    def forget(self) -> None:
        """Delete these answers. The submission before them stays."""
        self.pages.forget()
        self.visit.pop(AFTER_BEGUN + self.call.slug, None)

    @property
    def helped(self) -> bool:
        """Whether a helper typed the submission: then these pages say so, too."""
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
    """The form without these pages; it is only for asking, and is never stored."""
    if not keys:
        return form
    pages = tuple(page for page in form.pages if page.key not in keys)
    return FormDefinition.model_construct(**{**dict(form), "pages": pages})
